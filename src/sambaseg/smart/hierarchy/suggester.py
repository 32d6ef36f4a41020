"""The built-in suggester: a table of regions and nodes for each view, made at once, without weights to fetch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sambaseg.features.arrays import FloatArray, RankArray
from sambaseg.pipeline.progress import CancelToken, ReportProgress
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
from sambaseg.smart.hierarchy.trees import COARSE_SIGMA_PX, FINE_SIGMA_PX, LEARNED_TREES, TREES, TreeInputs
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
            inputs = TreeInputs.of(view.graph, view.sums, view.classes)

            def offered(number: int) -> OfferedNodes:
                token.raise_if_cancelled()
                return _offered_nodes(view, inputs, number, boxes_n4)

            trees = list(threads.map(offered, range(tree_count(view))))
        token.raise_if_cancelled()
        return HierarchyTable.join(view.regions_yx, trees)


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


def tree_count(view: ViewRegions) -> int:
    """Return how many trees the view gets."""
    return len(LEARNED_TREES if view.is_learned else TREES)


def grow_and_measure(
    view: ViewRegions, inputs: TreeInputs, number: int, *, with_regions: bool = True
) -> tuple[MergeTree, NodeMeasures]:
    """Return tree `number` of the view with the measures of its nodes; see `measure_nodes`."""
    tree = (LEARNED_TREES if view.is_learned else TREES)[number](inputs)
    return tree, measure_nodes(tree, view.gatherable, with_regions=with_regions)


def _offered_nodes(view: ViewRegions, inputs: TreeInputs, number: int, boxes_n4: RankArray) -> OfferedNodes:
    with_regions = number == 0
    tree, measures = grow_and_measure(view, inputs, number, with_regions=with_regions)
    eligible_m = eligible_nodes(measures.area_m, len(boxes_n4), with_regions=with_regions)
    scores_m = np.zeros(eligible_m.size, np.float32)
    scores_m[eligible_m] = load_ranker().score(measures.values_mf[eligible_m], number)
    return lay_out(tree.parent, measures.area_m, eligible_m, scores_m, boxes_n4)


def _grey(pixels_cyx: FloatArray) -> FloatArray:
    grey_yx: FloatArray = pixels_cyx[0] if len(pixels_cyx) == 1 else pixels_cyx.mean(axis=0)
    return grey_yx
