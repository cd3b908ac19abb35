import { ActionIcon, Button, Modal } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { useState } from "react";
import { preferences, usePreferences } from "../../state/preferences.ts";
import { store, useApp } from "../../state/store.ts";
import { Choice } from "../choice.tsx";
import { KeyEditor } from "./key-editor.tsx";
import { KeyTable } from "./key-table.tsx";
import { profiles } from "./profiles.ts";

/** The button and the list of all keys, where they can be changed too. */
export function KeyHelp() {
  const open = useApp((state) => state.helpShown);
  const setOpen = (helpShown: boolean) => store.setState({ helpShown });
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        title="Mouse and keys (?)"
        aria-label="Mouse and keys"
        onClick={() => setOpen(!open)}
        data-testid="keys"
      >
        <IconKeyboard size={19} />
      </ActionIcon>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Mouse and keys"
        size={760}
        transitionProps={{ duration: 0 }}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Help />
      </Modal>
    </>
  );
}

function Help() {
  const [editing, setEditing] = useState(false);
  const profile = usePreferences((state) => state.profile);
  const changed = usePreferences((state) => Object.keys(state.keys).length > 0);
  return (
    <div data-testid="key-help">
      <div className="key-head">
        <Choice
          name="Keys as in"
          value={profiles[profile] ? profile : "nninteractive"}
          choices={Object.fromEntries(Object.entries(profiles).map(([id, { name }]) => [id, name]))}
          onChange={(next) => preferences.setState({ profile: next })}
          testId="key-profile"
        />
        <div className="panel-tools">
          {changed && (
            <Button size="xs" variant="subtle" color="gray" onClick={() => preferences.setState({ keys: {} })}>
              Drop my changes
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => setEditing(!editing)} data-testid="edit-keys">
            {editing ? "Done" : "Change keys"}
          </Button>
        </div>
      </div>
      {editing ? <KeyEditor /> : <KeyTable />}
    </div>
  );
}
