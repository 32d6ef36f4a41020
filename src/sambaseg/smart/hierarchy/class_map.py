"""The forest's classes on regions: the main class of each, and the components they form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import BoolArray, DoubleArray, FloatArray, RankArray
from sambaseg.smart.hierarchy.disjoint import root_of
from sambaseg.smart.hierarchy.region_graph import RegionGraph


@dataclass(frozen=True)
class ClassMap:
    """What K classes look like on n regions and E edges; all empty or 0 where K is 0.

    `change_e` float32: half the summed difference of probabilities; `disagreement_e` float32: 1 less the smaller
    probability of the class that both have most of; `is_border_e`: the main classes differ; `component_n` float64: log
    of the pixels of the component of its main class that a region belongs to; `thickness_k` float64: pixels of a
    class for each pixel of its outline.
    """

    change_e: FloatArray
    disagreement_e: FloatArray
    is_border_e: BoolArray
    component_n: DoubleArray
    thickness_k: DoubleArray


def map_classes(graph: RegionGraph, areas_n: DoubleArray, classes_nk: DoubleArray) -> ClassMap:
    """Return the map of class probabilities (n, K) on a graph whose regions have `areas_n` pixels."""
    one, two = graph.ends_e2[:, 0], graph.ends_e2[:, 1]
    edges, count = len(one), classes_nk.shape[1]
    if count == 0:
        nothing = np.zeros(edges, np.float32)
        return ClassMap(nothing, nothing, np.zeros(edges, np.bool_), np.zeros(areas_n.size), np.zeros(0))
    main_n = classes_nk.argmax(axis=1)
    change_e = 0.5 * np.abs(classes_nk[one] - classes_nk[two]).sum(axis=1)
    disagreement_e = 1 - np.minimum(classes_nk[one], classes_nk[two]).max(axis=1)
    is_border_e = main_n[one] != main_n[two]
    outline_e = graph.length_e * is_border_e
    outline_k = np.bincount(main_n[one], outline_e, count) + np.bincount(main_n[two], outline_e, count)
    return ClassMap(
        change_e.astype(np.float32),
        disagreement_e.astype(np.float32),
        is_border_e,
        np.log(_component_areas(graph.ends_e2, is_border_e, areas_n)),
        np.bincount(main_n, areas_n, count) / np.maximum(outline_k, 1),
    )


@compiled
def _component_areas(ends_e2: RankArray, is_border_e: BoolArray, areas_n: DoubleArray) -> DoubleArray:
    """Return the pixels of the component that each region belongs to, when regions join except across borders."""
    joined, area = np.arange(areas_n.size).astype(np.int32), areas_n.copy()
    for edge in range(is_border_e.size):
        if is_border_e[edge]:
            continue
        one, two = root_of(joined, ends_e2[edge, 0]), root_of(joined, ends_e2[edge, 1])
        if one != two:
            joined[two] = one
            area[one] += area[two]
    for region in range(areas_n.size):
        area[region] = area[root_of(joined, region)]
    return area
