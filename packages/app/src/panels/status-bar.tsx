import { Tooltip } from "@mantine/core";
import { useApp } from "../state/store.ts";
import { deviceText, valueText } from "../words/amounts.ts";

/** Where the crosshair is, and who computes what under which licence. */
export function StatusBar() {
  return (
    <footer className="status-bar">
      <Place />
      <Engine />
    </footer>
  );
}

function Place() {
  const cross = useApp((state) => state.view.cross);
  const value = useApp((state) => state.view.value);
  const ready = useApp((state) => state.scan === "ready");
  if (!ready || !cross) return <span className="status-place" />;
  return (
    <span className="status-place" data-testid="place">
      Voxel {cross.join(", ")}
      {value !== undefined && <> · value {valueText(value)}</>}
    </span>
  );
}

function Engine() {
  const model = useApp((state) => state.server.model);
  const version = useApp((state) => state.server.version);
  if (!model) return <span className="status-engine" />;
  const tried = model.providers
    .filter(({ ok }) => !ok)
    .map(({ name, reason }) => `${name}: ${reason ?? "not available"}`);
  return (
    <span className="status-engine" data-testid="engine">
      <span>Model {model.name}</span>
      <span>Licence {model.licence}</span>
      <Tooltip label={tried.length > 0 ? tried.join(" · ") : `Runs on ${deviceText(model.device)}`} multiline maw={420}>
        <span>Device {deviceText(model.device)}</span>
      </Tooltip>
      {version && <span>Septum {version}</span>}
    </span>
  );
}
