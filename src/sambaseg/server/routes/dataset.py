"""The data set as a whole, or what a search finds of it, as one archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from sambaseg.errors import NotFoundError
from sambaseg.gallery.export import archive_files
from sambaseg.server.declare import file_answer
from sambaseg.server.exports_of_many import streamed_zip
from sambaseg.server.gallery_desk import GalleryDesk, GalleryHere
from sambaseg.server.gallery_schemas import EntryFilters
from sambaseg.server.gallery_search import query_of
from sambaseg.server.services import ServicesHere
from sambaseg.server.zip_stream import Member

router = APIRouter(tags=["gallery"])
ARCHIVE_ANSWER = file_answer(
    "application/zip", "Folders by entry, entries.csv with splits, croissant.json, load.py, README.md, SHA256SUMS."
)


@router.get("/api/gallery/dataset", response_class=Response, responses=ARCHIVE_ANSWER)
def download_dataset(filters: Annotated[EntryFilters, Query()], desk: GalleryHere, services: ServicesHere) -> Response:
    """Download all accepted entries, or those that are found, as an archive that is sent as it is made.

    It is what `sambaseg gallery export` writes, and `sambaseg gallery import` reads.
    """
    listed = [entry_id for entry_id, _ in desk.search.all_entries(query_of(filters))]
    if not listed:
        raise NotFoundError("No entry is found, so that there is nothing to download.", hint="Look for something else.")
    return streamed_zip(_members(desk, listed, services.page_address), "micrographs.zip")


def _members(desk: GalleryDesk, listed: Sequence[str], address: str) -> Iterator[Member]:
    for file in archive_files(desk.gallery, listed, url=address):
        if file.content is not None:
            yield Member(file.path, file.content)
            continue
        with desk.files.as_file(file.sha256) as path:
            yield Member(file.path, path)
