"""The chain of images in a TIFF file, walked within bounds: hostile files link hundreds of thousands, or a circle."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from sambaseg.errors import BrokenImageError, TooManyPagesError
from sambaseg.images.micrograph import ReadLimits

_MOST_ENTRIES = 1000
_MOST_NUMBERS = 2_000_000
_MOST_TEXT_BYTES = 256 * 2**20
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_TEXT_TYPES = (1, 2, 6, 7)  # BYTE, ASCII, SBYTE, UNDEFINED


@dataclass(frozen=True)
class TiffChain:
    """Where the images of a file begin (``offsets``), those of full size first to last; ``loops`` if the chain does."""

    offsets: tuple[int, ...]
    loops: bool


@dataclass(frozen=True)
class _Layout:
    """Sizes of the structures in classic TIFF and in BigTIFF."""

    order: str
    count: struct.Struct
    entry: struct.Struct
    link: struct.Struct

    @classmethod
    def of(cls, *, order: str, big: bool) -> _Layout:
        kinds = ("Q", "HHQQ", "Q") if big else ("H", "HHII", "I")
        return cls(order, *(struct.Struct(order + kind) for kind in kinds))


def walk_chain(file: BinaryIO, size: int, file_name: str, limits: ReadLimits) -> TiffChain:
    """Return the images of the TIFF in `file`, which is `size` bytes long, without reading their tags' values.

    Thumbnails and masks are left out. Raises BrokenImageError where the chain leaves the file or an image claims an
    absurd number of tags, and TooManyPagesError where it is longer than ``limits.max_pages``.
    """
    layout, offset = _read_header(file, file_name)
    every: list[int] = []
    full_size: list[int] = []
    seen: set[int] = set()
    while offset and offset not in seen:
        if len(every) >= limits.max_pages:
            raise TooManyPagesError(
                f"{file_name} has more than {limits.max_pages:,} pages.",
                hint="Split it into smaller files, or raise SAMBASEG_MAX_PAGES.",
            )
        seen.add(offset)
        every.append(offset)
        subfile_type, next_offset = _read_directory(file, offset, size, layout, file_name, page=len(every))
        if not subfile_type & (_REDUCED | _MASK):
            full_size.append(offset)
        offset = next_offset
    if not every:
        raise BrokenImageError(f"{file_name} is a TIFF file without an image.", hint="Export or download it again.")
    return TiffChain(tuple(full_size or every), loops=bool(offset))


def _read_header(file: BinaryIO, file_name: str) -> tuple[_Layout, int]:
    """Return the layout of the structures and the offset of the first image."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    layout = _Layout.of(order=order, big=big)
    link_at = 8 if big else 4
    if len(head) < link_at + layout.link.size:
        raise BrokenImageError(f"{file_name} ends within its header.", hint="Export or download it again.")
    return layout, int(layout.link.unpack_from(head, link_at)[0])


def _read_directory(
    file: BinaryIO, offset: int, size: int, layout: _Layout, file_name: str, *, page: int
) -> tuple[int, int]:
    """Return the subfile type of the image at `offset` and the offset of the next one."""
    hint = "The file is truncated or damaged; export or download it again."
    if offset + layout.count.size > size:
        raise BrokenImageError(f"{file_name} refers to page {page} at byte {offset:,}, beyond its end.", hint=hint)
    file.seek(offset)
    (entries,) = layout.count.unpack(file.read(layout.count.size))
    if not 1 <= entries <= _MOST_ENTRIES:
        raise BrokenImageError(f"{file_name} claims {entries:,} tags for page {page}.", hint=hint)
    table = file.read(entries * layout.entry.size)
    link = file.read(layout.link.size)
    if len(table) < entries * layout.entry.size:
        raise BrokenImageError(f"{file_name} ends within the tags of page {page}.", hint=hint)
    subfile_type = numbers = text_bytes = 0
    for tag, kind, count, value in layout.entry.iter_unpack(table):
        if tag == _NEW_SUBFILE_TYPE:
            subfile_type = _inline(value, kind, layout)
        elif tag == _SUBFILE_TYPE and _inline(value, kind, layout) == _OLD_REDUCED:
            subfile_type |= _REDUCED
        if kind in _TEXT_TYPES:
            text_bytes += count
        else:
            numbers += count
    if numbers > _MOST_NUMBERS or text_bytes > _MOST_TEXT_BYTES:
        raise BrokenImageError(
            f"{file_name} claims {numbers + text_bytes:,} values in the tags of page {page}.", hint=hint
        )
    # a file that ends right after its last tag lacks only the link, whose absence means the end
    return subfile_type, int(layout.link.unpack(link)[0]) if len(link) == layout.link.size else 0


def _inline(value: int, kind: int, layout: _Layout) -> int:
    """Return a SHORT or LONG that stands in the value field itself, left-justified in the file's byte order."""
    width = layout.link.size
    short_or_long = 2 if kind == 3 else 4
    return value & (256**short_or_long - 1) if layout.order == "<" else value >> 8 * (width - short_or_long)
