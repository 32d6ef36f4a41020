import { describe, expect, it } from "vitest";
import type { Me } from "../api/accounts";
import { dayWords, fieldOfRefusal, missingFields, providerRefusal, refusalWords, roleWords } from "./accountWords";
import { endedSession, isSamePerson, needsVisit, wasSignedOut } from "./visits";

const me = (mode: Me["mode"], role: Me["role"]): Me => ({
  mode,
  role,
  person: null,
  is_visitor: role === "visitor",
  expires: null,
  quota: null,
  admin_email: "",
  sign_in_with: "",
});

describe("needsVisit", () => {
  const stranger = me("public", null);
  it("is true for what a stranger on a public site changes", () => {
    expect(needsVisit("POST", "/api/uploads", stranger)).toBe(true);
    expect(needsVisit("DELETE", "/api/projects/{pid}", stranger)).toBe(true);
  });
  it.each([
    ["reading", "GET", "/api/samples", stranger],
    ["the visit itself", "POST", "/api/me/visit", stranger],
    ["signing in", "POST", "/api/sessions", stranger],
    ["an invite", "POST", "/api/invitation/accept", stranger],
    ["signing in elsewhere", "POST", "/api/oidc/begin", stranger],
    ["a visitor", "POST", "/api/uploads", me("public", "visitor")],
    ["a lab", "POST", "/api/uploads", me("lab", null)],
    ["local mode", "POST", "/api/uploads", me("local", "admin")],
    ["an unknown server", "POST", "/api/uploads", null],
  ] as const)("is false for %s", (_, method, path, who) => expect(needsVisit(method, path, who)).toBe(false));
});

describe("providerRefusal", () => {
  const of = (query: string): string => providerRefusal(new URLSearchParams(query), "Lab Login");
  it("is empty where somebody comes back", () => expect(of("?code=c&state=s")).toBe(""));
  it("says why nobody does", () => {
    expect(of("?error=access_denied&state=s")).toContain("Lab Login did not let you in, or");
    expect(of("?error=<b>server_error&code=c&state=s")).toBe("Lab Login did not let you in (bserver_error).");
    expect(of("?state=s")).toContain("not complete");
    expect(of("")).toContain("not complete");
  });
});

describe("wasSignedOut", () => {
  it("concerns only those who were known where there are accounts", () => {
    expect(wasSignedOut(401, me("lab", "member"))).toBe(true);
    expect(wasSignedOut(403, me("lab", "member"))).toBe(false);
    expect(wasSignedOut(401, me("lab", null))).toBe(false);
    expect(wasSignedOut(401, me("local", "admin"))).toBe(false);
    expect(wasSignedOut(401, null)).toBe(false);
  });
});

describe("a session that has ended", () => {
  const ada = {
    ...me("lab", "member"),
    person: { id: "a", login: "ada", name: "Ada", role: "member" as const, has_password: true },
  };
  const bo = { ...ada, person: { ...ada.person, id: "b" } };
  const nobody = me("lab", null);
  it("is whose it was, until somebody is known again", () => {
    expect(endedSession(null, ada, nobody)).toBe(ada);
    expect(endedSession(ada, nobody, nobody)).toBe(ada);
    expect(endedSession(ada, nobody, bo)).toBeNull();
    expect(endedSession(null, null, nobody)).toBeNull();
    expect(endedSession(null, nobody, nobody)).toBeNull();
  });
  it("is taken up by the same person only", () => {
    expect(isSamePerson(ada, { ...ada, role: "moderator" })).toBe(true);
    expect(isSamePerson(ada, bo)).toBe(false);
    expect(isSamePerson(me("public", "visitor"), me("public", "visitor"))).toBe(false);
  });
});

describe("words", () => {
  it.each([
    ["login_taken", "There is an account with the login 'ada'.", "login"],
    ["not_signed_in", "Login or password is wrong.", "password"],
    ["parameter", "A login has 2 to 64 letters", "login"],
    ["parameter", "A name has 1 to 120 characters", "name"],
    ["parameter", "A password has 10 to 1000 characters, not 3.", "password"],
    ["parameter", "This password is too easy to guess.", "password"],
    ["parameter", "The password so far is not right.", "old"],
    ["too_many_requests", "There were too many wrong passwords.", null],
  ])("of %s: %s stand beside %s", (code, message, field) => expect(fieldOfRefusal({ code, message })).toBe(field));

  it("join what is wrong with what to do", () => {
    expect(refusalWords({ message: "Wrong.", hint: "Try again." })).toBe("Wrong. Try again.");
    expect(refusalWords({ message: "Wrong.", hint: "" })).toBe("Wrong.");
  });

  it("name what is missing", () => {
    expect(missingFields({ login: " ", password: "  " })).toEqual({ login: "Type your login." });
    expect(missingFields({ name: "Ada", old: "" })).toEqual({ old: "Type your password so far." });
  });

  it("name roles and days", () => {
    expect(roleWords("admin")).toBe("Administrator");
    expect(dayWords("2026-12-03T12:00:00Z", "en-GB")).toBe("3 December 2026");
  });
});
