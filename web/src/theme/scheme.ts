// Light or dark: the person's choice, remembered in this browser, or the system's.

import { useColorScheme } from "@mantine/hooks";
import { create } from "zustand";

export const SCHEMES = ["system", "light", "dark"] as const;
export type Scheme = (typeof SCHEMES)[number];

const KEY = "sambaseg.scheme";

function remembered(): Scheme {
  const stored = localStorage.getItem(KEY);
  return SCHEMES.find((scheme) => scheme === stored) ?? "system";
}

interface SchemeStore {
  scheme: Scheme;
  choose(scheme: Scheme): void;
}

export const useScheme = create<SchemeStore>((set) => ({
  scheme: remembered(),
  choose(scheme) {
    localStorage.setItem(KEY, scheme);
    set({ scheme });
  },
}));

/** What is to be drawn now; follows the system where that was chosen. */
export function useResolvedScheme(): "light" | "dark" {
  const system = useColorScheme("light", { getInitialValueInEffect: false });
  const scheme = useScheme((state) => state.scheme);
  return scheme === "system" ? system : scheme;
}
