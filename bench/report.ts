/** One measured figure beside its budget. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** Largest value that is still within the budget of the design; absent when the figure has none. */
  readonly budget?: number;
}

/** A benchmark: a name to call it by, what it measures, and the figures of one run. */
export interface Benchmark {
  readonly name: string;
  readonly measures: string;
  run(): Promise<readonly Figure[]>;
}

export function printFigures(figures: readonly Figure[]): void {
  for (const { what, measured, unit, budget } of figures) {
    const verdict = budget === undefined ? "" : `  budget ${budget} ${unit}: ${measured <= budget ? "met" : "MISSED"}`;
    console.log(`  ${what.padEnd(62)} ${format(measured).padStart(9)} ${unit}${verdict}`);
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
