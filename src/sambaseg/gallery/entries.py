"""The gallery: drafts, submitting, versions, withdrawing, and reading what is public.

A version goes from draft to waiting and, by a moderator, to accepted, changes wanted (which its owner changes and
submits again) or rejected; where nobody moderates it is accepted at once. What was accepted is never changed: a new
version takes its place, and the old one can still be cited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from sambaseg.errors import EntryStateError, EntryWithdrawnError, MetadataError, NotFoundError, ParameterError
from sambaseg.gallery import publishing
from sambaseg.gallery.content import EntryFile, Part, Snapshot, part_of
from sambaseg.gallery.entry import EDITABLE, Entry, read_entry
from sambaseg.gallery.follow import follow_hash, follow_token
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.gallery.reasons import checked_reason
from sambaseg.gallery.steps import Step, note_step, read_steps
from sambaseg.storage import tables
from sambaseg.storage.column_types import is_id, now
from sambaseg.storage.database import Database
from sambaseg.storage.files import FileStore
from sambaseg.storage.owner import Owner

KEEP_UNUSED = timedelta(days=1)
"""How long a file stays that no version has: somebody may be making a draft of it just now."""


@dataclass(frozen=True)
class Submission:
    """What was submitted, and the secret of the link by which it can be followed."""

    entry: Entry
    follow_token: str


@dataclass(frozen=True)
class Followed:
    """How far a submission is, and all steps so far, the oldest first."""

    entry: Entry
    steps: tuple[Step, ...]


class Gallery:
    """All entries. All methods may be called from any thread.

    Methods that take an `owner` raise NotFoundError for what is not theirs, as for what does not exist. A step that a
    version's state does not allow is an EntryStateError.
    """

    def __init__(self, database: Database, files: FileStore, *, moderated: bool) -> None:
        self.database, self.files, self.moderated = database, files, moderated

    # drafts

    def create_draft(self, owner: Owner, snapshot: Snapshot) -> Entry:
        """Begin an entry with what was taken from a project."""
        with self.database.session() as session:
            entry = tables.Entry(person_id=owner.person_id, visitor_id=owner.visitor_id)
            session.add(entry)
            session.flush()
            return read_entry(self._add_version(session, entry, 1, snapshot))

    def new_version(self, entry_id: str, owner: Owner) -> Entry:
        """Begin another version of an entry, as a draft that holds what the newest one holds.

        Raises EntryStateError where there is a version already that was not decided on.
        """
        with self.database.session() as session:
            entry = self._own(session, entry_id, owner, for_update=True)
            newest = _newest(entry)
            if newest.state not in ("accepted", "rejected"):
                raise EntryStateError(
                    "There is a version already that is not decided on.", hint="Go on with it, or delete it first."
                )
            snapshot = _snapshot_of(read_entry(newest))
            return read_entry(self._add_version(session, entry, newest.number + 1, snapshot))

    def draft(self, entry_id: str, owner: Owner) -> Entry:
        """Return the version that its owner can change. Raises NotFoundError where there is none."""
        with self.database.reading() as session:
            version = _newest(self._own(session, entry_id, owner))
            if version.state not in EDITABLE:
                raise NotFoundError("This entry has no draft.", hint="Begin a new version.")
            return read_entry(version)

    def update_draft(
        self,
        entry_id: str,
        owner: Owner,
        *,
        metadata: EntryMetadata | None = None,
        parts: Collection[Part] | None = None,
        snapshot: Snapshot | None = None,
    ) -> Entry:
        """Change what is written in a draft, leave parts out, or take its files anew from `snapshot`.

        What is left out stays as it is. A part that was left out comes back only with a new snapshot.
        """
        with self.database.session() as session:
            version = self._editable(session, entry_id, owner)
            if metadata is not None:
                version.described = metadata.to_json()
            if snapshot is not None:
                version.measured = snapshot.measured.to_json()
                version.source_project_id, version.source_image = snapshot.project_id, snapshot.image
                _set_files(session, version, snapshot.files)
            if parts is not None:
                _keep_parts(session, version, frozenset(parts))
            version.changed = now()
            session.flush()
            return read_entry(version)

    def preview(self, entry_id: str, owner: Owner) -> Entry:
        """Return exactly what will be public of the newest version."""
        return self.latest(entry_id, owner).as_public()

    def delete_draft(self, entry_id: str, owner: Owner) -> None:
        """Throw a draft away; an entry of which nothing else was ever submitted goes with it."""
        with self.database.session() as session:
            version = self._editable(session, entry_id, owner)
            entry = version.entry
            if version.number == 1:
                session.delete(entry)
            else:
                session.delete(version)
                entry.latest_version = version.number - 1

    def submit(self, entry_id: str, owner: Owner, *, consent: bool, waits: bool | None = None) -> Submission:
        """Give a draft to the moderators, or make it public at once where it does not wait for them (left out: as
        `moderated` says).

        Raises MetadataError where something is missing (see `EntryMetadata.problems`), and ParameterError without
        consent.
        """
        if not consent:
            raise ParameterError("Nothing is shared without your consent.")
        with self.database.session() as session:
            version = self._editable(session, entry_id, owner)
            read = read_entry(version)
            for problem in read.metadata.problems():
                raise MetadataError(f"{problem.field}: {problem.message}")
            if not read.parts:
                raise MetadataError("parts: Share one file at least.")
            before, at = version.state, now()
            version.state, version.submitted, version.consented, version.changed = "waiting", at, at, at
            token = follow_token(session, entry_id)
            version.entry.follow_hash = follow_hash(token)
            note_step(session, version, owner, "submit", before)
            if not (self.moderated if waits is None else waits):
                publishing.accept(session, version, owner)
            session.flush()
            return Submission(read_entry(version), token)

    def withdraw(self, entry_id: str, owner: Owner, *, reason: str = "") -> Entry:
        """Take an entry out of the gallery, or a version that waits back into a draft.

        A `reason` for taking it out is read by everybody at its address. Raises ParameterError where it is too long,
        and EntryStateError where nothing of the entry is public or waits.
        """
        reason = checked_reason(reason)
        with self.database.session() as session:
            entry = self._own(session, entry_id, owner, for_update=True)
            version = _newest(entry)
            if version.state == "waiting":
                version.state, version.changed = "draft", now()
                note_step(session, version, owner, "withdraw", "waiting", reason=reason)
            elif entry.public_version is not None:
                publishing.take_out(session, entry)
                note_step(session, version, owner, "withdraw", "accepted", after="withdrawn", reason=reason)
            else:
                raise EntryStateError("Nothing of this entry is public or waits.", hint="Delete the draft instead.")
            session.flush()
            return read_entry(version)

    # reading

    def get(self, entry_id: str, version: int | None = None) -> Entry:
        """Return a version that everybody may see, the newest of them where `version` is left out.

        Raises NotFoundError, and EntryWithdrawnError for what was public and is no longer.
        """
        with self.database.reading() as session:
            entry = self._find(session, entry_id)
            if entry.withdrawn is not None:
                raise EntryWithdrawnError(
                    f"This entry was taken out of the gallery on {entry.withdrawn:%d %B %Y}.",
                    hint="Its tombstone says what it was.",
                )
            number = entry.public_version if version is None else version
            for each in entry.versions:
                if each.number == number and each.state == "accepted":
                    return read_entry(each).as_public()
            raise _no_entry()

    def get_any(self, entry_id: str, version: int | None = None) -> Entry:
        """Return a version whatever its state, for moderators; the newest where `version` is left out."""
        with self.database.reading() as session:
            return read_entry(_version(self._find(session, entry_id), version))

    def latest(self, entry_id: str, owner: Owner, version: int | None = None) -> Entry:
        """Return a version of one's own whatever its state; the newest where `version` is left out."""
        with self.database.reading() as session:
            return read_entry(_version(self._own(session, entry_id, owner), version))

    def mine(self, owner: Owner) -> list[Entry]:
        """Return the newest version of each entry of an owner, the last changed first."""
        with self.database.reading() as session:
            rows = session.scalars(
                sa.select(tables.Entry)
                .where(tables.Entry.person_id == owner.person_id, tables.Entry.visitor_id == owner.visitor_id)
                .options(*_ALL_OF_ENTRY)
            )
            entries = [read_entry(_newest(entry)) for entry in rows]
        return sorted(entries, key=lambda entry: entry.changed, reverse=True)

    def follow(self, token: str) -> Followed:
        """Return how far a submission is, for whoever has its link. Raises NotFoundError."""
        with self.database.reading() as session:
            entry = session.scalars(
                sa.select(tables.Entry).where(tables.Entry.follow_hash == follow_hash(token)).options(*_ALL_OF_ENTRY)
            ).one_or_none()
            if entry is None:
                raise NotFoundError("No submission has this link.")
            return Followed(read_entry(_newest(entry)).as_public(), read_steps(session, entry.id))

    def steps(self, entry_id: str) -> tuple[Step, ...]:
        """Return all steps of an entry, the oldest first."""
        with self.database.reading() as session:
            return read_steps(session, entry_id)

    def open_file(self, file: EntryFile) -> BinaryIO:
        """Return a stream of a file of an entry; see `FileStore.open`."""
        return self.files.open(file.sha256)

    # housekeeping

    def hand_over(self, before: Owner, after: Owner) -> int:
        """Give all entries of an owner to another, as when a visitor makes an account; return how many."""
        with self.database.session() as session:
            rows = session.scalars(
                sa.select(tables.Entry).where(
                    tables.Entry.person_id == before.person_id, tables.Entry.visitor_id == before.visitor_id
                )
            ).all()
            for entry in rows:
                entry.person_id, entry.visitor_id = after.person_id, after.visitor_id
            return len(rows)

    def delete_drafts_of(self, owner: Owner) -> int:
        """Throw away all drafts of an owner who goes, as when a visitor's time is over; return how many."""
        drafts = [entry for entry in self.mine(owner) if entry.state in EDITABLE]
        for entry in drafts:
            self.delete_draft(entry.id, owner)
        return len(drafts)

    def remove_unused_files(self, *, older_than: timedelta = KEEP_UNUSED) -> int:
        """Remove files that no version has and that were taken in longer ago; return how many.

        What is taken in meanwhile stays, also where the same file has lain here unused for long.
        """
        until = now() - older_than
        with self.database.reading() as session:
            used = set(session.scalars(sa.select(tables.VersionFile.sha256).distinct()))
        unused = [file.sha256 for file in self.files.list() if file.sha256 not in used and file.modified < until]
        return sum(self.files.delete_older(sha256, until) for sha256 in unused)

    def _find(self, session: Session, entry_id: str, *, for_update: bool = False) -> tables.Entry:
        found = (
            session.get(tables.Entry, entry_id, options=_ALL_OF_ENTRY, with_for_update=for_update or None)
            if is_id(entry_id)
            else None
        )
        if found is None:
            raise _no_entry()
        return found

    def _own(self, session: Session, entry_id: str, owner: Owner, *, for_update: bool = False) -> tables.Entry:
        entry = self._find(session, entry_id, for_update=for_update)
        if (entry.person_id, entry.visitor_id) != (owner.person_id, owner.visitor_id):
            raise _no_entry()
        return entry

    def _editable(self, session: Session, entry_id: str, owner: Owner) -> tables.EntryVersion:
        version = _newest(self._own(session, entry_id, owner, for_update=True))
        if version.state not in EDITABLE:
            raise EntryStateError(
                f"This version is {_IN_WORDS[version.state]} and cannot be changed.",
                hint="Take it back first." if version.state == "waiting" else "Begin a new version.",
            )
        return version

    def _add_version(
        self, session: Session, entry: tables.Entry, number: int, snapshot: Snapshot
    ) -> tables.EntryVersion:
        version = tables.EntryVersion(
            number=number,
            state="draft",
            described=snapshot.metadata.to_json(),
            measured=snapshot.measured.to_json(),
            source_project_id=snapshot.project_id,
            source_image=snapshot.image,
        )
        entry.versions.append(version)
        entry.latest_version = number
        session.flush()
        _set_files(session, version, snapshot.files)
        session.flush()
        return version


