"""What a backup is: a folder of plain files that need no program of their own to be read.

``projects/ID/`` as they lie in the data folder, ``database/sambaseg.db`` (SQLite, whatever the database was),
``files/`` (those of the gallery, under their SHA-256), ``backup.json``, which tells what is there, and ``SHA256SUMS``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sambaseg.errors import ArchiveError, MissingFileError
from sambaseg.version import __version__

FORMAT = 1
FILE_NAME = "backup.json"
PROJECTS, DATABASE, FILES = "projects", "database/sambaseg.db", "files"
LOCK_NAME = "making"


@dataclass(frozen=True)
class LeftOut:
    """Something that could not be copied, since it is damaged where it lies, and why."""

    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class BackupFacts:
    """What a backup holds; `began` is ISO 8601 in UTC: all that was acknowledged before is there.

    `linked` are image files outside the data folder, which are not part of it. `database` is "sqlite" or
    "postgresql", None where there was none.
    """

    began: str
    projects: Sequence[dict[str, Any]]
    linked: Sequence[str]
    database: str | None
    files: int
    left_out: Sequence[LeftOut]


def write_facts(folder: Path, facts: BackupFacts) -> None:
    """Write ``backup.json``. Raises OSError."""
    values = {"format": FORMAT, "sambaseg": __version__, **asdict(facts)}
    (folder / FILE_NAME).write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")


def read_facts(folder: Path) -> BackupFacts:
    """Return what ``backup.json`` tells. Raises MissingFileError and ArchiveError where it is no backup's."""
    try:
        values = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ArchiveError(
                f"The backup has format {values['format']}, but this version reads format {FORMAT}.",
                hint="Use a newer version of sambaseg.",
            )
        values = {name: values[name] for name in BackupFacts.__dataclass_fields__}
        return BackupFacts(**{**values, "left_out": tuple(LeftOut(**each) for each in values["left_out"])})
    except OSError as error:
        raise MissingFileError(
            f"{folder} is no backup: {FILE_NAME} cannot be read, {error.strerror}.", hint="Name the folder of a backup."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{folder / FILE_NAME} is not understood: {error}.") from error
