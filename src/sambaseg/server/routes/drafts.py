"""Drafts of what is to be shared: writing, what will be public, submitting, following, newer versions."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server import gallery_drafts, gallery_originals
from sambaseg.server.gallery_declare import EntryId, FollowToken
from sambaseg.server.gallery_desk import GalleryHere, owner_of
from sambaseg.server.gallery_schemas import (
    Draft,
    DraftOriginal,
    DraftPatch,
    Entry,
    FollowedEntry,
    MyEntry,
    Submission,
    SubmitBody,
    WithdrawBody,
)
from sambaseg.server.present_gallery import present_entry, present_followed, present_mine
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Me

router = APIRouter(tags=["gallery sharing"])


@router.get("/api/gallery/mine")
def list_my_entries(desk: GalleryHere, actor: Me) -> list[MyEntry]:
    """List one's own drafts and entries, the last changed first."""
    return [present_mine(entry, desk.gallery.steps(entry.id)) for entry in desk.gallery.mine(owner_of(actor))]


@router.get("/api/gallery/drafts/{eid}")
def get_draft(eid: EntryId, desk: GalleryHere, services: ServicesHere, actor: Me) -> Draft:
    """Tell what is written in a draft so far, and what is missing."""
    return gallery_drafts.present_draft(services, desk, desk.gallery.draft(eid, owner_of(actor)), actor)


@router.patch("/api/gallery/drafts/{eid}")
def change_draft(eid: EntryId, patch: DraftPatch, desk: GalleryHere, services: ServicesHere, actor: Me) -> Draft:
    """Write into a draft, or leave files out; it need not be complete: `problems` says what is missing.

    What is not valid, such as an ORCID with a wrong digit, is refused by the name of its field; nothing is changed
    then.
    """
    return gallery_drafts.change_draft(services, desk, eid, patch, actor)


@router.get("/api/gallery/drafts/{eid}/preview")
def preview_draft(eid: EntryId, desk: GalleryHere, actor: Me) -> Entry:
    """Tell exactly what will be public; files and pictures are at the entry's own addresses, for its owner."""
    return present_entry(desk.gallery.preview(eid, owner_of(actor)))


@router.get("/api/gallery/drafts/{eid}/original")
def get_draft_original(eid: EntryId, desk: GalleryHere, services: ServicesHere, actor: Me) -> DraftOriginal:
    """Tell what the image file of a draft would tell everybody besides its pixels, and what was left out of it."""
    draft = desk.gallery.draft(eid, owner_of(actor))
    return gallery_originals.present_original(services, desk, draft, actor)


@router.post("/api/gallery/drafts/{eid}/submit")
def submit_draft(eid: EntryId, body: SubmitBody, desk: GalleryHere, actor: Me) -> Submission:
    """Submit a draft with consent; where there are moderators it waits for one, else it is accepted at once."""
    submitted = desk.gallery.submit(eid, owner_of(actor), consent=body.consent, waits=desk.waits(actor))
    return Submission(mine=present_mine(submitted.entry, ()), follow_token=submitted.follow_token)


@router.delete("/api/gallery/drafts/{eid}", status_code=204)
def delete_draft(eid: EntryId, desk: GalleryHere, actor: Me) -> None:
    """Throw a draft away; versions that were submitted before stay."""
    desk.gallery.delete_draft(eid, owner_of(actor))


@router.post("/api/gallery/entries/{eid}/versions", status_code=201)
def begin_version(eid: EntryId, desk: GalleryHere, services: ServicesHere, actor: Me) -> Draft:
    """Begin a new version of one's own entry as a draft; the present one stays public and can always be cited."""
    return gallery_drafts.present_draft(services, desk, desk.gallery.new_version(eid, owner_of(actor)), actor)


@router.post("/api/gallery/entries/{eid}/withdraw")
def withdraw_entry(eid: EntryId, desk: GalleryHere, actor: Me, body: WithdrawBody | None = None) -> MyEntry:
    """Take one's own entry out of the gallery, or a version that waits back into a draft."""
    withdrawn = desk.gallery.withdraw(eid, owner_of(actor), reason="" if body is None else body.reason)
    return present_mine(withdrawn, desk.gallery.steps(eid))


@router.get("/api/gallery/follow/{token}")
def follow_entry(token: FollowToken, desk: GalleryHere) -> FollowedEntry:
    """Tell whoever has the link of a submission how far it is."""
    return present_followed(desk.gallery.follow(token))
