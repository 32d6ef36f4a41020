"""How unsure a classifier is of a pixel: 1 minus its largest class probability, on one absolute scale for all images.

0 means sure; with k classes the highest value is 1 − 1/k. On disk and in the page a byte holds it, 255 being 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def uncertainty_of(probabilities_kyx: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the uncertainty, float32 of 0 to 1, of probabilities whose first axis is the class."""
    largest: npt.NDArray[np.float32] = probabilities_kyx.max(axis=0)
    unsure: npt.NDArray[np.float32] = np.clip(np.float32(1) - largest, np.float32(0), np.float32(1))
    return unsure


def uncertainty_as_bytes(uncertainty_yx: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return uncertainty as bytes, 255 being 1."""
    held: npt.NDArray[np.uint8] = np.rint(uncertainty_yx * np.float32(255)).astype(np.uint8)
    return held
