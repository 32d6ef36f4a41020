"""What places are ranked on: class, uncertainty and labels of an image, at one level of its pyramid.

At most `MOST_PX` pixels are looked at, whatever the size of the image: larger ones at a coarser level, where
uncertainty is the mean of what lies under a pixel and the class its most frequent one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.images.pyramid import TILE_PX, level_shapes
from sambaseg.images.reduction import Reduction, halve

MOST_PX = 512 * 512

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ResultMaps:
    """Arrays of one shape (h, w), uint8, and how many pixels of the image one of theirs stands for in each direction.

    The image is ``image_shape_yx`` large where its far edges cut pixels of theirs; None where they do not.

    ``classes_yx`` has class ids, 0 where nothing is computed yet; ``uncertainty_yx`` has 255 = 1.0; ``labels_yx`` is 0
    where nothing is labelled. Raises ParameterError for arrays of different shapes.
    """

    classes_yx: Bytes
    uncertainty_yx: Bytes
    labels_yx: Bytes
    scale: int = 1
    image_shape_yx: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.classes_yx, self.uncertainty_yx, self.labels_yx)}
        if len(shapes) != 1 or self.classes_yx.ndim != 2:
            raise ParameterError(f"Classes, uncertainty and labels must have one shape (h, w), not {sorted(shapes)}.")

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns."""
        height, width = self.classes_yx.shape
        return height, width

    def in_image(self, y: int, x: int) -> tuple[int, int]:
        """Return the row and column of the image in the middle of a pixel of theirs."""
        height, width = self.image_shape_yx or (self.shape_yx[0] * self.scale, self.shape_yx[1] * self.scale)
        half = self.scale // 2
        return min(y * self.scale + half, height - 1), min(x * self.scale + half, width - 1)


def level_for(shape_yx: tuple[int, int], most_px: int = MOST_PX) -> int:
    """Return the finest level of an image's pyramid that has at most `most_px` pixels, else the coarsest."""
    shapes = level_shapes((1, *shape_yx))
    return next((k for k, (_, height, width) in enumerate(shapes) if height * width <= most_px), len(shapes) - 1)


class MapsOfTiles:
    """Makes maps of a segmentation that comes tile by tile, in any order and from several threads at once.

    Each tile is made coarser as it comes, as the pyramids of a project are, so that no plane is as large as the image.
    """

    def __init__(self, shape_yx: tuple[int, int]) -> None:
        self._shape_yx = shape_yx
        self._level = min(level_for(shape_yx), int(TILE_PX).bit_length() - 1)
        _, height, width = level_shapes((1, *shape_yx))[self._level]
        self._classes_yx, self._uncertainty_yx = np.zeros((2, height, width), np.uint8)

    def take(self, ty: int, tx: int, classes_yx: Bytes, uncertainty_yx: Bytes) -> None:
        """Take a tile of the segmentation, as `ResultMaps` has it."""
        side = TILE_PX >> self._level
        planes: list[tuple[Bytes, Bytes, Reduction]] = [
            (self._classes_yx, classes_yx, "label"),
            (self._uncertainty_yx, uncertainty_yx, "mean"),
        ]
        for whole_yx, tile_yx, reduction in planes:
            tile_cyx = tile_yx[np.newaxis]
            for _ in range(self._level):
                tile_cyx = halve(tile_cyx, reduction)
            whole_yx[ty * side : (ty + 1) * side, tx * side : (tx + 1) * side] = tile_cyx[0]

    def maps(self, rows_n: npt.NDArray[np.integer], columns_n: npt.NDArray[np.integer]) -> ResultMaps:
        """Return the maps, with these pixels of the image labelled."""
        labels_yx = np.zeros_like(self._classes_yx)
        labels_yx[rows_n >> self._level, columns_n >> self._level] = 1
        return ResultMaps(self._classes_yx, self._uncertainty_yx, labels_yx, 2**self._level, self._shape_yx)
