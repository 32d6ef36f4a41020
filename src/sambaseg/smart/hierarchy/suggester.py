"""The built-in suggester: a table of regions and nodes for each view, made at once, without weights to fetch."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from sambaseg.features.arrays import FloatArray, RankArray
from sambaseg.pipeline.progress import CancelToken, ReportProgress
from sambaseg.smart.hierarchy.agreement import agreement_with
from sambaseg.smart.hierarchy.basins import cut_into_regions
from sambaseg.smart.hierarchy.boundary import boundary_strength, texture_strength
from sambaseg.smart.hierarchy.class_map import ClassMap, map_classes
from sambaseg.smart.hierarchy.knowledge import class_probabilities, learned_boundary
from sambaseg.smart.hierarchy.measures import Gatherable, NodeMeasures, measure_nodes
from sambaseg.smart.hierarchy.merging import MergeTree
from sambaseg.smart.hierarchy.offered import OfferedNodes, eligible_nodes, lay_out
from sambaseg.smart.hierarchy.ranking import load_ranker
from sambaseg.smart.hierarchy.region_graph import RegionGraph, build_graph
from sambaseg.smart.hierarchy.regions import AREA, RegionSums, region_boxes, sum_regions
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.hierarchy.trees import (
    COARSE_SIGMA_PX,
    COMPARED_TREES,
    FINE_SIGMA_PX,
    LEARNED_TREES,
    TREES,
    TreeInputs,
)
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage

THREADS = 2


@dataclass(frozen=True)
class ViewRegions:
    """A view cut into regions (h, w), with their graph and sums: what trees are grown on."""

    regions_yx: RankArray
    graph: RegionGraph
    sums: RegionSums
    classes: ClassMap
    gatherable: Gatherable

    @property
    def is_learned(self) -> bool:
        """Whether the regions know class probabilities."""
        return self.sums.classes_nk.size > 0


class HierarchySuggester:
    """Suggestions from boundaries, and from what the forest knows where there is a result."""

    name = "builtin"
    title = "Built in"

    def prepare(
        self,
        image: ViewImage,
        *,
        knowledge: Knowledge | None = None,
        progress: ReportProgress | None = None,  # noqa: ARG002 - over before anybody could read a report
        cancelled: CancelToken | None = None,
    ) -> HierarchyTable:
        """Return the table of `image`. Raises CancelledError where the work was asked to end."""
        token = cancelled or CancelToken()
        with ThreadPoolExecutor(THREADS) as threads:
            view = cut_view(image, knowledge, threads)
            token.raise_if_cancelled()
            boxes_n4 = region_boxes(view.regions_yx, view.sums.texture_n.size)
            trees = grow_trees(view, threads, token)

            def offered(number: int) -> OfferedNodes:
                token.raise_if_cancelled()
                return _offered_nodes(view, trees, number, boxes_n4)

            nodes = list(threads.map(offered, range(len(trees))))
        token.raise_if_cancelled()
        return HierarchyTable.join(view.regions_yx, nodes)


def cut_view(image: ViewImage, knowledge: Knowledge | None, threads: ThreadPoolExecutor) -> ViewRegions:
    """Return the regions of a view, along its boundaries and, where they are known, along those of the classes."""
    pixels_cyx = image.pixels_cyx
    coarse = threads.submit(boundary_strength, pixels_cyx, COARSE_SIGMA_PX)
    texture = threads.submit(texture_strength, _grey(pixels_cyx))
    fine_yx = boundary_strength(pixels_cyx, FINE_SIGMA_PX)
    classes_kyx = class_probabilities(knowledge, image.shape_yx)
    regions_yx, count = cut_into_regions(learned_boundary(fine_yx, classes_kyx))
    sums = threads.submit(sum_regions, regions_yx, count, pixels_cyx, texture.result(), classes_kyx)
    graph = build_graph(regions_yx, count, np.stack([fine_yx, coarse.result()]))
    region_sums = sums.result()
    classes = map_classes(graph, region_sums.sums_ns[:, AREA].copy(), region_sums.classes_nk)
    return ViewRegions(regions_yx, graph, region_sums, classes, Gatherable.of(graph, region_sums, classes))


def grow_trees(view: ViewRegions, threads: ThreadPoolExecutor, token: CancelToken | None = None) -> list[MergeTree]:
    """Return the trees of the view, more where its regions know class probabilities."""
    inputs = TreeInputs.of(view.graph, view.sums, view.classes)

    def grown(grow: Callable[[TreeInputs], MergeTree]) -> MergeTree:
        if token is not None:
            token.raise_if_cancelled()
        return grow(inputs)

    return list(threads.map(grown, LEARNED_TREES if view.is_learned else TREES))


def measure_tree(view: ViewRegions, trees: list[MergeTree], number: int, *, with_regions: bool = True) -> NodeMeasures:
    """Return the measures of tree `number`, see `measure_nodes`; where the regions know class probabilities, followed
    by its agreement with the trees that nodes are compared with."""
    measures = measure_nodes(trees[number], view.gatherable, with_regions=with_regions)
    if not view.is_learned:
        return measures
    others = [trees[other].parent for other in COMPARED_TREES]
    agreement_mt = agreement_with(others, trees[number].parent, view.sums.sums_ns[:, AREA].copy())
    return replace(measures, values_mf=np.concatenate([measures.values_mf, agreement_mt], axis=1))


def _offered_nodes(view: ViewRegions, trees: list[MergeTree], number: int, boxes_n4: RankArray) -> OfferedNodes:
    with_regions = number == 0
    measures = measure_tree(view, trees, number, with_regions=with_regions)
    eligible_m = eligible_nodes(measures.area_m, len(boxes_n4), with_regions=with_regions)
    scores_m = np.zeros(eligible_m.size, np.float32)
    scores_m[eligible_m] = load_ranker().score(measures.values_mf[eligible_m], number)
    return lay_out(trees[number].parent, measures.area_m, eligible_m, scores_m, boxes_n4)


def _grey(pixels_cyx: FloatArray) -> FloatArray:
    grey_yx: FloatArray = pixels_cyx[0] if len(pixels_cyx) == 1 else pixels_cyx.mean(axis=0)
    return grey_yx
