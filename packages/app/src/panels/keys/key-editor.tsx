import { Button, CloseButton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { preferences, usePreferences } from "../../state/preferences.ts";
import { type Combo, comboOf, familyOf } from "./combos.ts";
import { commandGroups, commands } from "./commands.ts";
import { Keys } from "./key-table.tsx";
import { type CommandId, keysOf, ownKeysWith, singleKeys } from "./profiles.ts";

/** Keys that are given and taken away. */
export function KeyEditor() {
  const profile = usePreferences((state) => state.profile);
  const own = usePreferences((state) => state.keys);
  const keys = keysOf(profile, own);
  const single = singleKeys(keys);
  return (
    <div className="key-help">
      {commandGroups.map(({ name, ids }) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {ids.map((id) => (
              <div key={id}>
                <dt>{commands[id].what}</dt>
                <dd>
                  {keys[id].map((combo) => (
                    <span key={combo} className="key-edit">
                      <Keys combo={combo} elsewhere={single} />
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

/** Waits for the next key pressed; Tab goes on, Esc leaves it. A command of nine digits takes them all at any of them. */
function AddKey({ id, keys }: { readonly id: CommandId; readonly keys: readonly Combo[] }) {
  const [waiting, setWaiting] = useState(false);
  const { what, digits } = commands[id];
  const invitation = digits ? "Press a digit" : "Press a key";
  return (
    <Button
      size="compact-xs"
      variant={waiting ? "filled" : "default"}
      aria-label={waiting ? `${invitation} for “${what}”` : `Add a key for “${what}”`}
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
        const given = digits ? familyOf(combo)?.family : combo;
        if (combo !== "escape" && given === undefined) return;
        setWaiting(false);
        if (combo !== "escape" && given !== undefined) setKeys(id, [...without(keys, given), given]);
      }}
      data-testid={`add-key-${id}`}
    >
      {waiting ? `${invitation} …` : <IconPlus size={12} />}
    </Button>
  );
}

function setKeys(id: CommandId, combos: readonly Combo[]): void {
  preferences.setState(({ keys }) => ({ keys: ownKeysWith(keys, id, combos) }));
}

function without(combos: readonly Combo[], combo: Combo): readonly Combo[] {
  return combos.filter((one) => one !== combo);
}
