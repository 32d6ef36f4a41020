"""What tells an object from a mere union of regions: measures of each node of a merge tree.

All are sums over a node's pixels, its boundary or its inside, gathered from the regions upwards. An edge between two
regions is a boundary of every node that holds one of them only, and lies inside from their lowest common node on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray, RankArray
from sambaseg.smart.hierarchy.class_map import ClassMap
from sambaseg.smart.hierarchy.merging import MergeTree
from sambaseg.smart.hierarchy.region_graph import RegionGraph
from sambaseg.smart.hierarchy.regions import AREA, GREY, RegionSums

MEASURES = (
    "log area",
    "log of the parent's area over the area",
    "log of the area over the larger child's",
    "fine boundary strength around",
    "coarse boundary strength around",
    "fine boundary strength inside",
    "coarse boundary strength inside",
    "log of fine around over inside",
    "log of coarse around over inside",
    "contrast to the surroundings",
    "one-sidedness of the contrast",
    "spread of grey inside",
    "difference across the boundary",
    "compactness",
    "log elongation",
    "area over its ellipse's",
    "share of the outline at the view's border",
    "strength of the edge that joins it",
    "strongest edge that joined it",
    "log of joining strength over the strongest inside",
    "log share of the view",
    "difference of texture across the boundary",
    "mean grey",
)
LEARNED_MEASURES = (
    "largest class probability",
    "second largest class probability",
    "rise of the main class across the boundary",
    "change of all classes across the boundary",
    "change of all classes inside",
    "log of class change around over inside",
    "log of its thickness over that of the main class",
    "log of the class components' area over the area",
)

# Columns of the gathered sums: 0-8 the regions' own; 9-13 around: length, fine, coarse, grey difference, class change;
# 14-17 inside: length, fine, coarse, class change; 18 contrast, 19 texture, 20 log component areas; then the rises and
# the sums of the K class probabilities.
_FIRST_CLASS = 21


@dataclass(frozen=True)
class NodeMeasures:
    """Measures of m nodes: `area_m` float64 in pixels; `values_mf` float32 (m, F) in the order of `MEASURES`, followed
    by `LEARNED_MEASURES` where the regions know class probabilities."""

    area_m: DoubleArray
    values_mf: FloatArray


@dataclass(frozen=True)
class Gatherable:
    """What nodes are gathered from, the same for every tree.

    `regions_ns` float64 (n, 21 + 2K): the columns of each region by itself; `ends_e2`, and `edges_e5` float64 (E, 5):
    length, and times the length fine and coarse strength, grey difference and class change.
    """

    regions_ns: DoubleArray
    ends_e2: RankArray
    edges_e5: DoubleArray
    classes: ClassMap

    @classmethod
    def of(cls, graph: RegionGraph, regions: RegionSums, classes: ClassMap) -> Gatherable:
        """Return what a graph with two boundary maps, a fine and a coarse one, gives."""
        one, two = graph.ends_e2[:, 0], graph.ends_e2[:, 1]
        along_e, (fine_e, coarse_e) = graph.length_e, graph.mean_ce
        area_n = regions.sums_ns[:, AREA]
        grey_n = regions.sums_ns[:, GREY] / area_n
        difference_e = np.abs(grey_n[one] - grey_n[two])
        edges = [along_e, fine_e * along_e, coarse_e * along_e, difference_e * along_e, classes.change_e * along_e]
        edges_e5 = np.stack(edges, axis=1)
        sided_ns = np.concatenate([grey_n[:, np.newaxis], regions.texture_n[:, np.newaxis], regions.classes_nk], axis=1)
        around_n5, rises_ns = _around(graph.ends_e2, along_e, edges_e5, sided_ns)
        columns = [
            regions.sums_ns,
            around_n5,
            np.zeros((area_n.size, 4)),  # no edge lies inside of a region
            rises_ns[:, :2],
            (classes.component_n * area_n)[:, np.newaxis],
            rises_ns[:, 2:],
            regions.classes_nk * area_n[:, np.newaxis],
        ]
        return cls(np.concatenate(columns, axis=1), graph.ends_e2, edges_e5, classes)


def measure_nodes(tree: MergeTree, gatherable: Gatherable, *, with_regions: bool = True) -> NodeMeasures:
    """Return the measures of all nodes of `tree`; those of single regions are 0 where they are not wanted."""
    sums_mk = _gather(tree.parent, gatherable.regions_ns, gatherable.ends_e2, gatherable.edges_e5)
    thickness_k = gatherable.classes.thickness_k
    first = 0 if with_regions else len(gatherable.regions_ns)
    values_mf = _describe(tree.parent, tree.strength, sums_mk, first, thickness_k, len(MEASURES), len(LEARNED_MEASURES))
    return NodeMeasures(np.ascontiguousarray(sums_mk[:, AREA]), values_mf)


@compiled
def _around(
    ends_e2: RankArray, along_e: DoubleArray, edges_e5: DoubleArray, sided_ns: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Return for each region the sums over its edges (n, 5), and how `sided_ns` rises towards it, times length."""
    around_n5, rises_ns = np.zeros((sided_ns.shape[0], 5)), np.zeros(sided_ns.shape)
    for edge in range(along_e.size):
        one, two = ends_e2[edge, 0], ends_e2[edge, 1]
        for b in range(5):
            around_n5[one, b] += edges_e5[edge, b]
            around_n5[two, b] += edges_e5[edge, b]
        for s in range(sided_ns.shape[1]):
            rise = (sided_ns[one, s] - sided_ns[two, s]) * along_e[edge]
            rises_ns[one, s] += rise
            rises_ns[two, s] -= rise
    return around_n5, rises_ns


