import { describe, expect, it } from "vitest";
import { parseRoute, type Route, routeHash } from "./route";

describe("parseRoute", () => {
  it.each<[string, Route]>([
    ["", { screen: "home" }],
    ["#/", { screen: "home" }],
    ["#/project/", { screen: "home" }],
    ["#/project/a1b2", { screen: "project", projectId: "a1b2" }],
    ["#/manual/", { screen: "manual", page: "" }],
    ["#/manual/keyboard", { screen: "manual", page: "keyboard" }],
    ["#/manual/%E0%A4%A", { screen: "manual", page: "%E0%A4%A" }],
    ["#/nonsense", { screen: "home" }],
  ])("%s", (hash, route) => expect(parseRoute(hash)).toEqual(route));

  it.each<Route>([
    { screen: "home" },
    { screen: "project", projectId: "x y/z" },
    { screen: "manual", page: "first-segmentation" },
  ])("reads what it writes: %o", (route) => expect(parseRoute(routeHash(route))).toEqual(route));
});
