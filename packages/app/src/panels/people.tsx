import { Tooltip } from "@mantine/core";
import type { Person } from "@septum/protocol";
import { useApp } from "../state/store.ts";
import { textOn } from "../viewer/markers.ts";
import { initials } from "../words/people.ts";

/** More than these are counted, not drawn. */
const shown = 5;

/** Everybody whose page shows this session now, when that is not one alone. */
export function People() {
  const people = useApp((state) => state.people);
  const own = useApp((state) => state.session.person);
  if (people.length < 2) return null;
  const more = people.slice(shown);
  return (
    <ul className="people" aria-label={`${people.length} pages show this session`} data-testid="people">
      {people.slice(0, shown).map((person) => (
        <Face key={person.id} {...person} own={person.id === own} />
      ))}
      {more.length > 0 && (
        <Tooltip label={more.map(({ name }) => name).join(", ")}>
          <li className="face face-more">+{more.length}</li>
        </Tooltip>
      )}
    </ul>
  );
}

function Face({ name, color, own }: Person & { readonly own: boolean }) {
  const words = own ? `${name}: this page` : `${name}: somebody else, or another tab`;
  return (
    <Tooltip label={words}>
      <li className={own ? "face face-own" : "face"} style={{ background: color, color: textOn(color) }}>
        <span aria-hidden="true">{initials(name)}</span>
        <span className="unseen">{words}</span>
      </li>
    </Tooltip>
  );
}
