import type { Model } from "@septum/segment";
import type { EndedPass, PassProgress } from "./engine.ts";
import { EngineClosedError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { createPassQueue } from "./pass-queue.ts";
import { type Handlers, transferring } from "./rpc.ts";
import type { HostMethods } from "./segment-protocol.ts";

/** One call of `apply` under way, as its passes need to know it. */
export interface Job {
  /** Whose turn its passes take. */
  readonly owner: string;
  /** Of the object the call is about. */
  readonly gate: Gate;
  readonly signal: AbortSignal;
  /** The last that was said to the caller. */
  progress: PassProgress;
  onProgress?(progress: PassProgress): void;
}

export interface RunningJob {
  readonly id: number;
  /** Spent by the device on this job's passes. */
  readonly secondsNetwork: number;
  /** To be called when the job's call has been answered. */
  end(): void;
}

/** Runs the passes of all jobs on the one network, in turn. */
export interface DevicePasses {
  readonly waiting: number;
  readonly running: number;
  /** Median of the latest passes; undefined when there is nothing to go by. */
  readonly secondsPerPass: number | undefined;
  /** Waits until nobody reads the object's mask. From here on it may change, except while a pass waits or runs. */
  begin(job: Job): Promise<RunningJob>;
  /** What segment threads call. */
  readonly handlers: Handlers<HostMethods>;
  close(): Promise<void>;
}

interface Entry {
  readonly job: Job;
  /** Aborted when the call is over, however it ended: its passes are not wanted any more. */
  readonly over: AbortController;
  seconds: number;
  /** Held while the mask may change. */
  leave?: () => void;
}

/** Passes that the median is taken of: patches of one model take about the same time, and one that did not counts little. */
const latestPasses = 9;

export interface DevicePassesOptions {
  readonly onPass?: (pass: EndedPass) => void;
  /** What a pass takes, before the first. */
  readonly secondsPerPass?: number;
}

/**
 * A mask changes only while its segment thread computes: before the first pass, between passes, and after the last. So the
 * writer's side of the gate is held then and given up while a pass waits and runs, which is nearly all the time; readers of
 * the mask never see it half-written and seldom wait.
 */
export function createDevicePasses(
  model: Pick<Model, "predict">,
  { onPass, secondsPerPass }: DevicePassesOptions = {},
): DevicePasses {
  const queue = createPassQueue();
  const jobs = new Map<number, Entry>();
  let lastId = 0;
  let latest = secondsPerPass === undefined ? [] : [secondsPerPass];
  let measured = false;

  return {
    get waiting() {
      return queue.waiting;
    },
    get running() {
      return queue.running;
    },
    get secondsPerPass() {
      return median(latest);
    },
    async begin(job) {
      const id = ++lastId;
      const leave = await job.gate.enter("writer");
      const entry: Entry = { job, over: new AbortController(), seconds: 0, leave };
      const done = queue.expect(job.owner);
      jobs.set(id, entry);
      return {
        id,
        get secondsNetwork() {
          return entry.seconds;
        },
        end() {
          jobs.delete(id);
          entry.over.abort();
          done();
          entry.leave?.();
          entry.leave = undefined;
        },
      };
    },
    handlers: {
      async pass({ job: id, stage, patch }) {
        const entry = jobs.get(id);
        if (!entry) throw new Error(`There is no call ${id} to run a pass for`);
        const { owner, gate, signal, onProgress } = entry.job;
        entry.leave?.();
        entry.leave = undefined;
        const asked = performance.now();
        try {
          const mask = await queue.submit({
            owner,
            stage,
            signal: AbortSignal.any([signal, entry.over.signal]),
            onWait(ahead) {
              const { done, expected, preview } = entry.job.progress;
              const each = median(latest);
              const seconds = each === undefined ? undefined : ahead * each;
              onProgress?.({ stage: "waiting", done, expected: Math.max(expected, done + 1), preview, ahead, seconds });
            },
            async run() {
              const start = performance.now();
              try {
                // Without the signal: the device is free again when the pass has ended, not when somebody gave up on it.
                return await model.predict(patch, { pass: stage });
              } finally {
                const secondsRun = (performance.now() - start) / 1000;
                entry.seconds += secondsRun;
                latest = [...(measured ? latest : []), secondsRun].slice(-latestPasses);
                measured = true;
                onPass?.({ owner, stage, secondsWaited: (start - asked) / 1000, secondsRun });
              }
            },
          });
          return transferring(mask, [mask.buffer]);
        } finally {
          const leave = await gate.enter("writer");
          if (jobs.get(id) === entry) entry.leave = leave;
          else leave();
        }
      },
    },
    close: () => queue.close(new EngineClosedError()),
  };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
