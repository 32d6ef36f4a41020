"""The boundary maps that are compared: gradients as now, what the network learned, and both mixed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from training.area_hierarchy import pixel_weights
from training.learned import LearnedBoundaries

Floats = NDArray[np.float32]
GRADIENT_SHARE = 0.3
"""How much of the gradient (its 99th percentile is 1) a mixed map adds to the learned boundary."""


class BoundaryMaps:
    """All maps of one image, computed when first asked for; each as (2, h, w), to the right and below."""

    def __init__(self, grey_yx: Floats, network: LearnedBoundaries | None) -> None:
        """Take brightness from 0 to 1, and the network if there is one."""
        self._grey_yx = grey_yx
        self._network = network
        self._known: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        """Return the map `name`, one of `MAPS`."""
        if name not in self._known:
            self._known[name] = MAPS[name](self)
        return self._known[name]

    def gradient(self, sigma_px: float) -> Floats:
        """Return the Gaussian gradient magnitude (h, w), its 99th percentile scaled to 1."""
        strength = ndi.gaussian_gradient_magnitude(self._grey_yx, sigma_px)
        return (strength / max(float(np.percentile(strength, 99)), 1e-6)).astype(np.float32)

    def steps(self, sigma_px: float) -> Floats:
        """Return the difference between neighbours (2, h, w) after a blur, its 99th percentile scaled to 1."""
        blurred = ndi.gaussian_filter(self._grey_yx, sigma_px)
        difference = np.zeros((2, *blurred.shape), np.float32)
        difference[0, :, :-1] = np.abs(np.diff(blurred, axis=1))
        difference[1, :-1] = np.abs(np.diff(blurred, axis=0))
        return difference / np.float32(max(float(np.percentile(difference, 99)), 1e-6))

    def learned(self) -> Floats:
        """Return what the network says (3, h, w): right, below, near."""
        if "said" not in self._known:
            if self._network is None:
                raise ValueError("A learned map needs a network.")
            self._known["said"] = self._network(self._grey_yx)
        return self._known["said"]

    def learned_coarse(self) -> Floats:
        """Return the same from the image at half size, enlarged."""
        if "said of half" not in self._known:
            if self._network is None:
                raise ValueError("A learned map needs a network.")
            self._known["said of half"] = self._network.coarse(self._grey_yx)
        return self._known["said of half"]


MAPS: dict[str, Callable[[BoundaryMaps], Floats]] = {
    "gradient 1.0": lambda maps: pixel_weights(maps.gradient(1.0)),
    "gradient 1.5": lambda maps: pixel_weights(maps.gradient(1.5)),
    "gradient 2.5": lambda maps: pixel_weights(maps.gradient(2.5)),
    "steps 1.0": lambda maps: maps.steps(1.0),
    "learned edges": lambda maps: maps.learned()[:2],
    "learned nearness": lambda maps: pixel_weights(maps.learned()[2]),
    "learned coarse": lambda maps: pixel_weights(maps.learned_coarse()[2]),
    "mixed edges": lambda maps: maps.learned()[:2] + GRADIENT_SHARE * maps.steps(1.0),
    "mixed nearness": lambda maps: pixel_weights(maps.learned()[2] + GRADIENT_SHARE * maps.gradient(1.5)),
}
