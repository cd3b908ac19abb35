import { Button, NumberInput, Popover, Tooltip } from "@mantine/core";
import type { Axis, EditInput } from "@septum/protocol";
import { IconChevronDown, IconTool } from "@tabler/icons-react";
import { useState } from "react";
import { useEditing } from "../state/editing.ts";
import { edit } from "../state/prompt-actions.ts";
import { store, useApp } from "../state/store.ts";

/** Changes of the whole active segment at once; each is one step that undo takes back. */
export function FixUps() {
  const [open, setOpen] = useState(false);
  const active = useEditing((state) => state.active);
  const segment = useApp((state) => state.segments.find(({ label }) => label === active));
  const orientation = useApp((state) => state.image?.orientation ?? "RAS");
  // Less than the longest step between voxels does nothing along it.
  const step = useApp((state) => Math.ceil(2 * Math.max(1, ...(state.image?.spacing ?? []))) / 2);
  const ready = segment !== undefined && segment.voxels > 0 && !segment.locked;
  return (
    <Popover opened={open && ready} onChange={setOpen} position="bottom-start" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTool size={14} />}
          rightSection={<IconChevronDown size={12} />}
          disabled={!ready}
          onClick={() => setOpen(!open)}
          title={ready ? undefined : "Choose a segment that has voxels and is not locked"}
          data-testid="fix-ups"
        >
          Fix up
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Fix up the segment" className="fix-ups" data-testid="fix-up-list">
        <Plain
          name="Fill holes"
          hint="Closed cavities become part of the segment"
          body={() => ({ kind: "fill_holes" })}
        />
        <Plain name="Keep the largest island" hint="All other parts go" body={() => ({ kind: "keep_largest" })} />
        <AtCross name="Keep the island here" kind="keep_island" />
        <AtCross name="Remove the island here" kind="remove_island" />
        <Measured
          name="Remove islands under"
          unit="mL"
          first={1}
          step={0.1}
          body={(millilitres) => ({ kind: "remove_small", millilitres })}
        />
        <Measured
          name="Smooth"
          unit="mm"
          first={step}
          body={(radius_mm) => ({ kind: "smooth", method: "median", radius_mm })}
        />
        <Measured name="Grow" unit="mm" first={step} body={(mm) => ({ kind: "grow", mm })} />
        <Measured name="Shrink" unit="mm" first={step} body={(mm) => ({ kind: "shrink", mm })} />
        <fieldset className="fix-up-between" aria-label="Fill between painted slices">
          <span>Fill between slices</span>
          {betweenPlanes.map(({ name, directions }) => (
            <Button
              key={name}
              size="compact-xs"
              variant="default"
              onClick={() => edit({ kind: "fill_between", axis: axisAlong(orientation, directions) })}
            >
              {name}
            </Button>
          ))}
        </fieldset>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Directions along which slices of a plane follow each other. */
const betweenPlanes = [
  { name: "Axial", directions: "SI" },
  { name: "Coronal", directions: "AP" },
  { name: "Sagittal", directions: "RL" },
] as const;

/** The file's axis along which such slices lie; `orientation` has a letter for each axis, such as `LPS`. */
function axisAlong(orientation: string, directions: string): Axis {
  const at = [...orientation].findIndex((letter) => directions.includes(letter));
  return at === 0 || at === 1 ? at : 2;
}

interface PlainProps {
  readonly name: string;
  readonly hint: string;
  readonly body: () => EditInput | undefined;
}

function Plain({ name, hint, body }: PlainProps) {
  return (
    <Tooltip label={hint} position="right">
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        justify="flex-start"
        onClick={() => {
          const wanted = body();
          if (wanted) void edit(wanted);
        }}
      >
        {name}
      </Button>
    </Tooltip>
  );
}

function AtCross({ name, kind }: { readonly name: string; readonly kind: "keep_island" | "remove_island" }) {
  const body = (): EditInput | undefined => {
    const { cross } = store.getState().view;
    return cross && { kind, voxel: cross };
  };
  return <Plain name={name} hint="The connected part that the crosshair is in" body={body} />;
}

interface MeasuredProps {
  readonly name: string;
  readonly unit: "mm" | "mL";
  readonly first: number;
  readonly step?: number;
  readonly body: (amount: number) => EditInput;
}

function Measured({ name, unit, first, step = 0.5, body }: MeasuredProps) {
  const [amount, setAmount] = useState<number | string>(first);
  const given = typeof amount === "number" && amount > 0;
  return (
    <div className="fix-up-measured">
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        justify="flex-start"
        disabled={!given}
        onClick={() => given && edit(body(amount))}
      >
        {name}
      </Button>
      <NumberInput
        size="xs"
        w={92}
        min={step}
        max={500}
        step={step}
        decimalScale={2}
        suffix={` ${unit}`}
        value={amount}
        onChange={setAmount}
        aria-label={`${name}: ${unit}`}
      />
    </div>
  );
}
