"""Fits the ranker of the built-in suggester: how good a node is, from its measures.

    python -m training.ranking DATA_DIR --person SCORING_DIR [--judge set|image] [--save]

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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
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
from sambaseg.smart.hierarchy.offered import LARGEST_SHARE
from sambaseg.smart.hierarchy.suggester import cut_view, grow_and_measure, tree_count
from sambaseg.smart.hierarchy.trees import TreeInputs
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage

JUDGED_IMAGES = 4
"""Of each data set, as `score_suggest.py` takes them."""
UNVERIFIED_LICENCE = ("uhcs",)
"""Never fitted to, only judged."""
HIDDEN = 16
EXAMPLES = 200_000
STROKES = (1, 3)

Array = npt.NDArray[Any]


@dataclass
class Examples:
    """Nodes around clicks: inputs (N, F), quality (N,), area (N,), click (N,), and each click's set, image and use."""

    inputs: Array
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


def read_cases(data_dir: Path, person: Any) -> tuple[list[str], list[Case]]:
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


def knowledge_after(case: Case, strokes: int, person: Any) -> Knowledge:
    """Return what the forest knows of a case after so many strokes a class."""
    labels_yx = person.draw_strokes(case.mask_yx, strokes_per_class=strokes, name=case.name, seed=0)
    classifier = train_classifier(case.micrograph, labels_yx.astype(np.int32), DEFAULT_RECIPE, TrainingSettings())
    result = segment(classifier, case.micrograph, with_probabilities=False)
    return Knowledge(result.classes_yx.astype(np.uint8), uncertainty_as_bytes(result.uncertainty_yx))


def collect(cases: list[Case], strokes: int | None, person: Any, threads: ThreadPoolExecutor) -> Examples:
    """Return the examples of all cases, with what the forest knows after so many strokes, or without."""
    rows: list[tuple[Array, Array, Array, Array]] = []
    clicks: list[tuple[int, int, bool]] = []
    for case in cases:
        knowledge = None if strokes is None else knowledge_after(case, strokes, person)
        view = cut_view(case.view, knowledge, threads)
        inputs, trees = TreeInputs.of(view.graph, view.sums), tree_count(view)
        grown = [grow_and_measure(view, inputs, number) for number in range(trees)]
        for points, truth in case.objects:
            flat = view.regions_yx.reshape(-1)
            inside_n = np.bincount(flat, weights=truth.reshape(-1), minlength=view.sums.texture_n.size)
            insides = [_accumulate(tree.parent, inside_n) for tree, _ in grown]
            for use, (y, x) in enumerate(points):
                for number, (tree, measures) in enumerate(grown):
                    nodes = _path(tree.parent, int(view.regions_yx[y, x]))
                    nodes = nodes[measures.area_m[nodes] <= LARGEST_SHARE * truth.size]
                    area, inside = measures.area_m[nodes], insides[number][nodes]
                    which = np.tile(np.eye(trees, dtype=np.float32)[number], (len(nodes), 1))
                    values = np.concatenate([measures.values_mf[nodes], which], axis=1)
                    quality = inside / (area + truth.sum() - inside)
                    rows.append((values, quality, area, np.full(len(nodes), len(clicks))))
                clicks.append((case.data_set, case.image, use < 2 and case.image < JUDGED_IMAGES))
    inputs_nf, quality, area, click = (np.concatenate([row[column] for row in rows]) for column in range(4))
    click_set, click_image, click_judged = (np.array(column) for column in zip(*clicks, strict=True))
    return Examples(inputs_nf, quality, area, click, click_set, click_image, click_judged)


def fit(examples: list[Examples], use: list[Array], seed: int = 0) -> ranking.Ranker:
    """Return the ranker fitted to the examples chosen by `use`, one mask each."""
    inputs = np.concatenate([part.inputs[chosen] for part, chosen in zip(examples, use, strict=True)])
    quality = np.concatenate([part.quality[chosen] for part, chosen in zip(examples, use, strict=True)])
    weight = np.concatenate([_weights(part, chosen) for part, chosen in zip(examples, use, strict=True)])
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    drawn = np.random.default_rng(seed).choice(len(inputs), size=EXAMPLES, p=weight / weight.sum())
    standard = np.clip((inputs[drawn] - mean) / spread, -ranking.CLIPPED_AT, ranking.CLIPPED_AT)
    network = MLPRegressor(
        hidden_layer_sizes=(HIDDEN,),
        alpha=1e-3,
        batch_size=512,
        max_iter=14,
        learning_rate_init=2e-3,
        random_state=seed,
    )
    network.fit(standard, quality[drawn])
    (hidden, output), (hidden_bias, bias) = network.coefs_, network.intercepts_
    arrays = [array.astype(np.float32) for array in (mean, spread, hidden, hidden_bias, output[:, 0])]
    return ranking.Ranker(*arrays, float(bias[0]))


