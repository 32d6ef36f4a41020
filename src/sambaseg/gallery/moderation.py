"""What moderators do: the queue, accepting, asking for changes, rejecting; everything is logged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from sambaseg.errors import EntryStateError, NotFoundError
from sambaseg.gallery import publishing
from sambaseg.gallery.entry import EDITABLE, Entry, read_entry
from sambaseg.gallery.reasons import checked_reason
from sambaseg.gallery.steps import Step, note_step, read_step
from sambaseg.storage import tables
from sambaseg.storage.column_types import is_id, now
from sambaseg.storage.database import Database
from sambaseg.storage.owner import Owner

Action = Literal["accept", "ask_for_changes", "reject"]


@dataclass(frozen=True)
class Waiting:
    """A version that waits, since when, by whom it was submitted, and what is public of its entry now."""

    entry: Entry
    submitted: datetime
    submitter: str
    public: Entry | None

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The fields of the metadata that differ from the public version, and the kinds of files."""
        if self.public is None:
            return ()
        before, after = self.public.metadata.to_json(), self.entry.metadata.to_json()
        files_before = {file.kind: file.sha256 for file in self.public.files}
        files_after = {file.kind: file.sha256 for file in self.entry.files}
        kinds = sorted(files_before.keys() | files_after.keys())
        return (
            *(name for name in after if before.get(name) != after[name]),
            *(
                f"files.{kind}"
                for kind in kinds
                if not kind.startswith("thumbnail-") and files_before.get(kind) != files_after.get(kind)
            ),
        )


class Moderation:
    """The desk of a moderator. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def queue(self, limit: int = 100) -> list[Waiting]:
        """Return what waits, the oldest first."""
        with self.database.reading() as session:
            rows = session.scalars(
                sa.select(tables.EntryVersion)
                .where(tables.EntryVersion.state == "waiting")
                .order_by(tables.EntryVersion.submitted, tables.EntryVersion.id)
                .limit(limit)
                .options(
                    selectinload(tables.EntryVersion.files),
                    selectinload(tables.EntryVersion.entry)
                    .selectinload(tables.Entry.versions)
                    .selectinload(tables.EntryVersion.files),
                )
            ).all()
            return [_waiting(session, row) for row in rows]

    def count_waiting(self) -> int:
        """Return how many versions wait."""
        with self.database.reading() as session:
            return (
                session.scalar(
                    sa.select(sa.func.count())
                    .select_from(tables.EntryVersion)
                    .where(tables.EntryVersion.state == "waiting")
                )
                or 0
            )

    def accept(self, entry_id: str, number: int, moderator: Owner, reason: str = "") -> Entry:
        """Make a version public. Raises EntryStateError where it does not wait (any more)."""
        return self.decide(entry_id, number, "accept", moderator, reason)

    def ask_for_changes(self, entry_id: str, number: int, moderator: Owner, reason: str) -> Entry:
        """Give a version back to its owner, with what should be changed."""
        return self.decide(entry_id, number, "ask_for_changes", moderator, reason)

    def reject(self, entry_id: str, number: int, moderator: Owner, reason: str) -> Entry:
        """Refuse a version for good."""
        return self.decide(entry_id, number, "reject", moderator, reason)

    def decide(self, entry_id: str, number: int, action: Action, moderator: Owner, reason: str = "") -> Entry:
        """Decide on a version that waits; all but accepting needs a reason, which the submitter reads.

        Raises NotFoundError, ParameterError, and EntryStateError where it does not wait (any more).
        """
        reason = checked_reason(reason, needed_by=None if action == "accept" else "the submitter knows")
        with self.database.session() as session:
            version = _locked(session, entry_id, number)
            if version.state != "waiting":
                raise EntryStateError("This version does not wait any more.", hint="Load the queue again.")
            if action == "accept":
                publishing.accept(session, version, moderator, reason=reason)
            else:
                version.state = "rejected" if action == "reject" else "changes_wanted"
                version.decided = version.changed = now()
                note_step(session, version, moderator, action, "waiting", reason=reason)
            session.flush()
            return read_entry(version)

    def take_out(self, entry_id: str, moderator: Owner, reason: str) -> Entry:
        """Take a public entry out of the gallery, for a reason that everybody reads at its address.

        Raises NotFoundError, ParameterError, and EntryStateError where it is not public.
        """
        reason = checked_reason(reason, needed_by="everybody who comes to its address knows")
        with self.database.session() as session:
            entry = session.get(tables.Entry, entry_id, with_for_update=True) if is_id(entry_id) else None
            if entry is None:
                raise NotFoundError("There is no such entry.")
            public = next((each for each in entry.versions if each.number == entry.public_version), None)
            if public is None:
                raise EntryStateError("This entry is not public.")
            publishing.take_out(session, entry)
            note_step(session, public, moderator, "take_out", "accepted", after="withdrawn", reason=reason)
            session.flush()
            return read_entry(public)

    def log(self, *, before: int | None = None, limit: int = 100) -> list[Step]:
        """Return steps of all entries, the newest first, from the one before `before` on.

        They have the titles of their versions, but for those that their owners are writing at.
        """
        step, version = tables.ModerationStep, tables.EntryVersion
        of_step = sa.and_(
            version.entry_id == step.entry_id, version.number == step.number, version.state.not_in(EDITABLE)
        )
        query = sa.select(step, version.described).outerjoin(version, of_step).order_by(step.id.desc()).limit(limit)
        if before is not None:
            query = query.where(step.id < before)
        with self.database.reading() as session:
            return [
                replace(read_step(row), title=str((described or {}).get("title", "")))
                for row, described in session.execute(query)
            ]


def _locked(session: Session, entry_id: str, number: int) -> tables.EntryVersion:
    entry = session.get(tables.Entry, entry_id, with_for_update=True) if is_id(entry_id) else None
    for version in entry.versions if entry else ():
        if version.number == number:
            return version
    raise NotFoundError("There is no such entry.")


def _waiting(session: Session, row: tables.EntryVersion) -> Waiting:
    entry = row.entry
    submitter = session.scalar(
        sa.select(tables.ModerationStep.actor)
        .where(tables.ModerationStep.entry_id == entry.id, tables.ModerationStep.action == "submit")
        .order_by(tables.ModerationStep.id.desc())
        .limit(1)
    )
    public = next((each for each in entry.versions if each.number == entry.public_version), None)
    return Waiting(
        read_entry(row), row.submitted or row.changed, submitter or "", None if public is None else read_entry(public)
    )
