import { editing } from "./editing.ts";

/** One segment for all prompts that were given while none was active; made by the first of them. */
let waiting: { label?: Promise<number> } = {};

/** Goes over to a segment. The next prompt is positive again: a sign left over from another segment surprises. */
export function activate(label: number | undefined): void {
  if (editing.getState().active === label) return;
  waiting = {};
  editing.setState({ active: label, prompt: undefined, positive: true });
}

/** What prompts share that are given from now on while no segment is active. */
export function unborn(): { label?: Promise<number> } {
  return waiting;
}
