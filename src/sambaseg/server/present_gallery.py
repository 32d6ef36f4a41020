"""How the gallery's own objects look as the server's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast, get_args

from sambaseg.gallery.citation import cite
from sambaseg.gallery.content import FILE_KINDS
from sambaseg.server import gallery_schemas as schemas

if TYPE_CHECKING:
    from sambaseg.gallery.content import EntryFile
    from sambaseg.gallery.entries import Followed
    from sambaseg.gallery.entry import Entry
    from sambaseg.gallery.licences import Licence
    from sambaseg.gallery.metadata import EntryMetadata
    from sambaseg.gallery.moderation import Waiting
    from sambaseg.gallery.steps import Step
    from sambaseg.gallery.tombstone import Tombstone

_ORDER: dict[str, int] = {kind: place for place, kind in enumerate(FILE_KINDS)}


def present_entry(entry: Entry) -> schemas.Entry:
    """Return a version as everybody sees it who may."""
    return schemas.Entry(
        id=entry.id,
        version=entry.number,
        state=entry.state,
        published=entry.published,
        versions=[schemas.EntryVersionInfo(number=each.number, published=each.published) for each in entry.versions],
        metadata=present_metadata(entry.metadata),
        width=entry.measured.width,
        height=entry.measured.height,
        classes=[schemas.EntryClass.model_validate(each, from_attributes=True) for each in entry.measured.classes],
        files=[
            schemas.EntryFile(
                kind=cast("schemas.FileKind", file.kind),
                file_name=file.file_name,
                media_type=file.media_type,
                bytes=file.size,
                sha256=file.sha256,
            )
            for file in files_of(entry)
        ],
        thumbnails=present_thumbnails(entry),
    )


def files_of(entry: Entry) -> list[EntryFile]:
    """Return what can be downloaded of a version: the image first, and in the same order of kinds everywhere."""
    return sorted((file for file in entry.files if file.kind in _ORDER), key=lambda file: _ORDER[file.kind])


def present_metadata(metadata: EntryMetadata) -> schemas.EntryMetadata:
    """Return what is written about a version."""
    return schemas.EntryMetadata.model_validate(metadata.to_json())


def present_thumbnails(entry: Entry) -> list[schemas.ThumbnailOf]:
    """Return what there are thumbnails of, the image first."""
    held = set(entry.thumbnails)
    return [what for what in get_args(schemas.ThumbnailOf) if what in held]


def present_mine(entry: Entry, steps: Sequence[Step]) -> schemas.MyEntry:
    """Return how far the newest version of an entry is; `steps` are the entry's."""
    reasons = [step.reason for step in steps if step.number == entry.number and step.reason]
    return schemas.MyEntry(
        id=entry.id,
        version=entry.number,
        title=entry.metadata.title,
        state=entry.state,
        reason=reasons[-1] if reasons else "",
        changed=entry.changed,
        submitted=entry.submitted,
        decided=entry.decided,
        public_version=entry.public_version,
        thumbnails=present_thumbnails(entry),
        project_id=entry.source_project_id,
        image=entry.source_image,
    )


def present_followed(followed: Followed) -> schemas.FollowedEntry:
    """Return how far a submission is."""
    return schemas.FollowedEntry(
        mine=present_mine(followed.entry, followed.steps),
        steps=[
            schemas.FollowedStep(
                at=step.at, version=step.number, action=step.action, state=step.state_after, reason=step.reason
            )
            for step in followed.steps
        ],
    )


def present_waiting(waiting: Waiting) -> schemas.QueueItem:
    """Return a version that waits for a moderator."""
    return schemas.QueueItem(
        entry=present_entry(waiting.entry),
        submitted=waiting.submitted,
        submitter=waiting.submitter,
        public_version=None if waiting.public is None else waiting.public.number,
        changed_fields=list(waiting.changed_fields),
    )


def present_step(step: Step) -> schemas.ModerationRecord:
    """Return a step of the log."""
    return schemas.ModerationRecord(
        id=step.id,
        at=step.at,
        entry_id=step.entry_id,
        version=step.number,
        title=step.title,
        actor=step.actor,
        action=step.action,
        state_before=step.state_before,
        state_after=step.state_after,
        reason=step.reason,
    )


def present_tombstone(stone: Tombstone, address: str) -> schemas.Tombstone:
    """Return what stays of an entry that could be seen at `address`."""
    metadata = stone.entry.metadata
    return schemas.Tombstone(
        id=stone.entry.id,
        version=stone.entry.number,
        title=metadata.title,
        creators=[creator.name for creator in metadata.creators],
        published=stone.entry.published,
        withdrawn=stone.withdrawn,
        by=stone.by,
        reason=stone.reason,
        citation=schemas.Citation.model_validate(cite(stone.entry, address=address), from_attributes=True),
    )


def present_licence(licence: Licence) -> schemas.LicenceInfo:
    """Return a licence."""
    return schemas.LicenceInfo(id=licence.id, name=licence.name, address=licence.url, meaning=licence.meaning)
