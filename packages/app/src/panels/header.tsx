import { ActionIcon, Button, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconChevronDown, IconFolderOpen, IconMoon, IconSun, IconTestPipe } from "@tabler/icons-react";
import { SessionMenu } from "../session/session-menu.tsx";
import { openSample } from "../state/image-actions.ts";
import { useApp } from "../state/store.ts";
import { spacingText } from "../words/amounts.ts";
import { DownloadDialog } from "./download-dialog.tsx";
import { chooseFile } from "./file-drop.tsx";
import { HistoryTools } from "./history-tools.tsx";
import { KeyHelp } from "./keys/key-help.tsx";
import { People } from "./people.tsx";
import { SaveState } from "./save-state.tsx";

export function Header() {
  const hasScan = useApp((state) => state.image !== undefined);
  return (
    <header className="header">
      <div className="brand">
        <img src="/icon.svg" alt="" width={26} height={26} />
        <h1>Septum</h1>
      </div>
      <ScanFacts />
      <div className="header-tools">
        <SaveState />
        <People />
        {hasScan && <HistoryTools />}
        {hasScan && <OpenMenu />}
        {hasScan && <DownloadDialog />}
        <KeyHelp />
        <SchemeToggle />
        <SessionMenu />
      </div>
    </header>
  );
}

function ScanFacts() {
  const image = useApp((state) => state.image);
  const name = useApp((state) => state.scanName);
  if (!image) return <div className="scan-facts" />;
  return (
    <div className="scan-facts">
      <strong title={name}>{name ?? "Scan"}</strong>
      <span>{image.shape.join(" × ")}</span>
      <span>{spacingText(image.spacing)}</span>
      <span className="fact-minor">{image.dtype}</span>
      <Tooltip label="Directions in which the file's voxel axes grow">
        <span className="fact-minor">{image.orientation}</span>
      </Tooltip>
    </div>
  );
}

function OpenMenu() {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          className="header-menu"
          aria-label="Open"
          leftSection={<IconFolderOpen size={15} />}
          rightSection={<IconChevronDown size={13} />}
        >
          Open
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFolderOpen size={15} />} onClick={chooseFile}>
          Open a scan …
        </Menu.Item>
        <Menu.Item leftSection={<IconTestPipe size={15} />} onClick={openSample}>
          Open the sample
        </Menu.Item>
        <Menu.Label>Replaces the scan and results of this session</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("dark");
  const next = scheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Switch to the ${next} theme`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Switch to the ${next} theme`}
        onClick={() => setColorScheme(next)}
      >
        {scheme === "dark" ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
