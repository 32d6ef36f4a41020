"""Opening a project's log, and bringing a folder of format 1, which held one image, up to date before.

Each step can be cut off at any moment: ``project.json`` tells the format and is written last, and what is done already
is found done the next time. The log changes in one transaction.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw

from sambaseg.durable import sync_folder
from sambaseg.errors import DamagedProjectError, StorageError
from sambaseg.images.micrograph import ImageInfo
from sambaseg.images.pyramid import TileLayer
from sambaseg.project.database import Database
from sambaseg.project.description import (
    FILE_NAME,
    MAX_NAME_LENGTH,
    StoredDescription,
    Window,
    read_description_file,
)
from sambaseg.project.log import OperationLog
from sambaseg.project.results import RESULT_LAYERS, StoredResult
from sambaseg.project.schema import upgrade_from_1
from sambaseg.project.stored_image import StoredImage
from sambaseg.project.tables import ResultRow, insert_results

LOG_NAME = "log.sqlite"
_ID = re.compile(r"[0-9a-f]{32}")


def open_log(folder: Path) -> OperationLog:
    """Open the log of the project in `folder`, which nobody else has open.

    Raises DamagedProjectError where it is not whole or too new, and StorageError.
    """
    values = read_description_file(folder)
    if values["format"] != 1:
        return OperationLog.open(folder / LOG_NAME)
    image = _image_of_format_1(values)
    try:
        _move_image(folder)
        results = _move_results(folder)
    except OSError as error:
        raise StorageError(f"The project could not be brought up to date: {error.strerror or error}.") from error

    def upgrade(connection: apsw.Connection) -> None:
        upgrade_from_1(connection, image.to_row().content)
        insert_results(connection, results)

    log = OperationLog(Database.open(folder / LOG_NAME, upgrade=upgrade))
    try:
        StoredDescription.read(folder).write(folder)
    except BaseException:
        log.close()
        raise
    return log


def _image_of_format_1(values: Mapping[str, Any]) -> StoredImage:
    """Return what ``project.json`` told of its image. Raises DamagedProjectError."""
    try:
        info = ImageInfo.from_json(values["info"])
        return StoredImage(
            id=0,
            name=info.file_name[-MAX_NAME_LENGTH:].strip() or "Image",
            info=info,
            original=str(values["original"]),
            sha256=str(values["sha256"]),
            state="ready",
            contrast=tuple(Window(*pair) for pair in values["contrast"]),
            value_range=tuple(Window(*pair) for pair in values["value_range"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedProjectError(f"{FILE_NAME} of the project cannot be read: {error}.") from error


def _move_image(folder: Path) -> None:
    """Put ``image/`` and its small picture where those of several images lie, its tiles in the present form."""
    for part in ("images", "thumbnails"):
        (folder / part).mkdir(exist_ok=True)
    for old, new in (("image", "images/0"), ("thumbnail.png", "thumbnails/0.png")):
        if (folder / old).exists():
            (folder / old).replace(folder / new)
    sync_folder(folder / "images")
    sync_folder(folder)
    TileLayer.upgrade(folder / "images" / "0")


def _move_results(folder: Path) -> list[ResultRow]:
    """Put the newest complete result where those of image 0 lie, and remove all others; return its row."""
    parent, target = folder / "results", folder / "results" / "0"
    target.mkdir(parents=True, exist_ok=True)
    for path in parent.iterdir():
        if _ID.fullmatch(path.name):
            path.rename(target / path.name)
    sync_folder(parent)
    numbered: list[tuple[int, Path, ResultRow]] = []
    for path in target.iterdir():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            values = json.loads((path / "result.json").read_text(encoding="utf-8"))
            row = StoredResult.from_json({**values, "id": path.name}).to_row("complete")
            numbered.append((int(values["number"]), path, row))
    newest = max(numbered, key=lambda entry: entry[0], default=None)
    for path in target.iterdir():
        if newest is None or path != newest[1]:
            shutil.rmtree(path, ignore_errors=True)
    if newest is None:
        return []
    for name in RESULT_LAYERS:
        TileLayer.upgrade(newest[1] / name)
    return [newest[2]]
