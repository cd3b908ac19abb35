import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload, IconListNumbers } from "@tabler/icons-react";
import { downloadLabels, downloadSegmentation } from "../state/run-actions.ts";
import { useApp } from "../state/store.ts";

/** Files of what was segmented. */
export function Downloads() {
  const some = useApp((state) => state.segments.some(({ voxels }) => voxels > 0));
  return (
    <Menu position="bottom-end" disabled={!some}>
      <Menu.Target>
        <Button
          size="xs"
          disabled={!some}
          leftSection={<IconDownload size={15} />}
          rightSection={<IconChevronDown size={13} />}
          data-testid="downloads"
        >
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconDownload size={15} />} onClick={downloadSegmentation}>
          Segmentation (.nii.gz)
        </Menu.Item>
        <Menu.Item leftSection={<IconListNumbers size={15} />} onClick={downloadLabels}>
          Label file for ITK-SNAP
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
