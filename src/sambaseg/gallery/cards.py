"""The card of an entry: a row that holds what the list of the gallery shows and sorts by, and its index of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.gallery import postgres_search, sqlite_search
from sambaseg.gallery.content import EntryClass
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.words import Document, key_of
from sambaseg.storage import tables

MOST_CLASSES = 40
"""Classes of an entry that a list can filter by; a project has 255 at most."""


@dataclass(frozen=True, kw_only=True)
class EntryCard:
    """An entry in the list. `pixel_nm` is the larger side of a pixel; `instrument` is its type."""

    id: str
    number: int
    title: str
    material: str
    instrument: str
    licence: str
    quality: int
    pixel_nm: float | None
    has_labels: bool
    published: datetime
    creators: tuple[str, ...]
    width: int
    height: int
    classes: tuple[EntryClass, ...]
    thumbnails: tuple[str, ...]


def write_card(session: Session, entry: Entry) -> None:
    """Write the card of an entry whose version `entry` is public now."""
    card = session.scalars(sa.select(tables.Card).where(tables.Card.entry_id == entry.id)).one_or_none()
    if card is None:
        card = tables.Card(entry_id=entry.id)
        session.add(card)
    for name, value in card_values(entry).items():
        setattr(card, name, value)
    session.flush()
    session.execute(sa.delete(tables.CardClass).where(tables.CardClass.card_id == card.id))
    session.add_all(
        tables.CardClass(card_id=card.id, name_key=key, name=name) for key, name in class_names(entry).items()
    )
    session.flush()
    _index(session).write_words(session, card.id, Document.of(entry))


def card_values(entry: Entry) -> dict[str, Any]:
    """Return the columns of the card of a public version, but for the ids, by name."""
    metadata = entry.metadata
    pixel_size = metadata.pixel_size
    return {
        "number": entry.number,
        "published": entry.published or entry.changed,
        "title_key": key_of(metadata.title)[:300],
        "licence": metadata.licence or "",
        "quality": metadata.quality or 0,
        "pixel_nm": None if pixel_size is None else pixel_size.larger_nm,
        "has_labels": "labels" in entry.parts,
        "material": metadata.material.name,
        "material_key": key_of(metadata.material.name)[:200],
        "instrument": metadata.instrument.type,
        "instrument_key": key_of(metadata.instrument.type)[:200],
        "summary": {
            "title": metadata.title,
            "creators": [creator.name for creator in metadata.creators],
            "width": entry.measured.width,
            "height": entry.measured.height,
            "classes": [asdict(each) for each in entry.measured.classes],
            "thumbnails": list(entry.thumbnails),
        },
    }


def class_names(entry: Entry) -> dict[str, str]:
    """Return the names of an entry's classes, the first ones, by what names that count as one have in common."""
    names = {key_of(each.name)[:200]: each.name[:200] for each in entry.measured.classes[:MOST_CLASSES]}
    return {key: name for key, name in names.items() if key}


def remove_card(session: Session, entry_id: str) -> None:
    """Remove the card of an entry, if it has one."""
    card_id = session.scalar(sa.select(tables.Card.id).where(tables.Card.entry_id == entry_id))
    if card_id is not None:
        _index(session).remove_words(session, card_id)
        session.execute(sa.delete(tables.Card).where(tables.Card.id == card_id))


def read_card(row: sa.Row[*tuple[Any, ...]]) -> EntryCard:
    """Return the card of a row with the columns of `CARD_COLUMNS`."""
    values = row._mapping
    summary = values["summary"]
    return EntryCard(
        id=values["entry_id"],
        number=values["number"],
        title=summary["title"],
        material=values["material"],
        instrument=values["instrument"],
        licence=values["licence"],
        quality=values["quality"],
        pixel_nm=values["pixel_nm"],
        has_labels=values["has_labels"],
        published=values["published"],
        creators=tuple(summary["creators"]),
        width=summary["width"],
        height=summary["height"],
        classes=tuple(EntryClass(**each) for each in summary["classes"]),
        thumbnails=tuple(summary["thumbnails"]),
    )


CARD_COLUMNS: Sequence[Any] = (
    tables.Card.id,
    tables.Card.entry_id,
    tables.Card.number,
    tables.Card.material,
    tables.Card.instrument,
    tables.Card.licence,
    tables.Card.quality,
    tables.Card.pixel_nm,
    tables.Card.has_labels,
    tables.Card.published,
    tables.Card.title_key,
    tables.Card.summary,
)


def _index(session: Session) -> type[sqlite_search.SqliteWords] | type[postgres_search.PostgresWords]:
    name = session.get_bind().dialect.name
    return sqlite_search.SqliteWords if name == "sqlite" else postgres_search.PostgresWords
