// Colour sets for classes.

import type { ClassInfo } from "../../state/contract";

export interface Palette {
  id: string;
  name: string;
  colours: readonly [string, ...string[]];
}

/** The first six are those of the original SAMBA; then the rest of the same set. */
export const DEFAULT_PALETTE: Palette = {
  id: "default",
  name: "Default colours",
  colours: [
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#bcbd22",
    "#17becf",
    "#7f7f7f",
  ],
};

/** Okabe and Ito (2008), Color Universal Design: told apart with any colour vision; black is left out, images are dark. */
export const OKABE_ITO_PALETTE: Palette = {
  id: "okabe-ito",
  name: "Okabe–Ito (for any colour vision)",
  colours: ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"],
};

export const PALETTES: readonly Palette[] = [DEFAULT_PALETTE, OKABE_ITO_PALETTE];

/** The classes with the palette's colours in their order, beginning anew where it ends. */
export function withPalette(classes: readonly ClassInfo[], { colours }: Palette): ClassInfo[] {
  return classes.map((info, index) => ({ ...info, colour: colours[index % colours.length] ?? colours[0] }));
}
