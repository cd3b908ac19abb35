/** What zod says about one value; a union carries the issues of each of its branches. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** Issues told in one answer. */
const told = 3;

/** One readable sentence, such as `body.voxel[1]: expected int, received string`. */
export function describeIssues(issues: readonly Issue[], context = "body"): string {
  const where = context === "querystring" ? "query" : context;
  const all = issues.flatMap(flatten);
  const lines = all
    .slice(0, told)
    .map(({ path, message }) => `${where}${path.map(step).join("")}: ${lowerFirst(message)}`);
  const more = all.length - told;
  return lines.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/** Of a union the branch that fits best: the one with the fewest complaints, the first of several. */
function flatten(issue: Issue): readonly Issue[] {
  if (!issue.errors || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) => branch.flatMap(flatten));
  const best = branches.reduce((a, b) => (b.length < a.length ? b : a));
  return best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function step(key: PropertyKey): string {
  const text = String(key);
  return /^\d+$/.test(text) ? `[${text}]` : `.${text}`;
}

function lowerFirst(text: string): string {
  return text.replace(/^Invalid input: /, "").replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
