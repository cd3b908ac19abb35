import { fastify } from "fastify";
import { expect, it } from "vitest";
import { tellLeaselessCalls } from "./protocols.ts";

it("tellLeaselessCalls() lets two routes share a path, told apart by the lease token", async () => {
  const app = fastify();
  tellLeaselessCalls(app);
  app.post("/add_point_interaction", async () => "leased");
  app.post("/other", async () => "any");
  app.post("/add_point_interaction", { constraints: { leaseless: true } }, async () => "leaseless");
  const call = async (url: string, headers: Record<string, string>) =>
    (await app.inject({ method: "POST", url, headers })).body;
  expect(await call("/add_point_interaction", {})).toBe("leaseless");
  expect(await call("/add_point_interaction", { "x-lease-token": "" })).toBe("leased");
  expect(await call("/other", {})).toBe("any");
  expect(await call("/other", { "x-lease-token": "t" })).toBe("any");
});

it("tellLeaselessCalls() leaves a path to its one route", async () => {
  const app = fastify();
  tellLeaselessCalls(app);
  app.post("/add_point_interaction", async () => "leased");
  expect((await app.inject({ method: "POST", url: "/add_point_interaction" })).body).toBe("leased");
});
