// Which screen the address shows. The gallery has addresses of its own, which can be cited and which the server knows;
// those of projects and of the manual stand behind "#", so that a reload needs no server route.

import { useSyncExternalStore } from "react";

export type Route =
  | { screen: "home" }
  | { screen: "project"; projectId: string }
  | { screen: "manual"; page: string }
  | { screen: "gallery"; query: string }
  | { screen: "entry"; entryId: string; version: number | null }
  | { screen: "myEntries" }
  | { screen: "follow"; token: string }
  | { screen: "moderation" }
  | { screen: "admin"; section: AdminSection }
  | { screen: "invite"; token: string }
  | { screen: "signIn" }
  | { screen: "signInBack"; query: string };

export const ADMIN_SECTIONS = ["overview", "people", "storage", "jobs", "settings", "log"] as const;
export type AdminSection = (typeof ADMIN_SECTIONS)[number];

/** The route of an address from its path on: "/#/project/ID", "/gallery/ID/v/2". */
export function parseRoute(address: string): Route {
  const { pathname, search, hash } = new URL(address, "http://page");
  const [area = "", ...names] = pathname.split("/").filter(Boolean).map(decoded);
  if (area === "moderation" && !hash) return { screen: "moderation" };
  if (area === "admin" && !hash) return { screen: "admin", section: sectionOf(names[0]) };
  if (area === "gallery" && !hash) return galleryRoute(names, search);
  if (area === "sign-in" && names[0] === "back") return { screen: "signInBack", query: search };
  const [screen, argument] = hash.replace(/^#?\/?/, "").split("/");
  if (screen === "project" && argument) return { screen, projectId: decoded(argument) };
  if (screen === "manual") return { screen, page: decoded(argument ?? "") };
  if (screen === "invite" && argument) return { screen, token: decoded(argument) };
  if (screen === "sign-in") return { screen: "signIn" };
  return { screen: "home" };
}

const sectionOf = (name: string | undefined): AdminSection =>
  ADMIN_SECTIONS.find((section) => section === name) ?? "overview";

function galleryRoute([first, second, third]: string[], search: string): Route {
  if (first === undefined) return { screen: "gallery", query: search.replace(/^\?/, "") };
  if (first === "mine") return { screen: "myEntries" };
  if (first === "follow" && second) return { screen: "follow", token: second };
  const version = second === "v" && /^[1-9]\d{0,6}$/.test(third ?? "") ? Number(third) : null;
  return { screen: "entry", entryId: first, version };
}

export function addressOf(route: Route): string {
  switch (route.screen) {
    case "home":
      return "/#/";
    case "project":
      return `/#/project/${encodeURIComponent(route.projectId)}`;
    case "manual":
      return `/#/manual/${encodeURIComponent(route.page)}`;
    case "gallery":
      return route.query ? `/gallery?${route.query}` : "/gallery";
    case "entry":
      return `/gallery/${encodeURIComponent(route.entryId)}${route.version === null ? "" : `/v/${route.version}`}`;
    case "myEntries":
      return "/gallery/mine";
    case "follow":
      return `/gallery/follow/${encodeURIComponent(route.token)}`;
    case "moderation":
      return "/moderation";
    case "admin":
      return route.section === "overview" ? "/admin" : `/admin/${route.section}`;
    case "invite":
      return `/#/invite/${encodeURIComponent(route.token)}`;
    case "signIn":
      return "/#/sign-in";
    case "signInBack":
      return `/sign-in/back${route.query}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What `parseRoute` reads of the address that is shown. */
export const addressNow = (): string => {
  const { pathname, search, hash } = window.location;
  return pathname + search + hash;
};

const listeners = new Set<() => void>();
const tellListeners = (): void => {
  for (const listener of [...listeners]) listener();
};

export function goTo(route: Route): void {
  window.history.pushState(null, "", addressOf(route));
  tellListeners();
}

/** Shows another address in place of the present one, which no step back leads to. */
export function replaceRoute(route: Route): void {
  window.history.replaceState(null, "", addressOf(route));
  tellListeners();
}

/** Follows plain clicks on links between screens without loading the page again, which would end transfers. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin) return;
  if (!isScreen(link.pathname)) return;
  // A place on the same screen is the browser's own matter.
  if (link.pathname === window.location.pathname && link.search === window.location.search && link.hash) return;
  event.preventDefault();
  window.history.pushState(null, "", link.pathname + link.search + link.hash);
  tellListeners();
}

const isScreen = (path: string): boolean => /^\/(gallery(\/.*)?|moderation|admin(\/.*)?)?$/.test(path);

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener("hashchange", tellListeners);
    window.addEventListener("popstate", tellListeners);
    document.addEventListener("click", followLink);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.removeEventListener("hashchange", tellListeners);
    window.removeEventListener("popstate", tellListeners);
    document.removeEventListener("click", followLink);
  };
}

/** The address is the snapshot, since a fresh object each time would never compare equal. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, addressNow));
}
