"""The log of what was done to entries: who, when, what, why. Rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.gallery.entry import STATES, State
from sambaseg.storage import tables
from sambaseg.storage.owner import Owner


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a version. `action` is "submit", "accept", "ask_for_changes", "reject", "withdraw" or "take_out".

    `title` is that of the version where it was asked for too.
    """

    id: int
    at: datetime
    entry_id: str
    number: int
    actor: str
    action: str
    state_before: State
    state_after: State
    reason: str
    title: str = ""


def note_step(
    session: Session,
    version: tables.EntryVersion,
    actor: Owner,
    action: str,
    before: str,
    *,
    after: str | None = None,
    reason: str = "",
) -> None:
    """Add a step of `version`, whose state is `after` now."""
    session.add(
        tables.ModerationStep(
            entry_id=version.entry_id,
            number=version.number,
            actor_id=actor.id,
            actor=actor.label,
            action=action,
            state_before=before,
            state_after=after or version.state,
            reason=reason,
        )
    )


def read_steps(session: Session, entry_id: str) -> tuple[Step, ...]:
    """Return the steps of an entry, the oldest first."""
    rows = session.scalars(
        sa.select(tables.ModerationStep)
        .where(tables.ModerationStep.entry_id == entry_id)
        .order_by(tables.ModerationStep.id)
    )
    return tuple(read_step(row) for row in rows)


def read_step(row: tables.ModerationStep) -> Step:
    """Return the step of a row."""
    return Step(
        id=row.id,
        at=row.at,
        entry_id=row.entry_id,
        number=row.number,
        actor=row.actor,
        action=row.action,
        state_before=STATES[row.state_before],
        state_after=STATES[row.state_after],
        reason=row.reason,
    )
