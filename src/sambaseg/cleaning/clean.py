"""Cleaning a segmentation up by steps, in their order: the result is the same however the image is cut into tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.majority import filter_rows, half_widths
from sambaseg.cleaning.plane import temporary_plane
from sambaseg.cleaning.regions import BAND_PX, find_regions
from sambaseg.cleaning.small_regions import give_away
from sambaseg.cleaning.steps import CleaningStep
from sambaseg.compiled import compiled

DEFAULT_MEMORY = 2**30
MAX_CLASSES = 255


@dataclass(frozen=True)
class Cleaner:
    """Cleans planes whose values are ranks of ``class_ids``, from 1 on; 0 is no class.

    ``memory_bytes`` is what regions may take; planes larger than 64 MB lie in files in ``folder``. ``tell`` is told the
    share of the work that is done and may raise to end it.
    """

    steps: Sequence[CleaningStep]
    class_ids: Sequence[int]
    memory_bytes: int = DEFAULT_MEMORY
    folder: Path | None = None
    tell: Callable[[float], None] = lambda _: None

    def clean(self, plane_yx: NDArray[np.uint8]) -> None:
        """Clean a plane (H, W) in place. Raises MemoryBudgetError, StorageError, and what ``tell`` raises."""
        with temporary_plane(plane_yx.shape, np.int32, self.folder) as numbers_yx:
            for done, step in enumerate(self.steps):
                if step.kind == "fill_holes":
                    self._fill_holes(plane_yx, numbers_yx, step, done)
                elif step.kind == "remove_small":
                    self._remove_small(plane_yx, numbers_yx, step, done)
                else:
                    self._smooth(plane_yx, step, done)

    def _fill_holes(
        self, plane_yx: NDArray[np.uint8], numbers_yx: NDArray[np.int32], step: CleaningStep, done: int
    ) -> None:
        """Fill the holes of each class in turn: regions of other pixels that the class and no edge encloses.

        A class is connected at corners, so that what it encloses is not.
        """
        ranks = np.flatnonzero(self._chosen(step))
        for each, rank in enumerate(ranks):
            others_v = (np.arange(256) != rank).astype(np.uint8)
            regions = find_regions(
                plane_yx,
                others_v,
                numbers_yx,
                corners=False,
                memory_bytes=self.memory_bytes,
                tell=lambda share, each=each: self._tell(done, (each + share) / len(ranks)),  # type: ignore[misc]
            )
            filled_r = ~regions.at_border_r & (regions.areas_r <= step.size)
            _fill(plane_yx, numbers_yx, regions.roots_r, filled_r, int(rank))

    def _remove_small(
        self, plane_yx: NDArray[np.uint8], numbers_yx: NDArray[np.int32], step: CleaningStep, done: int
    ) -> None:
        """Give small regions to their neighbours; those among small ones only, once their neighbours are given away."""
        itself_v, left, given = np.arange(256, dtype=np.uint8), 1, 1
        while left and given:
            regions = find_regions(
                plane_yx,
                itself_v,
                numbers_yx,
                corners=True,
                memory_bytes=self.memory_bytes,
                tell=lambda share: self._tell(done, share),
            )
            given, left = give_away(plane_yx, regions, self._chosen(step), step.size)

    def _smooth(self, plane_yx: NDArray[np.uint8], step: CleaningStep, done: int) -> None:
        chosen_v, widths_y, height = self._chosen(step), half_widths(step.size), plane_yx.shape[0]
        with temporary_plane(plane_yx.shape, np.uint8, self.folder) as filtered_yx:
            for top in range(0, height, BAND_PX):
                self._tell(done, top / height)
                filter_rows(plane_yx, chosen_v, widths_y, top, min(top + BAND_PX, height), filtered_yx)
            plane_yx[...] = filtered_yx

    def _chosen(self, step: CleaningStep) -> NDArray[np.bool_]:
        """Return for each rank whether the step is done for its class; (classes + 1,)."""
        return np.array([False, *(not step.classes or class_id in step.classes for class_id in self.class_ids)])

    def _tell(self, done: int, share: float) -> None:
        self.tell((done + share) / len(self.steps))


def clean_classes(
    classes_yx: NDArray[np.integer],
    class_ids: Sequence[int],
    steps: Sequence[CleaningStep],
    *,
    memory_bytes: int = DEFAULT_MEMORY,
    tell: Callable[[float], None] = lambda _: None,
) -> NDArray[np.integer]:
    """Return a segmentation (H, W) cleaned, in its own dtype; 0 is no class, all others are among `class_ids`.

    Raises as `Cleaner.clean` does.
    """
    ids = np.array([0, *sorted(class_ids)])
    ranks_yx = np.searchsorted(ids, classes_yx).astype(np.uint8)
    Cleaner(steps, ids[1:].tolist(), memory_bytes=memory_bytes, tell=tell).clean(ranks_yx)
    cleaned_yx: NDArray[np.integer] = ids.astype(classes_yx.dtype)[ranks_yx]
    return cleaned_yx


@compiled
def _fill(
    plane_yx: NDArray[np.uint8],
    numbers_yx: NDArray[np.int32],
    roots_r: NDArray[np.int32],
    filled_r: NDArray[np.bool_],
    rank: int,
) -> None:
    height, width = plane_yx.shape
    for y in range(height):
        for x in range(width):
            number = numbers_yx[y, x]
            if number >= 0 and filled_r[roots_r[number]]:
                plane_yx[y, x] = rank
