"""How text becomes words to be found: the same for both databases, so that both find the same.

Words are runs of letters and digits without accents, in lower case; ``Al₂O₃`` is the word ``al2o3``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa

from sambaseg.gallery.entry import Entry

LONGEST_WORD = 60
MOST_QUERY_WORDS = 12
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return text without accents, in lower case, subscripts and the like as plain characters."""
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFKC", "".join(c for c in parts if not unicodedata.combining(c)).casefold())


def words_of(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def key_of(text: str) -> str:
    """Return what two names have in common that count as one: no accents, no capitals, single spaces."""
    return " ".join(fold(text).split())


@dataclass(frozen=True)
class TypedText:
    """What somebody typed: whole words, and the beginning of a word where the text does not end in a space."""

    words: tuple[str, ...]
    beginning: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what was typed; only the first words count."""
        words = tuple(dict.fromkeys(words_of(text)[:MOST_QUERY_WORDS]))
        if not words or text[-1:].isspace():
            return cls(words)
        return cls(words[:-1], words[-1])

    def __bool__(self) -> bool:
        return bool(self.words or self.beginning)


@dataclass(frozen=True)
class Ranked:
    """Cards that have all words: where they are found, on which condition, and how well each matches (more is better).

    `most` is how many are ranked, the newest of those that match; None for all.
    """

    found_in: sa.FromClause
    condition: sa.ColumnElement[bool]
    rank: sa.ColumnElement[float]
    most: int | None = None


@dataclass(frozen=True)
class Document:
    """The words of an entry by how much they weigh: title; material, classes and the like; all that is written."""

    title: tuple[str, ...]
    head: tuple[str, ...]
    body: tuple[str, ...]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the words of an entry."""
        metadata = entry.metadata
        material, instrument = metadata.material, metadata.instrument
        head = [
            material.name,
            material.composition,
            *material.phases,
            instrument.type,
            instrument.mode,
            *metadata.keywords,
            *(each.name for each in entry.measured.classes),
        ]
        body = [
            instrument.manufacturer,
            *(part for creator in metadata.creators for part in (creator.name, creator.affiliation)),
            metadata.sample_id,
            metadata.doi,
            metadata.preparation,
            metadata.notes,
        ]
        return cls(tuple(words_of(metadata.title)), _words(head), _words(body))


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in words_of(text))
