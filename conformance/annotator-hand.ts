import type { Vec3 } from "@septum/volume";
import type { Page } from "playwright-core";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";

export type Plane = "axial" | "coronal" | "sagittal";

/** Letters of the directions in which the slices of a plane follow each other. */
const across: Readonly<Record<Plane, string>> = { axial: "SI", coronal: "AP", sagittal: "RL" };

/** What a person does on the page with mouse and keys, in voxels of the file. */
export interface AnnotatorHand {
  choose(tool: string): Promise<void>;
  /** Where a voxel is on the page. */
  screen(voxel: Vec3, plane: Plane): Promise<{ readonly x: number; readonly y: number }>;
  /** Looks at a voxel, by a click in each of two planes. Prompts that are shown there would be selected instead. */
  goTo(voxel: Vec3): Promise<void>;
  /** Presses on the first voxel, goes over the others, and lets go. */
  draw(plane: Plane, voxels: readonly Vec3[]): Promise<void>;
  /** The voxel so many rows and columns away on a slice of the plane. */
  beside(plane: Plane, voxel: Vec3, rows: number, columns: number): Vec3;
}

/** `orientation` has a letter for each axis of the file, such as `PIR`. */
export function annotatorHand(page: Page, orientation: string): AnnotatorHand {
  const axisOf = (plane: Plane) => [...orientation].findIndex((letter) => across[plane].includes(letter));

  async function screen(voxel: Vec3, plane: Plane): Promise<{ readonly x: number; readonly y: number }> {
    const at = await page.evaluate(([voxel, plane]) => window.septum?.screenPosition(voxel, plane), [
      voxel,
      plane,
    ] as const);
    if (!at) throw new Error(`the ${plane} plane is not on the screen`);
    return at;
  }

  async function draw(plane: Plane, voxels: readonly Vec3[]): Promise<void> {
    for (const [n, voxel] of voxels.entries()) {
      const { x, y } = await screen(voxel, plane);
      await page.mouse.move(x, y, { steps: n === 0 ? 1 : 4 });
      if (n === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }

  async function choose(tool: string): Promise<void> {
    await page.getByTestId(`tool-${tool}`).click();
  }

  return {
    choose,
    screen,
    draw,
    async goTo(voxel) {
      await choose("look");
      for (const plane of ["axial", "coronal"] as const) await draw(plane, [voxel]);
      await page.waitForFunction((voxel) => String(window.septum?.cross) === voxel, String(voxel));
    },
    beside(plane, voxel, rows, columns) {
      const [row, column] = [0, 1, 2].filter((d) => d !== axisOf(plane));
      const [i, j, k] = voxel.map((part, d) => part + (d === row ? rows : d === column ? columns : 0));
      return [i, j, k];
    },
  };
}
