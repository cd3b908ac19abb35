import { Alert, Button, Checkbox, Group, Modal, Radio, Stack } from "@mantine/core";
import type { ExportFormat } from "@septum/protocol";
import { IconDownload, IconRosetteDiscountCheck } from "@tabler/icons-react";
import { useState } from "react";
import { download, type Exported } from "../state/downloads.ts";
import { useApp } from "../state/store.ts";
import { countText, volumeText } from "../words/amounts.ts";

/** The button, and the dialogue in which a file is chosen. */
export function DownloadDialog() {
  const [open, setOpen] = useState(false);
  const some = useApp((state) => state.segments.some(({ voxels }) => voxels > 0));
  return (
    <>
      <Button
        size="xs"
        disabled={!some}
        leftSection={<IconDownload size={15} />}
        onClick={() => setOpen(true)}
        data-testid="downloads"
      >
        Download
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Download"
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Choice />
      </Modal>
    </>
  );
}

interface Format {
  readonly format: ExportFormat;
  readonly name: string;
  readonly what: string;
}

const formats: readonly Format[] = [
  { format: "nifti", name: "One label map (.nii.gz)", what: "Each voxel has the label value of its segment" },
  { format: "segments", name: "One file per segment (.zip)", what: "Masks of 0 and 1, overlaps kept" },
  { format: "seg.nrrd", name: "3D Slicer segmentation (.seg.nrrd)", what: "With names and colours, overlaps kept" },
  { format: "itksnap", name: "Labels for ITK-SNAP (.txt)", what: "Names and colours of the label values" },
  { format: "csv", name: "Volumes (.csv)", what: "A row per segment: value, name, voxels, mL" },
];

function Choice() {
  const segments = useApp((state) => state.segments).filter(({ voxels }) => voxels > 0);
  const [format, setFormat] = useState<ExportFormat>("nifti");
  const [left, setLeft] = useState<readonly number[]>([]);
  const [made, setMade] = useState<Exported>();
  const [making, setMaking] = useState(false);
  const labels = segments.map(({ label }) => label).filter((label) => !left.includes(label));

  async function make() {
    setMaking(true);
    setMade(undefined);
    setMade(await download(format, left.length > 0 ? labels : undefined));
    setMaking(false);
  }

  return (
    <Stack gap="md" data-testid="download-dialog">
      <Radio.Group
        label="File"
        value={format}
        onChange={(value) => {
          setMade(undefined);
          setFormat(formats.find((one) => one.format === value)?.format ?? "nifti");
        }}
      >
        <Stack gap={8} mt={6}>
          {formats.map((one) => (
            <Radio
              key={one.format}
              value={one.format}
              label={one.name}
              description={one.what}
              data-testid={`format-${one.format}`}
            />
          ))}
        </Stack>
      </Radio.Group>
      {segments.length > 1 && (
        <Checkbox.Group
          label="Segments"
          value={labels.map(String)}
          onChange={(chosen) => {
            setMade(undefined);
            setLeft(segments.map(({ label }) => label).filter((label) => !chosen.includes(String(label))));
          }}
        >
          <div className="download-segments">
            {segments.map(({ label, name, value }) => (
              <Checkbox key={label} size="xs" value={String(label)} label={`${value} ${name}`} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {format === "nifti" && segments.length > 1 && (
        <p className="hint">Where segments overlap, a locked one wins, then the one made first.</p>
      )}
      <Group justify="flex-end">
        <Button
          leftSection={<IconDownload size={16} />}
          loading={making}
          disabled={labels.length === 0}
          onClick={make}
          data-testid="download"
        >
          Download
        </Button>
      </Group>
      {made && <Verified {...made} />}
    </Stack>
  );
}

/** What the server found when it read the file again. */
function Verified({ name, labels }: Exported) {
  const spacing = useApp((state) => state.image?.spacing);
  return (
    <Alert
      title={`Verified: ${name}`}
      icon={<IconRosetteDiscountCheck />}
      role="status"
      className="verified"
      data-testid="verified"
    >
      The file was read again and holds what is saved.
      <ul>
        {labels.map(({ label, value, name, voxels }) => (
          <li key={label}>
            {value} {name}: {countText(voxels)}
            {spacing && `, ${volumeText(voxels, spacing)}`}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
