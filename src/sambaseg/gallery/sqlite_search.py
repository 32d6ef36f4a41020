"""The index of words on SQLite: an FTS5 table beside the cards, whose rows have the cards' ids."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.gallery.words import Document, Ranked, TypedText
from sambaseg.storage import tables

WORDS = sa.table("gallery_words", sa.column("rowid"), sa.column("title"), sa.column("head"), sa.column("body"))
WEIGHTS = (10.0, 4.0, 1.0)


class SqliteWords:
    """Writing and finding words with FTS5."""

    @staticmethod
    def write_words(session: Session, card_id: int, document: Document) -> None:
        """Write the words of a card, in place of older ones."""
        SqliteWords.remove_words(session, card_id)
        session.execute(
            sa.insert(WORDS).values(
                rowid=card_id,
                title=" ".join(document.title),
                head=" ".join(document.head),
                body=" ".join(document.body),
            )
        )

    @staticmethod
    def remove_words(session: Session, card_id: int) -> None:
        """Remove the words of a card."""
        session.execute(sa.delete(WORDS).where(WORDS.c.rowid == card_id))

    @staticmethod
    def prepare(_session: Session, _typed: TypedText) -> None:
        """Nothing is to be prepared: SQLite looks for words in their index alone."""

    @staticmethod
    def count(typed: TypedText) -> sa.Select[int]:
        """Return the query for how many cards have all words: a look at the index, without the cards."""
        return sa.select(sa.func.count()).select_from(WORDS).where(_matches(typed))

    @staticmethod
    def matches(typed: TypedText, *, many: bool = False) -> sa.ColumnElement[bool]:
        """Return the condition that a card has all words; where `many` have, cards are gone through in their order."""
        card = tables.Card.id + 0 if many else tables.Card.id  # a sum is no column that SQLite would look up by
        return card.in_(sa.select(WORDS.c.rowid).where(_matches(typed)))

    @staticmethod
    def ranked(typed: TypedText) -> Ranked:
        """Return where cards with all words are to be found, and how well they match."""
        weights: list[sa.ColumnElement[float]] = [sa.literal_column(str(weight)) for weight in WEIGHTS]
        return Ranked(
            found_in=sa.join(WORDS, sa.inspect(tables.Card).local_table, tables.Card.id == WORDS.c.rowid),
            condition=_matches(typed),
            rank=-sa.func.bm25(sa.literal_column("gallery_words"), *weights),
        )


def _matches(typed: TypedText) -> sa.ColumnElement[bool]:
    terms = [f'"{word}"' for word in typed.words]
    if typed.beginning:
        terms.append(f'"{typed.beginning}"*')
    return sa.literal_column("gallery_words").op("MATCH", is_comparison=True)(" AND ".join(terms))
