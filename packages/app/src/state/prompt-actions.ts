import type { EditInput, PromptInput, PromptPatch, PromptResult } from "@septum/protocol";
import { client } from "./client.ts";
import { editing } from "./editing.ts";
import { promptsOf, target } from "./segment-actions.ts";
import { store } from "./store.ts";
import { inTurn } from "./work.ts";

/**
 * Gives the active segment a prompt, after those given before; with none active it becomes the first of a new segment. In
 * live mode the network runs at once, in collect mode when asked to. Resolves to whether the server has it.
 */
export async function addPrompt(body: PromptInput): Promise<boolean> {
  const { mode, others } = editing.getState();
  const { guess, label } = target();
  const text = `${body.positive === false ? "−" : "+"} ${body.kind}`;
  return inTurn({ label: guess, text, doing: `add the ${body.kind}` }, async (call) => {
    const result = await client.prompt(await label(), { ...body, predict: mode === "live" }, { ...call, others });
    if (mode === "live") tell(result);
  });
}

/** Lets the network work on the prompts that were collected for the active segment. */
export async function runPrompts(): Promise<boolean> {
  const { active, others } = editing.getState();
  if (active === undefined) return false;
  return inTurn({ label: active, text: "run", doing: "run the prompts" }, async (call) => {
    tell(await client.predict(active, { ...call, others }));
  });
}

/** Changes the active segment by hand; with none active it is the first of a new segment. */
export async function edit(body: EditInput): Promise<boolean> {
  const { others } = editing.getState();
  const { guess, label } = target();
  const text = editText(body);
  return inTurn({ label: guess, text, doing: "change the segment" }, async (call) => {
    tell(await client.edit(await label(), body, { ...call, others }));
  });
}

function editText(body: EditInput): string {
  if (body.kind === "paint") return body.add ? "brush" : "eraser";
  return body.kind.replaceAll("_", " ");
}

/** Says what other segments lost, or kept because they are locked. */
function tell({ change: { taken, spared, changed_box: box } }: PromptResult): void {
  store.setState({ outcome: { taken, spared, changed: box !== null } });
}

/** Puts a prompt elsewhere, or turns its sign, as if it had been given so. */
export async function movePrompt(label: number, n: number, patch: PromptPatch): Promise<boolean> {
  return inTurn({ label, text: `prompt ${n + 1}`, doing: `change prompt ${n + 1}` }, async (call) => {
    await client.changePrompt(label, n, patch, call);
  });
}

/** Takes a prompt away as if it had never been given. */
export async function removePromptAt(label: number, n: number): Promise<boolean> {
  editing.setState({ prompt: undefined });
  return inTurn({ label, text: `prompt ${n + 1}`, doing: `remove prompt ${n + 1}` }, async (call) => {
    await client.removePrompt(label, n, call);
  });
}

/** Turns a positive prompt negative, or the other way round. */
export async function flipPrompt(label: number, n: number): Promise<boolean> {
  const prompt = promptsOf(label)[n];
  return prompt ? movePrompt(label, n, { positive: !prompt.positive }) : false;
}
