import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** A quiet teal; shade 8 carries white text at 5:1. */
const teal: MantineColorsTuple = [
  "#e6f6f4",
  "#cdebe7",
  "#9fd9d1",
  "#6dc5ba",
  "#45b3a6",
  "#2ba698",
  "#1b9a8c",
  "#0d857a",
  "#0a7368",
  "#055c53",
];

/** Blue-grey from text (0) to the deepest background (9). */
const dark: MantineColorsTuple = [
  "#dbe4e8",
  "#bccad0",
  "#9bacb4",
  "#7b8d96",
  "#3d4b53",
  "#2c383f",
  "#212b31",
  "#171f24",
  "#10161a",
  "#0a0e11",
];

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 8, dark: 8 },
  colors: { teal, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono", monospace',
  defaultRadius: "sm",
  focusRing: "auto",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // Inside a landmark of the page, so that a screen reader finds what opens over it.
    Portal: { defaultProps: { target: "#overlays" } },
    // The placeholder takes the focus first, and is no item of the menu.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: { defaultProps: { openDelay: 500, withArrow: true } },
    Button: { defaultProps: { size: "sm" } },
  },
});

/** Mantine's dimmed grey on white, and its red on dark, are too faint to read by WCAG AA. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56646b",
    "--mantine-color-body": "#f6f8f9",
    "--mantine-color-error": "#c3150b",
  },
  dark: { "--mantine-color-dimmed": "#9bacb4", "--mantine-color-error": "#ff7a70" },
});
