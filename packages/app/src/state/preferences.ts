import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { editing } from "./editing.ts";

/** What a person likes, in every session of this browser. */
export interface Preferences {
  /** `safe`: told apart by people who see red and green alike. */
  readonly colours: "classic" | "safe";
  readonly profile: string;
  /** Keys that the person gave to a command instead of the profile's, by command. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

const storageKey = "septum.preferences";

const initial: Preferences = { colours: "classic", profile: "nninteractive", keys: {} };

export const preferences = createStore<Preferences>(() => ({ ...initial, ...recall() }));

preferences.subscribe((state) => localStorage.setItem(storageKey, JSON.stringify(state)));

/** Keeps the colours of prompts in the picture and around it as the person likes them. */
export function followColours(): void {
  const show = ({ colours }: Preferences) => {
    editing.setState({ signColours: colours });
    document.documentElement.dataset.signs = colours;
  };
  show(preferences.getState());
  preferences.subscribe(show);
}

export function usePreferences<T>(select: (state: Preferences) => T): T {
  return useStore(preferences, select);
}

/** Okabe and Ito's colours, for segments made while the safe set is chosen. */
export const safeSegmentColours: readonly string[] = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
];

/** What an earlier visit kept; anything else in its place is as if nothing was kept. */
function recall(): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(globalThis.localStorage?.getItem(storageKey) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return {
      ...("colours" in kept && (kept.colours === "safe" || kept.colours === "classic") && { colours: kept.colours }),
      ...("profile" in kept && typeof kept.profile === "string" && { profile: kept.profile }),
      ...("keys" in kept && isKeys(kept.keys) && { keys: kept.keys }),
    };
  } catch {
    return {};
  }
}

function isKeys(value: unknown): value is Preferences["keys"] {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === "string"))
  );
}
