import { Tooltip } from "@mantine/core";
import { maxNameLength } from "@septum/protocol";
import { useState } from "react";
import { changeSegment } from "../state/segment-actions.ts";

interface ObjectNameProps {
  readonly label: number;
  readonly name: string;
}

/** The object's name, written over in place: Enter or leaving keeps it, Esc does not. */
export function ObjectName({ label, name }: ObjectNameProps) {
  const [draft, setDraft] = useState<string>();
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
      maxLength={maxNameLength}
      value={draft}
      // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was just pressed
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") keep();
        if (event.key === "Escape") setDraft(undefined);
      }}
    />
  );
}
