export interface Step {
  readonly image?: number;
  readonly put: readonly { readonly key: string; readonly content: number }[];
  readonly remove: readonly string[];
}

export const sessionIds: readonly string[];
export function stepsOf(seed: number, session: number): readonly Step[];
export function contentOf(content: number): Uint8Array;
