"""What the network shall say: between which neighbouring pixels a boundary runs, and which pixels lie near one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PART_STRENGTH = 0.5
NEAR_PX = 2


def _between(labels_yx: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return (2, h, w): 1 where a pixel differs from its right neighbour, and from the one below."""
    edges = np.zeros((2, *labels_yx.shape), np.float32)
    edges[0, :, :-1] = labels_yx[:, 1:] != labels_yx[:, :-1]
    edges[1, :-1, :] = labels_yx[1:] != labels_yx[:-1]
    return edges


def touching(edges_cyx: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each pixel the strongest of the boundaries to its four neighbours."""
    right, below = edges_cyx[0], edges_cyx[1]
    strongest = np.maximum(right, below)
    strongest[:, 1:] = np.maximum(strongest[:, 1:], right[:, :-1])
    strongest[1:] = np.maximum(strongest[1:], below[:-1])
    return strongest


def _widened(plane_yx: NDArray[np.float32], by_px: int) -> NDArray[np.float32]:
    for _ in range(by_px):
        padded = np.pad(plane_yx, 1)
        plane_yx = np.maximum.reduce(
            [padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
        )
    return plane_yx


def boundary_targets(regions_yx: NDArray[np.int32], parts_yx: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
    """Return (3, h, w) float32, 0 to 1: boundary to the right neighbour, to the one below, and nearness to any.

    A boundary between regions is 1; one between parts of a region `PART_STRENGTH`. Near means at most `NEAR_PX` off.
    """
    edges = _between(regions_yx)
    if parts_yx is not None:
        edges = np.maximum(edges, PART_STRENGTH * _between(parts_yx))
    near = _widened(touching(edges), NEAR_PX)
    return np.concatenate([edges, near[None]]).astype(np.float32)
