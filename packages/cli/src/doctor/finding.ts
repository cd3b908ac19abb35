/** What one check came to. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `warn`: the server works, but not as well as it could. `fail`: it does not start, or cannot do its work. */
  readonly state: "ok" | "warn" | "fail";
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function ok(check: string, says: string): Finding {
  return { check, state: "ok", says };
}

export function warn(check: string, says: string, fix: string): Finding {
  return { check, state: "warn", says, fix };
}

export function fail(check: string, says: string, fix: string): Finding {
  return { check, state: "fail", says, fix };
}

/** A finding as lines for a terminal: state, check and words in columns, the fix below them. */
export function findingLines({ check, state, says, fix }: Finding): string[] {
  const head = `${state.padEnd(5)} ${check.padEnd(9)} ${says}`;
  return fix === undefined ? [head] : [head, `${" ".repeat(16)}→ ${fix}`];
}
