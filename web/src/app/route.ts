// Which screen the address shows. Addresses stand behind "#", so that a reload needs no server route.

import { useSyncExternalStore } from "react";

export type Route = { screen: "home" } | { screen: "project"; projectId: string } | { screen: "manual"; page: string };

export function parseRoute(hash: string): Route {
  const [screen, argument] = hash.replace(/^#?\/?/, "").split("/");
  if (screen === "project" && argument) return { screen, projectId: decoded(argument) };
  if (screen === "manual") return { screen, page: decoded(argument ?? "") };
  return { screen: "home" };
}

export function routeHash(route: Route): string {
  switch (route.screen) {
    case "home":
      return "#/";
    case "project":
      return `#/project/${encodeURIComponent(route.projectId)}`;
    case "manual":
      return `#/manual/${encodeURIComponent(route.page)}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function goTo(route: Route): void {
  window.location.hash = routeHash(route);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

/** The hash is the snapshot, since a fresh object each time would never compare equal. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}
