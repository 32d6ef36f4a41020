"""What learned boundaries add to the built-in suggester: another tree, and more measures for the ranker.

    python -m training.judge_network DATA_DIR --person SCORING_DIR NETWORK.onnx [NETWORK.onnx=SET,SET ...]

The ranker is fitted anew for each variant, and each data set scored by one that never saw it, as by
`training.ranking --judge set`. A network named with data sets judges those only: they were left out of its training.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from sambaseg.smart.hierarchy.measures import MEASURES, Gatherable, measure_nodes
from sambaseg.smart.hierarchy.merging import MergeTree, merge_by_area
from sambaseg.smart.hierarchy.offered import LARGEST_SHARE
from sambaseg.smart.hierarchy.region_graph import RegionGraph, build_graph
from sambaseg.smart.hierarchy.suggester import ViewRegions, cut_view
from sambaseg.smart.hierarchy.trees import TREES, TreeInputs
from sambaseg.smart.view_image import ViewImage
from training import ranking
from training.evaluate import Interval, compare, networks_of
from training.generator import FAMILIES
from training.learned import LearnedBoundaries
from training.node_sums import accumulate, path_to_top
from training.targets import touching
from training.trials import synthetic_trials

Array = npt.NDArray[Any]
HIDDEN, DRAWN, CLIPPED_AT = 16, 200_000, 4.0
ROUNDS = {"alpha": 1e-3, "batch_size": 512, "max_iter": 14, "learning_rate_init": 2e-3}
FIRST_BOUNDARY_MEASURE, BOUNDARY_MEASURES = MEASURES.index("fine boundary strength around"), 6


@dataclass(frozen=True)
class Variant:
    """What of the network is used: a tree by its boundaries, and measures of them."""

    title: str
    tree: bool
    measures: bool


VARIANTS = (
    Variant("built in", tree=False, measures=False),
    Variant("with a learned tree", tree=True, measures=False),
    Variant("with learned measures", tree=False, measures=True),
    Variant("with tree and measures", tree=True, measures=True),
)


def learned_graph(view: ViewRegions, said_cyx: Array) -> RegionGraph:
    """Return the graph of a view's regions over two learned maps in place of the fine and the coarse gradient."""
    maps = np.stack([touching(said_cyx[:2].copy()), said_cyx[2]])
    return build_graph(view.regions_yx, view.sums.texture_n.size, maps)


def grow(view: ViewRegions, said_cyx: Array, variant: Variant) -> list[tuple[MergeTree, Array, Array]]:
    """Return each tree with the areas of its nodes and their measures, learned ones last."""
    inputs = TreeInputs.of(view.graph, view.sums, view.classes)
    trees = [grow_tree(inputs) for grow_tree in TREES]
    learned = learned_graph(view, said_cyx)
    gatherable = Gatherable.of(learned, view.sums, view.classes)
    if variant.tree:
        trees.append(merge_by_area(learned.ends_e2, learned.lowest_ce[0], inputs.areas_n))
    grown = []
    for number, tree in enumerate(trees):
        measures = measure_nodes(tree, view.gatherable)
        which = np.tile(np.eye(len(trees), dtype=np.float32)[number], (tree.parent.size, 1))
        columns = [measures.values_mf, which]
        if variant.measures:
            more_mf = measure_nodes(tree, gatherable).values_mf
            columns.append(more_mf[:, FIRST_BOUNDARY_MEASURE : FIRST_BOUNDARY_MEASURE + BOUNDARY_MEASURES])
        grown.append((tree, measures.area_m, np.concatenate(columns, axis=1)))
    return grown


def examples_of(cases: list[ranking.Case], said: list[Array], variant: Variant) -> ranking.Examples:
    """Return the nodes around all clicks on all cases, as `training.ranking.collect` does."""
    rows: list[tuple[Array, Array, Array, Array]] = []
    clicks: list[tuple[int, int, bool]] = []
    for case, said_cyx in zip(cases, said, strict=True):
        with ThreadPoolExecutor(1) as threads:
            view = cut_view(case.view, None, threads)
        grown = grow(view, said_cyx, variant)
        regions = view.sums.texture_n.size
        for points, truth in case.objects:
            inside_n = np.bincount(view.regions_yx.ravel(), weights=truth.ravel(), minlength=regions)
            insides = [accumulate(tree.parent, inside_n) for tree, _, _ in grown]
            for use, (y, x) in enumerate(points):
                for (tree, area_m, values_mf), inside_m in zip(grown, insides, strict=True):
                    nodes = path_to_top(tree.parent, int(view.regions_yx[y, x]))
                    nodes = nodes[area_m[nodes] <= LARGEST_SHARE * truth.size]
                    quality = inside_m[nodes] / (area_m[nodes] + truth.sum() - inside_m[nodes])
                    rows.append((values_mf[nodes], quality, area_m[nodes], np.full(len(nodes), len(clicks))))
                clicks.append((case.data_set, case.image, use < 2 and case.image < ranking.JUDGED_IMAGES))
    inputs, quality, area, click = (np.concatenate([row[column] for row in rows]) for column in range(4))
    click_set, click_image, click_judged = (np.array(column) for column in zip(*clicks, strict=True))
    tree = np.zeros(len(quality), np.int64)  # the inputs say themselves which tree a node is of
    return ranking.Examples(inputs, tree, quality, area, click, click_set, click_image, click_judged)


