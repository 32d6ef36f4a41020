"""Histograms of what was measured, as the plots show them: the classes of an image have the same bins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sambaseg.measure.measurements import Chords, ClassMeasures
from sambaseg.measure.regions import Regions

BINS = 24


@dataclass(frozen=True)
class Histogram:
    """Shares (b,) of what lies between edges (b + 1,), which begin at 0; the shares add up to 1. Both empty for none.

    ``by_area_b`` are shares of the area instead of the number, for regions.
    """

    edges: NDArray[np.float64]
    shares_b: NDArray[np.float64]
    by_area_b: NDArray[np.float64]


NOTHING = Histogram(np.zeros(0), np.zeros(0), np.zeros(0))


def of_diameters(regions: Regions, longest: float) -> Histogram:
    """Return how the equivalent diameters of some regions, `longest` at most, are distributed."""
    if len(regions) == 0:
        return NOTHING
    edges = np.linspace(0, longest, BINS + 1)
    return Histogram(
        edges, _shares(regions.diameters_n, edges, None), _shares(regions.diameters_n, edges, regions.areas_n)
    )


def of_chords(chords: Chords, longest_px: int) -> Histogram:
    """Return how chord lengths, `longest_px` at most, are distributed; bins are whole pixels wide."""
    if chords.count == 0:
        return NOTHING
    lengths_n = np.flatnonzero(chords.counts_l)
    width = -(-longest_px // BINS)
    edges_px = np.arange(0.5, longest_px + width + 0.5, width)
    shares_b = _shares(lengths_n, edges_px, chords.counts_l[lengths_n])
    return Histogram(edges_px * chords.step, shares_b, np.zeros(0))


def longest_diameter(classes: Sequence[ClassMeasures]) -> float:
    """Return the longest equivalent diameter of all classes, so that their histograms have the same bins."""
    return max((float(each.sized_regions.diameters_n.max(initial=0)) for each in classes), default=0.0)


def longest_chord_px(chords: Iterable[Chords]) -> int:
    """Return the longest of the chords of several classes in pixels."""
    return max((int(np.flatnonzero(each.counts_l).max(initial=0)) for each in chords), default=0)


def _shares(
    values_n: NDArray[np.generic], edges: NDArray[np.float64], weights_n: NDArray[np.generic] | None
) -> NDArray[np.float64]:
    counts_b = np.histogram(values_n, edges, weights=weights_n)[0].astype(np.float64)
    return np.asarray(counts_b / counts_b.sum())
