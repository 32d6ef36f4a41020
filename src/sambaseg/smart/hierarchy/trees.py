"""Which merge trees a view gets: several ideas of what belongs together, since no single one fits all micrographs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sambaseg.features.arrays import DoubleArray, FloatArray
from sambaseg.smart.hierarchy.class_map import ClassMap
from sambaseg.smart.hierarchy.merging import MergeTree, merge_by_area, merge_by_strength, merge_by_volume
from sambaseg.smart.hierarchy.region_graph import RegionGraph
from sambaseg.smart.hierarchy.regions import AREA, RegionSums

FINE_SIGMA_PX, COARSE_SIGMA_PX = 1.0, 2.5
"""Scales of the two boundary maps of a view, in this order in its graph."""
FINE_BESIDE_CLASSES = np.float32(0.3)
"""Weight of a fine boundary beside a change of class."""


@dataclass(frozen=True)
class TreeInputs:
    """A graph and what its trees merge by: areas float64 (n,), differences of colour float32 (E,), and classes."""

    graph: RegionGraph
    areas_n: DoubleArray
    colour_e: FloatArray
    classes: ClassMap

    @classmethod
    def of(cls, graph: RegionGraph, regions: RegionSums, classes: ClassMap) -> TreeInputs:
        """Return the inputs for a graph and its regions."""
        one, two = graph.ends_e2[:, 0], graph.ends_e2[:, 1]
        colour_e = np.sqrt(((regions.colour_nc[one] - regions.colour_nc[two]) ** 2).sum(axis=1)).astype(np.float32)
        return cls(graph, regions.sums_ns[:, AREA].copy(), colour_e, classes)


def _by_fine_boundaries(inputs: TreeInputs) -> MergeTree:
    return merge_by_area(inputs.graph.ends_e2, inputs.graph.lowest_ce[0], inputs.areas_n)


def _by_coarse_boundaries(inputs: TreeInputs) -> MergeTree:
    return merge_by_area(inputs.graph.ends_e2, inputs.graph.lowest_ce[1], inputs.areas_n)


def _by_volume(inputs: TreeInputs) -> MergeTree:
    return merge_by_volume(inputs.graph.ends_e2, inputs.graph.mean_ce[1], inputs.areas_n)


def _by_colour(inputs: TreeInputs) -> MergeTree:
    return merge_by_area(inputs.graph.ends_e2, inputs.colour_e, inputs.areas_n)


def _by_class_change(inputs: TreeInputs) -> MergeTree:
    strength_e = inputs.classes.change_e + FINE_BESIDE_CLASSES * inputs.graph.lowest_ce[0]
    return merge_by_area(inputs.graph.ends_e2, strength_e, inputs.areas_n)


def _by_agreement(inputs: TreeInputs) -> MergeTree:
    """Regions join where both are surely of one class: components of the classes at falling thresholds."""
    return merge_by_strength(inputs.graph.ends_e2, inputs.classes.disagreement_e, inputs.areas_n.size)


def _within_classes(inputs: TreeInputs) -> MergeTree:
    """As by fine boundaries, but regions of different classes join last."""
    fine_e, border_e = inputs.graph.lowest_ce[0], inputs.classes.is_border_e
    return merge_by_area(inputs.graph.ends_e2, fine_e, inputs.areas_n, last_e=border_e)


TREES: tuple[Callable[[TreeInputs], MergeTree], ...] = (
    _by_fine_boundaries,
    _by_coarse_boundaries,
    _by_volume,
    _by_colour,
)
LEARNED_TREES: tuple[Callable[[TreeInputs], MergeTree], ...] = (
    *TREES,
    _by_class_change,
    _by_agreement,
    _within_classes,
)
"""Where the forest has an opinion."""
COMPARED_TREES = tuple(number for number, grow in enumerate(LEARNED_TREES) if grow is not _by_agreement)
"""Those that nodes are compared with, see `agreement`; the one left out is too deep to be climbed for every node."""
