"""Sharing an image: its files as they are now become a draft, which nobody else sees."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server import gallery_taking
from sambaseg.server.gallery_declare import EntryId
from sambaseg.server.gallery_desk import GalleryHere
from sambaseg.server.gallery_schemas import Draft, DraftFiles, ShareImage
from sambaseg.server.services import EditableProject, ServicesHere
from sambaseg.server.who import Me

router = APIRouter(tags=["gallery sharing"])


@router.post("/api/projects/{pid}/share", status_code=201)
def share_image(
    store: EditableProject, body: ShareImage, desk: GalleryHere, services: ServicesHere, actor: Me
) -> Draft:
    """Begin to share an image: a draft with a copy of its files as they are now, and what is known of them filled in.

    Nobody else sees a draft. Nothing becomes public before it is submitted with consent.
    """
    return gallery_taking.share(services, desk, store, body, actor)


@router.post("/api/gallery/drafts/{eid}/files")
def renew_draft_files(eid: EntryId, body: DraftFiles, desk: GalleryHere, services: ServicesHere, actor: Me) -> Draft:
    """Take the files of a draft anew from its project, as they are there now; what was written stays."""
    return gallery_taking.renew_files(services, desk, eid, body, actor)
