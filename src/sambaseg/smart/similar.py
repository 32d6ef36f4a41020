"""Label all like this: regions of a view that look like those a person has labelled with a class.

Each connected piece of labels is an example: the node that it fills, or where it is only a stroke the likeliest node
around it. Nodes are compared with the examples by size, shape, grey values and texture, and by what the forest thinks
where there is a result; of those that overlap the more alike are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.errors import NotEnoughLabelsError
from sambaseg.features.arrays import DoubleArray, FloatArray, RankArray
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.hierarchy.boundary import texture_strength
from sambaseg.smart.hierarchy.disjoint import root_of
from sambaseg.smart.hierarchy.knowledge import class_probabilities
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage

MOST_REGIONS = 2000
MOST_EXAMPLES = 40
"""Of more pieces of labels the largest are taken."""
LEAST_SIMILARITY = 0.1
IS_FILLED = 0.5
"""From this overlap on a piece of labels is a whole object, not a stroke on one."""
IS_INSIDE = 0.95
LABEL_PX_LET_PASS = 3.0
SPREADS = {"log area": 0.5, "log aspect": 0.4, "fill": 0.15, "grey": 0.08, "spread": 0.05, "texture": 0.5}
"""Differences that are small beside these do not count; see `_looks`."""

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SimilarRegion:
    """A region whose box begins at (`top`, `left`) of the view; `mask_yx` bool (h, w) of the box; similarity 0 to 1."""

    top: int
    left: int
    mask_yx: npt.NDArray[np.bool_]
    similarity: float


def find_similar(
    table: HierarchyTable,
    image: ViewImage,
    labels_yx: Labels,
    class_id: int,
    *,
    knowledge: Knowledge | None = None,
    cancelled: CancelToken | None = None,
) -> list[SimilarRegion]:
    """Return unlabelled regions like those of `class_id`, the most similar first, at most `MOST_REGIONS`.

    `labels_yx` uint8 (h, w) covers the view of `table` and `image`. Regions do not overlap, and none holds a label.
    Raises NotEnoughLabelsError where the class has no label in the view, CancelledError where asked to end.
    """
    token = cancelled or CancelToken()
    nodes = _NodeSums(table)
    examples = _examples(nodes, labels_yx == class_id)
    token.raise_if_cancelled()
    looks_mf = _looks(nodes, image)
    similarity: DoubleArray = np.zeros(table.node_low_m.size)
    for example in examples:
        squared = ((looks_mf - looks_mf[example]) ** 2).sum(axis=1)
        similarity = np.maximum(similarity, np.exp(-0.5 * squared))
    token.raise_if_cancelled()
    similarity *= _probability(nodes, table, knowledge, class_id)
    similarity[nodes.of(nodes.add(labels_yx > 0)) > LABEL_PX_LET_PASS] = 0
    chosen = _apart(table, similarity, similarity * (0.3 + 0.7 * table.node_score_m))
    chosen.sort(key=lambda node: -similarity[node])
    return [_region(table, node, float(similarity[node])) for node in chosen]


class _NodeSums:
    """Sums over the regions of each node, from sums in the order of each tree."""

    def __init__(self, table: HierarchyTable) -> None:
        self.table = table
        self.count_n = table.region_area_n.astype(np.float64)

    def add(self, values_yx: npt.NDArray[Any]) -> DoubleArray:
        """Return the sum of `values_yx` over each region, (n,); of a mask the number of its pixels."""
        flat = self.table.regions_yx.reshape(-1)
        weights = values_yx.reshape(-1).astype(np.float64)
        sums: DoubleArray = np.bincount(flat, weights=weights, minlength=self.count_n.size).astype(np.float64)
        return sums

    def of(self, sums_n: DoubleArray) -> DoubleArray:
        """Return the sum over each node, (M,), of sums over each region, (n,)."""
        table, out_m = self.table, np.empty(self.table.node_low_m.size)
        for tree in range(table.trees):
            in_order = np.zeros(sums_n.size + 1)
            in_order[table.positions_tn[tree].astype(np.int64) + 1] = sums_n
            until = np.cumsum(in_order)
            own = table.node_tree_m == tree
            out_m[own] = until[table.node_high_m[own]] - until[table.node_low_m[own]]
        return out_m


def _examples(nodes: _NodeSums, labelled_yx: npt.NDArray[np.bool_]) -> list[int]:
    """Return the nodes that pieces of labels stand for, each once."""
    pieces = _pieces(labelled_yx)
    if not pieces:
        raise NotEnoughLabelsError(
            "The class has no labels in what is on the screen, so nothing can be like them.",
            hint="Label one object of the class first, or move to where there is one.",
        )
    area_m = nodes.table.node_area_m.astype(np.float64)
    found: dict[int, None] = {}
    for piece_yx in pieces:
        pixels = float(piece_yx.sum())
        inside_m = nodes.of(nodes.add(piece_yx))
        overlap_m = inside_m / (area_m + pixels - inside_m)
        node = int(overlap_m.argmax())
        if overlap_m[node] < IS_FILLED:
            around_m = np.where(inside_m >= IS_INSIDE * pixels, nodes.table.node_score_m, -1.0)
            node = int(around_m.argmax()) if around_m.max() >= 0 else node
        found[node] = None
    return list(found)


def _pieces(mask_yx: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    """Return the connected pieces of a mask, the largest first, at most `MOST_EXAMPLES`."""
    pieces_yx, count = _connected(mask_yx)
    sizes = np.bincount(pieces_yx[mask_yx], minlength=count)
    largest = np.argsort(-sizes, kind="stable")[: min(count, MOST_EXAMPLES)]
    return [(pieces_yx == number) & mask_yx for number in largest]


@compiled
def _connected(mask_yx: npt.NDArray[np.bool_]) -> tuple[RankArray, int]:
    """Return the number of the piece of each pixel of a mask (4-neighbours), and how many there are."""
    height, width = mask_yx.shape
    joined = np.arange(height * width).astype(np.int32)
    for y in range(height):
        for x in range(width):
            here = y * width + x
            if not mask_yx[y, x]:
                continue
            if x > 0 and mask_yx[y, x - 1]:
                joined[root_of(joined, here)] = root_of(joined, here - 1)
            if y > 0 and mask_yx[y - 1, x]:
                joined[root_of(joined, here)] = root_of(joined, here - width)
    number, count = np.full(joined.size, -1, np.int32), 0
    pieces_yx = np.zeros((height, width), np.int32)
    for here in range(joined.size):
        if mask_yx[here // width, here % width]:
            root = root_of(joined, here)
            if number[root] < 0:
                number[root] = count
                count += 1
            pieces_yx[here // width, here % width] = number[root]
    return pieces_yx, count


def _looks(nodes: _NodeSums, image: ViewImage) -> FloatArray:
    """Return what nodes look like, float32 (M, F), each difference of 1 as telling as another; see `SPREADS`."""
    table = nodes.table
    area_m = table.node_area_m.astype(np.float64)
    box_m4 = table.node_box_m4.astype(np.float64)
    height_m, width_m = box_m4[:, 2] - box_m4[:, 0], box_m4[:, 3] - box_m4[:, 1]
    grey_yx = image.pixels_cyx.mean(axis=0)
    mean_m = nodes.of(nodes.add(grey_yx)) / area_m
    variance_m = nodes.of(nodes.add(grey_yx.astype(np.float64) ** 2)) / area_m - mean_m**2
    columns = [
        np.log(area_m) / SPREADS["log area"],
        np.abs(np.log(height_m / width_m)) / SPREADS["log aspect"],
        area_m / (height_m * width_m) / SPREADS["fill"],
        np.sqrt(np.maximum(variance_m, 0)) / SPREADS["spread"],
        nodes.of(nodes.add(texture_strength(grey_yx))) / area_m / SPREADS["texture"],
    ]
    columns += [nodes.of(nodes.add(plane_yx)) / area_m / SPREADS["grey"] for plane_yx in image.pixels_cyx]
    return np.stack(columns, axis=1).astype(np.float32)


def _probability(
    nodes: _NodeSums, table: HierarchyTable, knowledge: Knowledge | None, class_id: int
) -> DoubleArray | float:
    """Return each node's mean probability of the class, relative to chance where the forest knows it; else 1."""
    planes_kyx = class_probabilities(knowledge, table.shape_yx)
    if knowledge is None or len(planes_kyx) == 0:
        return 1.0
    ids = [int(entry) for entry in np.unique(knowledge.classes_yx) if entry > 0]
    if class_id not in ids:
        return 1.0
    inside_m = nodes.of(nodes.add(planes_kyx[ids.index(class_id)])) / table.node_area_m
    return np.minimum(1.0, 2.0 * np.maximum(inside_m - 0.25, 0.0))


def _apart(table: HierarchyTable, similarity: DoubleArray, value: DoubleArray) -> list[int]:
    """Return nodes of high value that do not overlap, greedily."""
    order = np.argsort(-value, kind="stable")
    order = order[similarity[order] >= LEAST_SIMILARITY]
    regions_tn = np.argsort(table.positions_tn, axis=1)
    taken_n = np.zeros(regions_tn.shape[1], np.bool_)
    chosen: list[int] = []
    for node in order.tolist():
        own = regions_tn[table.node_tree_m[node], table.node_low_m[node] : table.node_high_m[node]]
        if taken_n[own].any():
            continue
        taken_n[own] = True
        chosen.append(node)
        if len(chosen) == MOST_REGIONS:
            break
    return chosen


def _region(table: HierarchyTable, node: int, similarity: float) -> SimilarRegion:
    top, left, bottom, right = (int(side) for side in table.node_box_m4[node])
    return SimilarRegion(top, left, table.mask(node)[top:bottom, left:right], similarity)
