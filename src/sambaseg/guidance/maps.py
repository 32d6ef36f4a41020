"""What places are ranked on: class, uncertainty and labels of an image, at one level of its pyramid.

At most `MOST_PX` pixels are looked at, whatever the size of the image: larger ones at a coarser level, where
uncertainty is the mean of what lies under a pixel and the class its most frequent one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.images.pyramid import level_shapes
from sambaseg.images.reduction import halve

MOST_PX = 512 * 512

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ResultMaps:
    """Arrays of one shape (h, w), uint8, and how many pixels of the image one of theirs stands for in each direction.

    ``classes_yx`` has class ids, 0 where nothing is computed yet; ``uncertainty_yx`` has 255 = 1.0; ``labels_yx`` has
    class ids, 0 where nothing is labelled. Raises ParameterError for arrays of different shapes.
    """

    classes_yx: Bytes
    uncertainty_yx: Bytes
    labels_yx: Bytes
    scale: int = 1

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.classes_yx, self.uncertainty_yx, self.labels_yx)}
        if len(shapes) != 1 or self.classes_yx.ndim != 2:
            raise ParameterError(f"Classes, uncertainty and labels must have one shape (h, w), not {sorted(shapes)}.")

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns."""
        height, width = self.classes_yx.shape
        return height, width


def level_for(shape_yx: tuple[int, int], most_px: int = MOST_PX) -> int:
    """Return the finest level of an image's pyramid that has at most `most_px` pixels, else the coarsest."""
    shapes = level_shapes((1, *shape_yx))
    return next((k for k, (_, height, width) in enumerate(shapes) if height * width <= most_px), len(shapes) - 1)


def coarser(maps: ResultMaps, level: int) -> ResultMaps:
    """Return the maps `level` halvings coarser, as the pyramids of a project have them."""
    classes, uncertainty, labels = (
        array[np.newaxis] for array in (maps.classes_yx, maps.uncertainty_yx, maps.labels_yx)
    )
    for _ in range(level):
        classes, uncertainty, labels = halve(classes, "label"), halve(uncertainty, "mean"), halve(labels, "label")
    return ResultMaps(classes[0], uncertainty[0], labels[0], maps.scale * 2**level)
