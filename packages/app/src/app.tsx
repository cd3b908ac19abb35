import { Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { EmptyState } from "./panels/empty-state.tsx";
import { FileDrop } from "./panels/file-drop.tsx";
import { FrameQuestion } from "./panels/frame-question.tsx";
import { Header } from "./panels/header.tsx";
import { useShortcuts } from "./panels/keys/use-shortcuts.ts";
import { LoadingScan } from "./panels/loading-scan.tsx";
import { OptionBar } from "./panels/option-bar.tsx";
import { Problems } from "./panels/problems.tsx";
import { SidePanel } from "./panels/side-panel.tsx";
import { StatusBar } from "./panels/status-bar.tsx";
import { ToolBar } from "./panels/tool-bar.tsx";
import { UploadCard } from "./panels/upload-card.tsx";
import { SessionGone } from "./session/session-gone.tsx";
import { SessionRefused } from "./session/session-refused.tsx";
import { TokenForm } from "./session/token-form.tsx";
import { useApp } from "./state/store.ts";

/** NiiVue is most of the code; the first paint does not wait for it. */
const Stage = lazy(() => import("./viewer/stage.tsx").then(({ Stage }) => ({ default: Stage })));

export function App() {
  const hasScan = useApp((state) => state.image !== undefined || state.local !== undefined);
  const ours = useApp((state) => state.local === undefined);
  useShortcuts();
  return (
    <div className={hasScan && ours ? "app app-with-scan" : "app"}>
      <Header />
      {hasScan && ours && <ToolBar />}
      {hasScan && ours && <OptionBar />}
      <main className="app-main">
        <MainArea />
        <Problems />
      </main>
      {hasScan && ours && <SidePanel />}
      <StatusBar />
      <FileDrop />
      <FrameQuestion />
    </div>
  );
}

function MainArea() {
  const phase = useApp((state) => state.session.phase);
  const hasScan = useApp((state) => state.image !== undefined || state.local !== undefined);
  const uploading = useApp((state) => state.upload !== undefined || state.uploadElsewhere !== undefined);
  if (phase === "gone") return <SessionGone />;
  if (phase === "refused") return <SessionRefused />;
  if (phase === "locked") return <TokenForm />;
  if (phase === "starting") return <Waiting />;
  if (!hasScan) return uploading ? <UploadCard /> : <EmptyState />;
  return (
    <Suspense fallback={<Waiting />}>
      <Stage />
      {uploading ? <UploadCard /> : <LoadingScan />}
    </Suspense>
  );
}

function Waiting() {
  const reachable = useApp((state) => state.server.reachable);
  return (
    <div className="centre" role="status">
      <Loader size="sm" />
      <p>{reachable ? "Opening the session …" : "Waiting for the server …"}</p>
    </div>
  );
}
