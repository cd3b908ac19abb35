import { Loader } from "@mantine/core";
import { useApp } from "../state/store.ts";

/** Between a scan that the server holds and its picture. */
export function LoadingScan() {
  const scan = useApp((state) => state.scan);
  if (scan !== "loading") return null;
  return (
    <div className="centre veil" role="status" data-testid="loading-scan">
      <Loader size="sm" />
      <p>Loading the scan …</p>
    </div>
  );
}
