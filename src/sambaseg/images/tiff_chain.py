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
_SHORT = 3
_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FIRST_PRIVATE_TAG = 32_768
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

    Thumbnails and masks are left out. Raises BrokenImageError where the chain or a standard tag leaves the file or an
    image claims an absurd number of values, and TooManyPagesError where it is longer than ``limits.max_pages``.
    """
    walk, offset = _Walk.begin(file, size, file_name)
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
        subfile_type, next_offset = walk.read_directory(offset, page=len(every))
        if not subfile_type & (_REDUCED | _MASK):
            full_size.append(offset)
        offset = next_offset
    if not every:
        raise walk.broken("is a TIFF file without an image")
    return TiffChain(tuple(full_size or every), loops=bool(offset))


@dataclass(frozen=True)
class _Walk:
    """A file and the layout of its structures."""

    file: BinaryIO
    size: int
    file_name: str
    layout: _Layout

    @classmethod
    def begin(cls, file: BinaryIO, size: int, file_name: str) -> tuple[_Walk, int]:
        """Return the walk and the offset of the first image."""
        file.seek(0)
        head = file.read(16)
        big = head[2:4] in (b"+\0", b"\0+")
        walk = cls(file, size, file_name, _Layout.of(order="<" if head[:2] == b"II" else ">", big=big))
        link_at = 8 if big else 4
        if len(head) < link_at + walk.layout.link.size:
            raise walk.broken("ends within its header")
        return walk, int(walk.layout.link.unpack_from(head, link_at)[0])

    def broken(self, reason: str) -> BrokenImageError:
        return BrokenImageError(
            f"{self.file_name} {reason}.", hint="The file is truncated or damaged; export or download it again."
        )

    def read_directory(self, offset: int, *, page: int) -> tuple[int, int]:
        """Return the subfile type of the image at `offset` and the offset of the next one."""
        file, layout = self.file, self.layout
        if offset + layout.count.size > self.size:
            raise self.broken(f"refers to page {page} at byte {offset:,}, beyond its end")
        file.seek(offset)
        (entries,) = layout.count.unpack(file.read(layout.count.size))
        if not 1 <= entries <= _MOST_ENTRIES:
            raise self.broken(f"claims {entries:,} tags for page {page}")
        table = file.read(entries * layout.entry.size)
        link = file.read(layout.link.size)
        if len(table) < entries * layout.entry.size:
            raise self.broken(f"ends within the tags of page {page}")
        subfile_type = self._check_entries(table, page=page)
        # a file that ends right after its last tag lacks only the link, whose absence means the end
        return subfile_type, int(layout.link.unpack(link)[0]) if len(link) == layout.link.size else 0

    def _check_entries(self, table: bytes, *, page: int) -> int:
        """Return the subfile type. Raises where tags claim absurdly much or standard ones lie beyond the file."""
        subfile_type = numbers = text_bytes = 0
        for tag, kind, count, value in self.layout.entry.iter_unpack(table):
            if tag == _NEW_SUBFILE_TYPE:
                subfile_type = self._inline(value, kind)
            elif tag == _SUBFILE_TYPE and self._inline(value, kind) == _OLD_REDUCED:
                subfile_type |= _REDUCED
            if kind in _TEXT_TYPES:
                text_bytes += count
            else:
                numbers += count
            length = count * _BYTES_OF_TYPE.get(kind, 0)
            if tag < _FIRST_PRIVATE_TAG and length > self.layout.link.size and value + length > self.size:
                raise self.broken(f"refers to tag {tag} of page {page} beyond its end")
        if numbers > _MOST_NUMBERS or text_bytes > _MOST_TEXT_BYTES:
            raise self.broken(f"claims {numbers + text_bytes:,} values in the tags of page {page}")
        return subfile_type

    def _inline(self, value: int, kind: int) -> int:
        """Return a SHORT or LONG that stands in the value field itself, left-justified in the file's byte order."""
        short_or_long = 2 if kind == _SHORT else 4
        if self.layout.order == "<":
            return int(value & (256**short_or_long - 1))
        return value >> 8 * (self.layout.link.size - short_or_long)
