"""Putting a version into the public gallery and taking an entry out of it: state, card and index of words together."""

from __future__ import annotations

from sqlalchemy.orm import Session

from sambaseg.gallery.cards import remove_card, write_card
from sambaseg.gallery.entry import read_entry
from sambaseg.gallery.steps import note_step
from sambaseg.storage import tables
from sambaseg.storage.column_types import now
from sambaseg.storage.owner import Owner


def accept(session: Session, version: tables.EntryVersion, actor: Owner, *, reason: str = "") -> None:
    """Make a version that waits the public one of its entry."""
    entry, before, at = version.entry, version.state, now()
    version.state, version.decided, version.changed = "accepted", at, at
    entry.public_version, entry.withdrawn = version.number, None
    entry.published = entry.published or at
    note_step(session, version, actor, "accept", before, reason=reason)
    session.flush()
    write_card(session, read_entry(version))


def take_out(session: Session, entry: tables.Entry) -> None:
    """Take an entry out of the gallery; its versions stay in the database, but nobody sees them any more."""
    entry.withdrawn, entry.public_version = now(), None
    remove_card(session, entry.id)
