"""Finding entries: the filters of a request as the search knows them, what is found as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sambaseg.gallery.search import Query
from sambaseg.server import gallery_schemas as schemas

if TYPE_CHECKING:
    from sambaseg.gallery.cards import EntryCard
    from sambaseg.gallery.search import Search


def find(search: Search, asked: schemas.EntrySearch) -> schemas.EntryPage:
    """Return a page of what is found. Raises ParameterError for a cursor of another order."""
    page = search.find(query_of(asked), sort=asked.sort, cursor=asked.cursor, limit=asked.limit)
    return schemas.EntryPage(entries=[_present_card(card) for card in page.cards], cursor=page.cursor, total=page.total)


def count(search: Search, asked: schemas.EntryFilters) -> schemas.EntryCounts:
    """Return how many of what is found have which value."""
    counts = search.counts(query_of(asked))
    return schemas.EntryCounts(
        total=counts.total,
        with_labels=counts.with_labels,
        licences=_counted(counts.licences),
        materials=_counted(counts.materials),
        instruments=_counted(counts.instruments),
        classes=_counted(counts.classes),
    )


def query_of(asked: schemas.EntryFilters) -> Query:
    """Return what is looked for."""
    return Query(
        text=asked.q,
        licences=asked.licence,
        materials=asked.material,
        instruments=asked.instrument,
        classes=asked.class_name,
        min_pixel_nm=asked.min_pixel_nm,
        max_pixel_nm=asked.max_pixel_nm,
        min_quality=asked.min_quality,
        with_labels=asked.with_labels,
    )


def _counted(values: tuple[tuple[str, int], ...]) -> list[schemas.CountOf]:
    return [schemas.CountOf(value=value, count=number) for value, number in values]


def _present_card(card: EntryCard) -> schemas.EntryCard:
    return schemas.EntryCard(
        id=card.id,
        version=card.number,
        title=card.title,
        material=card.material,
        instrument=card.instrument,
        licence=card.licence,
        quality=card.quality,
        pixel_nm=card.pixel_nm,
        has_labels=card.has_labels,
        published=card.published,
        creators=list(card.creators),
        width=card.width,
        height=card.height,
        classes=[schemas.EntryClass.model_validate(each, from_attributes=True) for each in card.classes],
        thumbnails=[cast("schemas.ThumbnailOf", what) for what in card.thumbnails],
    )
