"""The results of a project on disk: of each image the newest complete one, and a running or paused one beside it."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sambaseg.errors import CancelledError, NotFoundError, StorageError
from sambaseg.images.pyramid import TileLayer
from sambaseg.project.cleaned import CleanedClasses, cleaned_folders, remove_layer
from sambaseg.project.layer_cache import LayerCache
from sambaseg.project.operations import Shapes
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.results import RESULT_LAYERS, Result, StoredResult
from sambaseg.project.tables import ResultRow, ResultTable

Summary = Literal["complete", "outdated", "running"]


class ResultFolder:
    """All results of one project: ``IMAGE/ID/`` each. All methods may be called from any thread."""

    def __init__(self, folder: Path, table: ResultTable, shapes: Shapes, cache: LayerCache) -> None:
        """Take up what `table` tells and remove what was cut off; `shapes` are those of the images at any time."""
        self.folder = folder
        self._table = table
        self._shapes = shapes
        self._cache = cache
        self._access = threading.RLock()
        self._running: dict[int, ResultWriter] = {}
        self._complete: dict[int, Result] = {}
        self._paused: dict[int, Result] = {}
        for row in table.rows():
            if row.state == "running" or row.image not in shapes:
                self._forget(row)
            else:
                kept = self._complete if row.state == "complete" else self._paused
                kept[row.image] = self._result(row)

    def running(self, image: int) -> ResultWriter | None:
        """Return the result of an image that is being computed."""
        return self._running.get(image)

    def complete(self, image: int) -> Result | None:
        """Return the newest complete result of an image."""
        return self._complete.get(image)

    def paused(self, image: int) -> Result | None:
        """Return the result of an image that was paused, which may be taken up again."""
        return self._paused.get(image)

    def summaries(self, labels_state: int) -> dict[int, Summary]:
        """Return how the result of each image stands that has one; nothing is read from the disk."""
        with self._access:
            found: dict[int, Summary] = {
                image: "complete" if result.row.labels_state == labels_state else "outdated"
                for image, result in self._complete.items()
            }
            return {**found, **dict.fromkeys(self._running, "running")}

    def mean_uncertainties(self) -> dict[int, float]:
        """Return the mean uncertainty of each complete result, 0 to 1, by image."""
        with self._access:
            complete = dict(self._complete)
        return {image: result.stored.mean_uncertainty or 0.0 for image, result in complete.items()}

    def find(self, result_id: str) -> Result:
        """Return a result by its id, as cleaned or as predicted, whichever image it is of. Raises NotFoundError."""
        with self._access:
            results = [*self._complete.values(), *self._paused.values()]
            known = [*(writer.result for writer in self._running.values()), *results]
        for result in known:
            if result.row.id == result_id:
                return result.predicted
        for result in known:
            if result.id == result_id:
                return result
        raise NotFoundError("There is no such result any more.", hint="A newer one has taken its place.")

    def begin(self, stored: StoredResult, *, resume: bool) -> ResultWriter:
        """Make an empty result of ``stored.image`` to be filled; one of it that is running is cancelled.

        With `resume` a paused result of the same classifier is taken up instead. Raises StorageError.
        """
        image = stored.image
        with self._access:
            if image in self._running:
                self._running[image].cancel()
            paused = self._paused.pop(image, None)
            if paused is not None:
                if resume and _same_classifier(paused.stored, stored):
                    return self._take_up(paused, stored)
                self._forget(paused.row)
            row = stored.to_row("running")
            self._table.write(row)
            folder = self._place(row)
            try:
                layers = {
                    name: TileLayer.create(
                        folder / name,
                        (1, *self._shapes[image]),
                        np.uint8,
                        reduce="label" if name == "segmentation" else "mean",
                    )
                    for name in RESULT_LAYERS
                }
            except BaseException:
                self._forget(row)
                raise
            result = Result(folder, row, self._shapes[image], self._cache, layers)
            self._running[image] = ResultWriter(self, result, {})
            return self._running[image]

    def remove_image(self, image: int) -> None:
        """Remove all results of an image, whose rows are gone already."""
        with self._access:
            if image in self._running:
                self._running[image].cancel()
            self._complete.pop(image, None)
            self._paused.pop(image, None)
            self._cache.forget(self.folder / str(image))
        _remove(self.folder / str(image))

    def close(self) -> None:
        """Cancel what is running."""
        with self._access:
            for writer in list(self._running.values()):
                writer.cancel()

    def accept(self, writer: ResultWriter, stored: StoredResult) -> None:
        """Make the running result complete and remove all others of its image; see `ResultWriter.finish`."""
        with self._access:
            self._check_running(writer)
            row = stored.to_row("complete")
            older = self._complete.get(stored.image)
            self._table.write(row, instead_of=() if older is None else (older.row.id,))
            self._complete[stored.image] = self._result(row)
            del self._running[stored.image]
            for path in self._place(row).parent.iterdir():
                if path.name != row.id:
                    self._cache.forget(path)
                    _remove(path)
            self._remove_cleaned(self._place(row), but=stored.cleaned)

    def note_trust(self, result_id: str, trust: Mapping[str, Any]) -> None:
        """Keep what is known of how far a complete result can be trusted; nothing where a newer one took its place."""
        with self._access:
            for image, result in self._complete.items():
                if result.row.id == result_id:
                    row = replace(result.stored, trust=trust).to_row("complete")
                    self._table.write(row)
                    self._complete[image] = self._result(row)
                    return

    def complete_results(self) -> list[Result]:
        """Return the newest complete result of each image that has one."""
        with self._access:
            return list(self._complete.values())

    def is_gone(self, result: Result) -> bool:
        """Return whether a complete result has given way to a newer one; then nothing of its files stays."""
        with self._access:
            present = self._complete.get(result.row.image)
            if present is not None and present.row.id == result.row.id:
                return False
            _remove(result.folder)
            return True

    def take_cleaned(self, result: Result, cleaned: CleanedClasses) -> None:
        """Let readers of a complete result get its cleaned classes from now on, in place of those they got before.

        Nothing changes where a newer result has taken its place. Raises StorageError.
        """
        with self._access:
            if self.is_gone(result):
                return
            row = replace(self._complete[result.row.image].stored, cleaned=cleaned).to_row("complete")
            self._table.write(row)
            self._complete[row.image] = self._result(row)
            self._remove_cleaned(result.folder, but=cleaned)

    def drop_cleaned(self, images: Iterable[int]) -> list[int]:
        """Let readers of these images' complete results get the predicted classes again, all at once.

        Returns the images that were cleaned. Raises StorageError.
        """
        with self._access:
            found = [self._complete[image] for image in images if image in self._complete]
            rows = [replace(each.stored, cleaned=None).to_row("complete") for each in found if each.cleaned]
            self._table.write_all(rows)
            for row in rows:
                self._complete[row.image] = self._result(row)
                self._remove_cleaned(self._place(row))
            return [row.image for row in rows]

    def _remove_cleaned(self, folder: Path, *, but: CleanedClasses | None = None) -> None:
        """Remove the cleaned layers of a result but one, also those that were cut off."""
        for path in cleaned_folders(folder):
            if but is None or path.name != but.folder_name:
                self._cache.forget(path)
                remove_layer(path)

    def put_aside(self, writer: ResultWriter, stored: StoredResult) -> None:
        """Keep the running result to be taken up later; see `ResultWriter.pause`."""
        with self._access:
            self._check_running(writer)
            row = stored.to_row("paused")
            self._table.write(row)
            self._paused[stored.image] = self._result(row)
            del self._running[stored.image]

    def drop(self, writer: ResultWriter) -> None:
        """Remove the running result; see `ResultWriter.cancel`."""
        with self._access:
            image = writer.result.row.image
            if self._running.get(image) is not writer:
                return
            del self._running[image]
            self._forget(writer.result.row)

    def _take_up(self, paused: Result, stored: StoredResult) -> ResultWriter:
        layers = {name: TileLayer.open(paused.folder / name, writable=True) for name in RESULT_LAYERS}
        self._cache.forget(paused.folder)
        row = replace(stored, id=paused.row.id).to_row("running")
        self._table.write(row)
        result = Result(paused.folder, row, paused.shape_yx, self._cache, layers)
        self._running[stored.image] = ResultWriter(
            self, result, dict(paused.stored.tiles or {}), seconds=paused.stored.seconds
        )
        return self._running[stored.image]

    def _check_running(self, writer: ResultWriter) -> None:
        if self._running.get(writer.result.row.image) is not writer:
            raise CancelledError("The result was cancelled.")

    def _forget(self, row: ResultRow) -> None:
        """Remove a result's files, then what is stored of it; where that fails, opening the project tries again."""
        self._cache.forget(self._place(row))
        _remove(self._place(row))
        with contextlib.suppress(StorageError, NotFoundError):
            self._table.forget(row.id)

    def _place(self, row: ResultRow) -> Path:
        return self.folder / str(row.image) / row.id

    def _result(self, row: ResultRow) -> Result:
        return Result(self._place(row), row, self._shapes[row.image], self._cache)


def new_result_id() -> str:
    """Return an id that no result has."""
    return secrets.token_hex(16)


def _same_classifier(paused: StoredResult, wanted: StoredResult) -> bool:
    return bool(wanted.classifier_id) and paused.classifier_id == wanted.classifier_id


def _remove(path: Path) -> None:
    """Remove a result as far as possible; what is still in use is removed with the next one."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
