import { Tooltip } from "@mantine/core";
import type { Person } from "@septum/protocol";
import { useEditing } from "../state/editing.ts";
import { setView, useApp } from "../state/store.ts";
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
        <li key={person.id}>
          <Face {...person} own={person.id === own} />
        </li>
      ))}
      {more.length > 0 && (
        <li>
          <Tooltip label={more.map(({ name }) => name).join(", ")}>
            <span className="face face-more">+{more.length}</span>
          </Tooltip>
        </li>
      )}
    </ul>
  );
}

/** Somebody else's is a button that goes where they look. */
function Face({ id, name, color, own }: Person & { readonly own: boolean }) {
  const place = useEditing((state) => state.elsewhere[id]);
  const style = { background: color, color: textOn(color) };
  const who = own ? `${name}: this page` : `${name}: somebody else, or another tab`;
  if (own || !place) {
    return (
      <Tooltip label={who}>
        <span className={own ? "face face-own" : "face"} style={style}>
          <span aria-hidden="true">{initials(name)}</span>
          <span className="unseen">{who}</span>
        </span>
      </Tooltip>
    );
  }
  return (
    <Tooltip label={`${who}. Go where they look`}>
      <button
        type="button"
        className="face"
        style={style}
        onClick={() => setView({ target: [...place] })}
        data-testid="go-to-person"
      >
        <span aria-hidden="true">{initials(name)}</span>
        <span className="unseen">
          {who}. Go where they look: {place.join(", ")}
        </span>
      </button>
    </Tooltip>
  );
}
