import "@mantine/core/styles.css";
import "./styles/base.css";
import "./styles/bars.css";
import "./styles/main-area.css";
import "./styles/viewer.css";
import "./styles/panel.css";
import { MantineProvider } from "@mantine/core";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { watchServer } from "./state/heartbeat.ts";
import { start } from "./state/session-actions.ts";
import { installTestHook } from "./test-hook.ts";
import { cssVariables, theme } from "./theme.ts";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id root.");
installTestHook();
void start();
watchServer();
createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
    <App />
  </MantineProvider>,
);
