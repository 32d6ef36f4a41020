"""Small pictures of the planes of a recipe: the very features of a part of an image, each by its own contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.features.family import Place
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import PlaneName, TileComputer, plane_names
from sambaseg.images.halo import read_with_halo
from sambaseg.images.pixels import Pixels
from sambaseg.pipeline.progress import CancelToken

MOST_PX = 160
"""Of a side of a part."""

MOST_PLANES = 256
"""Of one preview: 26 MB of features."""

PERCENTILES = 1.0, 99.0
"""Of a plane's values in the part: they are shown black and white."""


@dataclass(frozen=True)
class Part:
    """Rows `top` to `bottom` - 1 and columns `left` to `right` - 1 of an image at its full resolution."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.bottom - self.top, self.right - self.left


@dataclass(frozen=True, eq=False)
class FeaturePreview:
    """Pictures (f, h, w) of planes, uint8, their names, and the values that are shown black and white (f)."""

    planes: tuple[PlaneName, ...]
    shown_fyx: npt.NDArray[np.uint8]
    low_f: npt.NDArray[np.float32]
    high_f: npt.NDArray[np.float32]


def preview_features(
    pixels_cyx: Pixels | npt.NDArray[Any],
    part: Part,
    recipe: FeatureRecipe,
    scaling: Scaling,
    *,
    cancelled: CancelToken | None = None,
) -> FeaturePreview:
    """Return pictures of the features of a part of an image, in the order of a feature stack.

    The features are those that a classifier would be given, the surroundings of the part included. Raises
    ParameterError for a part that is empty, outside the image or larger than 160 px a side, and for more than 256
    planes; CancelledError.
    """
    cancelled = cancelled or CancelToken()
    channels, image_height, image_width = pixels_cyx.shape
    _check_part(part, image_height, image_width)
    planes = plane_names(recipe, channels)
    if len(planes) > MOST_PLANES:
        raise ParameterError(
            f"These are {len(planes)} features, and at most {MOST_PLANES} are shown at a time.",
            hint="Ask for fewer families, or for fewer scales.",
        )
    height, width = part.shape_yx
    computer = TileComputer(recipe, channels, (height, width))
    around_cyx = read_with_halo(pixels_cyx, part.top, part.bottom, part.left, part.right, computer.halo_px)
    features_fyx = np.empty((len(planes), height, width), np.float32)

    def take(first: int, y: int, x: int, block_fyx: npt.NDArray[np.float32]) -> None:
        cancelled.raise_if_cancelled()
        count, rows, columns = block_fyx.shape
        features_fyx[first : first + count, y : y + rows, x : x + columns] = block_fyx

    computer.compute_each(scaling.apply(around_cyx), take, place=Place(part.top, part.left))
    low_f, high_f = np.percentile(features_fyx, PERCENTILES, axis=(1, 2)).astype(np.float32)
    return FeaturePreview(tuple(planes), _shown(features_fyx, low_f, high_f), low_f, high_f)


def _shown(
    features_fyx: npt.NDArray[np.float32], low_f: npt.NDArray[np.float32], high_f: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Return planes as greys; one whose values are all alike is shown in a middle grey."""
    span_f = high_f - low_f
    flat_f = span_f <= 0
    scaled_fyx = (features_fyx - low_f[:, None, None]) / np.where(flat_f, 1, span_f)[:, None, None]
    scaled_fyx[flat_f] = 0.5
    return np.rint(np.clip(scaled_fyx, 0, 1) * 255).astype(np.uint8)


def _check_part(part: Part, height: int, width: int) -> None:
    inside = 0 <= part.top < part.bottom <= height and 0 <= part.left < part.right <= width
    if not inside or max(part.shape_yx) > MOST_PX:
        raise ParameterError(
            f"A preview is of 1 to {MOST_PX} rows and columns of the image, which has {height} and {width}; not of top "
            f"{part.top}, left {part.left}, bottom {part.bottom}, right {part.right}.",
            hint="Ask for a smaller part, inside the image.",
        )
