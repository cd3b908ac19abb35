import { ActionIcon, Kbd, Popover } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { store, useApp } from "../state/store.ts";

const hands: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["Click"], "mark a point (with the mark tool on)"],
  [["Drag"], "move the crosshair"],
  [["Wheel"], "through the slices"],
  [["Right drag"], "window and level"],
  [["Shift", "Drag"], "pan"],
  [["Ctrl", "Wheel"], "zoom"],
];

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["P"], "mark tool on or off"],
  [["Ctrl", "Enter"], "run the segmentation"],
  [["Ctrl", "Z"], "undo"],
  [["Ctrl", "Y"], "redo, also Ctrl Shift Z"],
  [["V"], "hide or show the masks"],
  [["A", "D"], "masks fainter, stronger"],
  [["1 … 9"], "select a point to move"],
  [["Delete"], "remove the selected point"],
  [["Alt", "1 … 9"], "window preset"],
  [["Arrows"], "move the crosshair (in the scan)"],
  [["Enter"], "mark at the crosshair (in the scan)"],
  [["?"], "this list"],
];

export function KeyHelp() {
  const open = useApp((state) => state.helpShown);
  const setOpen = (helpShown: boolean) => store.setState({ helpShown });
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-end"
      withArrow
      trapFocus
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          title="Mouse and keys (?)"
          aria-label="Mouse and keys"
          onClick={() => setOpen(!open)}
        >
          <IconKeyboard size={19} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Mouse and keys">
        <dl className="key-help" data-autofocus tabIndex={-1}>
          {[...hands, ...keys].map(([combination, what]) => (
            <div key={what}>
              <dt>
                {combination.map((key) => (
                  <Kbd key={key} size="xs">
                    {key}
                  </Kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}
