"""Files of entries on their way to people: one file, a small picture, tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from numpy.typing import NDArray
from starlette.responses import Response, StreamingResponse

from sambaseg.errors import NotFoundError
from sambaseg.gallery.content import EntryFile, thumbnail_kind
from sambaseg.gallery.entry import Entry
from sambaseg.images.pyramid import TILE_PX
from sambaseg.project.description import tile_dtype
from sambaseg.server import gallery_schemas as schemas
from sambaseg.server.downloads import as_attachment
from sambaseg.server.entry_tiles import SharedFile
from sambaseg.server.schemas import Window

if TYPE_CHECKING:
    from sambaseg.server.gallery_desk import GalleryDesk

BLOCK_BYTES = 1 << 20
CLASS_LAYERS: tuple[schemas.ClassLayer, ...] = ("segmentation", "labels")


def send_file(desk: GalleryDesk, entry: Entry, kind: str, *, caching: str, known_tag: str | None) -> Response:
    """Return a file of an entry, under its own name. Raises NotFoundError where it is not shared."""
    file = _file(entry, kind)
    headers = {"Content-Disposition": as_attachment(file.file_name), "Cache-Control": caching}
    return _sent(desk, file, known_tag, headers)


def send_thumbnail(
    desk: GalleryDesk, entry: Entry, what: schemas.ThumbnailOf, size: int, *, caching: str, known_tag: str | None
) -> Response:
    """Return a small picture of an entry. Raises NotFoundError where there is none."""
    return _sent(desk, _file(entry, thumbnail_kind(what, size)), known_tag, {"Cache-Control": caching})


def present_view(desk: GalleryDesk, entry: Entry) -> schemas.EntryView:
    """Return how the tiles of an entry are to be shown; they are made first. Raises as `EntryTiles.describe`."""
    shown = desk.tiles.describe(_image(desk, entry))
    return schemas.EntryView(
        width=shown.width,
        height=shown.height,
        channels=shown.channels,
        is_rgb=shown.is_rgb,
        tile_dtype=tile_dtype(shown.dtype),
        tile_size=TILE_PX,
        levels=shown.levels,
        contrast=[Window(low=window.low, high=window.high) for window in shown.contrast],
        class_layers=[layer for layer in CLASS_LAYERS if entry.file(layer) is not None],
    )


def image_tile(desk: GalleryDesk, entry: Entry, level: int, ty: int, tx: int) -> NDArray[Any]:
    """Return a tile (C, h, w) of an entry's image. Raises as `EntryTiles.read_tile`."""
    return desk.tiles.read_tile(_image(desk, entry), level, ty, tx)


def class_tile(
    desk: GalleryDesk, entry: Entry, layer: schemas.ClassLayer, level: int, ty: int, tx: int
) -> NDArray[Any]:
    """Return a tile (h, w) of class ids. Raises NotFoundError where the layer is not shared."""
    file = _file(entry, layer)
    size = entry.measured.height, entry.measured.width
    shared = SharedFile(file.sha256, file.file_name, lambda: desk.files.as_file(file.sha256), labels_of=size)
    tile_yx: NDArray[Any] = desk.tiles.read_tile(shared, level, ty, tx)[0]
    return tile_yx


def _image(desk: GalleryDesk, entry: Entry) -> SharedFile:
    file = _file(entry, "image")
    return SharedFile(file.sha256, file.file_name, lambda: desk.files.as_file(file.sha256))


def _file(entry: Entry, kind: str) -> EntryFile:
    file = entry.file(kind)
    if file is None:
        raise NotFoundError(f"This entry has no {kind.replace('-', ' ')} to look at.", hint="It was not shared.")
    return file


def _sent(desk: GalleryDesk, file: EntryFile, known_tag: str | None, headers: dict[str, str]) -> Response:
    headers["ETag"] = f'"{file.sha256}"'
    if known_tag is not None and file.sha256 in known_tag:
        return Response(status_code=304, headers=headers)
    stream = desk.files.open(file.sha256)
    headers["Content-Length"] = str(file.size)
    return StreamingResponse(_blocks(stream), media_type=file.media_type, headers=headers)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while block := stream.read(BLOCK_BYTES):
            yield block
