import { store } from "./store.ts";
import { isWorking } from "./work.ts";

/** Has the browser ask before the page is closed with something that the server does not have yet. */
export function warnBeforeLeaving(): void {
  window.addEventListener("beforeunload", (event) => {
    if (isWorking() || store.getState().unsaved > 0) event.preventDefault();
  });
}
