import { expect, test } from "vitest";
import { findingLines } from "./finding.ts";
import { checkMemory, checkNode } from "./machine.ts";

test("checkNode() takes Node 20.19 and newer, and says where to get one", () => {
  for (const version of ["v20.19.0", "v20.20.2", "v22.1.0", process.version]) {
    expect(checkNode(version)).toEqual({ check: "node", state: "ok", says: version });
  }
  for (const version of ["v20.18.9", "v18.20.0"]) {
    expect(checkNode(version)).toEqual({
      check: "node",
      state: "fail",
      says: `${version} is too old`,
      fix: "install Node 20.19 or newer (https://nodejs.org) and start again",
    });
  }
});

test("checkMemory() counts the scans that fit, and wants room for one at least", () => {
  expect(checkMemory(8e9, 16e9)).toEqual({
    check: "memory",
    state: "ok",
    says: "8.0 GB of 16.0 GB for open scans: room for 29 of 512 × 512 × 300 voxels",
  });
  expect(checkMemory(1e9, 2e9)).toMatchObject({ state: "warn", says: expect.stringContaining("room for 3 of") });
  expect(checkMemory(256e6, 512e6)).toMatchObject({
    state: "fail",
    says: "256 MB of 512 MB for open scans: room for 0 of 512 × 512 × 300 voxels",
    fix: expect.stringContaining("--memory (SEPTUM_MEMORY)"),
  });
  expect(checkMemory(32e9, 16e9)).toMatchObject({
    state: "fail",
    says: "32.0 GB for open scans is more than the 16.0 GB there are",
    fix: expect.stringContaining("smaller --memory"),
  });
});

test("findingLines() puts the fix below what was found", () => {
  expect(findingLines({ check: "port", state: "fail", says: "8000 is in use", fix: "stop it" })).toEqual([
    "fail  port      8000 is in use",
    "                → stop it",
  ]);
  expect(findingLines({ check: "node", state: "ok", says: "v20.20.2" })).toEqual(["ok    node      v20.20.2"]);
});
