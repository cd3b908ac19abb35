import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { userDataFolder } from "./data-folder.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { settingsTable } from "./table.ts";

describe("readSettings()", () => {
  test("has a default for everything that needs one", () => {
    expect(readSettings({ XDG_DATA_HOME: "/data", LOCALAPPDATA: "/data" })).toMatchObject({
      host: "127.0.0.1",
      port: 8000,
      sessionHours: 24,
      maxUploadMb: 500,
      device: "auto",
    });
    expect(readSettings({}).model).toMatch(/models.light-v2$/);
  });

  test("takes flags before the environment, and empty variables as not given", () => {
    const env = { SEPTUM_PORT: "9000", SEPTUM_DEVICE: "cpu", SEPTUM_HOST: "" };
    expect(readSettings(env, { port: "9001" })).toMatchObject({ port: 9001, device: "cpu", host: "127.0.0.1" });
  });

  test.each([
    ["SEPTUM_PORT", "65536", "a whole number from 0 to 65535"],
    ["SEPTUM_PORT", "80.5", "a whole number from 0 to 65535"],
    ["SEPTUM_PORT", "http", "a whole number from 0 to 65535"],
    ["SEPTUM_ALSO_PORT", "0", "whole numbers from 1 to 65535, between commas"],
    ["SEPTUM_ALSO_PORT", "8911,", "whole numbers from 1 to 65535, between commas"],
    ["SEPTUM_PROTOCOL", "dicom", "itksnap, slicer-v1, monai, or several of them between commas"],
    ["SEPTUM_HOST", "not a host", "a host name or an IP address"],
    ["SEPTUM_SESSION_HOURS", "0", "a number above 0, at most 87600, or never"],
    ["SEPTUM_SESSION_HOURS", "-1", "a number above 0, at most 87600, or never"],
    ["SEPTUM_REST_MINUTES", "soon", "a number above 0, at most 525600, or never"],
    ["SEPTUM_MEMORY", "6000", "a number followed by M or G, at least 1M, such as 800M or 6G"],
    ["SEPTUM_MEMORY", "0.5M", "a number followed by M or G, at least 1M, such as 800M or 6G"],
    ["SEPTUM_MAX_UPLOADS", "0", "a whole number from 1 to 1000"],
    ["SEPTUM_MAX_SESSIONS", "1e6", "a whole number from 1 to 1000000"],
    ["SEPTUM_MAX_POINTS", "65536", "a whole number from 1 to 65535"],
    ["SEPTUM_MAX_PROMPTS", "-3", "a whole number from 1 to 100000"],
    ["SEPTUM_MAX_NAME_LENGTH", "1001", "a whole number from 1 to 1000"],
    ["SEPTUM_MAX_HISTORY_STEPS", "0", "a whole number from 1 to 100000"],
    ["SEPTUM_MAX_HISTORY_MB", "0", "a number above 0, at most 1000000"],
    ["SEPTUM_MAX_BODY_KB", "0.5", "a whole number from 1 to 102400"],
    ["SEPTUM_MAX_UNPACK_RATIO", "0", "a whole number from 1 to 100000"],
    ["SEPTUM_REQUESTS_PER_MINUTE", "never", "a whole number from 1 to 1000000, or unlimited"],
    ["SEPTUM_OPEN", "perhaps", "yes or no"],
    ["SEPTUM_HOST_NAMES", "https://septum.example", "host names such as septum.example, between commas"],
    ["SEPTUM_CORS_ORIGINS", "*", "origins such as https://viewer.example, between commas"],
    ["SEPTUM_CORS_ORIGINS", "https://viewer.example/", "origins such as https://viewer.example, between commas"],
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

  test.each(["SEPTUM_ADMIN_TOKEN", "SEPTUM_TOKEN"])("keeps a wrong %s out of the message", (variable) => {
    const act = () => readSettings({ [variable]: "secret" });
    expect(act).toThrow(`Cannot start: ${variable}: expected at least 8 printable characters without spaces`);
    expect(act).not.toThrow('is "secret"');
  });

  test("reads what is not a plain number or text", () => {
    const env = {
      SEPTUM_SESSION_HOURS: "never",
      SEPTUM_REST_MINUTES: "never",
      SEPTUM_REQUESTS_PER_MINUTE: "unlimited",
      SEPTUM_MEMORY: "1.5G",
      SEPTUM_TOKEN: "correct-horse, battery-staple",
      SEPTUM_HOST_NAMES: "septum.example,10.0.0.7",
      SEPTUM_CORS_ORIGINS: "https://viewer.example, http://10.0.0.8:3000",
      SEPTUM_OPEN: "no",
      SEPTUM_ALSO_PORT: "1527, 8911",
    };
    expect(readSettings(env)).toMatchObject({
      sessionHours: Number.POSITIVE_INFINITY,
      restMinutes: Number.POSITIVE_INFINITY,
      requestsPerMinute: Number.POSITIVE_INFINITY,
      memory: 1.5 * 2 ** 30,
      token: ["correct-horse", "battery-staple"],
      hostNames: ["septum.example", "10.0.0.7"],
      corsOrigins: ["https://viewer.example", "http://10.0.0.8:3000"],
      open: false,
      alsoPort: [1527, 8911],
    });
  });

  test.each(["0.0.0.0", "::", "192.168.1.5", "septum.example"])(
    "refuses to stand open on %s unless told to",
    (host) => {
      expect(() => readSettings({ SEPTUM_HOST: host })).toThrow(
        `Cannot start: on ${host} other machines could use this server without a token: set SEPTUM_TOKEN, or say --open (SEPTUM_OPEN=yes) if that is meant`,
      );
      expect(readSettings({ SEPTUM_HOST: host, SEPTUM_TOKEN: "correct-horse" }).open).toBe(false);
      expect(readSettings({ SEPTUM_HOST: host }, { open: "yes" }).open).toBe(true);
    },
  );

  test("refuses a way round its token unless told to", () => {
    const start = (flags: Parameters<typeof readSettings>[1]) =>
      readSettings({ SEPTUM_TOKEN: "correct-horse", SEPTUM_PROTOCOL: "monai, slicer-v1, itksnap" }, flags);
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      expect(() => start({ host })).toThrow(
        `Cannot start: programs that speak itksnap or slicer-v1 cannot send a token, so that whoever reaches ${host} could use this server through them: start a second server for them on 127.0.0.1 without a token, or say --open (SEPTUM_OPEN=yes) if that is meant`,
      );
      expect(start({ host, open: "yes" }).protocol).toEqual(["monai", "slicer-v1", "itksnap"]);
      expect(start({ host, protocol: "monai" }).protocol).toEqual(["monai"]);
    }
    expect(readSettings({}, { protocol: "itksnap" }).protocol).toEqual(["itksnap"]);
    expect(() => readSettings({}, { protocol: "itksnap", host: "0.0.0.0" })).toThrow("without a token");
  });

  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("asks for no token on %s", (host) => {
    expect(readSettings({ SEPTUM_HOST: host }).host).toBe(host);
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
