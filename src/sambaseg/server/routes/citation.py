"""Taking an entry along: how to cite it, and all of its files."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sambaseg.gallery.citation import cite
from sambaseg.server.declare import file_answer
from sambaseg.server.entry_zip import send_zip
from sambaseg.server.gallery_declare import EntryId, VersionChoice
from sambaseg.server.gallery_desk import GalleryHere, SeenEntry, address_of
from sambaseg.server.gallery_schemas import Citation, Tombstone
from sambaseg.server.present_gallery import present_tombstone
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Anybody

router = APIRouter(tags=["gallery"])
ZIP_ANSWER = file_answer("application/zip", "All files with metadata.json, CITATION.bib and README.txt.")


@router.get("/api/gallery/entries/{eid}/zip", response_class=Response, responses=ZIP_ANSWER)
def get_entry_zip(entry: SeenEntry, desk: GalleryHere, services: ServicesHere) -> Response:
    """Download all files of an entry with its metadata, in a zip that is sent as it is made."""
    return send_zip(desk, entry, address_of(services, entry))


@router.get("/api/gallery/entries/{eid}/citation")
def get_citation(entry: SeenEntry, services: ServicesHere) -> Citation:
    """Tell how to cite a version of an entry."""
    return Citation.model_validate(cite(entry, address=address_of(services, entry)), from_attributes=True)


@router.get("/api/gallery/entries/{eid}/tombstone")
def get_tombstone(
    eid: EntryId, desk: GalleryHere, services: ServicesHere, actor: Anybody, version: VersionChoice = None
) -> Tombstone:
    """Tell what stays of an entry that was taken out of the gallery: how it was cited, when and why it went."""
    stone = desk.tombstone(eid, version, actor)
    return present_tombstone(stone, address_of(services, stone.entry))
