"""Which images there are in files and folders, in the order that people expect: slice2 before slice10."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sambaseg.errors import NotAnImageError, TooManyPagesError
from sambaseg.images.micrograph import ImageInfo, ReadLimits
from sambaseg.images.reader import DEFAULT_LIMITS, is_zarr, open_source

_EXTENSIONS = frozenset(
    "png jpg jpeg bmp webp tif tiff btf tf8 tf2 pbm pgm ppm pnm pam pfm".split()  # noqa: SIM905 - easier to read
)
MOST_ENTRIES = 100_000
"""Files and folders below a folder that are looked at: more is a whole disk, chosen by mistake."""
_NUMBERS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class FoundImage:
    """One image in a file: its page, counted from 0, a name to show, and what the header says."""

    path: Path
    page: int
    name: str
    info: ImageInfo

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {"path": str(self.path), "page": self.page, "name": self.name, "info": self.info.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(Path(values["path"]), values["page"], values["name"], ImageInfo.from_json(values["info"]))


def natural_key(name: str) -> tuple[object, ...]:
    """Return a key that sorts names as people do: numbers by value, letters whatever their case."""
    parts = _NUMBERS.split(name)
    # words and numbers alternate, words first, so that only like is compared with like
    folded = tuple(_value_key(part) if index % 2 else part.casefold() for index, part in enumerate(parts))
    return folded, name


def _value_key(digits: str) -> tuple[int, str]:
    """Return a key that sorts whole numbers of any length by their value."""
    significant = digits.lstrip("0")
    return len(significant), significant


def find_images(paths: Sequence[Path], limits: ReadLimits = DEFAULT_LIMITS) -> list[FoundImage]:
    """Return the images in files and folders: paths in the order given, what is in a folder in natural order.

    Files of several pages give one image a page, an OME-Zarr one a plane (all z of the first point in time first);
    folders give the image files in them and in their folders, without hidden ones. Names are those of the files, with
    " · " and the page counted from 1 where a file has several.
    Raises as `describe_image` does, NotAnImageError for a folder without images, and TooManyPagesError for one with
    more images than ``limits.max_pages`` or more than `MOST_ENTRIES` files.
    """
    found: list[FoundImage] = []
    for path in paths:
        if not path.is_dir() or is_zarr(path):
            found.extend(_pages(path, limits))
            continue
        before = len(found)
        for file in _image_files(path, _Looked(path)):
            found.extend(_pages(file, limits))
            if len(found) - before > limits.max_pages:
                raise TooManyPagesError(
                    f"The folder {path.name} has more than {limits.max_pages:,} images.", hint="Choose a part of it."
                )
        if len(found) == before:
            raise NotAnImageError(f"There is no image in the folder {path.name}.")
    return found


def _pages(path: Path, limits: ReadLimits) -> Iterator[FoundImage]:
    with open_source(path, limits) as source:
        first = source.info(0)
        for page in range(first.pages):
            name = path.name if first.pages == 1 else f"{path.name} · {page + 1}"
            yield FoundImage(path, page, name, source.info(page) if page else first)


class _Looked:
    """How many files and folders were looked at below one that was chosen."""

    def __init__(self, chosen: Path) -> None:
        self._chosen, self._count = chosen, 0

    def add(self, count: int) -> None:
        """Count some more. Raises TooManyPagesError."""
        self._count += count
        if self._count > MOST_ENTRIES:
            raise TooManyPagesError(
                f"There are more than {MOST_ENTRIES:,} files in the folder {self._chosen.name or self._chosen}.",
                hint="Choose the folder of the images themselves.",
            )


def _image_files(folder: Path, looked: _Looked) -> Iterator[Path]:
    """Yield the image files of a folder and what is below it, in natural order, folders after files."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        looked.add(len(entries))
    except OSError as error:
        raise NotAnImageError(f"The folder {folder.name} cannot be read: {error.strerror or error}.") from error
    entries.sort(key=lambda entry: natural_key(entry.name))
    folders: list[Path] = []
    for entry in entries:
        if entry.is_dir() and not is_zarr(entry):
            if not entry.is_symlink():  # which may lead back here
                folders.append(entry)
        elif entry.is_dir() or (entry.suffix.lower().lstrip(".") in _EXTENSIONS and entry.is_file()):
            yield entry
    for inner in folders:
        yield from _image_files(inner, looked)
