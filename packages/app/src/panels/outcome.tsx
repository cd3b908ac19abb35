import { useApp } from "../state/store.ts";
import { outcomeText } from "../words/segments.ts";

/** What the last step of this page did to other segments. */
export function Outcome() {
  const outcome = useApp((state) => state.outcome);
  const segments = useApp((state) => state.segments);
  const nameOf = (label: number) => segments.find((one) => one.label === label)?.name ?? `segment ${label}`;
  const text = outcome && outcomeText(outcome, nameOf);
  return (
    <p className="outcome" role="status" data-testid="outcome">
      {text}
    </p>
  );
}
