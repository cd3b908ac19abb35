import { createServer, type Server } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Serves a listening app at further ports of `host`, for programs that have a port of their own. A connection that comes there
 * is one of the app's like every other, and ends with it. Resolves to the function that stops listening; rejects, and
 * listens nowhere, when a port is taken.
 */
export async function listenAlso(app: FastifyInstance, host: string, ports: readonly number[]): Promise<() => void> {
  const servers: Server[] = [];
  const stop = () => {
    for (const server of servers) server.close();
  };
  try {
    // As Node makes the sockets of an HTTP server.
    for (const port of ports)
      servers.push(await listen(createServer({ allowHalfOpen: true, noDelay: true }), host, port));
  } catch (error) {
    stop();
    throw error;
  }
  for (const server of servers) server.on("connection", (socket) => app.server.emit("connection", socket));
  return stop;
}

function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
