import "@mantine/core/styles.css";
import "./styles/base.css";
import "./styles/bars.css";
import "./styles/main-area.css";
import "./styles/viewer.css";
import "./styles/panel.css";
import "./styles/segments.css";
import "./styles/tools.css";
import { MantineProvider } from "@mantine/core";
import { lazy, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { Mishap } from "./panels/mishap.tsx";
import { watchServer } from "./state/heartbeat.ts";
import { warnBeforeLeaving } from "./state/leaving.ts";
import { followColours } from "./state/preferences.ts";
import { start } from "./state/session-actions.ts";
import { keepViews } from "./state/view-keeper.ts";
import { installTestHook } from "./test-hook.ts";
import { cssVariables, theme } from "./theme.ts";

const AdminPage = lazy(() => import("./admin/admin-page.tsx").then(({ AdminPage }) => ({ default: AdminPage })));

/** The administrator's page belongs to no session: nothing of the app starts with it. */
const administers = new URLSearchParams(location.search).has("admin");
const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id root.");
if (!administers) {
  followColours();
  keepViews();
  installTestHook();
  void start();
  watchServer();
  warnBeforeLeaving();
}
createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
    <Mishap>
      <Suspense>{administers ? <AdminPage /> : <App />}</Suspense>
    </Mishap>
  </MantineProvider>,
);
