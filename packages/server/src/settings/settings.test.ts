import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { userDataFolder } from "./data-folder.ts";
import { readSettings, SettingsError, settingsTable } from "./settings.ts";

describe("readSettings()", () => {
  test("has a default for everything that needs one", () => {
    expect(readSettings({ XDG_DATA_HOME: "/data", LOCALAPPDATA: "/data" })).toMatchObject({
      host: "127.0.0.1",
      port: 8000,
      sessionHours: 24,
      maxUploadMb: 500,
      device: "auto",
    });
    expect(readSettings({}).model).toMatch(/models.light-v0$/);
  });

  test("takes flags before the environment, and empty variables as not given", () => {
    const env = { SEPTUM_PORT: "9000", SEPTUM_DEVICE: "cpu", SEPTUM_HOST: "" };
    expect(readSettings(env, { port: "9001" })).toMatchObject({ port: 9001, device: "cpu", host: "127.0.0.1" });
  });

  test.each([
    ["SEPTUM_PORT", "65536", "a whole number from 0 to 65535"],
    ["SEPTUM_PORT", "80.5", "a whole number from 0 to 65535"],
    ["SEPTUM_PORT", "http", "a whole number from 0 to 65535"],
    ["SEPTUM_HOST", "not a host", "a host name or an IP address"],
    ["SEPTUM_SESSION_HOURS", "0", "a number above 0, at most 87600"],
    ["SEPTUM_SESSION_HOURS", "-1", "a number above 0, at most 87600"],
    ["SEPTUM_MAX_UPLOAD_MB", "lots", "a number above 0, at most 1000000"],
    ["SEPTUM_DEVICE", "gpu", "one of auto, cpu, cuda, tensorrt, coreml, directml, webgpu"],
    ["SEPTUM_THREADS", "0", "a whole number from 1 to 512"],
  ])("refuses %s=%s and says what is allowed", (variable, value, allowed) => {
    const act = () => readSettings({ [variable]: value });
    expect(act).toThrow(SettingsError);
    expect(act).toThrow(`Cannot start: ${variable} is "${value}": expected ${allowed}`);
  });

  test("names every wrong value at once, flags by their flag", () => {
    expect(() => readSettings({ SEPTUM_THREADS: "x" }, { port: "y", host: "" })).toThrow(
      'Cannot start: --host is "": expected a host name or an IP address; --port is "y": expected a whole number from 0 to 65535; SEPTUM_THREADS is "x": expected a whole number from 1 to 512',
    );
  });

  test("keeps a token it refuses out of the message", () => {
    const act = () => readSettings({ SEPTUM_ADMIN_TOKEN: "short" });
    expect(act).toThrow("Cannot start: SEPTUM_ADMIN_TOKEN: expected at least 8 printable characters without spaces");
  });
});

test("docs/operating.md lists every setting as the table has it", () => {
  const page = readFileSync(new URL("../../../../docs/operating.md", import.meta.url), "utf8");
  for (const { flag, env, standard, help } of settingsTable) {
    expect(page).toContain(`| \`${flag}\` | \`${env}\` | ${standard} | ${help} |`);
  }
});

test("userDataFolder() is where each system keeps a person's data", () => {
  expect(userDataFolder({}, "linux", "/home/ada")).toBe("/home/ada/.local/share/septum");
  expect(userDataFolder({ XDG_DATA_HOME: "/data" }, "linux", "/home/ada")).toBe("/data/septum");
  expect(userDataFolder({}, "darwin", "/Users/ada")).toBe("/Users/ada/Library/Application Support/Septum");
  expect(userDataFolder({ LOCALAPPDATA: "/Local" }, "win32", "/Users/ada")).toBe("/Local/Septum");
});