def fit(examples: ranking.Examples, use: Array, seed: int) -> Callable[[Array], Array]:
    """Return what gives the expected quality of inputs (N, F): 16 hidden units, as the suggester's own ranker has.

    Data sets count alike, and so do the clicks of a set.
    """
    inputs, weight = examples.measures[use], ranking.weights_of(examples, use)
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3

    def standard(some: Array) -> Array:
        return np.clip((some - mean) / spread, -CLIPPED_AT, CLIPPED_AT).astype(np.float32)

    drawn = np.random.default_rng(seed).choice(len(inputs), size=DRAWN, p=weight / weight.sum())
    network = MLPRegressor(hidden_layer_sizes=(HIDDEN,), random_state=seed, **ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it ends after 14 rounds on purpose
        network.fit(standard(inputs[drawn]), examples.quality[use][drawn].astype(np.float32))
    return lambda some: np.clip(network.predict(standard(some)), 0, 1)


def synthetic_cases(first_set: int, *, images: int, side_px: int = 320) -> list[ranking.Case]:
    """Return `images` synthetic micrographs of each family as cases that teach the ranker but are not judged."""
    cases = []
    for trial in synthetic_trials(images=images, side_px=side_px):
        number = first_set + list(FAMILIES).index(trial.data_set)
        view = ViewImage.from_pixels(trial.grey_yx, is_rgb=False)
        objects = [(list(target.clicks), target.truth_yx) for target in trial.objects]
        if objects:
            cases.append(ranking.Case(number, ranking.JUDGED_IMAGES, None, view, None, trial.name, objects))
    return cases


def judge(cases: list[ranking.Case], said: list[Array], names: list[str], variant: Variant, *, seeds: int = 1) -> Array:
    """Return by data set: the best node, the best of three, the one ranked first, the share over 0.75.

    Each set is scored by rankers that were fitted to the others; the figures are means over `seeds` fits. Sets beyond
    `names` are synthetic: they teach, but are not judged.
    """
    examples = examples_of(cases, said, variant)
    set_of_row = examples.click_set[examples.click]
    may_teach = ~np.isin(set_of_row, [i for i, name in enumerate(names) if name in ranking.UNVERIFIED_LICENCE])
    scores = np.zeros((seeds, len(examples.quality)))
    for number in range(len(names)):
        held = set_of_row == number
        for seed in range(seeds):
            scores[seed, held] = fit(examples, ~held & may_teach, seed)(examples.measures[held])
    return np.mean([ranking.judge(examples, row, names) for row in scores], axis=0)


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
    parser.add_argument("--variants", type=int, nargs="*", default=range(len(VARIANTS)), help="numbers")
    parser.add_argument("--synthetic", type=int, default=0, help="micrographs of each family that teach the ranker too")
    parser.add_argument("--seeds", type=int, default=1, help="fits of each ranker, averaged")
    parser.add_argument("--out", type=Path, help="write the rows of all variants as JSON")
    args = parser.parse_args()
    sys.path.insert(0, str(args.person))
    names, cases = ranking.read_cases(args.data_dir, importlib.import_module("simulated_person"))
    cases += synthetic_cases(len(names), images=args.synthetic)
    networks = networks_of(args.networks)
    with ThreadPoolExecutor(1) as threads:
        said = list(threads.map(lambda case: _say(networks, [*names, *FAMILIES][case.data_set], case), cases))
    rows = {}
    for number in sorted({0, *args.variants}):
        rows[VARIANTS[number].title] = judge(cases, said, names, VARIANTS[number], seeds=args.seeds)
        print(VARIANTS[number].title, rows[VARIANTS[number].title].mean(axis=0).round(4), flush=True)
    if args.out:
        args.out.write_text(json.dumps({title: table.tolist() for title, table in rows.items()}))
    print_tables(names, rows)


def _say(networks: dict[str, LearnedBoundaries], name: str, case: ranking.Case) -> Array:
    grey_yx = np.ascontiguousarray(case.view.pixels_cyx.mean(axis=0))
    network = networks.get(name) or networks.get("") or next(iter(networks.values()))
    return network(grey_yx)


if __name__ == "__main__":
    main()
