/** How the dashboard looks, on top of Mantine's defaults. */

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** System fonts only: nothing is fetched. */
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

/** Mantine's dark greys with a little blue, as our own surfaces have. */
const SLATE: MantineColorsTuple = [
  "#dfe2e8",
  "#b9bfca",
  "#a3a9b5",
  "#868d9a",
  "#363b46",
  "#2b3039",
  "#1e2128",
  "#16181d",
  "#101216",
  "#0b0c0f",
];

/** The theme. */
export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: MONO,
  headings: { fontFamily: FONT, fontWeight: "600" },
  colors: { dark: SLATE },
  primaryColor: "indigo",
  // White on indigo 7 has a contrast of 5:1 in both schemes.
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
});

/** Colours that Mantine's defaults leave under the contrast that WCAG AA asks for, and our own surfaces. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5b6270",
    "--mantine-color-placeholder": "#6b7280",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-anchor": "#3b5bdb",
    "--tf-canvas": "#f6f7f9",
    "--tf-surface": "#ffffff",
    "--tf-line": "#e4e7ec",
    "--tf-hover": "#f3f5f8",
    "--tf-picked": "#edf2ff",
    "--tf-stage": "#e9ecf1",
    "--tf-hatch": "rgba(30, 41, 59, 0.10)",
    "--tf-mask-ink": "#364fc7",
    "--tf-mask-strong": "rgba(76, 110, 245, 0.16)",
    "--tf-mask-weak": "rgba(76, 110, 245, 0.08)",
    "--tf-mask-line": "rgba(76, 110, 245, 0.5)",
  },
  dark: {
    "--mantine-color-dimmed": "#a3a9b5",
    "--mantine-color-placeholder": "#8b919d",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-anchor": "#91a7ff",
    "--tf-canvas": "#101216",
    "--tf-surface": "#16181d",
    "--tf-line": "#2a2e37",
    "--tf-hover": "#1e2128",
    "--tf-picked": "#1f2640",
    "--tf-stage": "#0b0c0f",
    "--tf-hatch": "rgba(255, 255, 255, 0.10)",
    "--tf-mask-ink": "#bac8ff",
    "--tf-mask-strong": "rgba(116, 143, 252, 0.24)",
    "--tf-mask-weak": "rgba(116, 143, 252, 0.14)",
    "--tf-mask-line": "rgba(145, 167, 255, 0.5)",
  },
});
