import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconArrowsMove,
  IconBrush,
  IconCircleDot,
  IconEraser,
  IconHandFinger,
  IconLasso,
  IconListNumbers,
  IconSquareDashed,
  IconWritingSign,
} from "@tabler/icons-react";
import { setTool } from "../state/edit-settings.ts";
import { type Tool, useEditing } from "../state/editing.ts";
import { toolGroups, toolWords } from "../words/tools.ts";
import { useKeys } from "./keys/use-keys.ts";

const icons: Readonly<Record<Tool, typeof IconBrush>> = {
  point: IconCircleDot,
  box: IconSquareDashed,
  scribble: IconWritingSign,
  lasso: IconLasso,
  brush: IconBrush,
  eraser: IconEraser,
  pick: IconHandFinger,
  look: IconArrowsMove,
  mark: IconListNumbers,
};

/** What the hand holds. */
export function ToolBar() {
  return (
    <nav className="tool-bar" aria-label="Tools">
      {toolGroups.map(({ name, tools }) => (
        <fieldset key={name} aria-label={name} className="tool-group">
          {tools.map((tool) => (
            <ToolButton key={tool} tool={tool} />
          ))}
        </fieldset>
      ))}
    </nav>
  );
}

function ToolButton({ tool }: { readonly tool: Tool }) {
  const chosen = useEditing((state) => state.tool === tool);
  const keys = useKeys(`tool-${tool}`);
  const { name, how } = toolWords[tool];
  const Icon = icons[tool];
  return (
    <Tooltip label={`${keys ? `${name} (${keys})` : name}: ${how}`} position="right">
      <ActionIcon
        className="tool"
        variant={chosen ? "filled" : "subtle"}
        color={chosen ? undefined : "gray"}
        aria-label={name}
        aria-pressed={chosen}
        onClick={() => setTool(tool)}
        data-testid={`tool-${tool}`}
      >
        <Icon size={20} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}
