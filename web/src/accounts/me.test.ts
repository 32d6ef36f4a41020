import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me } from "../api/accounts";
import { fetchBytes, upload } from "../api/client";
import { ApiError } from "../api/error";
import { getProject, listProjects } from "../api/projects";
import { sendPiece } from "../api/uploads";
import { becomes, isAskedToSignIn, learnMe, useMe } from "./me";

const NOBODY: Me = {
  mode: "lab",
  role: null,
  person: null,
  is_visitor: false,
  expires: null,
  quota: null,
  admin_email: "",
  sign_in_with: "",
};
const ADA: Me = {
  ...NOBODY,
  role: "member",
  person: { id: "a", login: "ada", name: "Ada", role: "member", has_password: true },
};
const REFUSED = JSON.stringify({ error: { code: "not_signed_in", message: "You are not signed in.", hint: "" } });

/** Whom the server knows, and which addresses were asked for. */
let known: Me;
let asked: string[];

/** Answers as the server does to whoever it does not know. */
class RefusedUpload {
  static status = 401;
  status = RefusedUpload.status;
  response: unknown = JSON.parse(REFUSED);
  upload = {};
  onload = (): void => {};
  onloadend = (): void => {};
  open(): void {}
  setRequestHeader(): void {}
  send(): void {
    this.onload();
    this.onloadend();
  }
}

beforeEach(() => {
  known = ADA;
  asked = [];
  vi.stubGlobal("fetch", async (request: Request | string) => {
    const { pathname } = new URL(typeof request === "string" ? request : request.url, "http://localhost");
    asked.push(pathname);
    const init = { headers: { "Content-Type": "application/json" } };
    if (pathname === "/api/me") return new Response(JSON.stringify(known), init);
    return known.role === null ? new Response(REFUSED, { ...init, status: 401 }) : new Response("[]", init);
  });
  vi.stubGlobal("XMLHttpRequest", RefusedUpload);
  becomes(ADA);
});

afterEach(() => {
  vi.unstubAllGlobals();
  useMe.setState({ me: null, isAsked: false, ended: null });
});

const refused = (request: Promise<unknown>): Promise<void> => expect(request).rejects.toBeInstanceOf(ApiError);
const endedFor = async (who: Me | null): Promise<void> =>
  vi.waitFor(() =>
    expect(useMe.getState()).toMatchObject({ me: { role: who === null ? "member" : null }, ended: who }),
  );

describe("a session that ends behind the page's back", () => {
  const piece = { content: new Blob(["x"]), checksum: "0" };
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  it.each([
    ["a tile", () => fetchBytes("http://localhost/api/projects/p/image/0/0/0")],
    ["a JSON request", () => getProject("p")],
    ["a file", () => upload("/api/projects/p/labels", new Blob(["x"]))],
    ["a piece of an upload", () => sendPiece("u", 0, piece, options)],
  ])("is noticed by the refusal of %s, and who it was stays known", async (_, request) => {
    known = NOBODY;
    await refused(request());
    await endedFor(ADA);
    expect(asked.filter((path) => path === "/api/me")).toHaveLength(1);
  });

  it("is asked about once, however many tiles are refused", async () => {
    known = NOBODY;
    await Promise.all(Array.from({ length: 20 }, (_, tx) => refused(fetchBytes(`http://localhost/api/tile/${tx}`))));
    await endedFor(ADA);
    expect(asked.filter((path) => path === "/api/me")).toHaveLength(1);
  });

  it("is over when somebody signs in", async () => {
    known = NOBODY;
    await refused(listProjects());
    await endedFor(ADA);
    known = ADA;
    await learnMe();
    await endedFor(null);
  });

  it("makes nobody a stranger who begins a visit", async () => {
    becomes({ ...ADA, mode: "public" });
    known = { ...NOBODY, mode: "public" };
    await refused(fetchBytes("http://localhost/api/tile"));
    await vi.waitFor(() => expect(useMe.getState().ended).not.toBeNull());
    await refused(getProject("p"));
    const { client } = await import("../api/client");
    await client.POST("/api/projects/{pid}/train", { params: { path: { pid: "p" } } });
    expect(asked).not.toContain("/api/me/visit");
  });

  it("is told in front of the page, unlike what strangers are refused", async () => {
    const refusal = (status: number): ApiError => new ApiError("refused", "Refused.", "", status);
    expect(isAskedToSignIn(refusal(401))).toBe(true); // the dialog is on its way
    expect(isAskedToSignIn(refusal(403))).toBe(false);
    known = NOBODY;
    await refused(listProjects());
    await endedFor(ADA);
    expect(isAskedToSignIn(refusal(401))).toBe(true);
    becomes({ ...NOBODY, mode: "public" });
    expect(isAskedToSignIn(refusal(401))).toBe(false);
  });

  it("is not ended by other refusals", async () => {
    RefusedUpload.status = 403;
    await refused(upload("/api/projects/p/labels", new Blob(["x"])));
    RefusedUpload.status = 401;
    expect(asked).not.toContain("/api/me");
  });
});
