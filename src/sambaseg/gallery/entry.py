"""One version of an entry, as it is read from the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sambaseg.gallery.content import PARTS, EntryFile, Measured, Part, part_of
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.storage import tables
from sambaseg.storage.owner import Owner

State = Literal["draft", "waiting", "changes_wanted", "accepted", "rejected", "withdrawn"]
STATES: dict[str, State] = {
    "draft": "draft",
    "waiting": "waiting",
    "changes_wanted": "changes_wanted",
    "accepted": "accepted",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
}
EDITABLE: frozenset[State] = frozenset({"draft", "changes_wanted"})
"""States of a version that its owner may change."""


@dataclass(frozen=True)
class PublishedVersion:
    """A version that everybody may see, and when it was accepted."""

    number: int
    published: datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One version of an entry.

    `published` is when this version was accepted, None before. `versions` are those that everybody may see,
    `public_version` the newest of them. `owner`, `source_project_id` and `source_image` are nobody else's business.
    """

    id: str
    number: int
    state: State
    metadata: EntryMetadata
    measured: Measured
    files: tuple[EntryFile, ...]
    created: datetime
    changed: datetime
    submitted: datetime | None
    decided: datetime | None
    published: datetime | None
    versions: tuple[PublishedVersion, ...]
    public_version: int | None
    latest_version: int
    owner: Owner
    source_project_id: str | None
    source_image: int | None

    def file(self, kind: str) -> EntryFile | None:
        """Return the file of a kind, None where it is not shared."""
        return next((file for file in self.files if file.kind == kind), None)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that are shared."""
        held = {part_of(file.kind) for file in self.files}
        return tuple(part for part in PARTS if part in held)

    @property
    def thumbnails(self) -> tuple[str, ...]:
        """What there are thumbnails of: "image", "segmentation"."""
        kinds = {file.kind.split("-")[1] for file in self.files if file.kind.startswith("thumbnail-")}
        return tuple(sorted(kinds))

    @property
    def is_public(self) -> bool:
        """Whether everybody may see this version."""
        return self.state == "accepted"

    def as_public(self) -> Entry:
        """Return exactly what everybody may see: without whose it is and which project it was taken from."""
        return replace(self, owner=Owner(), source_project_id=None, source_image=None)


def read_entry(version: tables.EntryVersion) -> Entry:
    """Return the version of a row."""
    entry = version.entry
    state = STATES[version.state]
    withdrawn = entry.withdrawn is not None
    published = tuple(
        PublishedVersion(each.number, each.decided)
        for each in entry.versions
        if each.state == "accepted" and each.decided is not None and not withdrawn
    )
    return Entry(
        id=entry.id,
        number=version.number,
        state="withdrawn" if withdrawn and state == "accepted" else state,
        metadata=EntryMetadata.from_json(version.described),
        measured=Measured.from_json(version.measured),
        files=tuple(
            EntryFile(file.kind, file.file_name, file.media_type, file.size, file.sha256) for file in version.files
        ),
        created=version.created,
        changed=version.changed,
        submitted=version.submitted,
        decided=version.decided,
        published=version.decided if state == "accepted" else None,
        versions=published,
        public_version=None if withdrawn else entry.public_version,
        latest_version=entry.latest_version,
        owner=Owner(entry.person_id, entry.visitor_id),
        source_project_id=version.source_project_id,
        source_image=version.source_image,
    )
