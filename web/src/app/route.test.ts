import { describe, expect, it } from "vitest";
import { addressOf, parseRoute, type Route } from "./route";

describe("parseRoute", () => {
  it.each<[string, Route]>([
    ["/", { screen: "home" }],
    ["/#/", { screen: "home" }],
    ["/#/project/", { screen: "home" }],
    ["/#/project/a1b2", { screen: "project", projectId: "a1b2" }],
    ["/#/manual/", { screen: "manual", page: "" }],
    ["/#/manual/keyboard", { screen: "manual", page: "keyboard" }],
    ["/#/manual/%E0%A4%A", { screen: "manual", page: "%E0%A4%A" }],
    ["/#/nonsense", { screen: "home" }],
    ["/gallery", { screen: "gallery", query: "" }],
    ["/gallery/", { screen: "gallery", query: "" }],
    ["/gallery?q=steel&sort=title", { screen: "gallery", query: "q=steel&sort=title" }],
    ["/gallery/0a1b", { screen: "entry", entryId: "0a1b", version: null }],
    ["/gallery/0a1b/v/3", { screen: "entry", entryId: "0a1b", version: 3 }],
    ["/gallery/0a1b/v/x", { screen: "entry", entryId: "0a1b", version: null }],
    ["/admin", { screen: "admin", section: "overview" }],
    ["/admin/nonsense", { screen: "admin", section: "overview" }],
    ["/admin/people#/project/a1b2", { screen: "project", projectId: "a1b2" }],
    ["/sign-in/back?code=c&state=s", { screen: "signInBack", query: "?code=c&state=s" }],
    ["/sign-in/elsewhere", { screen: "home" }],
    ["/gallery#/project/a1b2", { screen: "project", projectId: "a1b2" }],
  ])("%s", (address, route) => expect(parseRoute(address)).toEqual(route));

  it.each<Route>([
    { screen: "home" },
    { screen: "project", projectId: "x y/z" },
    { screen: "manual", page: "first-segmentation" },
    { screen: "gallery", query: "q=a+b" },
    { screen: "entry", entryId: "00ff", version: 12 },
    { screen: "entry", entryId: "00ff", version: null },
    { screen: "myEntries" },
    { screen: "follow", token: "t_k-n" },
    { screen: "moderation" },
    { screen: "admin", section: "overview" },
    { screen: "admin", section: "people" },
    { screen: "invite", token: "t_k-n" },
    { screen: "signIn" },
    { screen: "signInBack", query: "?code=c&state=s" },
  ])("reads what it writes: %o", (route) => expect(parseRoute(addressOf(route))).toEqual(route));
});
