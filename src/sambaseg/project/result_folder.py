"""The results of a project on disk: of each image the newest complete one, and a running or paused one beside it."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import sync_tree
from sambaseg.errors import CancelledError, NotFoundError, ParameterError, StorageError
from sambaseg.images.pyramid import TileLayer
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.delta import TileKey
from sambaseg.project.label_view import TrainingInput
from sambaseg.project.layer_cache import LayerCache
from sambaseg.project.operations import Shapes
from sambaseg.project.results import RESULT_LAYERS, Result, StoredResult, TileShare
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
        """Return a result by its id, whichever image it is of. Raises NotFoundError."""
        with self._access:
            results = [*self._complete.values(), *self._paused.values()]
            known = [*(writer.result for writer in self._running.values()), *results]
        for result in known:
            if result.row.id == result_id:
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

    def note_trust(self, result_id: str, trust: Mapping[str, Any]) -> None:
        """Keep what is known of how far a complete result can be trusted; nothing where a newer one took its place."""
        with self._access:
            for image, result in self._complete.items():
                if result.row.id == result_id:
                    row = replace(result.stored, trust=trust).to_row("complete")
                    self._table.write(row)
                    self._complete[image] = self._result(row)
                    return

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


class ResultWriter:
    """A result that is being computed. Tiles may be written from several threads, and read at once."""

    def __init__(
        self, results: ResultFolder, result: Result, tiles: dict[TileKey, TileShare], *, seconds: float = 0.0
    ) -> None:
        self.result = result
        self._results = results
        self._access = threading.Lock()
        self._tiles = tiles
        self._ended = False
        self._started = time.monotonic() - seconds

    @property
    def id(self) -> str:
        """The result's id."""
        return self.result.row.id

    @property
    def image(self) -> int:
        """The image that it is of."""
        return self.result.row.image

    @property
    def seconds(self) -> float:
        """How long it is being computed, without the time that it was paused."""
        return time.monotonic() - self._started

    @property
    def done(self) -> frozenset[TileKey]:
        """The tiles that are computed."""
        with self._access:
            return frozenset(self._tiles)

    def write_tile(self, ty: int, tx: int, classes_yx: NDArray[np.uint8], uncertainty_yx: NDArray[np.uint8]) -> None:
        """Write class ids and uncertainty (255 = 1.0) of one tile, both uint8 (h, w), and the coarser levels over it.

        Raises CancelledError once the result is cancelled, and ParameterError where there is no such tile.
        """
        self._raise_if_ended()
        for name, tile_yx in zip(RESULT_LAYERS, (classes_yx, uncertainty_yx), strict=True):
            layer = self.result.layer(name)
            layer.write_tile(ty, tx, tile_yx[np.newaxis])
            layer.reduce_above(ty, tx)
        share = TileShare.of(classes_yx, uncertainty_yx)
        with self._access:
            self._tiles[ty, tx] = share

    def write_part(
        self,
        ty: int,
        tx: int,
        corner_yx: tuple[int, int],
        classes_yx: NDArray[np.uint8],
        uncertainty_yx: NDArray[np.uint8],
    ) -> None:
        """Write a part of a tile, from row and column `corner_yx` of it on; the tile is not done by that.

        Raises as `write_tile`.
        """
        self._raise_if_ended()
        (top, left), (height, width) = corner_yx, classes_yx.shape
        for name, part_yx in zip(RESULT_LAYERS, (classes_yx, uncertainty_yx), strict=True):
            layer = self.result.layer(name)
            tile_cyx = layer.read_tile(0, ty, tx)
            tile_cyx[0, top : top + height, left : left + width] = part_yx
            layer.write_tile(ty, tx, tile_cyx)
            layer.reduce_above(ty, tx)

    def restart(self, used: TrainingInput, classes: Sequence[LabelClass], classifier_id: str = "") -> None:
        """Begin anew with a classifier of `classes` that was trained on `used`, under the same id.

        No tile is done then, but each can be read as it was until it is written again. Nobody may be writing.
        Raises CancelledError once the result is cancelled.
        """
        self._raise_if_ended()
        stored = StoredResult(
            id=self.id,
            image=self.image,
            revision=used.revision,
            labels_state=used.state,
            classes=tuple(classes),
            classifier_id=classifier_id,
        )
        with self._access:
            self._tiles.clear()
            self.result = self.result.computed_from(stored)
            self._started = time.monotonic()

    def finish(self, seconds: float | None = None) -> None:
        """Bring all to the disk and make this the image's result; `seconds` is how long it took, if not since begun.

        Raises CancelledError once the result is cancelled, ParameterError where tiles are missing, and StorageError.
        """
        self._raise_if_ended()
        missing = int(np.prod(self.result.layer("segmentation").tile_counts(0))) - len(self._tiles)
        if missing:
            raise ParameterError(f"The result lacks {missing} of its tiles.")
        self._sync()
        counts = np.zeros(256, dtype=np.int64)
        for share in self._tiles.values():
            for class_id, pixels in share.pixels_of_class.items():
                counts[class_id] += pixels
        uncertainty = sum(share.uncertainty for share in self._tiles.values())
        stored = replace(
            self.result.stored,
            seconds=self.seconds if seconds is None else seconds,
            pixels_of_class={int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts[1:]) + 1},
            mean_uncertainty=uncertainty / (255 * int(counts.sum())),
        )
        self._results.accept(self, stored)
        self._ended = True

    def pause(self) -> None:
        """Keep what is done, so that a later `begin_result` of the same classifier goes on there.

        Where nothing is done, this is `cancel`. Raises CancelledError once the result is cancelled, and StorageError.
        """
        self._raise_if_ended()
        if not self._tiles:
            self.cancel()
            return
        self._ended = True
        with self._access:
            tiles = dict(self._tiles)
        try:
            self._sync()
            self._results.put_aside(self, replace(self.result.stored, seconds=self.seconds, tiles=tiles))
        except BaseException:
            self._results.drop(self)
            raise

    def cancel(self) -> None:
        """Give the result up; the one before it stays."""
        self._ended = True
        self._results.drop(self)

    def _sync(self) -> None:
        try:
            for name in RESULT_LAYERS:
                self.result.layer(name).flush()
            sync_tree(self.result.folder)
        except FileNotFoundError:  # removed by `cancel` meanwhile
            raise CancelledError("The result was cancelled.") from None
        except OSError as error:
            raise StorageError(f"The result could not be saved: {error.strerror}.") from error

    def _raise_if_ended(self) -> None:
        if self._ended:
            raise CancelledError("The result was cancelled.")


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
