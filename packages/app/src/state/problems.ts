import { problemWords } from "../words/problems.ts";
import { store } from "./store.ts";

let lastId = 0;

/** Shows an error until it is read. The same words are not shown twice at once. */
export function report(error: unknown, doing: string): void {
  const words = problemWords(error, doing);
  store.setState(({ problems }) => {
    const known = problems.some(({ title, detail }) => title === words.title && detail === words.detail);
    return known ? {} : { problems: [...problems, { id: ++lastId, ...words }] };
  });
}

export function dismiss(id: number): void {
  store.setState(({ problems }) => ({ problems: problems.filter((problem) => problem.id !== id) }));
}

export function dismissAll(): void {
  store.setState({ problems: [] });
}
