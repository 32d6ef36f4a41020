"""Cleaning a segmentation up on its way into a file: tiles are gathered, and go on when the whole image is clean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sambaseg.forest.classifier import Classifier
    from sambaseg.pipeline.apply import TileSink


@dataclass(frozen=True)
class CleanedSink:
    """Takes the tiles of a segmentation, with their uncertainty, and gives them on cleaned."""

    classifier: Classifier
    plane_yx: NDArray[np.uint8]
    memory_bytes: int
    folder: Path
    sinks: list[TileSink]

    def take(self, ty: int, tx: int, classes_yx: Any, *_: Any) -> None:  # noqa: ANN401
        """Gather a tile, from any thread."""
        import numpy as np

        from sambaseg.images.pyramid import TILE_PX

        ranks_yx = np.searchsorted(self.classifier.forest.class_ids, classes_yx) + 1
        top, left = ty * TILE_PX, tx * TILE_PX
        self.plane_yx[top : top + ranks_yx.shape[0], left : left + ranks_yx.shape[1]] = ranks_yx

    def finish(self) -> None:
        """Clean what was gathered and give it on. Raises MemoryBudgetError, StorageError."""
        from sambaseg.cleaning.clean import Cleaner
        from sambaseg.images.pyramid import TILE_PX
        from sambaseg.pipeline.apply import all_tiles

        ids_k = self.classifier.forest.class_ids
        cleaner = Cleaner(self.classifier.cleaning, ids_k.tolist(), memory_bytes=self.memory_bytes, folder=self.folder)
        cleaner.clean(self.plane_yx)
        height, width = self.plane_yx.shape
        for ty, tx in all_tiles((height, width)):
            rows, columns = slice(ty * TILE_PX, (ty + 1) * TILE_PX), slice(tx * TILE_PX, (tx + 1) * TILE_PX)
            classes_yx = ids_k[self.plane_yx[rows, columns].astype("intp") - 1]
            for sink in self.sinks:
                sink(ty, tx, classes_yx, None, None)  # type: ignore[arg-type]


@contextlib.contextmanager
def open_cleaned(
    classifier: Classifier, shape_yx: tuple[int, int], *, memory_bytes: int, folder: Path, sinks: list[TileSink]
) -> Iterator[CleanedSink]:
    """Yield what gathers a segmentation of this size for `sinks`, which look at classes only."""
    import numpy as np

    from sambaseg.cleaning.plane import temporary_plane

    with temporary_plane(shape_yx, np.uint8, folder) as plane_yx:
        yield CleanedSink(classifier, plane_yx, memory_bytes, folder, sinks)
