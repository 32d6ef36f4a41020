// Whether the strip with pictures of all images is shown; this browser remembers it.

import { create } from "zustand";

const KEY = "sambaseg.strip-open";

interface StripState {
  isOpen: boolean;
  toggle(): void;
}

export const useStrip = create<StripState>((set) => ({
  isOpen: localStorage.getItem(KEY) !== "no",
  toggle: () =>
    set(({ isOpen }) => {
      localStorage.setItem(KEY, isOpen ? "no" : "yes");
      return { isOpen: !isOpen };
    }),
}));