_ALL_OF_ENTRY = (selectinload(tables.Entry.versions).selectinload(tables.EntryVersion.files),)
_IN_WORDS = {"waiting": "waiting for a moderator", "accepted": "public", "rejected": "rejected"}


def _no_entry() -> NotFoundError:
    return NotFoundError("There is no such entry.")


def _newest(entry: tables.Entry) -> tables.EntryVersion:
    return entry.versions[-1]


def _version(entry: tables.Entry, number: int | None) -> tables.EntryVersion:
    if number is None:
        return _newest(entry)
    for version in entry.versions:
        if version.number == number:
            return version
    raise _no_entry()


def _snapshot_of(entry: Entry) -> Snapshot:
    return Snapshot(
        files=entry.files,
        measured=entry.measured,
        metadata=entry.metadata,
        project_id=entry.source_project_id,
        image=entry.source_image,
    )


def _set_files(session: Session, version: tables.EntryVersion, files: Iterable[EntryFile]) -> None:
    version.files.clear()
    session.flush()
    version.files.extend(
        tables.VersionFile(
            kind=file.kind,
            sha256=file.sha256,
            size=file.size,
            file_name=file.file_name,
            media_type=file.media_type,
        )
        for file in files
    )


def _keep_parts(session: Session, version: tables.EntryVersion, parts: frozenset[Part]) -> None:
    read = read_entry(version)
    dropped = frozenset(read.parts) - parts
    if not parts & frozenset(read.parts):
        raise ParameterError("One part at least must be shared.")
    _set_files(session, version, [file for file in read.files if part_of(file.kind) not in dropped])
    version.measured = read.measured.without(dropped).to_json()


def published_on(entry: Entry) -> datetime:
    """Return when a version was accepted, or when it was last changed for one that was not."""
    return entry.published or entry.changed
