// What is said about accounts.

import type { Me } from "../api/accounts";
import type { ApiError } from "../api/error";

export type AccountField = "login" | "name" | "password" | "old";

const ROLES: Record<NonNullable<Me["role"]>, string> = {
  visitor: "Visitor",
  member: "Member",
  moderator: "Moderator",
  admin: "Administrator",
};

export const roleWords = (role: NonNullable<Me["role"]>): string => ROLES[role];

/** The field beside which a refusal belongs; null where it concerns none of them. */
export function fieldOfRefusal({ code, message }: Pick<ApiError, "code" | "message">): AccountField | null {
  if (code === "login_taken") return "login";
  if (code === "not_signed_in") return "password";
  if (code !== "parameter") return null;
  if (message.startsWith("A login ")) return "login";
  if (message.startsWith("A name ")) return "name";
  if (message.startsWith("The password so far ")) return "old";
  return /^(A|This) password /.test(message) ? "password" : null;
}

/** "The password is wrong. Type it again." */
export const refusalWords = ({ message, hint }: Pick<ApiError, "message" | "hint">): string =>
  hint ? `${message} ${hint}` : message;

/** Why the provider sent nobody back, by what it wrote into the address; "" where it did. */
export function providerRefusal(sent: URLSearchParams, provider: string): string {
  const said = sent.get("error");
  if (said === "access_denied") return `${provider} did not let you in, or you turned back there.`;
  if (said) return `${provider} did not let you in (${said.replace(/[^a-z_]/gi, "").slice(0, 40)}).`;
  return sent.get("code") && sent.get("state") ? "" : "This address is not complete. Sign in again.";
}

const EMPTY: Record<AccountField, string> = {
  login: "Type your login.",
  name: "Type your name.",
  password: "Type a password.",
  old: "Type your password so far.",
};

/** What is missing in a form, by field; empty where nothing is. */
export function missingFields(values: Partial<Record<AccountField, string>>): Partial<Record<AccountField, string>> {
  const missing: Partial<Record<AccountField, string>> = {};
  for (const [field, value] of Object.entries(values) as [AccountField, string][]) {
    // Blanks may be what a password is made of.
    const typed = field === "login" || field === "name" ? value.trim() : value;
    if (!typed) missing[field] = EMPTY[field];
  }
  return missing;
}

/** "3 December 2026" in the reader's own way and time zone. */
export const dayWords = (iso: string, locale?: string): string =>
  new Date(iso).toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric" });
