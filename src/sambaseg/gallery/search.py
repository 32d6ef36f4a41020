"""Finding public entries: text as one types, filters, orders, pages, counts; the same on both databases.

Each word must be somewhere in an entry, the last one as the beginning of a word. By relevance, a word in the title
counts most, one in material, classes, instrument or keywords more than one in the rest.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.errors import ParameterError
from sambaseg.gallery.cards import CARD_COLUMNS, EntryCard, read_card
from sambaseg.gallery.postgres_search import PostgresWords
from sambaseg.gallery.sqlite_search import SqliteWords
from sambaseg.gallery.words import Ranked, TypedText, key_of
from sambaseg.storage.column_types import UtcTime
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Card, CardClass

Sort = Literal["newest", "quality", "title", "relevance"]
Row = sa.Row[*tuple[Any, ...]]
SORTS: tuple[Sort, ...] = ("newest", "quality", "title", "relevance")
MOST_A_PAGE = 100
MOST_COUNTED = 100
"""Values of a filter that are counted, the most frequent ones."""
MANY = 3000
"""Where more are found, a page of them is found sooner among all cards in their order than by sorting what is found."""
MANY_TO_RANK = 30_000
"""As `MANY`, where not a page is wanted but all that are to be ranked."""
SLOW_SECONDS, KEEP_COUNTS_SECONDS, MOST_KEPT_COUNTS = 0.05, 30.0, 200
LEAST_KEPT_TOTAL = 5000
"""Fewer are counted quickly on every request; where that took long, the machine was busy with something else."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is looked for. A filter that has several values takes any of them; sizes are the larger side of a pixel."""

    text: str = ""
    licences: Sequence[str] = ()
    materials: Sequence[str] = ()
    instruments: Sequence[str] = ()
    classes: Sequence[str] = ()
    min_pixel_nm: float | None = None
    max_pixel_nm: float | None = None
    min_quality: int | None = None
    with_labels: bool = False


