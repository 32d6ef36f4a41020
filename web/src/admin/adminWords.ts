// What the admin page says of settings, amounts and what was done.

import type { Me } from "../api/accounts";
import type { AuditEntry, InviteInfo, SettingInfo } from "../api/admin";
import type { AdminSection } from "../app/route";
import { formatCount } from "../panels/wording/numbers";

export const SECTION_NAMES: Record<AdminSection, string> = {
  overview: "Overview",
  people: "People",
  storage: "Storage",
  jobs: "Jobs",
  settings: "Settings",
  log: "Log",
};

interface SettingWords {
  label: string;
  /** Stands after the number. */
  unit: string;
  /** Whether it concerns only sites that let visitors in. */
  isPublic: boolean;
}

const SETTINGS: Readonly<Record<string, SettingWords>> = {
  quota_mb: { label: "Storage of a person", unit: "MB", isPublic: false },
  moderated: { label: "Moderated", unit: "", isPublic: false },
  admin_email: { label: "Address to write to", unit: "", isPublic: false },
  visits: { label: "New visits", unit: "", isPublic: true },
  anonymous_quota_mb: { label: "Storage of a visitor", unit: "MB", isPublic: true },
  quota_jobs_a_day: { label: "Trainings of a visitor in a day", unit: "", isPublic: true },
  quota_job_seconds: { label: "Longest training of a visitor", unit: "seconds", isPublic: true },
  anonymous_days: { label: "Projects of a visitor stay", unit: "days", isPublic: true },
};

/** What a setting is called; one that this page does not know keeps its name. */
export const settingWords = (name: string): SettingWords =>
  SETTINGS[name] ?? { label: sentence(name.replaceAll("_", " ")), unit: "", isPublic: false };

/** The settings that can be changed and mean something in this mode, in the order of their words. */
export function changeableSettings(settings: readonly SettingInfo[], mode: Me["mode"]): SettingInfo[] {
  const order = Object.keys(SETTINGS);
  return settings
    .filter(({ name, change }) => change !== null && (mode === "public" || !settingWords(name).isPublic))
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** The words that a setting may be set to; what concerns visitors is left out where there are none. */
export const choicesOf = ({ change, value }: SettingInfo, mode: Me["mode"]): string[] =>
  (change?.choices ?? []).filter((choice) => mode === "public" || choice !== "visitors" || choice === value);

/** "changed" as "Changed". */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "42 s", "12 min", "3 h 20 min", "5 days 2 h". */
export function formatUptime(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(`${hours} h`, minutes % 60, "min");
  const days = Math.floor(hours / 24);
  return joined(days === 1 ? "1 day" : `${formatCount(days)} days`, hours % 24, "h");
}

const joined = (whole: string, rest: number, unit: string): string => (rest === 0 ? whole : `${whole} ${rest} ${unit}`);

export type InviteState = "open" | "used" | "revoked" | "expired";

export function inviteState({ used, revoked, expires }: InviteInfo, now: Date): InviteState {
  if (used) return "used";
  if (revoked) return "revoked";
  return new Date(expires) <= now ? "expired" : "open";
}

/** "Setting changed: New visits (value: closed)". Ids of projects are shortened. */
export function auditWords({ action, object, object_kind, detail }: AuditEntry): string {
  const called = object_kind === "setting" && object ? settingWords(object).label : object;
  const what = /^[0-9a-f]{32}$/.test(called) ? `${object_kind} ${called.slice(0, 8)}` : called;
  return `${sentence(action)}${what && `: ${what}`}${detail && ` (${detail})`}`;
}

/** What names the browser of a session, as far as it says so: "Firefox on Linux". */
export function browserWords(userAgent: string): string {
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1];
  const system = SYSTEMS.find(([mark]) => userAgent.includes(mark))?.[1];
  if (!browser) return userAgent.slice(0, 60) || "Unknown browser";
  return system ? `${browser} on ${system}` : browser;
}

// The first that fits counts: Edge says that it is Chrome, and Chrome that it is Safari.
const BROWSERS = [
  ["Edg/", "Edge"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
] as const;
