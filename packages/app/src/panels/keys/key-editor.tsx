import { Button, CloseButton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { preferences, usePreferences } from "../../state/preferences.ts";
import { type Combo, comboOf } from "./combos.ts";
import { commandGroups, commands } from "./commands.ts";
import { Keys } from "./key-table.tsx";
import { type CommandId, keysOf } from "./profiles.ts";

/** Keys that are given and taken away; those of nine digits at once stay as the profile has them. */
export function KeyEditor() {
  const profile = usePreferences((state) => state.profile);
  const own = usePreferences((state) => state.keys);
  const keys = keysOf(profile, own);
  return (
    <div className="key-help">
      {commandGroups.map(({ name, ids }) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {ids
              .filter((id) => id !== "segment" && id !== "window")
              .map((id) => (
                <div key={id}>
                  <dt>{commands[id].what}</dt>
                  <dd>
                    {keys[id].map((combo) => (
                      <span key={combo} className="key-edit">
                        <Keys combo={combo} />
                        <CloseButton
                          size="xs"
                          aria-label={`Take ${combo} from “${commands[id].what}”`}
                          onClick={() => setKeys(id, without(keys[id], combo))}
                        />
                      </span>
                    ))}
                    <AddKey id={id} keys={keys[id]} />
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

/** Waits for the next key pressed; Tab goes on, Esc leaves it. */
function AddKey({ id, keys }: { readonly id: CommandId; readonly keys: readonly Combo[] }) {
  const [waiting, setWaiting] = useState(false);
  return (
    <Button
      size="compact-xs"
      variant={waiting ? "filled" : "default"}
      aria-label={waiting ? `Press a key for “${commands[id].what}”` : `Add a key for “${commands[id].what}”`}
      // Esc is for this button then, not for the dialogue around it.
      data-mantine-stop-propagation={waiting}
      onClick={() => setWaiting(true)}
      onBlur={() => setWaiting(false)}
      onKeyDown={(event) => {
        if (!waiting || event.key === "Tab") return;
        const combo = comboOf(event.nativeEvent);
        if (combo === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        setWaiting(false);
        if (combo !== "escape") setKeys(id, [...without(keys, combo), combo]);
      }}
      data-testid={`add-key-${id}`}
    >
      {waiting ? "Press a key …" : <IconPlus size={12} />}
    </Button>
  );
}

/** A key does one thing: given here, it is taken from the command that the person gave it to before. */
function setKeys(id: CommandId, combos: readonly Combo[]): void {
  preferences.setState(({ keys }) => {
    const others = Object.entries(keys).map(([other, has]) => [other, has.filter((combo) => !combos.includes(combo))]);
    return { keys: { ...Object.fromEntries(others), [id]: combos } };
  });
}

function without(combos: readonly Combo[], combo: Combo): readonly Combo[] {
  return combos.filter((one) => one !== combo);
}
