"""Drafts: what is written in them, what they hold, what is missing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError, SambasegError
from sambaseg.gallery.content import PARTS, Part
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.server import gallery_schemas as schemas
from sambaseg.server.gallery_desk import owner_of
from sambaseg.server.present_gallery import present_metadata, present_mine

if TYPE_CHECKING:
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.gallery_desk import GalleryDesk
    from sambaseg.server.services import Services


def change_draft(
    services: Services, desk: GalleryDesk, entry_id: str, patch: schemas.DraftPatch, actor: Actor
) -> schemas.Draft:
    """Write into a draft, or leave parts out. Raises MetadataError for what is not valid, and keeps nothing of it."""
    entry = desk.gallery.update_draft(
        entry_id,
        owner_of(actor),
        metadata=None if patch.metadata is None else EntryMetadata.from_json(patch.metadata.model_dump()),
        parts=patch.parts,
    )
    return present_draft(services, desk, entry, actor)


def present_draft(services: Services, desk: GalleryDesk, entry: Entry, actor: Actor) -> schemas.Draft:
    """Return a draft: what is written, what it holds, what is missing."""
    problems = [
        schemas.FieldProblem(field=problem.field, message=problem.message) for problem in entry.metadata.problems()
    ]
    if not entry.parts:
        problems.append(schemas.FieldProblem(field="parts", message="Share one file at least."))
    return schemas.Draft(
        mine=present_mine(entry, desk.gallery.steps(entry.id)),
        metadata=present_metadata(entry.metadata),
        parts=list(entry.parts),
        available_parts=_available(services, entry, actor),
        problems=problems,
    )


def _available(services: Services, entry: Entry, actor: Actor) -> list[Part]:
    """Return what a draft holds, and what its project could give to it now."""
    held = set(entry.parts)
    store = source_of(services, entry, actor)
    if store is not None and entry.source_image is not None:
        with contextlib.suppress(NotFoundError):  # the image was taken out of the project
            held |= _parts_of(store, entry.source_image)
    return [part for part in PARTS if part in held]


def _parts_of(store: ProjectStore, image: int) -> set[Part]:
    store.image(image)
    found: set[Part] = {"image"}
    if image in store.labels().labelled_images():
        found.add("labels")
    if store.complete_result(image) is not None:
        found.add("segmentation")
    if store.classifier_file() is not None:
        found.add("classifier")
    return found


def source_of(services: Services, entry: Entry, actor: Actor) -> ProjectStore | None:
    """Return the project that a draft was made from, where it is there and `actor` may see it."""
    project_id = entry.source_project_id
    if project_id is None or services.access_to(project_id, actor) is None:
        return None
    try:
        return services.workspace.open_project(project_id)
    except SambasegError:
        return None