@compiled
def _gather(parent: RankArray, regions_ns: DoubleArray, ends_e2: RankArray, edges_e5: DoubleArray) -> DoubleArray:
    """Return the columns of each node. An edge leaves the outline and comes to lie inside at the lowest common node."""
    sums = np.zeros((parent.size, regions_ns.shape[1]), np.float64)
    sums[: regions_ns.shape[0]] = regions_ns
    for edge in range(ends_e2.shape[0]):
        first, second = ends_e2[edge, 0], ends_e2[edge, 1]
        while first != second:
            if first < second:
                first = parent[first]
            else:
                second = parent[second]
        row, amount = sums[first], edges_e5[edge]
        for b in range(5):
            row[9 + b] -= 2 * amount[b]
        row[14] += amount[0]
        row[15] += amount[1]
        row[16] += amount[2]
        row[17] += amount[4]
    for node in range(parent.size):
        if parent[node] >= 0:
            sums[parent[node]] += sums[node]
    return sums


@compiled
def _describe(
    parent: RankArray,
    strength: FloatArray,
    sums: DoubleArray,
    first: int,
    thickness_k: DoubleArray,
    measures: int,
    learned: int,
) -> FloatArray:
    """Return the measures of each node from its sums."""
    nodes, classes = parent.size, thickness_k.size
    values = np.zeros((nodes, measures + (learned if classes else 0)), np.float32)
    larger_child, strongest = np.zeros(nodes), strength.copy()
    for node in range(nodes):
        above = parent[node]
        if above >= 0:
            larger_child[above] = max(larger_child[above], sums[node, 0])
            strongest[above] = max(strongest[above], strongest[node])
    whole = sums[nodes - 1, 0] if nodes else 1.0
    top = strength.max() if nodes else np.float32(0)
    for node in range(first, nodes):
        row, out = sums[node], values[node]
        area, above = row[0], parent[node]
        around, within = max(row[9], 1.0), max(row[14], 1.0)
        mean = row[2] / area
        my, mx = row[4] / area, row[5] / area
        yy, xx, yx = row[6] / area - my * my + 1 / 12, row[7] / area - mx * mx + 1 / 12, row[8] / area - my * mx
        determinant = max(yy * xx - yx * yx, 1e-9)
        half = (yy + xx) / 2
        root = math.sqrt(max(half * half - determinant, 0.0))
        joining = strength[above] if above >= 0 else top
        fine, coarse = row[10] / around, row[11] / around
        fine_in, coarse_in = row[15] / within, row[16] / within
        contrast, difference = row[18] / around, row[12] / around
        out[0] = math.log(area)
        out[1] = math.log(sums[above, 0] / area) if above >= 0 else math.log(4.0)
        out[2] = math.log(area / larger_child[node]) if larger_child[node] > 0 else math.log(2.0)
        out[3], out[4], out[5], out[6] = fine, coarse, fine_in, coarse_in
        out[7] = math.log((fine + 1e-3) / (fine_in + 1e-3))
        out[8] = math.log((coarse + 1e-3) / (coarse_in + 1e-3))
        out[9] = contrast
        out[10] = abs(contrast) / (difference + 1e-4)
        out[11] = math.sqrt(max(row[3] / area - mean * mean, 0.0))
        out[12] = difference
        out[13] = 4 * math.pi * area / (row[9] + row[1]) ** 2
        out[14] = math.log((half + root) / max(half - root, 1e-3))
        out[15] = area / (4 * math.pi * math.sqrt(determinant))
        out[16] = row[1] / (row[9] + row[1])
        out[17], out[18] = joining, strongest[node]
        out[19] = math.log((joining + 1e-3) / (strongest[node] + 1e-3))
        out[20] = math.log(area / whole)
        out[21] = row[19] / around
        out[22] = mean
        if classes:
            main, second = 0, -1
            for k in range(1, classes):
                if row[_FIRST_CLASS + classes + k] > row[_FIRST_CLASS + classes + main]:
                    main, second = k, main
                elif second < 0 or row[_FIRST_CLASS + classes + k] > row[_FIRST_CLASS + classes + second]:
                    second = k
            out[23] = row[_FIRST_CLASS + classes + main] / area
            out[24] = row[_FIRST_CLASS + classes + second] / area if second >= 0 else 0.0
            out[25] = row[_FIRST_CLASS + main] / around
            out[26] = row[13] / around
            out[27] = row[17] / within
            out[28] = math.log((row[13] / around + 1e-2) / (row[17] / within + 1e-2))
            out[29] = math.log(area / (row[9] + row[1]) / max(thickness_k[main], 1e-3))
            out[30] = row[20] / area - math.log(area)
    return values
