import { useEffect } from "react";
import { editing } from "../../state/editing.ts";
import { preferences } from "../../state/preferences.ts";
import { store } from "../../state/store.ts";
import { comboOf, familyOf } from "./combos.ts";
import { type Command, commands } from "./commands.ts";
import { type CommandId, keysOf } from "./profiles.ts";

/** Keys that work anywhere on the page. */
export function useShortcuts(): void {
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    /** Commands whose key is down, by the key's place, with when it went down. */
    const held = new Map<string, { readonly command: Command; readonly since: number }>();

    function letGo(code: string) {
      const one = held.get(code);
      held.delete(code);
      one?.command.release?.(performance.now() - one.since);
    }

    window.addEventListener(
      "keydown",
      (event) => {
        if (isElsewhere(event)) return;
        const found = commandFor(event);
        if (!found) return;
        const { command, digit } = found;
        if (!command.always && !store.getState().image) return;
        // A key held down says the same again and again; only some commands mean it.
        const meant = event.repeat && !command.repeats ? true : command.act(digit);
        if (!meant) return;
        event.preventDefault();
        if (command.release && !event.repeat) held.set(event.code, { command, since: performance.now() });
      },
      { signal },
    );
    window.addEventListener("keyup", ({ code }) => letGo(code), { signal });
    // Keys let go while another window has the keyboard are never told.
    window.addEventListener(
      "blur",
      () => {
        held.clear();
        editing.setState({ peeking: false, signHeld: false });
      },
      { signal },
    );
    return () => stop.abort();
  }, []);
}

function commandFor(event: KeyboardEvent): { readonly command: Command; readonly digit: number } | undefined {
  const combo = comboOf(event);
  if (combo === undefined) return undefined;
  const { profile, keys } = preferences.getState();
  const bindings = Object.entries(keysOf(profile, keys)) as [CommandId, readonly string[]][];
  const exact = bindings.find(([, combos]) => combos.includes(combo));
  if (exact) return { command: commands[exact[0]], digit: 0 };
  const family = familyOf(combo);
  const among = family && bindings.find(([, combos]) => combos.includes(family.family));
  return among && { command: commands[among[0]], digit: family.digit };
}

/** A field takes its own keys, an open dialogue or menu all of them but Esc's and the list's own. */
function isElsewhere({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    // Sliders, switches and choices are inputs that take no letters.
    const { type } = target as HTMLInputElement;
    if (!["radio", "checkbox", "range"].includes(type) || key === " ") return true;
  }
  return target.closest('[role="dialog"], [role="menu"]') !== null && key !== "?";
}
