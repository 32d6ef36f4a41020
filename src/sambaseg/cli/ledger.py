"""What a folder of results holds: which file was made of which image by which classifier, so that work can go on.

The list lies beside the results as ``sambaseg-results.json`` and is written anew after each image, whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.durable import replace_durably
from sambaseg.errors import MissingFileError

if TYPE_CHECKING:
    from sambaseg.cli.segmentations import Kind
    from sambaseg.images.stack import FoundImage

FILE_NAME = "sambaseg-results.json"


@dataclass(frozen=True)
class Made:
    """How a result comes to be: equal where it would be the same again. ``outputs`` are paths from the folder."""

    classifier: str
    image: str
    page: int
    size: int
    mtime_ns: int
    values: str
    outputs: Mapping[str, str]

    @classmethod
    def of(cls, found: FoundImage, classifier: str, outputs: Mapping[Kind, Path], values: str) -> Made:
        """Return how results are made of an image as its file is now. Raises MissingFileError where it is gone."""
        folder = outputs["segmentation"].parent
        try:
            state = found.path.stat()
        except OSError as error:
            raise MissingFileError(f"{found.path} cannot be read: {error.strerror}.") from error
        names: dict[str, str] = {kind: os.path.relpath(path, folder) for kind, path in outputs.items()}
        image = str(found.path.absolute())
        return cls(classifier, image, found.page, state.st_size, state.st_mtime_ns, values, names)


class Ledger:
    """The list in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read the list; one that is missing or cannot be understood is empty."""
        self._path = folder / FILE_NAME
        try:
            self._results: dict[str, Any] = dict(json.loads(self._path.read_text(encoding="utf-8"))["results"])
        except (OSError, ValueError, KeyError, TypeError):
            self._results = {}

    def find(self, made: Made) -> dict[str, Any] | None:
        """Return what was answered when this was made, where it was and all its files are still there."""
        entry = self._results.get(made.outputs["segmentation"])
        if not isinstance(entry, dict) or entry.get("made") != _as_json(made):
            return None
        there = all((self._path.parent / name).exists() for name in made.outputs.values())
        answer = entry.get("answer")
        return answer if there and isinstance(answer, dict) else None

    def note(self, made: Made, answer: Mapping[str, Any]) -> None:
        """Add a result whose files are there now. Raises StorageError."""
        self._results[made.outputs["segmentation"]] = {"made": _as_json(made), "answer": dict(answer)}
        with replace_durably(self._path) as temporary:
            temporary.write_text(json.dumps({"results": self._results}, indent=1), encoding="utf-8")


def _as_json(made: Made) -> dict[str, Any]:
    return {**made.__dict__, "outputs": dict(made.outputs)}
