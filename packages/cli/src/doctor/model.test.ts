import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Device, type DeviceOptions, DeviceUnavailable } from "@septum/model";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { builtInModel } from "../model-folder.ts";
import { newWorkplace } from "../testing.ts";
import { checkApp } from "./app.ts";
import { checkModel, type ModelChecks } from "./model.ts";

let place: Awaited<ReturnType<typeof newWorkplace>>;
let model: string;
let number = 0;

beforeAll(async () => {
  place = await newWorkplace();
  await mkdir(place.file("compiled"));
});

afterAll(() => place?.remove());

beforeEach(async () => {
  model = place.file(`model-${++number}`);
  await cp(builtInModel, model, { recursive: true });
});

/** A device of the test's choice, so that nothing is run. */
function device(name: Device["name"], providers: Device["providers"] = [{ name, ok: true }]): ModelChecks["tryDevice"] {
  return async ({ settings }) => ({
    name,
    providers,
    remembered: false,
    settings,
    secondsPerPass: 0.1,
    run: async () => new Uint8Array(),
    close: async () => {},
  });
}

function check(changes: Partial<ModelChecks> = {}) {
  const compiled = place.file("compiled");
  return checkModel({ model, compiled, device: "auto", nvidia: false, tryDevice: device("cpu"), ...changes });
}

describe("checkModel()", () => {
  test("reads every weight, and says what the network runs on and why not on others", async () => {
    const tryDevice = device("cpu", [
      { name: "cuda", ok: false, reason: "Failed to load shared library\n  libcudart" },
      { name: "cpu", ok: true },
    ]);
    const asked: (DeviceOptions["remember"] | undefined)[] = [];
    const noting: ModelChecks["tryDevice"] = (options) => {
      asked.push(options.remember);
      return tryDevice?.(options) as Promise<Device>;
    };
    const found = await check({ model: builtInModel, tryDevice: noting });
    expect(asked).toMatchObject([{ again: true }]);
    expect(found).toEqual([
      {
        check: "model",
        state: "ok",
        says: expect.stringMatching(/^light-v2, \d+ weights as they should be, licence CC0-1.0$/),
      },
      {
        check: "device",
        state: "ok",
        says: "the network runs on cpu; not cuda: Failed to load shared library libcudart",
      },
    ]);
  });

  test("compiles in a folder of its own where no server has been, and leaves nothing behind", async () => {
    const [found] = await check({ compiled: place.file("nowhere") });
    expect(found.state).toBe("ok");
    expect(await readdir(place.folder)).not.toContain("nowhere");
  });

  test("says when there is no such folder, or when it lacks a file", async () => {
    const [missing] = await check({ model: place.file("nothing") });
    expect(missing).toMatchObject({ check: "model", state: "fail", says: expect.stringContaining("nothing") });
    expect(missing.fix).toContain("choose another with --model (SEPTUM_MODEL)");
    await rm(join(model, "dataset.json"));
    expect(await check()).toEqual([
      {
        check: "model",
        state: "fail",
        says: `${model} is no model folder: it has no dataset.json`,
        fix: "complete or mend the folder, or choose another with --model (SEPTUM_MODEL); `septum models list` shows which can be downloaded",
      },
    ]);
  });

  test("says when the weights are damaged", async () => {
    const path = join(model, "fold_0", "checkpoint_final.pth");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    const [found] = await check();
    expect(found).toMatchObject({
      check: "model",
      state: "fail",
      says: expect.stringContaining("checkpoint_final.pth"),
      fix: expect.stringMatching(/^fetch the weights again/),
    });
  });

  test("warns when the folder does not say its licence", async () => {
    await rm(join(model, "LICENSE"));
    const [found] = await check();
    expect(found).toMatchObject({
      state: "warn",
      says: expect.stringContaining("does not say under which licence"),
      fix: expect.stringContaining("a file LICENSE"),
    });
  });

  test("says when the device asked for cannot be used, with the reason and what to install", async () => {
    const tryDevice = async () => {
      throw new DeviceUnavailable('Cannot run the model on device "cuda": cuda (no driver)', [
        { name: "cuda", ok: false, reason: "no driver" },
      ]);
    };
    const [, found] = await check({ device: "cuda", tryDevice });
    expect(found).toEqual({
      check: "device",
      state: "fail",
      says: 'Cannot run the model on device "cuda": cuda (no driver)',
      fix: expect.stringContaining("ONNXRUNTIME_NODE_INSTALL=cuda12"),
    });
    expect((await check({ device: "coreml", tryDevice }))[1].fix).toBe(
      "choose another device with --device (SEPTUM_DEVICE), or leave --device at auto",
    );
  });

  test("warns when a GPU is there and not used, unless that is meant", async () => {
    expect((await check({ nvidia: true }))[1]).toMatchObject({ state: "warn", fix: expect.stringContaining("CUDA") });
    expect((await check({ nvidia: true, device: "cpu" }))[1].state).toBe("ok");
    expect((await check({ nvidia: true, tryDevice: device("cuda") }))[1].state).toBe("ok");
  });
});

test("checkApp() says how to build the app when it is not built", async () => {
  expect(await checkApp(place.folder)).toEqual({
    check: "app",
    state: "fail",
    says: `the browser app is not built: ${place.folder} has no index.html`,
    fix: "npm run build, or npm start, which builds what is missing",
  });
  await writeFile(place.file("index.html"), "");
  expect(await checkApp(place.folder)).toEqual({ check: "app", state: "ok", says: "is built" });
});
