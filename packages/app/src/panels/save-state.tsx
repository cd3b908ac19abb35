import { Tooltip } from "@mantine/core";
import { IconCloudCheck, IconCloudOff, IconCloudUp } from "@tabler/icons-react";
import { useEditing } from "../state/editing.ts";
import { useApp } from "../state/store.ts";
import { stepsText } from "../words/run.ts";

/** Whether the server has all that was done, and since when. */
export function SaveState() {
  const ready = useApp((state) => state.session.phase === "ready");
  const reachable = useApp((state) => state.server.reachable);
  const saving = useApp((state) => state.unsaved > 0);
  const unsent = useEditing(({ pending }) => pending.length);
  const savedAt = useApp((state) => state.savedAt);
  if (!ready) return null;
  const time = savedAt && new Date(savedAt).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const { icon, text, more } = !reachable
    ? {
        icon: <IconCloudOff size={17} />,
        text: unsent > 0 ? `Offline, ${stepsText(unsent)} not sent` : "Offline",
        more: "The server cannot be reached; what it answered is saved.",
      }
    : saving || unsent > 0
      ? { icon: <IconCloudUp size={17} />, text: "Saving …", more: "On its way to the server." }
      : {
          icon: <IconCloudCheck size={17} />,
          text: time ? `Saved ${time}` : "Saved",
          more: "The server has written all of it to its disk.",
        };
  return (
    <Tooltip label={more}>
      <span className={reachable ? "save-state" : "save-state save-state-lost"} role="status" data-testid="connection">
        {icon}
        {text}
      </span>
    </Tooltip>
  );
}
