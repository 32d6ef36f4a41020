"""A result while it is being computed: its tiles are written, cleaned up where that is wanted, and made complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.steps import CleaningStep, steps_for
from sambaseg.durable import sync_tree
from sambaseg.errors import CancelledError, ParameterError, StorageError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.delta import TileKey
from sambaseg.project.cleaned import CleanedClasses, CleaningRoom, write_cleaned
from sambaseg.project.label_view import TrainingInput
from sambaseg.project.results import RESULT_LAYERS, Result, StoredResult, TileShare

if TYPE_CHECKING:
    from sambaseg.project.result_folder import ResultFolder


class ResultWriter:
    """A result that is being computed. Tiles may be written from several threads, and read at once."""

    def __init__(
        self, results: ResultFolder, result: Result, tiles: dict[TileKey, TileShare], *, seconds: float = 0.0
    ) -> None:
        self.result = result
        self._results = results
        self._access = threading.Lock()
        self._tiles = tiles
        self._cleaned: CleanedClasses | None = None
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
            self._cleaned = None
            self.result = self.result.computed_from(stored)
            self._started = time.monotonic()

    def clean(self, steps: tuple[CleaningStep, ...], room: CleaningRoom) -> None:
        """Clean the segmentation up, so that readers get the cleaned classes once the result is finished.

        Nothing is done without steps. Raises CancelledError once the result is cancelled, ParameterError where tiles
        are missing, and as `write_cleaned`.
        """
        self._raise_if_ended()
        self._raise_if_incomplete()
        ids = self.result.stored.class_ids
        steps = steps_for(steps, ids)
        if steps:
            self._cleaned = write_cleaned(self.result.layer("segmentation"), self.result.folder, ids, steps, room)

    def finish(self, seconds: float | None = None) -> None:
        """Bring all to the disk and make this the image's result; `seconds` is how long it took, if not since begun.

        Raises CancelledError once the result is cancelled, ParameterError where tiles are missing, and StorageError.
        """
        self._raise_if_ended()
        self._raise_if_incomplete()
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
            cleaned=self._cleaned,
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

    def _raise_if_incomplete(self) -> None:
        missing = int(np.prod(self.result.layer("segmentation").tile_counts(0))) - len(self._tiles)
        if missing:
            raise ParameterError(f"The result lacks {missing} of its tiles.")

    def _raise_if_ended(self) -> None:
        if self._ended:
            raise CancelledError("The result was cancelled.")
