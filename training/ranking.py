"""Fits the ranker of the built-in suggester: how good a node is, from its measures.

    python -m training.ranking DATA_DIR --person SCORING_DIR [--judge set image] [--save]

DATA_DIR holds folders NAME/images, NAME/masks and where there are any NAME/instances, SCORING_DIR the module
`simulated_person`. Each click of the simulated person on an object gives as many examples as there are nodes around it;
the target is their intersection over union with the object. Data sets count alike. ``--judge`` prints how well sets
(or images) are suggested that were left out of fitting, ``--save`` writes ``ranking.json``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.neural_network import MLPRegressor

from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.forest.uncertainty import uncertainty_as_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.reader import read_image
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.smart.hierarchy import ranking
from sambaseg.smart.hierarchy.answers import Candidate, choose_three
from sambaseg.smart.hierarchy.measures import NodeMeasures
from sambaseg.smart.hierarchy.merging import MergeTree
from sambaseg.smart.hierarchy.offered import LARGEST_SHARE, choose_nodes, eligible_nodes
from sambaseg.smart.hierarchy.suggester import ViewRegions, cut_view, grow_trees, measure_tree
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage
from training.node_sums import accumulate, path_to_top

JUDGED_IMAGES, JUDGED_CLICKS = 4, 2
"""Of each data set, and on each object, as `score_suggest.py` takes them."""
UNVERIFIED_LICENCE = ("uhcs",)
"""Never fitted to, only judged."""
BASE_HIDDEN, CORRECTION_HIDDEN = 16, 64
BASE_DECAY, CORRECTION_DECAY = 0.5, 0.05
EXAMPLES, CORRECTION_EXAMPLES = 100_000, 600_000
BASE_PASSES, CORRECTION_PASSES = 14, 6
SLOW_PASSES, SLOW_RATE = 3, 3e-4
"""The correction settles at a smaller learning rate in the end."""
STROKES = (1, 3)
SEEDS = (0, 1, 2, 3, 4, 5)
"""Of the strokes that the correction is fitted to; it is judged on the first."""

Array = npt.NDArray[Any]


@dataclass
class Examples:
    """Nodes around clicks: measures (N, F), tree (N,), quality (N,), area (N,), click (N,); set and image of clicks."""

    measures: Array
    tree: Array
    quality: Array
    area: Array
    click: Array
    click_set: Array
    click_image: Array
    click_judged: Array


@dataclass(frozen=True)
class Case:
    """One image of a data set, with its objects: (points, mask)."""

    data_set: int
    image: int
    micrograph: Micrograph
    view: ViewImage
    mask_yx: Array
    name: str
    objects: list[tuple[list[tuple[int, int]], Array]]


def read_cases(data_dir: Path, person: ModuleType) -> tuple[list[str], list[Case]]:
    """Return the names of the data sets and all images with objects; two clicks as scored, and two anywhere inside."""
    folders = sorted(path.parent for path in data_dir.glob("*/masks") if path.parent.name != "stacks3d")
    rng = np.random.default_rng(0)
    cases = []
    for number, folder in enumerate(folders):
        for place, path in enumerate(sorted((folder / "images").iterdir())):
            mask_yx = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
            instance_path = folder / "instances" / f"{path.stem}.png"
            instances = np.asarray(Image.open(instance_path)) if instance_path.exists() else None
            objects = []
            for click, truth in person.clicks_on_objects(mask_yx, instances, most=30):
                ys, xs = np.nonzero(truth)
                more = [(int(ys[at]), int(xs[at])) for at in rng.integers(len(ys), size=2)]
                objects.append(([click.middle_yx, click.inside_yx, *more], truth))
            if objects:
                micrograph = read_image(path)
                view = ViewImage.from_pixels(micrograph.pixels_cyx, is_rgb=micrograph.info.is_rgb)
                name = f"{folder.name}/{path.stem}"
                cases.append(Case(number, place, micrograph, view, mask_yx, name, objects))
    return [folder.name for folder in folders], cases


def knowledge_after(case: Case, strokes: int, seed: int, person: ModuleType) -> Knowledge:
    """Return what the forest knows of a case after so many strokes a class."""
    labels_yx = person.draw_strokes(case.mask_yx, strokes_per_class=strokes, name=case.name, seed=seed)
    classifier = train_classifier(case.micrograph, labels_yx.astype(np.int32), DEFAULT_RECIPE, TrainingSettings())
    result = segment(classifier, case.micrograph, with_probabilities=False)
    return Knowledge(result.classes_yx.astype(np.uint8), uncertainty_as_bytes(result.uncertainty_yx))


def collect(cases: list[Case], learn: Callable[[Case], Knowledge | None], threads: ThreadPoolExecutor) -> Examples:
    """Return the examples of all cases, with what the forest knows by `learn`.

    Where it knows something, nodes that boundaries alone would not offer are left out, and so are clicks that are not
    judged: there are enough others.
    """
    rows: list[tuple[Array, Array, Array, Array, Array]] = []
    clicks: list[tuple[int, int, bool]] = []
    for case in cases:
        view = cut_view(case.view, learn(case), threads)
        trees = grow_trees(view, threads)
        grown = [(tree, measure_tree(view, trees, number)) for number, tree in enumerate(trees)]
        offered = [_are_offered(view, tree, measures, number) for number, (tree, measures) in enumerate(grown)]
        for points, truth in case.objects:
            flat = view.regions_yx.reshape(-1)
            inside_n = np.bincount(flat, weights=truth.reshape(-1), minlength=view.sums.texture_n.size)
            insides = [accumulate(tree.parent, inside_n) for tree, _ in grown]
            for use, (y, x) in enumerate(points[:JUDGED_CLICKS] if view.is_learned else points):
                for number, (tree, measures) in enumerate(grown):
                    nodes = path_to_top(tree.parent, int(view.regions_yx[y, x]))
                    nodes = nodes[offered[number][nodes]]
                    area, inside = measures.area_m[nodes], insides[number][nodes]
                    quality = inside / (area + truth.sum() - inside)
                    which, click = np.full(len(nodes), number), np.full(len(nodes), len(clicks))
                    rows.append((measures.values_mf[nodes], which, quality, area, click))
                clicks.append((case.data_set, case.image, use < JUDGED_CLICKS and case.image < JUDGED_IMAGES))
    measures_nf, tree_n, quality, area, click = (np.concatenate([row[column] for row in rows]) for column in range(5))
    click_set, click_image, click_judged = (np.array(column) for column in zip(*clicks, strict=True))
    return Examples(measures_nf, tree_n, quality, area, click, click_set, click_image, click_judged)


def _are_offered(view: ViewRegions, tree: MergeTree, measures: NodeMeasures, number: int) -> Array:
    if not view.is_learned:
        return np.asarray(measures.area_m <= LARGEST_SHARE * measures.area_m[-1])
    eligible_m = eligible_nodes(measures.area_m, view.sums.texture_n.size, with_regions=number == 0)
    scores_m = ranking.load_ranker().base(ranking.base_inputs(measures.values_mf, number))
    return choose_nodes(tree.parent, measures.area_m, eligible_m, scores_m)[0]


def fit_network(
    inputs: list[Array],
    targets: list[Array],
    weights: list[Array],
    *,
    hidden: int,
    decay: float,
    examples: int,
    passes: int,
    slow_passes: int = 0,
) -> ranking.Network:
    """Return the network that gives the targets from the inputs, in the mean of the weights."""
    inputs_nf, target, weight = np.concatenate(inputs), np.concatenate(targets), np.concatenate(weights)
    mean, spread = inputs_nf.mean(axis=0), inputs_nf.std(axis=0) + 1e-3
    drawn = np.random.default_rng(0).choice(len(inputs_nf), size=examples, p=weight / weight.sum())
    standard = np.clip((inputs_nf[drawn] - mean) / spread, -ranking.CLIPPED_AT, ranking.CLIPPED_AT)
    network = MLPRegressor(
        hidden_layer_sizes=(hidden,),
        alpha=decay,
        batch_size=512,
        max_iter=passes,
        learning_rate_init=2e-3,
        random_state=0,
    )
    network.fit(standard.astype(np.float32), target[drawn].astype(np.float32))
    if slow_passes:
        network.set_params(warm_start=True, max_iter=slow_passes, learning_rate_init=SLOW_RATE)
        network.fit(standard.astype(np.float32), target[drawn].astype(np.float32))
    (hidden_fh, output), (hidden_bias, bias) = network.coefs_, network.intercepts_
    arrays = [array.astype(np.float32) for array in (mean, spread, hidden_fh, hidden_bias, output[:, 0])]
    return ranking.Network(*arrays, float(bias[0]))


def fit_base(examples: Examples, use: Array) -> ranking.Network:
    """Return the network that scores nodes by their boundaries, fitted to the rows `use`."""
    return fit_network(
        [_base_inputs(examples, use)],
        [examples.quality[use]],
        [weights_of(examples, use)],
        hidden=BASE_HIDDEN,
        decay=BASE_DECAY,
        examples=EXAMPLES,
        passes=BASE_PASSES,
    )


def fit_correction(base: ranking.Network, examples: list[Examples], uses: list[Array]) -> ranking.Network:
    """Return the network that corrects `base` by what was learned, fitted to the rows `uses`."""
    inputs, targets, weights = [], [], []
    for part, use in zip(examples, uses, strict=True):
        scores = base(_base_inputs(part, use))
        inputs.append(_correction_inputs(part, use, scores))
        targets.append(part.quality[use] - scores)
        weights.append(weights_of(part, use))
    return fit_network(
        inputs,
        targets,
        weights,
        hidden=CORRECTION_HIDDEN,
        decay=CORRECTION_DECAY,
        examples=CORRECTION_EXAMPLES,
        passes=CORRECTION_PASSES,
        slow_passes=SLOW_PASSES,
    )


def _by_tree(part: Examples, use: Array, make: Callable[[Array, int, Array], Array]) -> Array:
    """Return `make(measures, tree, rows)` of the rows of each tree, put together in the order of the rows."""
    rows = np.nonzero(use)[0]
    pieces = [np.nonzero(part.tree[rows] == tree)[0] for tree in range(part.tree.max() + 1)]
    made = [make(part.measures[rows[piece]], tree, piece) for tree, piece in enumerate(pieces) if piece.size]
    joined = np.empty((rows.size, *made[0].shape[1:]), np.float32)
    joined[np.concatenate(pieces)] = np.concatenate(made)
    return joined


def _base_inputs(part: Examples, use: Array) -> Array:
    return _by_tree(part, use, lambda measures, tree, _: ranking.base_inputs(measures, tree))


def _correction_inputs(part: Examples, use: Array, scores: Array) -> Array:
    return _by_tree(part, use, lambda measures, tree, rows: ranking.correction_inputs(measures, tree, scores[rows]))


def _scores(ranker: ranking.Ranker, part: Examples, use: Array) -> Array:
    return _by_tree(part, use, lambda measures, tree, _: ranker.score(measures, tree))


def judge(examples: Examples, scores: Array, names: list[str]) -> Array:
    """Return for each set: the best node, the best of three, the one ranked first, the share over 0.75."""
    starts = np.searchsorted(examples.click, np.arange(examples.click_set.size + 1))
    rows: list[list[tuple[float, ...]]] = [[] for _ in names]
    for click in np.nonzero(examples.click_judged)[0]:
        first, last = starts[click], starts[click + 1]
        if first == last:
            continue
        found = [Candidate(row, (), float(scores[row]), float(examples.area[row])) for row in range(first, last)]
        three = choose_three(found)
        quality = [float(examples.quality[candidate.node]) for candidate in three]
        top = quality[int(np.argmax([candidate.score for candidate in three]))]
        best = max(quality)
        rows[examples.click_set[click]].append((examples.quality[first:last].max(), best, top, best > 0.75))
    return np.array([np.mean(row, axis=0) for row in rows])


def judge_left_out(
    base: Examples, learned: dict[tuple[int, int], Examples], names: list[str], fit_to: Array, *, by: str
) -> dict[str, Array]:
    """Return `judge` before learning and after each number of strokes, of sets (or images) that were not fitted to."""
    judged = {"before learning": base, **{f"after {strokes}": learned[strokes, SEEDS[0]] for strokes in STROKES}}
    scores = {title: np.zeros(len(part.quality)) for title, part in judged.items()}
    for fold in range(len(names) if by == "set" else 4):

        def is_out(part: Examples, fold: int = fold) -> Array:
            return np.asarray((part.click_set if by == "set" else part.click_image % 4)[part.click] == fold)

        def is_fitted(part: Examples) -> Array:
            return ~is_out(part) & fit_to[part.click_set[part.click]]

        network = fit_base(base, is_fitted(base))
        parts = list(learned.values())
        ranker = ranking.Ranker(network, fit_correction(network, parts, [is_fitted(part) for part in parts]))
        for title, part in judged.items():
            if is_out(part).any():
                scores[title][is_out(part)] = _scores(ranker, part, is_out(part))
    return {title: judge(part, scores[title], names) for title, part in judged.items()}


def weights_of(part: Examples, chosen: Array) -> Array:
    """Return weights of the chosen rows: sets count alike, and so do the clicks of a set."""
    click = part.click[chosen]
    weight = 1 / np.bincount(click)[click]
    data_set = part.click_set[click]
    return weight / np.bincount(data_set, weights=weight)[data_set]


def _as_json(network: ranking.Network) -> dict[str, Any]:
    def numbers(array: Array) -> object:
        return json.loads(json.dumps(array.tolist()), parse_float=lambda text: float(f"{float(text):.6g}"))

    arrays = {
        "mean": network.mean_f,
        "spread": network.spread_f,
        "hidden": network.hidden_fh,
        "hidden_bias": network.hidden_bias_h,
        "output": network.output_h,
    }
    return {**{name: numbers(array) for name, array in arrays.items()}, "bias": float(f"{network.bias:.6g}")}


def _print_table(title: str, rows: Array, names: list[str]) -> None:
    print(f"{title:30}{'best node':>10}{'best of 3':>10}{'ranked 1st':>11}{'>0.75':>7}")
    for name, row in zip([*names, "mean of data sets"], [*rows, rows.mean(axis=0)], strict=True):
        print(f"{name:30}{row[0]:10.3f}{row[1]:10.3f}{row[2]:11.3f}{row[3]:7.2f}", flush=True)


def main() -> None:
    """Collect examples, judge, fit and save, as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--person", type=Path, required=True, help="folder of simulated_person.py")
    parser.add_argument("--judge", choices=("set", "image"), nargs="+", default=[])
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(options.person))
    person = importlib.import_module("simulated_person")
    names, cases = read_cases(options.data_dir, person)
    fit_to = np.array([name not in UNVERIFIED_LICENCE for name in names])
    with ThreadPoolExecutor(2) as threads:
        base = collect(cases, lambda _: None, threads)
        learned = {
            (strokes, seed): collect(
                cases, partial(knowledge_after, strokes=strokes, seed=seed, person=person), threads
            )
            for strokes in STROKES
            for seed in SEEDS
        }
    if options.save:
        parts = list(learned.values())
        network = fit_base(base, fit_to[base.click_set[base.click]])
        correction = fit_correction(network, parts, [fit_to[part.click_set[part.click]] for part in parts])
        path = Path(ranking.__file__).with_name("ranking.json")
        content = {"base": _as_json(network), "correction": _as_json(correction)}
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    for by in options.judge:
        for title, rows in judge_left_out(base, learned, names, fit_to, by=by).items():
            _print_table(f"{title}, {by} left out", rows, names)


if __name__ == "__main__":
    main()
