// Sharing in the gallery: drafts, what will be public, submitting, following.

import { client, dataOf, done, type Schemas } from "./client";

export type Draft = Schemas["Draft"];
export type MyEntry = Schemas["MyEntry"];
export type OriginalForm = NonNullable<Schemas["DraftOriginal"]["form"]>;
export type Part = Draft["parts"][number];

/** Makes a draft of an image, with a copy of its files as they are now; nobody else sees it. */
export const beginDraft = (projectId: string, image: number): Promise<Draft> =>
  dataOf(
    client.POST("/api/projects/{pid}/share", {
      params: { path: { pid: projectId } },
      body: { image, original: "cleaned" },
    }),
  );

export const listMyEntries = (): Promise<MyEntry[]> => dataOf(client.GET("/api/gallery/mine"));

const pathTo = (draftId: string) => ({ params: { path: { eid: draftId } } });

export const getDraft = (draftId: string): Promise<Draft> =>
  dataOf(client.GET("/api/gallery/drafts/{eid}", pathTo(draftId)));

export const patchDraft = (draftId: string, patch: Schemas["DraftPatch"]): Promise<Draft> =>
  dataOf(client.PATCH("/api/gallery/drafts/{eid}", { ...pathTo(draftId), body: patch }));

/** Takes the files anew, as they are in the project now; the image's own in the form it has, or in `original`. */
export const renewFiles = (draftId: string, parts: Part[], original: OriginalForm | null = null): Promise<Draft> =>
  dataOf(client.POST("/api/gallery/drafts/{eid}/files", { ...pathTo(draftId), body: { parts, original } }));

/** What the image file tells besides its pixels. */
export const getDraftOriginal = (draftId: string): Promise<Schemas["DraftOriginal"]> =>
  dataOf(client.GET("/api/gallery/drafts/{eid}/original", pathTo(draftId)));

export const deleteDraft = (draftId: string): Promise<void> =>
  done(client.DELETE("/api/gallery/drafts/{eid}", pathTo(draftId)));

/** Exactly what will be public. */
export const previewDraft = (draftId: string): Promise<Schemas["Entry"]> =>
  dataOf(client.GET("/api/gallery/drafts/{eid}/preview", pathTo(draftId)));

export const submitDraft = (draftId: string, consent: boolean): Promise<Schemas["Submission"]> =>
  dataOf(client.POST("/api/gallery/drafts/{eid}/submit", { ...pathTo(draftId), body: { consent } }));

export const beginVersion = (entryId: string): Promise<Draft> =>
  dataOf(client.POST("/api/gallery/entries/{eid}/versions", pathTo(entryId)));

/** Takes an entry out of the gallery, or a version that waits back into a draft. */
export const withdrawEntry = (entryId: string, reason = ""): Promise<MyEntry> =>
  dataOf(client.POST("/api/gallery/entries/{eid}/withdraw", { ...pathTo(entryId), body: { reason } }));

export const followEntry = (token: string): Promise<Schemas["FollowedEntry"]> =>
  dataOf(client.GET("/api/gallery/follow/{token}", { params: { path: { token } } }));
