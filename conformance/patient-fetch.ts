import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true });

/** `fetch` as the tests use it, for answers that may take longer than the five minutes which Node's own one waits for. */
export const patientFetch: typeof fetch = async (input, init) => {
  const asked = new Request(input, init);
  const body = Buffer.from(await asked.arrayBuffer());
  const headers = { ...Object.fromEntries(asked.headers), "content-length": String(body.length) };
  return new Promise((resolve, reject) => {
    const sending = request(asked.url, { method: asked.method, headers, agent });
    sending.on("error", reject);
    sending.on("response", async (response) => {
      const parts: Buffer[] = [];
      try {
        for await (const part of response) parts.push(part);
      } catch (error) {
        return reject(error);
      }
      const told = Object.entries(response.headers).filter(([, value]) => typeof value === "string");
      resolve(new Response(Buffer.concat(parts), { status: response.statusCode, headers: told as [string, string][] }));
    });
    sending.end(body);
  });
};