@dataclass(frozen=True)
class Page:
    """Cards that were found, where the next page begins (None after the last), and how many there are in all."""

    cards: tuple[EntryCard, ...]
    cursor: str | None
    total: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of the entries that were found have which value, the most frequent first."""

    total: int
    with_labels: int
    licences: tuple[tuple[str, int], ...]
    materials: tuple[tuple[str, int], ...]
    instruments: tuple[tuple[str, int], ...]
    classes: tuple[tuple[str, int], ...]


class Words(Protocol):
    """How a database finds words: see `SqliteWords` and `PostgresWords`."""

    @staticmethod
    def prepare(session: Session, typed: TypedText, /) -> None: ...

    @staticmethod
    def matches(typed: TypedText, *, many: bool = False) -> sa.ColumnElement[bool]: ...

    @staticmethod
    def count(typed: TypedText) -> sa.Select[int]: ...

    @staticmethod
    def ranked(typed: TypedText) -> Ranked: ...


class Search:
    """Finds public entries. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._counted: dict[str, tuple[float, Counts]] = {}
        self._words: Words = SqliteWords() if database.kind == "sqlite" else PostgresWords()

    def find(self, query: Query, *, sort: Sort = "newest", cursor: str | None = None, limit: int = 48) -> Page:
        """Return a page of what is found; `relevance` is `newest` where no text is looked for.

        Raises ParameterError for a cursor that this order did not give.
        """
        typed = TypedText.of(query.text)
        if sort == "relevance" and not typed:
            sort = "newest"
        limit = max(1, min(limit, MOST_A_PAGE))
        place = _read_cursor(cursor, sort)
        with self._reading(typed) as session:
            total = self._count(session, query, typed) if place is None else place.total
            if sort == "relevance":
                rows, more = self._by_relevance(session, query, typed, 0 if place is None else place.id, limit, total)
            else:
                rows, more = self._in_order(session, query, typed, sort, place, limit, total)
            cards = tuple(read_card(row) for row in rows)
        return Page(cards, more.to_text(total) if more else None, total)

    def counts(self, query: Query) -> Counts:
        """Return how many of what is found have which licence, material, instrument and class.

        What is many and took long to count is counted anew only after `KEEP_COUNTS_SECONDS`.
        """
        key, started = repr(query), time.monotonic()
        counted_at, counts = self._counted.get(key, (0.0, None))
        if counts is None or started - counted_at > KEEP_COUNTS_SECONDS:
            counts = self._count_values(query)
            if counts.total >= LEAST_KEPT_TOTAL and time.monotonic() - started > SLOW_SECONDS:
                if len(self._counted) >= MOST_KEPT_COUNTS:
                    self._counted.clear()
                self._counted[key] = (started, counts)
        return counts

    def _count_values(self, query: Query) -> Counts:
        """Count all values in one statement, so that what is found is looked for once."""
        typed = TypedText.of(query.text)
        columns = (Card.id, Card.licence, Card.material_key, Card.material, Card.instrument_key, Card.instrument)
        conditions = self._conditions(query, typed)
        chosen = sa.select(*columns, Card.has_labels).where(*conditions).cte("found")
        found = chosen if conditions else sa.inspect(Card).local_table  # whose indexes have it in order
        labels = sa.cast(found.c.has_labels, sa.Integer)
        groups = (found.c.licence, found.c.instrument_key, labels)
        classes = sa.inspect(CardClass).local_table
        of_found = chosen.join(classes, classes.c.card_id == chosen.c.id) if conditions else classes
        name, none, zero = sa.func.max, sa.literal(""), sa.literal(0)
        counted = sa.union_all(
            sa.select(sa.literal("group"), *groups, name(found.c.instrument), _COUNT).group_by(*groups),
            sa.select(sa.literal("material"), none, found.c.material_key, zero, name(found.c.material), _COUNT)
            .where(found.c.material_key != "")
            .group_by(found.c.material_key),
            sa.select(sa.literal("class"), none, CardClass.name_key, zero, name(CardClass.name), _COUNT)
            .select_from(of_found)
            .group_by(CardClass.name_key),
        )
        with self._reading(typed) as session:
            return _read_counts(session.execute(counted).all())

    def all_entries(self, query: Query, *, batch: int = 100) -> list[tuple[str, int]]:
        """Return ids and version numbers of all that is found, in the order of the ids: for archives."""
        typed = TypedText.of(query.text)
        with self.database.reading() as session:
            rows = session.execute(
                sa.select(Card.entry_id, Card.number)
                .where(*self._conditions(query, typed))
                .order_by(Card.entry_id)
                .execution_options(yield_per=batch)
            )
            return [(row[0], row[1]) for row in rows]

    def _conditions(self, query: Query, typed: TypedText) -> list[sa.ColumnElement[bool]]:
        return [*([self._words.matches(typed)] if typed else []), *_filters(query)]

    @contextlib.contextmanager
    def _reading(self, typed: TypedText) -> Iterator[Session]:
        with self.database.reading() as session:
            self._words.prepare(session, typed)
            yield session

    def _count(self, session: Session, query: Query, typed: TypedText) -> int:
        filters = _filters(query)
        if typed and not filters:
            return session.scalar(self._words.count(typed)) or 0
        counted = sa.select(sa.func.count()).select_from(Card).where(*self._conditions(query, typed))
        return session.scalar(counted) or 0

    def _in_order(
        self, session: Session, query: Query, typed: TypedText, sort: Sort, place: _Place | None, limit: int, total: int
    ) -> tuple[Sequence[Row], _Place | None]:
        column, descending = _ORDERS[sort]
        words = [self._words.matches(typed, many=total > MANY)] if typed else []
        found = sa.select(*CARD_COLUMNS).where(*words, *_filters(query))
        if place is not None:
            value = datetime.fromisoformat(place.value) if isinstance(column.type, UtcTime) else place.value
            here, there = sa.tuple_(column, Card.id), sa.tuple_(sa.literal(value, column.type), sa.literal(place.id))
            found = found.where(here < there if descending else here > there)
        order = (column.desc(), Card.id.desc()) if descending else (column, Card.id)
        rows = session.execute(found.order_by(*order).limit(limit + 1)).all()
        if len(rows) <= limit:
            return rows, None
        last = rows[limit - 1]._mapping
        value = last[column.key]
        return rows[:limit], _Place(sort, value.isoformat() if isinstance(value, datetime) else value, last["id"])

    def _by_relevance(
        self, session: Session, query: Query, typed: TypedText, first: int, limit: int, total: int
    ) -> tuple[Sequence[Row], _Place | None]:
        """Return those that match best; where not all are ranked, the older ones come after the ranked ones."""
        ranked = self._words.ranked(typed)
        conditions = [ranked.condition, *_filters(query)]
        found = sa.select(*CARD_COLUMNS).select_from(ranked.found_in)
        newest = (Card.published.desc(), Card.id.desc())
        if ranked.most is None:
            found = found.where(*conditions).order_by(ranked.rank.desc(), Card.id.desc())
        elif first < ranked.most:
            limit = min(limit, ranked.most - first)
            matches = self._words.matches(typed, many=total > MANY_TO_RANK)
            chosen = sa.select(Card.id).where(matches, *_filters(query)).order_by(*newest).limit(ranked.most)
            found = found.where(Card.id.in_(chosen)).order_by(ranked.rank.desc(), Card.id.desc())
        else:
            found = found.where(*conditions).order_by(*newest)
        rows = session.execute(found.offset(first).limit(limit)).all()
        return rows, _Place("relevance", "", first + limit) if rows and first + limit < total else None


