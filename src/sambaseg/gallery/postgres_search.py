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
MOST_RANKED = 1000
"""Ranking reads the words of each card, some 20 µs; a text that finds more is too general for an order to mean much."""
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
    def prepare(session: Session, typed: TypedText) -> None:
        """Let the transaction look for words by their index, and begin at once.

        PostgreSQL does not count what it takes to fetch the words of each card from where long values lie: it would
        read them all where many cards match. To compile a statement takes longer than any of these runs.
        """
        settings = {"jit": "off", "work_mem": "32MB"} | ({"enable_seqscan": "off"} if typed else {})
        session.execute(sa.select(*(sa.func.set_config(name, value, True) for name, value in settings.items())))

    @staticmethod
    def count(typed: TypedText) -> sa.Select[int]:
        """Return the query for how many cards have all words."""
        return sa.select(sa.func.count()).select_from(tables.Card).where(PostgresWords.matches(typed, many=True))

    @staticmethod
    def matches(typed: TypedText, *, many: bool = False) -> sa.ColumnElement[bool]:
        """Return the condition that a card has all words; where `many` have, cards are gone through in their order.

        Going through them reads the words of each from where long values lie; else they are looked up in the index
        once, which PostgreSQL keeps apart because of the OFFSET.
        """
        has_words = DOCUMENT.op("@@", is_comparison=True)(_query(typed))
        looked_up = sa.select(tables.Card.id).where(has_words).offset(0).correlate(None)
        return has_words if many else tables.Card.id.in_(looked_up)

    @staticmethod
    def ranked(typed: TypedText) -> Ranked:
        """Return where cards with all words are to be found, and how well they match."""
        weights: sa.ColumnElement[object] = sa.literal_column(f"CAST('{WEIGHTS}' AS real[])")
        return Ranked(
            found_in=sa.inspect(tables.Card).local_table,
            condition=PostgresWords.matches(typed, many=True),
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
