import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";

interface ChoiceProps<T extends string> {
  /** For those who do not see it. */
  readonly name: string;
  readonly value: T;
  /** What each value is called, in the order in which they are offered. */
  readonly choices: Readonly<Record<T, ReactNode>>;
  readonly onChange: (value: T) => void;
  readonly className?: string;
  readonly fullWidth?: boolean;
  readonly testId?: string;
}

/** One of a few, all of them in sight. */
export function Choice<T extends string>({ name, choices, testId, ...rest }: ChoiceProps<T>) {
  const values = Object.keys(choices) as T[];
  return (
    <SegmentedControl<T>
      size="xs"
      aria-label={name}
      data={values.map((value) => ({ value, label: choices[value] }))}
      data-testid={testId}
      {...rest}
    />
  );
}
