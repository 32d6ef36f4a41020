// Files that the browser saves straight from the server: they may be larger than memory, and it shows how far they are.

import { create } from "zustand";
import { ApiError } from "../../api/error";
import { assertExport } from "../../api/exports";
import type { Editor } from "../../state/contract";

interface SavingStore {
  /** A file is being made ready. */
  busy: boolean;
  failure: { message: string; hint: string } | null;
  dismiss(): void;
}

export const useSaving = create<SavingStore>((set) => ({
  busy: false,
  failure: null,
  dismiss: () => set({ failure: null }),
}));

/** Saves what `address` answers, once every step is on the server's disk and the server has said yes. */
export async function saveFromAddress(editor: Editor, address: string): Promise<void> {
  useSaving.setState({ busy: true, failure: null });
  try {
    await editor.whenStored();
    await assertExport(address);
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    useSaving.setState({ failure: { message: failure.message, hint: failure.hint } });
  } finally {
    useSaving.setState({ busy: false });
  }
}
