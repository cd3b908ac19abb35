import { expect, test } from "vitest";
import * as server from "./index.ts";

test("the package's public names are these", () => {
  expect(Object.keys(server).sort()).toMatchInlineSnapshot(`
    [
      "SettingsError",
      "availableMemory",
      "builtApp",
      "builtInModel",
      "createApp",
      "createEngine",
      "createLog",
      "readSettings",
      "serve",
      "settingsTable",
      "startServer",
      "tryStore",
      "version",
    ]
  `);
});
