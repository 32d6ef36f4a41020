// Keys as people read them: "Ctrl+Z", "⌘Z", "1 – 9"; derived from the keyboard map.

import { binding, type KeyBinding, type KeyId } from "../tools/keys";

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowRight: "→",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
  "-": "−",
};

export const isMac = (platform: string): boolean => /^(Mac|iP(hone|ad|od))/.test(platform);

/** One key of the map, as it is printed on the keyboard. */
export function readableKey(key: string, mac: boolean): string {
  const parts = /^((?:Mod\+|Shift\+)*)(.+)$/.exec(key);
  const name = parts?.[2] ?? key;
  const modifiers = mac
    ? (parts?.[1] ?? "").replace("Mod+", "⌘").replace("Shift+", "⇧")
    : (parts?.[1] ?? "").replace("Mod+", "Ctrl+");
  return modifiers + (NAMES[name] ?? name);
}

/** All keys of a binding; the digits of the classes as one range. */
export function readableKeys({ keys }: KeyBinding, mac: boolean): string[] {
  const first = keys[0];
  const last = keys.at(-1);
  if (keys.length > 4 && first && last) return [`${first} – ${last}`];
  return keys.map((key) => readableKey(key, mac));
}

export const onMac = isMac(navigator.platform);

/** The first key of a binding, for tooltips. */
export const shortcutOf = (id: KeyId): string => readableKeys(binding(id), onMac)[0] ?? "";
