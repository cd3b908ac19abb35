import type { SessionEvent } from "@septum/protocol";
import { durationText } from "./amounts.ts";

/** How far the session's run is, as the panel shows it. */
export interface RunProgress {
  readonly stage: "starting" | "waiting" | "coarse" | "refine" | "cancelling" | "held";
  /** 0…1, over all objects of the run; never goes back. */
  readonly fraction: number;
  readonly text: string;
  /** Only the tab that started a run may stop it. */
  readonly ours: boolean;
  /** Only this object is worked on; events about others are other people's. */
  readonly label?: number;
  /** Why it is held, in the server's words, where it is there but cannot do it yet. */
  readonly reason?: string;
}

type Progress = Extract<SessionEvent, { type: "progress" }>;

export function startedRun(ours: boolean): RunProgress {
  return { stage: "starting", fraction: 0, text: "Starting …", ours };
}

/** What waits while the server cannot be reached, or cannot do it yet. */
export function heldRun(texts: readonly string[], reason?: string): RunProgress {
  return { stage: "held", fraction: 0, text: `Waits: ${texts.join(", ")}`, ours: true, reason };
}

/** The run after one more event. The number of passes is a lower bound until refinement is planned, so progress is held. */
export function advanceRun(run: RunProgress, event: Progress): RunProgress {
  if (run.stage === "cancelling" || run.stage === "held" || (run.label ?? event.label) !== event.label) return run;
  const { object = 1, objects = 1 } = event;
  const share = event.expected > 0 ? Math.min(1, event.done / event.expected) : 0;
  const fraction = Math.max(run.fraction, Math.min(1, (object - 1 + share) / objects));
  return { ...run, stage: event.stage, fraction, text: runText(event) };
}

export function runText({ label, stage, done, expected, ahead, seconds, object = 1, objects = 1 }: Progress): string {
  const which = objects > 1 ? `Segment ${object} of ${objects} (label ${label})` : `Label ${label}`;
  if (stage === "waiting") {
    if (!ahead) return `${which}: next in line`;
    const time = seconds === undefined ? "" : `, about ${durationText(seconds)}`;
    return `${which}: ${ahead} ${ahead === 1 ? "pass" : "passes"} before yours${time}`;
  }
  if (stage === "coarse") return `${which}: first look`;
  return `${which}: pass ${Math.min(done + 1, expected)} of ${expected}`;
}

/** `1 step`, `3 steps`: prompts and edits, as a person counts what they did. */
export function stepsText(count: number): string {
  return `${count} ${count === 1 ? "step" : "steps"}`;
}

/** Said before a click where a pass takes long enough to wonder; undefined where it does not. */
export function slowText(secondsPerPass: number | undefined): string | undefined {
  if (secondsPerPass === undefined || secondsPerPass < 2) return undefined;
  return `About ${durationText(secondsPerPass)} or more per prompt`;
}
