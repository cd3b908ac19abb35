// A second process for disk-store.test.ts, on the built package: node disk-store.child.mjs TASK FOLDER
import { writeFile } from "node:fs/promises";
import { diskStore } from "../dist/index.js";

const [task, folder] = process.argv.slice(2);
const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
const record = { id, createdAt: 1, lastActivity: 1, state: "kept" };

const tasks = {
  async open() {
    const store = await diskStore(folder).catch((error) => error);
    return store instanceof Error ? `${store.tag}: ${store.message}` : "opened";
  },

  async "open-and-die"() {
    await diskStore(folder);
    process.stdout.write("opened", () => process.kill(process.pid, "SIGKILL"));
    await new Promise(() => setInterval(() => {}, 1_000));
  },

  /** Commits 1 MB blobs until one is refused; then looks whether everything is as it was. */
  async fill() {
    const store = await diskStore(folder);
    for (let n = 0; n < 64; n++) {
      const image = await store.stage(id);
      await writeFile(image.path, `image ${n}`);
      const change = { record: { ...record, state: n }, image, put: new Map([["a", new Uint8Array(n << 20).fill(n)]]) };
      const before = [store.get(id)?.state, store.get(id)?.image, store.blob(id, "a")?.length];
      const error = await store.commit(change).then(
        () => undefined,
        (reason) => reason,
      );
      if (!error) continue;
      const after = [store.get(id)?.state, store.get(id)?.image, store.blob(id, "a")?.length];
      const same = JSON.stringify(before) === JSON.stringify(after) && after[0] === n - 1;
      await store.commit({ record: { ...record, state: "small" }, image });
      const small = store.get(id)?.state === "small" ? "small commit ok" : "small commit lost";
      return `refused at ${n}: ${error.tag}; ${same ? "unchanged" : "changed"}; staged kept; ${small}`;
    }
    return "never refused";
  },
};

process.stdout.write(await tasks[task]());
process.exit();
