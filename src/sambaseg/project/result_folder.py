"""The results of a project on disk: one folder each; the newest complete one and a running one are kept."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import sync_tree
from sambaseg.errors import CancelledError, DamagedProjectError, NotFoundError, StorageError
from sambaseg.images.pyramid import TileLayer
from sambaseg.labels.classes import LabelClass
from sambaseg.project.results import RESULT_LAYERS, Result, StoredResult, is_complete


class ResultFolder:
    """All results of one project. All methods may be called from any thread."""

    def __init__(self, folder: Path, shape_yx: tuple[int, int]) -> None:
        self.folder = folder
        self._shape_yx = shape_yx
        self._access = threading.RLock()
        self._running: ResultWriter | None = None
        self._complete = self._open_newest()

    @property
    def running(self) -> ResultWriter | None:
        """The result that is being computed."""
        return self._running

    @property
    def complete(self) -> Result | None:
        """The newest complete result."""
        return self._complete

    def find(self, result_id: str) -> Result:
        """Return a result by its id. Raises NotFoundError."""
        with self._access:
            known = [self._complete, self._running.result if self._running else None]
        for result in known:
            if result is not None and result.stored.id == result_id:
                return result
        raise NotFoundError("There is no such result any more.", hint="A newer one has taken its place.")

    def begin(self, *, revision: int, labels_state: int, classes: tuple[LabelClass, ...]) -> ResultWriter:
        """Make an empty result to be filled; one that is running is cancelled. Raises StorageError."""
        with self._access:
            if self._running is not None:
                self._running.cancel()
            stored = StoredResult(
                id=secrets.token_hex(16),
                number=self._complete.stored.number + 1 if self._complete else 1,
                revision=revision,
                labels_state=labels_state,
                classes=classes,
            )
            folder = self.folder / stored.id
            shape_cyx = (1, *self._shape_yx)
            try:
                layers = {
                    name: TileLayer.create(
                        folder / name, shape_cyx, np.uint8, reduce="label" if name == "segmentation" else "mean"
                    )
                    for name in RESULT_LAYERS
                }
            except StorageError:
                _remove(folder)
                raise
            self._running = ResultWriter(self, Result(folder, stored, layers))
            return self._running

    def close(self) -> None:
        """Cancel what is running."""
        with self._access:
            if self._running is not None:
                self._running.cancel()

    def accept(self, writer: ResultWriter, stored: StoredResult) -> None:
        """Make the running result complete and remove all others; see `ResultWriter.finish`."""
        with self._access:
            if self._running is not writer:
                raise CancelledError("The result was cancelled.")
            stored.write(writer.result.folder)
            self._complete, self._running = Result.open(writer.result.folder), None
            for path in self.folder.iterdir():
                if path != self._complete.folder:
                    _remove(path)

    def drop(self, writer: ResultWriter) -> None:
        """Remove the running result; see `ResultWriter.cancel`."""
        with self._access:
            if self._running is not writer:
                return
            self._running = None
        _remove(writer.result.folder)

    def _open_newest(self) -> Result | None:
        """Return the newest complete result and remove what was cut off."""
        self.folder.mkdir(exist_ok=True)
        found: list[Result] = []
        for path in self.folder.iterdir():
            if not is_complete(path):
                _remove(path)
                continue
            with contextlib.suppress(DamagedProjectError, StorageError):  # left alone until a newer one is complete
                found.append(Result.open(path))
        return max(found, key=lambda result: result.stored.number, default=None)


class ResultWriter:
    """A result that is being computed. Tiles may be written from several threads, and read at once."""

    def __init__(self, results: ResultFolder, result: Result) -> None:
        self.result = result
        self._results = results
        self._access = threading.Lock()
        self._tiles: dict[tuple[int, int], tuple[NDArray[np.int64], int]] = {}
        self._cancelled = False
        self._started = time.monotonic()

    @property
    def id(self) -> str:
        """The result's id."""
        return self.result.stored.id

    @property
    def seconds(self) -> float:
        """How long ago the writer was made."""
        return time.monotonic() - self._started

    def write_tile(self, ty: int, tx: int, classes_yx: NDArray[np.uint8], uncertainty_yx: NDArray[np.uint8]) -> None:
        """Write class ids and uncertainty (255 = 1.0) of one tile, both uint8 (h, w), and the coarser levels over it.

        Raises CancelledError once the result is cancelled, and ParameterError where there is no such tile.
        """
        self._raise_if_cancelled()
        for name, tile_yx in zip(RESULT_LAYERS, (classes_yx, uncertainty_yx), strict=True):
            layer = self.result.layers[name]
            layer.write_tile(ty, tx, tile_yx[np.newaxis])
            layer.reduce_above(ty, tx)
        counts = np.bincount(classes_yx.ravel(), minlength=256)
        with self._access:
            self._tiles[ty, tx] = counts, int(uncertainty_yx.sum(dtype=np.int64))

    def finish(self, seconds: float | None = None) -> None:
        """Bring all to the disk and make this the project's result; `seconds` is how long it took, if not since begun.

        Raises CancelledError once the result is cancelled, and StorageError.
        """
        self._raise_if_cancelled()
        for layer in self.result.layers.values():
            layer.flush()
        try:
            sync_tree(self.result.folder)
        except FileNotFoundError:  # removed by `cancel` meanwhile
            raise CancelledError("The result was cancelled.") from None
        except OSError as error:
            raise StorageError(f"The result could not be saved: {error.strerror}.") from error
        counts = sum((counts for counts, _ in self._tiles.values()), np.zeros(256, dtype=np.int64))
        pixels = int(counts.sum())
        total = sum(uncertainty for _, uncertainty in self._tiles.values())
        stored = replace(
            self.result.stored,
            seconds=self.seconds if seconds is None else seconds,
            pixels_of_class={int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts[1:]) + 1},
            mean_uncertainty=total / (255 * pixels) if pixels else None,
        )
        self._results.accept(self, stored)

    def cancel(self) -> None:
        """Give the result up; the one before it stays."""
        self._cancelled = True
        self._results.drop(self)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled:
            raise CancelledError("The result was cancelled.")


def _remove(path: Path) -> None:
    """Remove a result as far as possible; what is still in use is removed when the project is opened again."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
