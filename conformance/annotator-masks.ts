import type { Client } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";

/** The masks that the server has: one byte per voxel of the scan, first axis fastest. */
export interface SavedMasks {
  /** Of every segment, in the server's order. */
  all(): Promise<readonly Uint8Array[]>;
  of(label: number): Promise<Uint8Array>;
  has(mask: Uint8Array, voxel: Vec3): boolean;
}

export function savedMasks(client: Client, size: Vec3): SavedMasks {
  const indexOf = ([i, j, k]: Vec3) => i + size[0] * (j + size[1] * k);
  return {
    async all() {
      const all: Uint8Array[] = [];
      for (const { label } of (await client.segments()).segments) all.push(await this.of(label));
      return all;
    },
    async of(label) {
      const { box, data } = await client.mask({ label });
      const [[i0, i1], [j0, j1], [k0, k1]] = box;
      const mask = new Uint8Array(size[0] * size[1] * size[2]);
      let bit = 0;
      for (let k = k0; k < k1; k++) {
        for (let j = j0; j < j1; j++) {
          for (let i = i0; i < i1; i++, bit++) mask[indexOf([i, j, k])] = (data[bit >> 3] >> (bit & 7)) & 1;
        }
      }
      return mask;
    },
    has: (mask, voxel) => mask[indexOf(voxel)] === 1,
  };
}

export function count(mask: Uint8Array): number {
  return mask.reduce((sum, bit) => sum + bit, 0);
}

/** Voxels in which two masks differ. */
export function differences(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, bit, n) => sum + (bit === b[n] ? 0 : 1), 0);
}

export function same(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((mask, n) => differences(mask, others[n]) === 0);
}
