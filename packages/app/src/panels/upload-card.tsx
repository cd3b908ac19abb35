import { Button, Loader, Progress } from "@mantine/core";
import { cancelUpload } from "../state/image-actions.ts";
import { useApp } from "../state/store.ts";
import { bytesText } from "../words/amounts.ts";
import { uploadWords } from "../words/upload.ts";

/** How far a scan is on its way to the server. */
export function UploadCard() {
  const upload = useApp((state) => state.upload);
  const shown = useApp((state) => state.scan === "local");
  const elsewhere = useApp((state) => state.uploadElsewhere);
  if (!upload) {
    return (
      <div className="centre veil" role="status">
        <Loader size="sm" />
        <p>A scan is being uploaded to this session from elsewhere: {bytesText(elsewhere ?? 0)} so far.</p>
      </div>
    );
  }
  const sample = upload.total === 0;
  const place = shown ? "upload-corner" : "centre veil";
  const { percent, text } = uploadWords(upload);
  return (
    <div className={place}>
      <section className="card" aria-label="Upload" data-testid="upload">
        <h2>{sample ? "Opening the sample" : `Uploading ${upload.name}`}</h2>
        {!sample && (
          <>
            <div className="upload-percent" data-testid="upload-percent">
              {percent} %
            </div>
            <Progress
              value={percent}
              striped={percent === 100}
              animated={percent === 100}
              aria-label="Upload progress"
            />
            <p role="status">{text}</p>
            <Button variant="default" size="xs" onClick={cancelUpload}>
              Cancel
            </Button>
          </>
        )}
        {sample && <Loader size="sm" />}
      </section>
    </div>
  );
}
