/** What a start needs at once. The rest of the server is loaded while the network starts. */
export { serve } from "./main/serve-until-signal.ts";
export { SettingsError } from "./settings/settings.ts";
export { settingsTable } from "./settings/table.ts";
