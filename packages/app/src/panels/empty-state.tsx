import { Button } from "@mantine/core";
import { IconFolderOpen, IconTestPipe } from "@tabler/icons-react";
import { openSample } from "../state/image-actions.ts";
import { useApp } from "../state/store.ts";
import { chooseFile } from "./file-drop.tsx";

export function EmptyState() {
  const limit = useApp((state) => state.server.maxUploadBytes);
  return (
    <div className="centre empty" data-testid="empty-state">
      <Planes />
      <h2>Mark a point on a structure, get its 3D mask</h2>
      <p>
        Drop a scan anywhere on this page, or open one: NIfTI, .nii or .nii.gz
        {limit ? `, up to ${Math.floor(limit / 2 ** 20)} MB` : ""}.
      </p>
      <div className="empty-actions">
        <Button size="md" leftSection={<IconFolderOpen size={18} />} onClick={chooseFile}>
          Open a scan
        </Button>
        <Button size="md" variant="default" leftSection={<IconTestPipe size={18} />} onClick={openSample}>
          Open the sample
        </Button>
      </div>
      <p className="fine-print">
        The scan goes to {location.host} and nowhere else. Its file name stays in this browser.
      </p>
    </div>
  );
}

/** Three crossing planes and a marked structure. */
function Planes() {
  return (
    <svg viewBox="0 0 160 120" aria-hidden="true" className="empty-picture">
      <path d="M20 78 80 58l60 20-60 22z" className="plane-axial" />
      <path d="M42 24 118 24 118 104 42 104z" className="plane-coronal" />
      <path d="M80 8 106 26 106 112 80 96z" className="plane-sagittal" />
      <circle cx="84" cy="64" r="15" className="plane-mask" />
      <circle cx="84" cy="64" r="6.500" className="plane-point" />
    </svg>
  );
}
