import { ActionIcon, Tooltip } from "@mantine/core";
import type { PromptSummary } from "@septum/protocol";
import { IconArrowsExchange, IconTrash } from "@tabler/icons-react";
import { editing, useEditing } from "../state/editing.ts";
import { flipPrompt, removePromptAt } from "../state/prompt-actions.ts";
import { setView } from "../state/store.ts";
import { promptPlace, promptText } from "../words/segments.ts";

interface PromptListProps {
  readonly label: number;
  readonly name: string;
  readonly prompts: readonly PromptSummary[];
}

/** The prompts of the active segment, in the order in which they were given. */
export function PromptList({ label, name, prompts }: PromptListProps) {
  return (
    <ol className="prompts" aria-label={`Prompts of ${name}`} data-testid={`prompts-${label}`}>
      {prompts.map((prompt, n) => (
        <PromptRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a prompt is known by its place in the list
          key={n}
          label={label}
          n={n}
          prompt={prompt}
        />
      ))}
    </ol>
  );
}

interface PromptRowProps {
  readonly label: number;
  readonly n: number;
  readonly prompt: PromptSummary;
}

function PromptRow({ label, n, prompt }: PromptRowProps) {
  const selected = useEditing((state) => state.prompt === n);
  const { positive, kind } = prompt;
  const text = promptText(prompt);
  const select = () => {
    const place = promptPlace(prompt);
    editing.setState({ prompt: selected ? undefined : n });
    if (!selected && place) setView({ target: [...place] });
  };
  return (
    <li className={selected ? "prompt prompt-selected" : "prompt"}>
      <span className={positive ? "prompt-sign prompt-positive" : "prompt-sign prompt-negative"} aria-hidden="true">
        {positive ? "+" : "−"}
      </span>
      <button
        type="button"
        className="prompt-choose"
        aria-pressed={selected}
        aria-label={`${positive ? "Positive" : "Negative"} ${text}`}
        onClick={select}
        data-testid={`prompt-${n}`}
      >
        {text}
      </button>
      {kind !== "mask" && (
        <Tooltip label={positive ? "Make it negative" : "Make it positive"}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={`Turn the sign of prompt ${n + 1}`}
            onClick={() => flipPrompt(label, n)}
            data-testid={`flip-${n}`}
          >
            <IconArrowsExchange size={15} />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label="Remove, as if it had never been given">
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={`Remove prompt ${n + 1}`}
          onClick={() => removePromptAt(label, n)}
          data-testid={`remove-prompt-${n}`}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
