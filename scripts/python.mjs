// Some tests read what the server writes with the field's own programs, and talk to it by other people's clients, which are
// Python. They are installed once, below .cache/python/: an environment with what they all need, and the clients beside it,
// each alone. `npm test` does that beside its first steps; without Python 3 or a network those tests are skipped, and say why.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const cache = fileURLToPath(new URL("../.cache/python/", import.meta.url));
const python = join(cache, "environment", "bin", "python");

const needed = ["numpy", "nibabel", "SimpleITK", "pynrrd", "requests", "httpx>=0.27", "blosc2"];

/** Installs into a folder, or throws. */
const parts = {
  environment(folder) {
    run("python3", ["-m", "venv", folder]);
    pip("install", ...needed);
  },
  // Before 2.5 the client was a part of the server's package, which is taken without what that needs.
  "nninteractive-2.1"(folder) {
    pip("install", "--no-deps", "--target", folder, "nninteractive==2.1.*");
    // It asks for the whole of torch to tell its tensors from arrays.
    writeFileSync(join(folder, "torch.py"), "class Tensor:\n    pass\n");
  },
  "nninteractive-2.5"(folder) {
    pip("install", "--no-deps", "--target", folder, "nninteractive-client==2.5.*");
  },
  "nninteractive-newest"(folder) {
    pip("install", "--no-deps", "--target", folder, "nninteractive-client");
  },
  // One file of it; the whole needs a great deal more.
  monailabel(folder) {
    run(python, ["-c", "import cgi"], "its client needs Python 3 up to 3.12");
    pip("download", "--no-deps", "--dest", folder, "monailabel==0.8.5");
    const [wheel] = readdirSync(folder);
    const take =
      'import sys, zipfile; open(sys.argv[2], "wb").write(zipfile.ZipFile(sys.argv[1]).read("monailabel/client/client.py"))';
    run(python, ["-c", take, join(folder, wheel), join(folder, "client.py")]);
    rmSync(join(folder, wheel));
  },
};

export function ensurePython() {
  const missing = Object.keys(parts).filter((name) => !existsSync(join(cache, name, "done")));
  if (missing.length === 0) return;
  process.stdout.write("septum: installing Python packages for the tests …\n");
  for (const name of missing) {
    const folder = join(cache, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    try {
      parts[name](folder);
      writeFileSync(join(folder, "done"), "");
    } catch (error) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(join(folder, "problem"), error.message);
      // The others are made with it.
      if (name === "environment") return;
    }
  }
}

function pip(...args) {
  run(python, ["-m", "pip", ...args, "--quiet"]);
}

function run(command, args, what = `${args.join(" ")} failed`) {
  // Where there is no network, pip is to say so soon.
  const env = { ...process.env, PIP_RETRIES: "1", PIP_DEFAULT_TIMEOUT: "15", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 300_000, env });
  if (status !== 0) throw new Error(`${what}: ${(stderr ?? "").trim().split("\n").at(-1) || "not found"}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) ensurePython();
