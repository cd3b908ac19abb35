import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, fail, ok } from "./finding.ts";

/** Whether the browser app was built. */
export async function checkApp(folder: string): Promise<Finding> {
  return access(join(folder, "index.html")).then(
    () => ok("app", "is built"),
    () =>
      fail(
        "app",
        `the browser app is not built: ${folder} has no index.html`,
        "npm run build, or npm start, which builds what is missing",
      ),
  );
}
