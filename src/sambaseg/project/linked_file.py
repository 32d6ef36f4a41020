"""Files that are linked instead of kept in a project: how they are known again, and what is said when they are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sambaseg.errors import ImageFileChangedError, MissingFileError
from sambaseg.images.hashing import hash_source

_ADD_ANEW = "Put the former file back, or add the changed one as a new image."


@dataclass(frozen=True)
class LinkedFile:
    """A file outside the project: its path, and the size and time of change (ns) by which it is known again quickly."""

    path: Path
    size: int
    mtime_ns: int

    @classmethod
    def now(cls, path: Path) -> Self:
        """Return what is known of the file or folder at `path` now. Raises MissingFileError where there is none."""
        try:
            absolute = path.absolute()
            status = absolute.stat()
            return cls(absolute, 0 if absolute.is_dir() else status.st_size, status.st_mtime_ns)
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}."
            raise MissingFileError(message, hint="Put it back, or link it anew.") from error

    def hash(self) -> str:
        """Return its SHA-256, see `hash_source`. Raises MissingFileError where it cannot be read."""
        try:
            return hash_source(self.path)
        except OSError as error:
            raise MissingFileError(f"{self.path} cannot be read: {error.strerror}.") from error


def missing(name: str, linked: LinkedFile) -> MissingFileError:
    """Return the error of the image `name` whose file is not where it was."""
    return MissingFileError(
        f"The file of {name} is missing: {linked.path}.", hint="Put it back, or say where it is now."
    )


def changed(name: str, original: str | LinkedFile) -> ImageFileChangedError:
    """Return the error of the image `name` whose file has another content than when it was linked."""
    where = original.path if isinstance(original, LinkedFile) else original
    return ImageFileChangedError(f"The file of {name} was changed since it was linked: {where}.", hint=_ADD_ANEW)


def another_size(name: str, shape_yx: tuple[int, int]) -> ImageFileChangedError:
    """Return the error of the image `name` whose file has another size than `shape_yx` now."""
    height, width = shape_yx
    return ImageFileChangedError(
        f"The file of {name} does not hold {height} rows and {width} columns any more.", hint=_ADD_ANEW
    )


def another_file(name: str, found: LinkedFile) -> ImageFileChangedError:
    """Return the error of choosing another file than that of the image `name`."""
    return ImageFileChangedError(
        f"{found.path} is another file than the one that {name} was made from.",
        hint="Choose the same file; it may have another name. A changed image can be added as a new one.",
    )
