import { store } from "./store.ts";

/** A change on its way to the server; it is on disk there when the call is answered. */
export async function saving<T>(change: Promise<T>): Promise<T> {
  count(1);
  try {
    const answer = await change;
    store.setState({ savedAt: Date.now() });
    return answer;
  } finally {
    count(-1);
  }
}

function count(by: number): void {
  store.setState(({ unsaved }) => ({ unsaved: unsaved + by }));
}
