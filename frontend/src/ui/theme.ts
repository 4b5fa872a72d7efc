import { createTheme, type CSSVariablesResolver } from "@mantine/core";

export const theme = createTheme({
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  defaultRadius: 6,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.5", sm: "1.5", md: "1.5", lg: "1.5", xl: "1.25" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { openDelay: 350, transitionProps: { duration: 100 }, maw: 340, multiline: true } },
    Menu: { defaultProps: { transitionProps: { duration: 100 }, shadow: "md" } },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 120 },
        centered: true,
        radius: 8,
        attributes: { header: { role: "presentation" } },
      },
    }, // its header is no banner of the page
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
    Input: { defaultProps: { size: "sm" } },
    Skeleton: { defaultProps: { radius: 6 } },
  },
});

/** Mantine's stock inks miss WCAG AA. The resolver is the only place where a change wins over its own variables. */
export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-text": "#17191c",
    "--mantine-color-dimmed": "#52575c",
    "--mantine-color-placeholder": "#666b70",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": "#0b5cad",
    "--mantine-color-default-border": "#d0d4d9",
  },
  dark: {
    "--mantine-color-body": "#141517",
    "--mantine-color-text": "#e3e4e6",
    "--mantine-color-default": "#1f2023",
    "--mantine-color-default-hover": "#292b2f",
    "--mantine-color-default-border": "#3d4046",
    "--mantine-color-dimmed": "#a6a7ab",
    "--mantine-color-placeholder": "#909296",
    "--mantine-color-error": "#ff8f87",
    "--mantine-color-anchor": "#74b8ff",
  },
});
