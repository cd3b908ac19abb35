import { Kbd } from "@mantine/core";
import { usePreferences } from "../../state/preferences.ts";
import { type Combo, keyCaps } from "./combos.ts";
import { commandGroups, commands } from "./commands.ts";
import { keysOf, singleKeys } from "./profiles.ts";

/** What is not a key of its own. */
const hands: readonly {
  readonly name: string;
  readonly rows: readonly (readonly [what: string, keys: readonly string[]])[];
}[] = [
  {
    name: "Mouse and pen",
    rows: [
      ["Use the tool", ["Click", "Drag"]],
      ["With the other sign, or erase", ["Ctrl", "Click"]],
      ["Pick the segment there", ["Alt", "Click"]],
      ["Through the slices", ["Wheel"]],
      ["Zoom", ["Ctrl", "Wheel"]],
      ["Pan", ["Space", "Drag"]],
      ["Window and level", ["Right drag"]],
    ],
  },
  {
    name: "In the scan",
    rows: [
      ["Move the crosshair", ["Arrows"]],
      ["Through the slices", ["Page Up", "Page Down"]],
      ["Use the tool at the crosshair", ["Enter"]],
    ],
  },
];

/** All keys as they are now. */
export function KeyTable() {
  const profile = usePreferences((state) => state.profile);
  const own = usePreferences((state) => state.keys);
  const keys = keysOf(profile, own);
  const single = singleKeys(keys);
  return (
    <div className="key-help">
      {hands.map(({ name, rows }) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {rows.map(([what, caps]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  <Caps caps={caps} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {commandGroups.map(({ name, ids }) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {ids.map((id) => (
              <div key={id}>
                <dt>{commands[id].what}</dt>
                <dd>
                  {keys[id].map((combo) => (
                    <Keys key={combo} combo={combo} elsewhere={single} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

interface KeysProps {
  readonly combo: Combo;
  /** Keys that mean something else, where the combo is a family of them. */
  readonly elsewhere: ReadonlySet<Combo>;
}

export function Keys({ combo, elsewhere }: KeysProps) {
  return <Caps caps={keyCaps(combo, elsewhere)} />;
}

function Caps({ caps }: { readonly caps: readonly string[] }) {
  return (
    <span className="key-caps">
      {caps.map((cap) => (
        <Kbd key={cap} size="xs">
          {cap}
        </Kbd>
      ))}
    </span>
  );
}
