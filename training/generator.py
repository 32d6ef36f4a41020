"""Synthetic micrographs with known regions: the same for the same seed, of a random family or of one that is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.families import fibres, grains, layers, membranes, nuclei, particles, pores, precipitates, textures
from training.imaging import photograph
from training.scene import Scene
from training.targets import boundary_targets

FAMILIES: dict[str, Callable[[np.random.Generator, int], Scene]] = {
    "particles": particles.make,
    "nuclei": nuclei.make,
    "grains": grains.make,
    "precipitates": precipitates.make,
    "pores": pores.make,
    "membranes": membranes.make,
    "layers": layers.make,
    "textures": textures.make,
    "fibres": fibres.make,
}
SIDE_PX = 256


@dataclass(frozen=True)
class Micrograph:
    """One synthetic micrograph: image (h, w) float32 0 to 1, regions (h, w) int32, targets (3, h, w) float32 0 to 1.

    `phases_yx` (h, w) int32 says which phase each pixel is of; None where the scene has none that could be learned.
    """

    family: str
    image_yx: NDArray[np.float32]
    regions_yx: NDArray[np.int32]
    targets_cyx: NDArray[np.float32]
    phases_yx: NDArray[np.int32] | None


def make_micrograph(seed: int, *, side_px: int = SIDE_PX, family: str | None = None) -> Micrograph:
    """Return the synthetic micrograph of `seed`, of a random family unless one is named."""
    rng = np.random.default_rng(seed)
    name = family or str(rng.choice(list(FAMILIES)))
    scene = FAMILIES[name](rng, side_px)
    targets = boundary_targets(scene.regions_yx, scene.parts_yx)
    return Micrograph(name, photograph(rng, scene.grey_yx), scene.regions_yx, targets, scene.phases_yx)
