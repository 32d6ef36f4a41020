"""What learned boundaries add to the built-in suggester: another tree, more measures for the ranker, other regions.

    python -m training.judge_network DATA_DIR --person SCORING_DIR NETWORK.onnx [NETWORK.onnx=SET,SET ...]

The ranker is fitted anew for each variant, and each data set scored by one that never saw it, as by
`training.ranking --judge set`. A network named with data sets judges those only: they were left out of its training.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.smart.hierarchy.basins import cut_into_regions
from sambaseg.smart.hierarchy.boundary import boundary_strength, texture_strength
from sambaseg.smart.hierarchy.measures import MEASURES, measure_nodes
from sambaseg.smart.hierarchy.merging import MergeTree, merge_by_area
from sambaseg.smart.hierarchy.offered import LARGEST_SHARE
from sambaseg.smart.hierarchy.region_graph import RegionGraph, build_graph
from sambaseg.smart.hierarchy.regions import AREA, RegionSums, sum_regions
from sambaseg.smart.hierarchy.trees import COARSE_SIGMA_PX, FINE_SIGMA_PX, TREES, TreeInputs
from sambaseg.smart.view_image import ViewImage
from training import ranking
from training.evaluate import Interval, compare, networks_of
from training.learned import LearnedBoundaries
from training.targets import touching

Array = npt.NDArray[Any]
FIRST_BOUNDARY_MEASURE, BOUNDARY_MEASURES = MEASURES.index("fine boundary strength around"), 6


@dataclass(frozen=True)
class Variant:
    """What of the network is used: a tree by its boundaries, measures of them, and regions that follow them too."""

    title: str
    tree: bool
    measures: bool
    regions: bool


VARIANTS = (
    Variant("built in", tree=False, measures=False, regions=False),
    Variant("with a learned tree", tree=True, measures=False, regions=False),
    Variant("with learned measures", tree=False, measures=True, regions=False),
    Variant("with tree and measures", tree=True, measures=True, regions=False),
    Variant("with tree, measures and regions", tree=True, measures=True, regions=True),
)


@dataclass(frozen=True)
class Cut:
    """A view cut into regions: (h, w), the graph over fine and coarse gradients, that over two learned maps, sums."""

    regions_yx: Array
    graph: RegionGraph
    learned: RegionGraph
    sums: RegionSums


def cut(view: ViewImage, said_cyx: Array, variant: Variant) -> Cut:
    """Return the regions of a view, along its fine boundaries or along those and the learned ones."""
    pixels_cyx = view.pixels_cyx
    fine_yx, coarse_yx = (boundary_strength(pixels_cyx, sigma) for sigma in (FINE_SIGMA_PX, COARSE_SIGMA_PX))
    thin_yx, near_yx = touching(said_cyx[:2].copy()), said_cyx[2]
    guide_yx = fine_yx
    if variant.regions:
        guide_yx = fine_yx / np.float32(max(float(np.percentile(fine_yx, 99)), 1e-6)) + thin_yx
    regions_yx, count = cut_into_regions(guide_yx)
    graph = build_graph(regions_yx, count, np.stack([fine_yx, coarse_yx, thin_yx, near_yx]))
    texture_yx = texture_strength(pixels_cyx.mean(axis=0))
    nothing = np.zeros((0, *fine_yx.shape), np.float32)
    sums = sum_regions(regions_yx, count, pixels_cyx, texture_yx, nothing)
    gradients, learned = (
        replace(graph, lowest_ce=graph.lowest_ce[part].copy(), mean_ce=graph.mean_ce[part].copy())
        for part in (slice(0, 2), slice(2, 4))
    )
    return Cut(regions_yx, gradients, learned, sums)


def grow(view: Cut, variant: Variant) -> list[tuple[MergeTree, Array, Array]]:
    """Return each tree with the areas of its nodes and their measures, learned ones last."""
    inputs = TreeInputs.of(view.graph, view.sums)
    trees = [grow_tree(inputs) for grow_tree in TREES]
    if variant.tree:
        areas_n = view.sums.sums_ns[:, AREA].copy()
        trees.append(merge_by_area(view.learned.ends_e2, view.learned.lowest_ce[0], areas_n))
    grown = []
    for number, tree in enumerate(trees):
        measures = measure_nodes(tree, view.graph, view.sums)
        which = np.tile(np.eye(len(trees), dtype=np.float32)[number], (tree.parent.size, 1))
        columns = [measures.values_mf, which]
        if variant.measures:
            learned = measure_nodes(tree, view.learned, view.sums).values_mf
            columns.append(learned[:, FIRST_BOUNDARY_MEASURE : FIRST_BOUNDARY_MEASURE + BOUNDARY_MEASURES])
        grown.append((tree, measures.area_m, np.concatenate(columns, axis=1)))
    return grown


def examples_of(cases: list[ranking.Case], said: list[Array], variant: Variant) -> ranking.Examples:
    """Return the nodes around all clicks on all cases, as `training.ranking.collect` does."""
    rows: list[tuple[Array, Array, Array, Array]] = []
    clicks: list[tuple[int, int, bool]] = []
    for case, said_cyx in zip(cases, said, strict=True):
        view = cut(case.view, said_cyx, variant)
        grown = grow(view, variant)
        regions = view.sums.texture_n.size
        for points, truth in case.objects:
            inside_n = np.bincount(view.regions_yx.ravel(), weights=truth.ravel(), minlength=regions)
            insides = [_gathered(tree.parent, inside_n) for tree, _, _ in grown]
            for use, (y, x) in enumerate(points):
                for (tree, area_m, values_mf), inside_m in zip(grown, insides, strict=True):
                    nodes = _path(tree.parent, int(view.regions_yx[y, x]))
                    nodes = nodes[area_m[nodes] <= LARGEST_SHARE * truth.size]
                    quality = inside_m[nodes] / (area_m[nodes] + truth.sum() - inside_m[nodes])
                    rows.append((values_mf[nodes], quality, area_m[nodes], np.full(len(nodes), len(clicks))))
                clicks.append((case.data_set, case.image, use < 2 and case.image < ranking.JUDGED_IMAGES))
    inputs, quality, area, click = (np.concatenate([row[column] for row in rows]) for column in range(4))
    click_set, click_image, click_judged = (np.array(column) for column in zip(*clicks, strict=True))
    return ranking.Examples(inputs, quality, area, click, click_set, click_image, click_judged)


def _gathered(parent: Array, values_n: Array) -> Array:
    sums = np.zeros(parent.size)
    sums[: values_n.size] = values_n
    for node, above in enumerate(parent.tolist()):
        if above >= 0:
            sums[above] += sums[node]
    return sums


def _path(parent: Array, region: int) -> Array:
    nodes = []
    while region >= 0:
        nodes.append(region)
        region = int(parent[region])
    return np.array(nodes)


def judge(cases: list[ranking.Case], said: list[Array], names: list[str], variant: Variant) -> Array:
    """Return by data set: the best node, the best of three, the one ranked first, the share over 0.75."""
    examples = examples_of(cases, said, variant)
    fit_to = np.array([name not in ranking.UNVERIFIED_LICENCE for name in names])
    return ranking.judge_left_out([examples], names, fit_to, by="set")[0]


def difference(names: list[str], rows: dict[str, Array], title: str, column: int) -> Interval:
    """Return by how much the variant `title` is better than what is built in."""
    scores = {
        name: {"with": [float(rows[title][i, column])], "without": [float(rows[VARIANTS[0].title][i, column])]}
        for i, name in enumerate(names)
    }
    return compare(scores, "with", "without")


def print_tables(names: list[str], rows: dict[str, Array]) -> None:
    """Print the best of three and the best node by data set, and the differences with their intervals."""
    for column, what in ((1, "best of three"), (0, "best node")):
        print(f"\n| {what} | " + " | ".join(rows) + " |\n| --- |" + " --- |" * len(rows))
        for i, name in enumerate(names):
            print(f"| {name} | " + " | ".join(f"{table[i, column]:.3f}" for table in rows.values()) + " |")
        print("| **mean** | " + " | ".join(f"**{table[:, column].mean():.3f}**" for table in rows.values()) + " |")
        found = [difference(names, rows, title, column) for title in rows]
        print("| difference | " + " | ".join(f"{d.difference:+.3f}" for d in found) + " |")
        print("| 95 % | " + " | ".join(f"{d.low:+.3f} to {d.high:+.3f}" for d in found) + " |")
        print("| better on | " + " | ".join(f"{d.better_on} of {d.data_sets}" for d in found) + " |", flush=True)


def main() -> None:
    """Judge all variants, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--person", type=Path, required=True, help="folder of simulated_person.py")
    parser.add_argument("--variants", type=int, nargs="*", default=list(range(len(VARIANTS))))
    parser.add_argument("--out", type=Path, help="write the rows of all variants as JSON")
    args = parser.parse_args()
    sys.path.insert(0, str(args.person))
    names, cases = ranking.read_cases(args.data_dir, importlib.import_module("simulated_person"))
    cases = [case for case in cases if case.image < ranking.JUDGED_IMAGES]
    networks = networks_of(args.networks)
    with ThreadPoolExecutor(1) as threads:
        said = list(threads.map(lambda case: _say(networks, names[case.data_set], case), cases))
    rows = {}
    for number in args.variants:
        rows[VARIANTS[number].title] = judge(cases, said, names, VARIANTS[number])
        print(VARIANTS[number].title, rows[VARIANTS[number].title].mean(axis=0).round(4), flush=True)
    if args.out:
        args.out.write_text(json.dumps({title: table.tolist() for title, table in rows.items()}))
    print_tables(names, rows)


def _say(networks: dict[str, LearnedBoundaries], name: str, case: ranking.Case) -> Array:
    grey_yx = np.ascontiguousarray(case.view.pixels_cyx.mean(axis=0))
    return networks.get(name, networks.get(""))(grey_yx)


if __name__ == "__main__":
    main()
