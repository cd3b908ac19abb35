import { Button, CopyButton, Menu } from "@mantine/core";
import {
  IconCheck,
  IconChevronDown,
  IconLink,
  IconList,
  IconLogout,
  IconPlus,
  IconSettings,
  IconTrash,
  IconUser,
} from "@tabler/icons-react";
import { useState } from "react";
import { deleteSession, enter, listSessions } from "../state/session-actions.ts";
import { sessionLink, shortId } from "../state/session-id.ts";
import { useApp } from "../state/store.ts";
import { isLoggedIn, lock } from "../state/unlock.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { SessionList } from "./session-list.tsx";

export function SessionMenu() {
  const id = useApp((state) => state.session.id);
  const phase = useApp((state) => state.session.phase);
  const [dialog, setDialog] = useState<"delete" | "list">();
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button
            size="xs"
            variant="default"
            className="header-menu"
            leftSection={<IconUser size={15} />}
            rightSection={<IconChevronDown size={13} />}
            aria-label={id ? `Session ${shortId(id)}` : "Session"}
            data-testid="session-menu"
          >
            {id ? shortId(id) : "Session"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{id ? `This session: ${shortId(id)}` : "No session yet"}</Menu.Label>
          {id && phase === "ready" && (
            <CopyButton value={sessionLink(new URL(location.href), id)} timeout={3000}>
              {({ copied, copy }) => (
                <Menu.Item
                  closeMenuOnClick={false}
                  leftSection={copied ? <IconCheck size={15} /> : <IconLink size={15} />}
                  onClick={copy}
                >
                  {copied ? "Link copied" : "Invite: copy the link"}
                </Menu.Item>
              )}
            </CopyButton>
          )}
          <Menu.Item leftSection={<IconPlus size={15} />} onClick={() => enter(undefined)}>
            New session
          </Menu.Item>
          <Menu.Item
            leftSection={<IconList size={15} />}
            onClick={() => {
              void listSessions();
              setDialog("list");
            }}
          >
            All sessions …
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item component="a" href="/?admin" target="_blank" leftSection={<IconSettings size={15} />}>
            Administration
          </Menu.Item>
          {isLoggedIn() && phase !== "locked" && (
            <Menu.Item leftSection={<IconLogout size={15} />} onClick={lock} data-testid="log-out">
              Log out
            </Menu.Item>
          )}
          {id && phase === "ready" && (
            <>
              <Menu.Divider />
              <Menu.Item className="danger" leftSection={<IconTrash size={15} />} onClick={() => setDialog("delete")}>
                Delete this session …
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {id && (
        <DeleteDialog
          name={shortId(id)}
          warning="It ends for everyone who has the link."
          opened={dialog === "delete"}
          onClose={() => setDialog(undefined)}
          onDelete={() => void deleteSession(id)}
        />
      )}
      <SessionList opened={dialog === "list"} onClose={() => setDialog(undefined)} />
    </>
  );
}
