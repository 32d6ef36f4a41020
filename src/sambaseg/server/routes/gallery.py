"""The gallery: search, one entry with its files and tiles, and its use in a project."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from sambaseg.gallery.licences import LICENCES
from sambaseg.server import entry_files, entry_use, gallery_search
from sambaseg.server.declare import TILE_ANSWER, UNCHANGED, Level, TileColumn, TileRow
from sambaseg.server.gallery_declare import ENTRY_FILE_ANSWER, PICTURE_ANSWER, KnownTag
from sambaseg.server.gallery_desk import Caching, GalleryHere, SeenEntry
from sambaseg.server.gallery_schemas import (
    ClassLayer,
    Entry,
    EntryCounts,
    EntryFilters,
    EntryPage,
    EntrySearch,
    EntryView,
    FileKind,
    LicenceInfo,
    ThumbnailOf,
    UseClassifierBody,
)
from sambaseg.server.present import present_project
from sambaseg.server.present_gallery import present_entry, present_licence
from sambaseg.server.routes.tiles import send_tile
from sambaseg.server.schemas import Project
from sambaseg.server.services import ServicesHere, check_access
from sambaseg.server.who import Me

router = APIRouter(tags=["gallery"])


@router.get("/api/gallery/licences")
def list_licences() -> list[LicenceInfo]:
    """List the licences that can be chosen; none is chosen beforehand."""
    return [present_licence(licence) for licence in LICENCES]


@router.get("/api/gallery/entries")
def search_entries(search: Annotated[EntrySearch, Query()], desk: GalleryHere) -> EntryPage:
    """Find accepted entries, a page at a time.

    Each word of `q` is looked for in all that is written, the last as the beginning of one. A filter that is named
    several times takes any of its values.
    """
    return gallery_search.find(desk.search, search)


@router.get("/api/gallery/counts")
def count_entries(filters: Annotated[EntryFilters, Query()], desk: GalleryHere) -> EntryCounts:
    """Count what is found, by licence, material, instrument and class."""
    return gallery_search.count(desk.search, filters)


@router.get("/api/gallery/entries/{eid}")
def get_entry(entry: SeenEntry) -> Entry:
    """Tell all about one version of an entry. What is not public is told to its owner and to moderators only."""
    return present_entry(entry)


@router.get(
    "/api/gallery/entries/{eid}/files/{kind}",
    response_class=Response,
    responses={**ENTRY_FILE_ANSWER, **UNCHANGED},
)
def get_entry_file(
    entry: SeenEntry, kind: FileKind, desk: GalleryHere, caching: Caching, if_none_match: KnownTag = None
) -> Response:
    """Download one file of an entry."""
    return entry_files.send_file(desk, entry, kind, caching=caching, known_tag=if_none_match)


@router.get(
    "/api/gallery/entries/{eid}/thumbnails/{what}/{size}",
    response_class=Response,
    responses={**PICTURE_ANSWER, **UNCHANGED},
)
def get_entry_thumbnail(
    entry: SeenEntry,
    what: ThumbnailOf,
    size: Literal["320", "640"],
    desk: GalleryHere,
    caching: Caching,
    if_none_match: KnownTag = None,
) -> Response:
    """Draw an entry small, at most 320 or 640 px a side: the image, or its segmentation over it."""
    return entry_files.send_thumbnail(desk, entry, what, int(size), caching=caching, known_tag=if_none_match)


@router.get("/api/gallery/entries/{eid}/view")
def get_entry_view(entry: SeenEntry, desk: GalleryHere) -> EntryView:
    """Tell how the tiles of an entry are to be shown; they are made first where nobody looked at them for long."""
    return entry_files.present_view(desk, entry)


@router.get("/api/gallery/entries/{eid}/tiles/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_entry_tile(
    entry: SeenEntry, level: Level, ty: TileRow, tx: TileColumn, desk: GalleryHere, caching: Caching
) -> Response:
    """Read one tile of an entry's image: `tile_dtype`, axes (channels, rows, columns)."""
    return send_tile(entry_files.image_tile(desk, entry, level, ty, tx), caching)


@router.get(
    "/api/gallery/entries/{eid}/classes/{layer}/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER
)
def get_entry_class_tile(
    entry: SeenEntry, layer: ClassLayer, level: Level, ty: TileRow, tx: TileColumn, desk: GalleryHere, caching: Caching
) -> Response:
    """Read one tile of an entry's segmentation or labels: uint8 class ids (rows, columns), 0 where there is none."""
    return send_tile(entry_files.class_tile(desk, entry, layer, level, ty, tx), caching)


@router.post("/api/gallery/entries/{eid}/open", status_code=201)
def open_entry(entry: SeenEntry, desk: GalleryHere, services: ServicesHere, actor: Me) -> Project:
    """Make a project of an entry, one's own copy: its image, labels, classes and classifier."""
    return present_project(entry_use.project_of_entry(services, desk, entry, actor), services, actor)


@router.post("/api/gallery/entries/{eid}/use-classifier")
def use_entry_classifier(
    entry: SeenEntry, body: UseClassifierBody, desk: GalleryHere, services: ServicesHere, actor: Me
) -> Project:
    """Give a project the classifier of an entry: its recipe, classes, names and colours become the project's."""
    check_access(services, body.project, actor, "editor")
    store = services.workspace.open_project(body.project)
    entry_use.give_classifier(desk, entry, store)
    return present_project(store, services, actor)
