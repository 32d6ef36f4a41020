"""Taking an image's files out of its project, for a draft."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError, QuotaError
from sambaseg.gallery.content import Snapshot
from sambaseg.gallery.entry import EDITABLE
from sambaseg.gallery.originals import OriginalForm
from sambaseg.gallery.snapshot import take_from_project
from sambaseg.server import gallery_schemas as schemas
from sambaseg.server.gallery_desk import owner_of
from sambaseg.server.gallery_drafts import present_draft, source_of
from sambaseg.server.gallery_originals import present_original

if TYPE_CHECKING:
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.gallery_desk import GalleryDesk
    from sambaseg.server.services import Services

MOST_DRAFTS = 100
"""Drafts that one may have at once; each holds copies of files."""
_taking = threading.BoundedSemaphore(2)


def share(
    services: Services, desk: GalleryDesk, store: ProjectStore, body: schemas.ShareImage, actor: Actor
) -> schemas.Draft:
    """Begin a draft with copies of an image's files. Raises NotFoundError and QuotaError."""
    services.check_room(actor)
    owner = owner_of(actor)
    drafts = sum(entry.state in EDITABLE for entry in desk.gallery.mine(owner))
    if drafts >= MOST_DRAFTS:
        raise QuotaError(f"You have {drafts} drafts already.", hint="Submit or delete some of them first.")
    entry = desk.gallery.create_draft(owner, _take(desk, store, body.image, body.parts, body.original))
    return present_draft(services, desk, entry, actor)


def renew_files(
    services: Services, desk: GalleryDesk, entry_id: str, body: schemas.DraftFiles, actor: Actor
) -> schemas.Draft:
    """Take the files of a draft anew from its project. Raises NotFoundError where that is gone."""
    entry = desk.gallery.draft(entry_id, owner_of(actor))
    store = source_of(services, entry, actor)
    if store is None or entry.source_image is None:
        raise NotFoundError(
            "The project that this draft was made from is not there any more.", hint="Share the image anew."
        )
    form = body.original or present_original(services, desk, entry, actor).form or "cleaned"
    snapshot = _take(desk, store, entry.source_image, body.parts, form)
    entry = desk.gallery.update_draft(entry_id, owner_of(actor), snapshot=snapshot)
    return present_draft(services, desk, entry, actor)


def _take(
    desk: GalleryDesk, store: ProjectStore, image: int, parts: list[schemas.SharePart], form: OriginalForm
) -> Snapshot:
    with _taking:
        return take_from_project(desk.files, store, image, frozenset(parts), form=form)
