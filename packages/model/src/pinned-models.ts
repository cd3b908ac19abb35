import type { ExpectedFile } from "./checksum.ts";

/** A model whose every byte is known. */
export interface PinnedModel {
  readonly id: string;
  readonly displayName: string;
  /** Folder in the repository. */
  readonly path: string;
  readonly revision: string;
  readonly files: Readonly<Record<string, ExpectedFile>>;
}

export const officialRepo = "MIC-DKFZ/nnInteractive";

/** Spec §1.7: sizes and hashes on which two independent projects agree. They hold for the official repository only. */
export const pinnedModels: readonly PinnedModel[] = [
  {
    id: "nnInteractive_v1.0",
    displayName: "nnInteractive v1.0",
    path: "nnInteractive_v1.0",
    revision: "3f308d751c00644e4fde6f09c600264b393b21b5",
    files: {
      LICENSE: { bytes: 67, sha256: "4f60f5747c5506020923866690c2a41a3c74ffa85b7371eac2b02e23185f91d5" },
      "dataset.json": { bytes: 245, sha256: "e090394ac539b2823b2135173658190245c462cb042d3442487e4829f08252c4" },
      "inference_session_class.json": {
        bytes: 121,
        sha256: "8f43587a9d139fcf7af8776219e9432dab079f985cb0d7da72a4c851b39a4f09",
      },
      "plans.json": { bytes: 6287, sha256: "64a30a430438302a692a3edadd345a207b3428bea2e5cdc125298757da21f4d4" },
      "fold_0/checkpoint_final.pth": {
        bytes: 411387150,
        sha256: "b3ac4421f85457bbd1aa0d87f5e67bcb7bc8e2ce6b824b6ac45077cc5d630ea9",
      },
    },
  },
];
