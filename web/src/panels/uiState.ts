// What is open on the page: side panel, sheet, dialog, tour. Nothing here belongs to the project.

import { create } from "zustand";

export type Sheet =
  | { kind: "settings" }
  | { kind: "images" }
  | { kind: "suggestions" }
  | { kind: "share" }
  | { kind: "people" }
  | { kind: "measure" }
  | { kind: "trust" }
  | { kind: "pointCheck" }
  | { kind: "manual"; page: string };
export type DialogName = "keys" | "commands";

const PANEL_KEY = "sambaseg.panel-open";
const TOUR_KEY = "sambaseg.tour-seen";

interface UiState {
  panelOpen: boolean;
  sheet: Sheet | null;
  dialog: DialogName | null;
  /** Step of the tour, from 0; null where it is not shown. */
  tourStep: number | null;
  /** Asks the project's name to turn into a field; a count, so that asking twice works. */
  renameRequests: number;
  /** The section for cleaning up is asked for, and not there yet. */
  wantsCleanUp: boolean;
  togglePanel(): void;
  openSheet(sheet: Sheet): void;
  closeSheet(): void;
  openDialog(dialog: DialogName): void;
  closeDialog(): void;
  startTour(): void;
  /** Starts the tour on the first visit of this browser. */
  offerTour(): void;
  showTourStep(step: number): void;
  endTour(): void;
  requestRename(): void;
  /** Opens the panel with the section for cleaning up. */
  showCleanUp(): void;
  cleanUpShown(): void;
}

export const useUi = create<UiState>((set) => ({
  panelOpen: localStorage.getItem(PANEL_KEY) !== "no",
  sheet: null,
  dialog: null,
  tourStep: null,
  renameRequests: 0,
  wantsCleanUp: false,
  togglePanel: () =>
    set((ui) => {
      localStorage.setItem(PANEL_KEY, ui.panelOpen ? "no" : "yes");
      return { panelOpen: !ui.panelOpen };
    }),
  openSheet: (sheet) => set({ sheet }),
  closeSheet: () => set({ sheet: null }),
  openDialog: (dialog) => set({ dialog }),
  closeDialog: () => set({ dialog: null }),
  startTour: () => set({ tourStep: 0, sheet: null, panelOpen: true }),
  offerTour: () => {
    if (localStorage.getItem(TOUR_KEY) === null) set({ tourStep: 0 });
  },
  showTourStep: (tourStep) => set({ tourStep }),
  endTour: () => {
    localStorage.setItem(TOUR_KEY, "yes");
    set({ tourStep: null });
  },
  requestRename: () => set((ui) => ({ renameRequests: ui.renameRequests + 1 })),
  showCleanUp: () => set({ panelOpen: true, wantsCleanUp: true }),
  cleanUpShown: () => set({ wantsCleanUp: false }),
}));
