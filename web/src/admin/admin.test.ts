import { describe, expect, it } from "vitest";
import type { AuditEntry, InviteInfo, ProjectStorage, SettingInfo } from "../api/admin";
import {
  auditWords,
  browserWords,
  changeableSettings,
  choicesOf,
  formatUptime,
  inviteState,
  settingWords,
} from "./adminWords";
import { byOwner, ownerWords } from "./byOwner";

const project = (changes: Partial<ProjectStorage>): ProjectStorage => ({
  id: "p",
  bytes_used: 10,
  modified: "2026-01-01T00:00:00Z",
  owner: "",
  owner_id: "",
  owner_kind: "nobody",
  ...changes,
});

const setting = (name: string, change: SettingInfo["change"] = null): SettingInfo => ({
  name,
  variable: `SAMBASEG_${name.toUpperCase()}`,
  value: "1",
  start_value: "1",
  help: "what it is",
  change,
});
const number: SettingInfo["change"] = { kind: "number", least: 0, most: 9, choices: [] };

describe("byOwner", () => {
  it("adds up what each owner has, the most first", () => {
    const ada = { owner: "Ada", owner_id: "a", owner_kind: "person" } as const;
    const otherAda = { ...ada, owner_id: "b" };
    const found = byOwner([
      project({ ...ada, bytes_used: 5 }),
      project({ owner_kind: "visitor", owner_id: "00ff11", bytes_used: 30 }),
      project({ ...ada, bytes_used: 7 }),
      project({ ...otherAda, bytes_used: 1 }),
    ]);
    expect(found.map(({ words, projects, bytes }) => [words, projects, bytes])).toEqual([
      ["Visitor 00ff", 1, 30],
      ["Ada", 2, 12],
      ["Ada", 1, 1],
    ]);
  });

  it("names owners of every kind", () => {
    expect(ownerWords({ owner: "", owner_kind: "person" })).toBe("Somebody");
    expect(ownerWords({ owner: "", owner_kind: "visitor" })).toBe("A visitor");
    expect(ownerWords({ owner: "", owner_kind: "local" })).toBe("This computer");
    expect(ownerWords({ owner: "", owner_kind: "nobody" })).toBe("Nobody");
  });
});

describe("settings", () => {
  it("that can be changed are those that mean something in the mode", () => {
    const all = [
      setting("mode"),
      setting("visits", number),
      setting("admin_email", number),
      setting("quota_mb", number),
    ];
    const names = (mode: "lab" | "public") => changeableSettings(all, mode).map(({ name }) => name);
    expect(names("lab")).toEqual(["quota_mb", "admin_email"]);
    expect(names("public")).toEqual(["quota_mb", "admin_email", "visits"]);
  });

  it("offer no choice about visitors where there are none", () => {
    const choices: SettingInfo["change"] = { kind: "choice", least: 0, most: 0, choices: ["everybody", "visitors"] };
    const moderated = setting("moderated", choices);
    expect(choicesOf(moderated, "lab")).toEqual(["everybody"]);
    expect(choicesOf(moderated, "public")).toEqual(["everybody", "visitors"]);
    expect(choicesOf({ ...moderated, value: "visitors" }, "lab")).toEqual(["everybody", "visitors"]);
  });

  it("that the page does not know keep their name", () => {
    expect(settingWords("new_thing").label).toBe("New thing");
  });
});

it.each([
  [0.4, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3600, "1 h"],
  [3600 * 3 + 60 * 20, "3 h 20 min"],
  [86_400, "1 day"],
  [86_400 * 5 + 3600 * 2 + 59, "5 days 2 h"],
])("says how long %i s are", (seconds, words) => expect(formatUptime(seconds)).toBe(words));

it("tells open invites from others", () => {
  const now = new Date("2026-05-01T00:00:00Z");
  const invite = { used: null, revoked: null, expires: "2026-05-02T00:00:00Z" } as InviteInfo;
  expect(inviteState(invite, now)).toBe("open");
  expect(inviteState({ ...invite, expires: "2026-05-01T00:00:00Z" }, now)).toBe("expired");
  expect(inviteState({ ...invite, used: "2026-04-30T00:00:00Z" }, now)).toBe("used");
  expect(inviteState({ ...invite, revoked: "2026-04-30T00:00:00Z" }, now)).toBe("revoked");
});

it("says what was done", () => {
  const entry: AuditEntry = {
    id: 1,
    at: "2026-05-01T00:00:00Z",
    actor: "Ada",
    action: "setting changed",
    object_kind: "setting",
    object: "visits",
    detail: "value: closed",
  };
  expect(auditWords(entry)).toBe("Setting changed: New visits (value: closed)");
  expect(auditWords({ ...entry, object_kind: "project", object: "0".repeat(32), detail: "" })).toBe(
    "Setting changed: project 00000000",
  );
  expect(auditWords({ ...entry, object: "", detail: "" })).toBe("Setting changed");
});

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17 Safari/605", "Safari on macOS"],
  ["curl/8.0", "curl/8.0"],
  ["", "Unknown browser"],
])("names the browser of %s", (userAgent, words) => expect(browserWords(userAgent)).toBe(words));
