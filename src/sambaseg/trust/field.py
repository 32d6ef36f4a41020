"""How well one field of view stands for the whole material: the variance of a class's share between such fields.

A share p measured on an area A varies between fields by about p(1 − p) · a / A, where the integral range a is the
integral of the correlation of the class with itself (Lantuéjoul 1991; Kanit et al. 2003). Here the covariance is
measured in the image by FFT and summed up to the distance where it falls to 0. The share that is subtracted comes from
the same image, which makes every covariance too small by the very variance that is looked for; that is solved for.
With several fields, pairs within each are counted, and the share is that of all.

Lantuéjoul, Ergodicity and integral range, Journal of Microscopy 161 (1991) 387–403. Kanit et al., Determination of the
size of the representative volume element for random composites, International Journal of Solids and Structures 40
(2003) 3647–3679.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

GRID = 256
"""Longest side of the grid on which the covariance is measured: cells of larger images are means of their pixels."""

Grid = npt.NDArray[np.float64]


def cells_of(class_yx: npt.NDArray[np.bool_]) -> Grid:
    """Return the share of a class in each cell of a grid of at most 256² over a field of view; cut-off cells go."""
    side = max(1, -(-max(class_yx.shape) // GRID))
    height, width = (length // side * side for length in class_yx.shape)
    if height == 0 or width == 0:
        return np.full((1, 1), class_yx.mean())
    blocks = class_yx[:height, :width].reshape(height // side, side, width // side, side)
    cells: Grid = blocks.mean(axis=(1, 3), dtype=np.float64)
    return cells


def share_variance(fields: Sequence[Grid]) -> tuple[float, float]:
    """Return the variance of a class's mean share over all `fields`, and how many independent samples they are worth.

    `fields` are shares of one class in cells of equal size, of fields of view that do not touch. A class that fills
    nothing or everything has the variance 0 and no more samples than fields.
    """
    cells = sum(field.size for field in fields)
    share = sum(float(field.sum()) for field in fields) / cells
    if not 0.0 < share < 1.0:
        return 0.0, float(len(fields))
    covered_r, pairs_r = _by_distance(fields, share)
    reach = _reach(covered_r / np.maximum(pairs_r, 1), pairs_r, cells)
    taken, counted = float(covered_r[:reach].sum()), float(pairs_r[:reach].sum())
    rest = max(cells**2 - counted, 0.25 * cells**2)  # what is subtracted lowers all pairs that are counted
    variance = max(taken, float(covered_r[0])) / rest
    return min(variance, share * (1 - share)), max(1.0, share * (1 - share) / variance)


def _by_distance(fields: Sequence[Grid], share: float) -> tuple[Grid, Grid]:
    """Return the sums of products and the numbers of pairs of cells by their distance, rounded to whole cells."""
    longest = max(max(field.shape) for field in fields)
    products_r, pairs_r = np.zeros((2, longest + 1))
    for field in fields:
        size = tuple(2 * length for length in field.shape)
        spectrum = np.fft.rfft2(field - share, size)
        products_yx = np.fft.irfft2(np.abs(spectrum) ** 2, size)
        overlap_y, overlap_x = (length - np.minimum(np.arange(2 * length), 2 * length - np.arange(2 * length))
                                for length in field.shape)  # fmt: skip
        pairs_yx = np.outer(overlap_y, overlap_x)
        dy, dx = (np.minimum(np.arange(2 * length), 2 * length - np.arange(2 * length)) for length in field.shape)
        distance_yx = np.rint(np.hypot(dy[:, np.newaxis], dx[np.newaxis])).astype(np.intp)
        near = distance_yx <= longest
        products_r += np.bincount(distance_yx[near], products_yx[near], longest + 1)
        pairs_r += np.bincount(distance_yx[near], pairs_yx[near], longest + 1)
    return products_r, pairs_r


def _reach(covariance_r: Grid, pairs_r: Grid, cells: int) -> int:
    """Return the number of distances up to where the covariance, freed of what was subtracted, falls to 0."""
    added = 0.0
    for _ in range(4):  # the variance that was subtracted depends on the reach, and the other way round
        below = np.flatnonzero(covariance_r + added <= 0.02 * (covariance_r[0] + added))
        reach = int(below[0]) if below.size else len(covariance_r)
        counted = float(pairs_r[:reach].sum())
        added = float((covariance_r[:reach] * pairs_r[:reach]).sum()) / max(cells**2 - counted, 0.25 * cells**2)
    return max(reach, 1)
