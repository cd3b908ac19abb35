import { Button, Tooltip } from "@mantine/core";
import { IconMinus, IconPlayerPlayFilled, IconPlus } from "@tabler/icons-react";
import { editing, nextSign, useEditing } from "../state/editing.ts";
import { runPrompts } from "../state/prompt-actions.ts";
import { useApp } from "../state/store.ts";
import { isPaint, isPrompt, toolWords } from "../words/tools.ts";
import { BrushOptions } from "./brush-options.tsx";
import { Choice } from "./choice.tsx";
import { FixUps } from "./fix-ups.tsx";
import { useKeys } from "./keys/use-keys.ts";
import { WorkStrip } from "./work-strip.tsx";

/** What the tool in hand can be set to, what can be done to the active segment, and how far the work on it is. */
export function OptionBar() {
  const tool = useEditing((state) => state.tool);
  return (
    <section className="option-bar" aria-label="Options of the tool">
      {isPrompt(tool) && <Sign />}
      {isPrompt(tool) && <Mode />}
      {isPaint(tool) && <BrushOptions />}
      {!isPrompt(tool) && !isPaint(tool) && <p className="tool-hint">{toolWords[tool].how}</p>}
      {(isPrompt(tool) || isPaint(tool)) && <OthersChoice />}
      {tool !== "mark" && <FixUps />}
      <WorkStrip />
    </section>
  );
}

function Sign() {
  const positive = useEditing(nextSign);
  const keys = useKeys("sign");
  return (
    <Tooltip label={`The next prompt belongs to the segment, or does not${keys ? ` (${keys})` : ""}`}>
      <div>
        <Choice
          name="Sign of the next prompt"
          className={positive ? "sign sign-positive" : "sign sign-negative"}
          value={positive ? "positive" : "negative"}
          choices={{
            positive: <SignLabel icon={<IconPlus size={14} stroke={3} />} name="Positive" />,
            negative: <SignLabel icon={<IconMinus size={14} stroke={3} />} name="Negative" />,
          }}
          onChange={(value) => editing.setState({ positive: value === "positive" })}
          testId="sign"
        />
      </div>
    </Tooltip>
  );
}

function SignLabel({ icon, name }: { readonly icon: React.ReactNode; readonly name: string }) {
  return (
    <span className="with-icon">
      {icon}
      {name}
    </span>
  );
}

function Mode() {
  const mode = useEditing((state) => state.mode);
  const active = useEditing((state) => state.active);
  const some = useApp((state) => state.segments.some(({ label, prompts }) => label === active && prompts.length > 0));
  const run = useKeys("run");
  return (
    <>
      <Tooltip label="Live: the network runs after each prompt. Collect: give several, then run once.">
        <div>
          <Choice
            name="When to predict"
            value={mode}
            choices={{ live: "Live", collect: "Collect" }}
            onChange={(value) => editing.setState({ mode: value })}
            testId="mode"
          />
        </div>
      </Tooltip>
      {mode === "collect" && (
        <Button
          size="xs"
          leftSection={<IconPlayerPlayFilled size={13} />}
          disabled={!some}
          title={run}
          onClick={runPrompts}
          data-testid="run-prompts"
        >
          Run
        </Button>
      )}
    </>
  );
}

/** What becomes of other segments where this one grows. */
function OthersChoice() {
  const others = useEditing((state) => state.others);
  return (
    <Tooltip
      multiline
      w={300}
      label="Where this segment grows into others: overlap, or take their voxels. Locked segments never lose any."
    >
      <div className="with-icon">
        <span className="tool-hint others-name" aria-hidden="true">
          Others
        </span>
        <Choice
          name="Where segments meet"
          value={others}
          choices={{ keep: "Overlap", take: "Take" }}
          onChange={(value) => editing.setState({ others: value })}
          testId="others"
        />
      </div>
    </Tooltip>
  );
}