def judge(examples: Examples, scores: Array, names: list[str]) -> Array:
    """Return for each set: the best node, the best of three, the one ranked first, the share over 0.75."""
    starts = np.searchsorted(examples.click, np.arange(examples.click_set.size + 1))
    rows: list[list[tuple[float, ...]]] = [[] for _ in names]
    for click in np.nonzero(examples.click_judged)[0]:
        first, last = starts[click], starts[click + 1]
        if first == last:
            continue
        found = [Candidate(row, (), (), float(scores[row]), float(examples.area[row])) for row in range(first, last)]
        three = choose_three(found)
        quality = [float(examples.quality[candidate.node]) for candidate in three]
        top = quality[int(np.argmax([candidate.score for candidate in three]))]
        best = max(quality)
        rows[examples.click_set[click]].append((examples.quality[first:last].max(), best, top, best > 0.75))
    return np.array([np.mean(row, axis=0) for row in rows])


def judge_left_out(examples: list[Examples], names: list[str], fit_to: Array, *, by: str) -> list[Array]:
    """Return `judge` of each of the examples, every set (or every fourth image) scored without having been fitted."""
    scores = [np.zeros(len(part.quality)) for part in examples]
    for fold in range(len(names) if by == "set" else 4):
        held = [(part.click_set if by == "set" else part.click_image % 4)[part.click] == fold for part in examples]
        fitted = [~out & fit_to[part.click_set[part.click]] for part, out in zip(examples, held, strict=True)]
        ranker = fit(examples, fitted)
        for part, out, score in zip(examples, held, scores, strict=True):
            score[out] = ranker.score_inputs(part.inputs[out].astype(np.float32))
    return [judge(part, score, names) for part, score in zip(examples, scores, strict=True)]


def _weights(part: Examples, chosen: Array) -> Array:
    """Return weights of the chosen rows: sets count alike, and so do the clicks of a set."""
    click = part.click[chosen]
    weight = 1 / np.bincount(click)[click]
    data_set = part.click_set[click]
    return weight / np.bincount(data_set, weights=weight)[data_set]


def _accumulate(parent: Array, values_n: Array) -> Array:
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


def _as_json(ranker: ranking.Ranker) -> dict[str, Any]:
    def numbers(array: Array) -> Any:
        return json.loads(json.dumps(array.tolist()), parse_float=lambda text: float(f"{float(text):.6g}"))

    return {
        "mean": numbers(ranker.mean_f),
        "spread": numbers(ranker.spread_f),
        "hidden": numbers(ranker.hidden_fh),
        "hidden_bias": numbers(ranker.hidden_bias_h),
        "output": numbers(ranker.output_h),
        "bias": float(f"{ranker.bias:.6g}"),
    }


def _print_table(title: str, rows: Array, names: list[str]) -> None:
    print(f"{title:30}{'best node':>10}{'best of 3':>10}{'ranked 1st':>11}{'>0.75':>7}")
    for name, row in zip([*names, "mean of data sets"], [*rows, rows.mean(axis=0)], strict=True):
        print(f"{name:30}{row[0]:10.3f}{row[1]:10.3f}{row[2]:11.3f}{row[3]:7.2f}", flush=True)


def main() -> None:
    """Collect examples, judge, fit and save, as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--person", type=Path, required=True, help="folder of simulated_person.py")
    parser.add_argument("--judge", choices=("set", "image"))
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(options.person))
    person = importlib.import_module("simulated_person")
    names, cases = read_cases(options.data_dir, person)
    fit_to = np.array([name not in UNVERIFIED_LICENCE for name in names])
    with ThreadPoolExecutor(2) as threads:
        base = [collect(cases, None, person, threads)]
        learned = [collect(cases, strokes, person, threads) for strokes in STROKES]
    if options.judge:
        for title, examples in (("base", base), ("learned", learned)):
            for number, rows in enumerate(judge_left_out(examples, names, fit_to, by=options.judge)):
                _print_table(f"{title} {number}, left out by {options.judge}", rows, names)
    if options.save:
        rankers = {
            title: _as_json(fit(examples, [fit_to[part.click_set[part.click]] for part in examples]))
            for title, examples in (("base", base), ("learned", learned))
        }
        path = Path(ranking.__file__).with_name("ranking.json")
        path.write_text(json.dumps(rankers, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
