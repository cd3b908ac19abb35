import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Which of our packages each package may import (docs: the house, one way only). */
const mayImport: Record<string, readonly string[]> = {
  volume: [],
  segment: ["volume"],
  model: ["volume", "segment"],
  store: [],
  protocol: ["volume"],
  app: ["volume", "protocol"],
  server: ["volume", "segment", "model", "store", "protocol"],
  cli: ["volume", "segment", "model", "protocol", "server"],
};

/** Libraries that only one place may know. */
const soleImporter: Record<string, RegExp> = {
  "onnxruntime-node": /^model\//,
  "onnx-proto": /^model\//,
  lmdb: /^store\//,
  fastify: /^server\//,
  "@niivue/niivue": /^app\/src\/viewer/,
};

/** These run in a page too. */
const withoutNode = ["volume", "segment", "protocol", "app"];

const packages = fileURLToPath(new URL(".", import.meta.url));

describe.each(Object.keys(mayImport))("package %s", (name) => {
  const files = sources(join(packages, name, "src"));
  const imports = files.flatMap((file) =>
    specifiersIn(file).map((specifier) => ({ file: relative(packages, file), specifier })),
  );

  it("has sources", () => expect(files.length).toBeGreaterThan(0));

  it("imports only the packages below it", () => {
    const allowed = new Set(mayImport[name]?.map((other) => `@septum/${other}`));
    const ours = imports.filter(({ specifier }) => specifier.startsWith("@septum/"));
    expect(ours.filter(({ specifier }) => !allowed.has(packageOf(specifier)))).toEqual([]);
  });

  it("reaches other packages by name, never by path", () => {
    const inside = join(packages, name, "src");
    const outside = imports.filter(({ file, specifier }) => {
      return specifier.startsWith(".") && !join(packages, file, "..", specifier).startsWith(inside);
    });
    expect(outside).toEqual([]);
  });

  it("leaves the libraries with one home to that home", () => {
    const strays = imports.filter(({ file, specifier }) => {
      const home = soleImporter[packageOf(specifier)];
      return home !== undefined && !home.test(file);
    });
    expect(strays).toEqual([]);
  });

  it.runIf(withoutNode.includes(name))("uses no Node API", () => {
    expect(imports.filter(({ specifier }) => specifier.startsWith("node:"))).toEqual([]);
  });
});

/** TypeScript files below a folder, tests left out: tests may use Node and each other's fixtures. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path))
    .map((path) => join(folder, path));
}

function specifiersIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

/** `@scope/name/sub` → `@scope/name`, `name/sub` → `name`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
