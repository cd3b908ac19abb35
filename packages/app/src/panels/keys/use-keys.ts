import { usePreferences } from "../../state/preferences.ts";
import { keyCaps } from "./combos.ts";
import { type CommandId, keysOf } from "./profiles.ts";

/** The first key of a command as people write it, such as `Ctrl+Z`; undefined when it has none. */
export function useKeys(id: CommandId): string | undefined {
  const profile = usePreferences((state) => state.profile);
  const own = usePreferences((state) => state.keys);
  const [first] = keysOf(profile, own)[id];
  return first === undefined ? undefined : keyCaps(first).join("+");
}
