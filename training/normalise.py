"""How an image must be before the network sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRIDE_PX = 16
"""Height and width must be multiples of this."""


def normalise(image_yx: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the image with mean 0 and standard deviation 1, clipped to ±4; float32."""
    plane = np.asarray(image_yx, np.float32)
    spread = max(float(plane.std()), 1e-6)
    return np.clip((plane - plane.mean()) / spread, -4, 4).astype(np.float32)
