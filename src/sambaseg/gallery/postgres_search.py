"""The index of words on PostgreSQL: a column of the cards with weighted words, under a GIN index.

Words were made before (`words.py`): the database neither parses nor changes them.
"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from sambaseg.gallery.words import Document, Ranked, TypedText
from sambaseg.storage import tables

DOCUMENT: sa.ColumnElement[object] = sa.literal_column("gallery_cards.document")
WEIGHTS = "{0.02, 0.1, 0.4, 1.0}"
"""Of the letters D, C, B, A."""
MOST_RANKED = 2000
"""Ranking reads the words of each card, some 10 µs; a text that finds more is too general for an order to mean much."""
MOST_POSITIONS = 250
LAST_POSITION = 16_000


class PostgresWords:
    """Writing and finding words as a tsvector."""

    @staticmethod
    def write_words(session: Session, card_id: int, document: Document) -> None:
        """Write the words of a card, in place of older ones."""
        session.execute(
            sa.text("UPDATE gallery_cards SET document = CAST(:words AS tsvector) WHERE id = :card"),
            {"words": as_tsvector(document), "card": card_id},
        )

    @staticmethod
    def remove_words(session: Session, card_id: int) -> None:
        """Remove the words of a card."""
        session.execute(sa.text("UPDATE gallery_cards SET document = NULL WHERE id = :card"), {"card": card_id})

    @staticmethod
    def prepare(session: Session) -> None:
        """Let the transaction look for words by their index.

        PostgreSQL does not count what it takes to fetch the words of each card from where long values lie: it would
        read them all where many cards match, four times slower.
        """
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))

    @staticmethod
    def count(typed: TypedText) -> sa.Select[int]:
        """Return the query for how many cards have all words."""
        return sa.select(sa.func.count()).select_from(tables.Card).where(PostgresWords.matches(typed))

    @staticmethod
    def matches(typed: TypedText, *, many: bool = False) -> sa.ColumnElement[bool]:
        """Return the condition that a card has all words; PostgreSQL knows by itself where `many` have."""
        del many
        return DOCUMENT.op("@@", is_comparison=True)(_query(typed))

    @staticmethod
    def ranked(typed: TypedText) -> Ranked:
        """Return where cards with all words are to be found, and how well they match."""
        weights: sa.ColumnElement[object] = sa.literal_column(f"CAST('{WEIGHTS}' AS real[])")
        return Ranked(
            found_in=sa.inspect(tables.Card).local_table,
            condition=PostgresWords.matches(typed),
            rank=sa.func.ts_rank(weights, DOCUMENT, _query(typed)),
            most=MOST_RANKED,
        )


def as_tsvector(document: Document) -> str:
    """Return a document as the text of a tsvector; words hold letters and digits only, so that nothing is quoted."""
    places: dict[str, list[str]] = defaultdict(list)
    position = 1
    for words, weight in ((document.title, "A"), (document.head, "B"), (document.body, "D")):
        for word in words:
            if len(places[word]) < MOST_POSITIONS and position < LAST_POSITION:
                places[word].append(f"{position}{weight}")
            position += 1
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items() if at)


def _query(typed: TypedText) -> sa.ColumnElement[object]:
    terms = [f"'{word}'" for word in typed.words]
    if typed.beginning:
        terms.append(f"'{typed.beginning}':*")
    return sa.cast(" & ".join(terms), TSQUERY)
