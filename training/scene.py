"""A scene: what a synthetic micrograph shows before any instrument looks at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scene:
    """Brightness and the regions that it was painted from; all arrays are (side, side).

    `grey_yx` is float32, about 0 to 1. `regions_yx` is int32: pixels with one id belong together. `parts_yx` is int32
    too and says what a person might tell apart inside a region, but less surely (grains of a texture, touching walls).
    `phases_yx` is int32: which phase a pixel is of, from 0; None where phases are nothing that could be learned.
    """

    grey_yx: NDArray[np.float32]
    regions_yx: NDArray[np.int32]
    parts_yx: NDArray[np.int32] | None = None
    phases_yx: NDArray[np.int32] | None = None
