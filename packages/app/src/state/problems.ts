import { problemWords } from "../words/problems.ts";
import { store } from "./store.ts";

let lastId = 0;

/** Shows an error until it is read. `again` does once more what it was about. */
export function report(error: unknown, doing: string, again?: () => void): void {
  const { title, detail } = problemWords(error, doing);
  say(title, detail, again);
}

/** Shows something until it is read. The same words are not shown twice at once: the later `again` takes the place. */
export function say(title: string, detail: string, again?: () => void): void {
  store.setState(({ problems }) => {
    const others = problems.filter((problem) => problem.title !== title || problem.detail !== detail);
    return { problems: [...others, { id: ++lastId, title, detail, again }] };
  });
}

export function dismiss(id: number): void {
  store.setState(({ problems }) => ({ problems: problems.filter((problem) => problem.id !== id) }));
}

export function dismissAll(): void {
  store.setState({ problems: [] });
}