_ORDERS: dict[str, tuple[Any, bool]] = {
    "newest": (Card.published, True),
    "quality": (Card.quality, True),
    "title": (Card.title_key, False),
}


@dataclass(frozen=True)
class _Place:
    """Where a page ends: the value that is sorted by, and the card's id; by relevance, how many came before."""

    sort: str
    value: Any
    id: int
    total: int = 0

    def to_text(self, total: int) -> str:
        content = json.dumps([self.sort, self.value, self.id, total], separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _read_cursor(text: str | None, sort: Sort) -> _Place | None:
    if text is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        stated, value, id_, total = values
        expected = int if sort == "quality" else str
        if stated != sort or not isinstance(value, expected) or not (0 <= id_ < 2**53 and 0 <= total < 2**53):
            raise ValueError
        if sort == "newest" and datetime.fromisoformat(str(value)).tzinfo is None:
            raise ValueError
        return _Place(sort, value, int(id_), int(total))
    except (ValueError, TypeError, UnicodeError) as error:
        raise ParameterError("cursor: This is no place in these results.", hint="Begin without a cursor.") from error


def _filters(query: Query) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if query.licences:
        conditions.append(Card.licence.in_(query.licences))
    if query.materials:
        conditions.append(Card.material_key.in_([key_of(name) for name in query.materials]))
    if query.instruments:
        conditions.append(Card.instrument_key.in_([key_of(name) for name in query.instruments]))
    if query.classes:
        with_class = sa.select(CardClass.card_id).where(
            CardClass.name_key.in_([key_of(name) for name in query.classes])
        )
        conditions.append(Card.id.in_(with_class))
    if query.min_pixel_nm is not None:
        conditions.append(Card.pixel_nm >= query.min_pixel_nm)
    if query.max_pixel_nm is not None:
        conditions.append(Card.pixel_nm <= query.max_pixel_nm)
    if query.min_quality is not None:
        conditions.append(Card.quality >= query.min_quality)
    if query.with_labels:
        conditions.append(Card.has_labels.is_(True))
    return conditions


_COUNT = sa.func.count().label("count")


def _read_counts(rows: Sequence[Row]) -> Counts:
    """Return the counts of rows of what is counted, licence, key, whether with labels, name, and how many."""
    licences: Counter[str] = Counter()
    keyed: dict[str, Counter[str]] = {"group": Counter(), "material": Counter(), "class": Counter()}
    names: dict[tuple[str, str], str] = {}
    total = with_labels = 0
    for kind, licence, key, has_labels, name, count in rows:
        keyed[kind][key] += count
        names[kind, key] = max(name, names.get((kind, key), name))
        if kind == "group":
            total += count
            with_labels += count if has_labels else 0
            licences[licence] += count

    def values(kind: str) -> tuple[tuple[str, int], ...]:
        return tuple((names[kind, key], count) for key, count in _most_frequent(keyed[kind]))

    return Counts(
        total=total,
        with_labels=with_labels,
        licences=_most_frequent(licences),
        materials=values("material"),
        instruments=values("group"),
        classes=values("class"),
    )


def _most_frequent(counter: Counter[str]) -> tuple[tuple[str, int], ...]:
    ordered = sorted(
        ((value, count) for value, count in counter.items() if value), key=lambda item: (-item[1], item[0])
    )
    return tuple(ordered[:MOST_COUNTED])


def open_search(database: Database) -> Search:
    """Return what finds entries in `database`."""
    return Search(database)
