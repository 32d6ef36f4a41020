// Defaults of Mantine's components; colours and sizes stand in tokens.css.

import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  type MantineThemeOverride,
  Menu,
  Modal,
  NumberInput,
  Popover,
  SegmentedControl,
  Select,
  Slider,
  Switch,
  TextInput,
  Tooltip,
} from "@mantine/core";

const quick = { transition: "fade", duration: 100 } as const;

export const theme: MantineThemeOverride = createTheme({
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: 28 } }),
    Button: Button.extend({ defaultProps: { size: "xs", variant: "default" } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: "xs" } }),
    Menu: Menu.extend({ defaultProps: { transitionProps: quick, offset: 4, position: "bottom-start" } }),
    // Locking the page's scrolling would write a <style> element; nothing outside the panels scrolls anyway.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, transitionProps: quick, overlayProps: { backgroundOpacity: 0.35 } },
    }),
    NumberInput: NumberInput.extend({ defaultProps: { size: "xs", hideControls: true } }),
    Popover: Popover.extend({ defaultProps: { transitionProps: quick, offset: 6 } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "xs", transitionDuration: 120 } }),
    Select: Select.extend({ defaultProps: { size: "xs", allowDeselect: false } }),
    Slider: Slider.extend({ defaultProps: { size: 3, thumbSize: 12, label: null } }),
    Switch: Switch.extend({ defaultProps: { size: "xs", withThumbIndicator: false } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, transitionProps: quick, events: { hover: true, focus: true, touch: false } },
    }),
  },
});
