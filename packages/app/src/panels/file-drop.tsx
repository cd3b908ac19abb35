import { useEffect, useState } from "react";
import { openFile } from "../state/image-actions.ts";
import { openMask } from "../state/mask-actions.ts";
import { report } from "../state/problems.ts";
import { store } from "../state/store.ts";

const inputId = "scan-file";
const maskInputId = "mask-file";

/** Opens the browser's file dialogue. */
export function chooseFile(): void {
  document.getElementById(inputId)?.click();
}

/** Asks for a label map to start from; all of it becomes segment `into`, or each label a segment of its own. */
export function chooseMask(into?: number): void {
  const input = document.getElementById(maskInputId);
  if (!(input instanceof HTMLInputElement)) return;
  input.onchange = () => {
    const [file] = input.files ?? [];
    if (file) void openMask(file, into);
    input.value = "";
  };
  input.click();
}

/** A scan may be dropped anywhere on the page. */
export function FileDrop() {
  const [over, setOver] = useState(false);

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    window.addEventListener(
      "dragover",
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      { signal },
    );
    // Leaving the window is a leave that enters nothing.
    window.addEventListener("dragleave", (event) => !event.relatedTarget && setOver(false), { signal });
    window.addEventListener(
      "drop",
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      },
      { signal },
    );
    return () => stop.abort();
  }, []);

  return (
    <>
      <input
        id={inputId}
        data-testid="scan-file"
        type="file"
        hidden
        accept=".nii,.gz,application/gzip"
        aria-label="Scan file"
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file chosen again is a change again.
          event.currentTarget.value = "";
        }}
      />
      <input
        id={maskInputId}
        data-testid="mask-file"
        type="file"
        hidden
        accept=".nii,.gz,.nrrd,application/gzip"
        aria-label="Mask file"
      />
      {over && (
        <div className="drop-target">
          <p>Drop the scan to open it</p>
        </div>
      )}
    </>
  );
}

function take(files: FileList | null | undefined): void {
  const [file, ...others] = files ?? [];
  if (!file) return;
  if (others.length > 0)
    report(new Error("One file holds the whole scan: drop a single .nii or .nii.gz."), "open several files");
  else whenReady(() => void openFile(file));
}

/** At once, or as soon as the session is open: a quick hand is not made to try twice. */
function whenReady(act: () => void): void {
  const { phase } = store.getState().session;
  if (phase === "ready") act();
  if (phase !== "starting") return;
  const stop = store.subscribe(({ session }) => {
    if (session.phase === "starting") return;
    stop();
    if (session.phase === "ready") act();
  });
}
