import { Registry } from "prom-client";
import type { EndedPass } from "../engine/engine.ts";
import type { LifeEvent, SessionObserver } from "../sessions/observer.ts";
import { type EventLoopDelay, watchEventLoop } from "./event-loop.ts";
import { createInstruments } from "./instruments.ts";
import type { Stock } from "./stock.ts";

/** What is true at the moment somebody asks. */
export interface Reading {
  readonly stock: Stock;
  readonly queue: { readonly waiting: number; readonly running: number };
}

/** What the server counts, in Prometheus' terms. No label names a person, a session or a file. */
export interface Metrics {
  readonly contentType: string;
  readonly observe: SessionObserver;
  passed(pass: EndedPass): void;
  answered(request: AnsweredRequest): void;
  /** A call was refused or failed. */
  failed(code: string): void;
  /** Everything counted so far, with `reading`, in the text exposition format. */
  text(reading: Reading): Promise<string>;
  close(): void;
}

export interface AnsweredRequest {
  readonly method: string;
  /** As registered, with names in place of ids. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  const eventLoop = watchEventLoop();
  instruments.info.set({ version }, 1);

  return {
    contentType: registry.contentType,
    observe: (_session, event) => count(event),
    passed({ stage, secondsWaited, secondsRun }) {
      instruments.passWait.observe({ stage }, secondsWaited);
      instruments.passRun.observe({ stage }, secondsRun);
    },
    answered({ seconds, ...labels }) {
      instruments.requests.observe(labels, seconds);
    },
    failed: (code) => instruments.errors.inc({ code }),
    async text(reading) {
      read(reading, eventLoop.read());
      return registry.metrics();
    },
    close: () => eventLoop.close(),
  };

  function count(event: LifeEvent): void {
    switch (event.type) {
      case "uploaded":
        instruments.uploads.inc({ outcome: "accepted" });
        instruments.uploadBytes.inc(event.bytes);
        instruments.uploadSeconds.observe(event.seconds);
        break;
      case "refused":
        instruments.uploads.inc({ outcome: "refused" });
        break;
      case "ran":
        instruments.runs.observe({ outcome: event.outcome }, event.seconds);
        break;
      default:
        instruments.life.inc({ event: event.type });
    }
  }

  function read({ stock, queue }: Reading, delay: EventLoopDelay): void {
    const open = stock.sessions.filter(({ memory }) => memory > 0);
    instruments.sessions.set({ state: "open" }, open.length);
    instruments.sessions.set({ state: "resting" }, stock.sessions.length - open.length);
    instruments.memory.set(stock.memory);
    instruments.disk.set(stock.disk);
    if (stock.diskFree !== undefined) instruments.diskFree.set(stock.diskFree);
    const sizes = [
      [instruments.sessionMemory, open.map(({ memory }) => memory)],
      [instruments.sessionDisk, stock.sessions.map(({ disk }) => disk)],
    ] as const;
    for (const [gauge, values] of sizes) {
      for (const quantile of [0.5, 0.9, 1]) gauge.set({ quantile }, quantileOf(values, quantile));
    }
    instruments.passes.set({ state: "waiting" }, queue.waiting);
    instruments.passes.set({ state: "running" }, queue.running);
    instruments.eventLoop.set({ quantile: 0.5 }, delay.median);
    instruments.eventLoop.set({ quantile: 0.99 }, delay.p99);
    instruments.eventLoop.set({ quantile: 1 }, delay.max);
    const cpu = process.cpuUsage();
    instruments.cpu.reset();
    instruments.cpu.inc((cpu.user + cpu.system) / 1e6);
    instruments.resident.set(process.memoryUsage.rss());
    instruments.started.set(Math.round(Date.now() / 1000 - process.uptime()));
  }
}

/** The smallest of `values` that a share `quantile` of them do not exceed; 0 when there are none. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
}
