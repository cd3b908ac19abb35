import { Tooltip } from "@mantine/core";
import { useState } from "react";
import { changeSegment } from "../state/segment-actions.ts";
import { useApp } from "../state/store.ts";

interface ObjectNameProps {
  readonly label: number;
  readonly name: string;
}

/** The segment's name, written over in place: Enter or leaving keeps it, Esc does not. */
export function ObjectName({ label, name }: ObjectNameProps) {
  const [draft, setDraft] = useState<string>();
  const longest = useApp((state) => state.server.maxNameLength);
  if (draft === undefined) {
    return (
      <Tooltip label="Rename">
        <button
          type="button"
          className="object-name"
          aria-label={`Rename ${name}`}
          onClick={() => setDraft(name)}
          data-testid={`name-${label}`}
        >
          {name}
        </button>
      </Tooltip>
    );
  }
  const keep = () => {
    setDraft(undefined);
    const wanted = draft.trim();
    if (wanted !== "" && wanted !== name) void changeSegment(label, { name: wanted });
  };
  return (
    <input
      className="object-name-input"
      aria-label={`Name of segment ${label}`}
      value={draft}
      // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was just pressed
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      // The server counts characters as people do: an emoji is one, and `maxLength` counts two.
      onChange={(event) => setDraft([...event.currentTarget.value].slice(0, longest).join(""))}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") keep();
        if (event.key === "Escape") setDraft(undefined);
      }}
    />
  );
}
