"""What stays of an entry that was taken out of the gallery: what was cited, when it went, who took it out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.errors import NotFoundError
from sambaseg.gallery.entry import Entry, read_entry
from sambaseg.storage import tables
from sambaseg.storage.column_types import is_id
from sambaseg.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """A version that was public once. Of `entry`, only what a citation says may be shown; its files may not."""

    entry: Entry
    withdrawn: datetime
    by: Literal["submitter", "moderator"]
    reason: str


def read_tombstone(database: Database, entry_id: str, number: int | None = None) -> Tombstone:
    """Return what stays of a version that was public, of the newest one where `number` is left out.

    Raises NotFoundError where there is none, and where the entry is in the gallery.
    """
    with database.reading() as session:
        entry = session.get(tables.Entry, entry_id) if is_id(entry_id) else None
        if entry is None or entry.withdrawn is None:
            raise NotFoundError("There is no such entry that was taken out.")
        accepted = [each for each in entry.versions if each.state == "accepted" and number in (None, each.number)]
        if not accepted:
            raise NotFoundError("There is no such version that was public.")
        step = _last_step(session, entry_id)
        return Tombstone(
            entry=read_entry(accepted[-1]).as_public(),
            withdrawn=entry.withdrawn,
            by="moderator" if step is not None and step.action == "take_out" else "submitter",
            reason="" if step is None else step.reason,
        )


def _last_step(session: Session, entry_id: str) -> tables.ModerationStep | None:
    """Return the step that took the entry out; none is known of what was restored without its log."""
    return session.scalars(
        sa.select(tables.ModerationStep)
        .where(tables.ModerationStep.entry_id == entry_id, tables.ModerationStep.state_after == "withdrawn")
        .order_by(tables.ModerationStep.id.desc())
        .limit(1)
    ).one_or_none()
