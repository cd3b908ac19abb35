import type { ModelFacts } from "../engine/engine.ts";
import type { Settings } from "../settings/settings.ts";

/** What the person at the terminal wants to know, line by line. */
export function describeStart(
  url: string,
  settings: Pick<Settings, "host" | "alsoPort" | "protocol" | "data" | "device">,
  { name, licence, device, providers, remembered }: Omit<ModelFacts, "settings">,
): string[] {
  const refused = providers.filter(({ ok }) => !ok);
  return [
    "",
    `  Septum is ready: ${url}`,
    "",
    `  model     ${name} (${licence})`,
    `  device    ${device}, ${settings.device !== "auto" ? "as asked for" : remembered ? rememberedChoice : "chosen by trying"}`,
    ...refused.map(
      (provider) => `            not ${provider.name}: ${firstLine(provider.reason ?? "it did not start")}`,
    ),
    ...(settings.protocol.length > 0 ? [`  speaks    ${settings.protocol.join(", ")}`] : []),
    ...(settings.alsoPort.length > 0 ? [`  ports     ${settings.alsoPort.join(", ")} as well`] : []),
    `  sessions  ${settings.data}`,
    "",
  ];
}

const rememberedChoice = "chosen by trying at an earlier start; `septum doctor` tries again";

function firstLine(text: string): string {
  return text.split("\n", 1)[0];
}
