"""How long a person waits for a later Train, and what its parts take, beside scikit-learn in the same run.

usage: python bench/train.py [--size 1024] [--labels 5000] [--more-labels N] [--rounds 5] [--threads N] [--json FILE]

A Train is: features of the whole image, a forest of 200 trees (depth 10, balanced classes, out-of-bag score) on the
labelled pixels, and the class of every pixel. Both sides start from the same pixels in memory and end with the class
map in memory; nothing is kept from the training before. The reference computes the same 42 planes with scikit-image and
NumPy and uses scikit-learn's RandomForestClassifier on all cores. Rounds alternate and the median
counts; CPU time (of all threads) says more on a busy machine. The last columns say how many of the unlabelled pixels
are right, on phases that the image's own grey values and a blur of 4 px decide.

The parts, on features that both sides have in memory already: fitting with and without an out-of-bag score (ours always
has one), and the class probabilities of all pixels, by forests of both numbers of labels.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from features import micrograph, reference_stack

TREES, DEPTH, PER_SPLIT = 200, 10, 2

Clocked = dict[str, list[tuple[float, float]]]
"""Seconds and CPU seconds of each step, by name, one pair a round."""


class Stopwatch:
    """Notes how long named steps take."""

    def __init__(self) -> None:
        self.steps: Clocked = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Return what `work` returns, and note its time under `name`."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.steps.setdefault(name, []).append((time.perf_counter() - wall, time.process_time() - cpu))
        return result


def phases_and_labels(image_yx: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return three phases by the grey value of the blurred image, and labels of so many random pixels."""
    from scipy import ndimage

    smooth_yx = ndimage.gaussian_filter(image_yx, 4)
    phases_yx = (np.digitize(smooth_yx, np.quantile(smooth_yx, [0.4, 0.8])) + 1).astype(np.uint8)
    labels_yx = np.zeros_like(phases_yx)
    chosen = np.random.default_rng(0).choice(image_yx.size, labels, replace=False)
    labels_yx.ravel()[chosen] = phases_yx.ravel()[chosen]
    return phases_yx, labels_yx


def reference_train(image_yx: np.ndarray, labels_yx: np.ndarray, watch: Stopwatch) -> np.ndarray:
    """Return the classes as scikit-image and scikit-learn find them."""
    from sklearn.ensemble import RandomForestClassifier

    stack_fyx = np.empty((42, *image_yx.shape), np.float32)
    watch.time("features", lambda: reference_stack(image_yx, stack_fyx, "samba"))
    samples_nf = watch.time("rows", lambda: np.ascontiguousarray(stack_fyx.reshape(42, -1).T))
    labelled = labels_yx.ravel() > 0
    forest = RandomForestClassifier(
        TREES,
        max_depth=DEPTH,
        max_features=PER_SPLIT,
        class_weight="balanced",
        oob_score=True,
        n_jobs=-1,
        random_state=0,
    )
    watch.time("fit", lambda: forest.fit(samples_nf[labelled], labels_yx.ravel()[labelled]))
    return watch.time("predict", lambda: forest.predict(samples_nf)).reshape(image_yx.shape)


def our_train(pixels_yx: np.ndarray, labels_yx: np.ndarray, threads: int, watch: Stopwatch) -> np.ndarray:
    """Return the classes as the pipeline finds them; features of labelled pixels are part of "fit"."""
    from sambaseg.features.recipe import SAMBA_RECIPE
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.apply import segment
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_classifier

    image = Micrograph.from_array(pixels_yx)
    training = TrainingSettings(
        trees=TREES,
        depth=DEPTH,
        classifier="forest",
        features_per_split=PER_SPLIT,
        min_leaf=1,
        balance="balanced",
        reach="whole",
    )
    classifier = watch.time("fit", lambda: train_classifier(image, labels_yx, SAMBA_RECIPE, training, threads=threads))
    segmented = watch.time(
        "features and predict", lambda: segment(classifier, image, with_probabilities=False, threads=threads)
    )
    return segmented.classes_yx


def compare(size: int, labels: int, rounds: int, threads: int) -> dict[str, dict[str, float]]:
    """Return median seconds of each step and of all, CPU seconds, accuracy, and the ratios."""
    image_yx = micrograph(size)
    pixels_yx = np.round(image_yx * 255).astype(np.uint8)
    phases_yx, labels_yx = phases_and_labels(image_yx, labels)
    unlabelled = labels_yx == 0
    watches = {"scikit-learn": Stopwatch(), "sambaseg": Stopwatch()}
    ways = {
        "scikit-learn": lambda watch: reference_train(image_yx, labels_yx, watch),
        "sambaseg": lambda watch: our_train(pixels_yx, labels_yx, threads, watch),
    }
    accuracy = {name: float((way(Stopwatch()) == phases_yx)[unlabelled].mean()) for name, way in ways.items()}
    for _ in range(rounds):
        for name, way in ways.items():
            watches[name].time("all", lambda way=way, name=name: way(watches[name]))
    figures = {name: _medians(watch.steps) | {"accuracy": accuracy[name]} for name, watch in watches.items()}
    theirs, ours = figures["scikit-learn"], figures["sambaseg"]
    kept = theirs["fit"] + theirs["predict"]
    ours |= {
        "times_faster": theirs["all"] / ours["all"],
        "times_less_cpu": theirs["all_cpu"] / ours["all_cpu"],
        "times_faster_than_with_features_kept": kept / ours["all"],
    }
    return figures


def compare_parts(size: int, labels: int, rounds: int, threads: int) -> dict[str, float]:
    """Return median seconds of fitting and predicting alone, and how many times faster ours are."""
    from sklearn.ensemble import RandomForestClassifier

    from sambaseg.features.recipe import SAMBA_RECIPE
    from sambaseg.features.stack import compute_stack
    from sambaseg.forest.settings import ForestSettings
    from sambaseg.forest.train import train_forest

    image_yx = micrograph(size)
    _, labels_yx = phases_and_labels(image_yx, labels)
    stack_fyx = compute_stack(image_yx[np.newaxis], SAMBA_RECIPE, threads=threads)
    samples_nf = np.ascontiguousarray(stack_fyx.reshape(len(stack_fyx), -1).T)
    chosen, settings = labels_yx.ravel() > 0, ForestSettings(TREES, DEPTH, PER_SPLIT)
    train_nf, ids_n = samples_nf[chosen], labels_yx.ravel()[chosen].astype(np.int64)

    def reference_fit(*, scored: bool) -> RandomForestClassifier:
        model = RandomForestClassifier(
            TREES, max_depth=DEPTH, max_features=PER_SPLIT, class_weight="balanced", oob_score=scored, n_jobs=threads,
            random_state=0,
        )  # fmt: skip
        return model.fit(train_nf, ids_n)

    watch = Stopwatch()
    for step in range(rounds + 1):
        watch = Stopwatch() if step == 1 else watch  # the first round warms up
        scored = watch.time("scikit-learn fit with score", lambda: reference_fit(scored=True))
        watch.time("scikit-learn fit", lambda: reference_fit(scored=False))
        forest = watch.time("fit", lambda: train_forest(train_nf, ids_n, settings, threads=threads))
        watch.time("scikit-learn predict", lambda scored=scored: scored.predict_proba(samples_nf))
        watch.time("predict", lambda forest=forest: predict_rows(forest, stack_fyx, threads))
    figures = _medians(watch.steps)
    peers = {"fit": "scikit-learn fit", "fit_scored": "scikit-learn fit with score", "predict": "scikit-learn predict"}
    for name, peer in peers.items():
        own = name.removesuffix("_scored")
        figures[f"{name}_times_faster"] = figures[peer] / figures[own]
        figures[f"{name}_times_less_cpu"] = figures[f"{peer}_cpu"] / figures[f"{own}_cpu"]
    return figures


def predict_rows(forest, stack_fyx: np.ndarray, threads: int) -> np.ndarray:
    """Return the probabilities (k, h, w) of features in memory, in strips of rows on several threads."""
    height, width = stack_fyx.shape[1:]
    probabilities_kyx = np.empty((len(forest.class_ids), height, width), np.float32)

    def predict(top: int) -> None:
        rows = slice(top, top + 64)
        probabilities_kyx[:, rows] = forest.predict_tile(forest.quantise(np.ascontiguousarray(stack_fyx[:, rows])))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(predict, range(0, height, 64)))
    return probabilities_kyx


def _medians(steps: Clocked) -> dict[str, float]:
    wall = {name: statistics.median(seconds for seconds, _ in values) for name, values in steps.items()}
    cpu = {f"{name}_cpu": statistics.median(seconds for _, seconds in values) for name, values in steps.items()}
    return wall | cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, help="pixels a side (default 1024)")
    parser.add_argument("--labels", type=int, default=5000, help="labelled pixels (default 5000)")
    parser.add_argument("--more-labels", type=int, default=40_000, help="of a larger forest (default 40000)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each; the median counts (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads of ours (default 2)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    figures = compare(args.size, args.labels, args.rounds, args.threads)
    print(f"later Train, {args.size} x {args.size}, {args.labels} labels, {TREES} trees, {args.rounds} rounds")
    for name, row in figures.items():
        steps = ", ".join(f"{step} {row[step] * 1e3:.0f} ms" for step in row if f"{step}_cpu" in row and step != "all")
        print(f"{name:14}{row['all']:8.2f} s  CPU {row['all_cpu']:6.2f} s  right {row['accuracy']:.1%}  ({steps})")
    ours = figures["sambaseg"]
    print(f"{ours['times_faster']:.1f} times faster, {ours['times_less_cpu']:.1f} times less CPU; ", end="")
    print(f"{ours['times_faster_than_with_features_kept']:.1f} times faster than fit and predict with features kept")
    parts = {
        count: compare_parts(args.size, count, args.rounds, args.threads) for count in (args.labels, args.more_labels)
    }
    for count, row in parts.items():
        print(f"{count} labels, features in memory:")
        for name, what in (("fit", "fit"), ("fit_scored", "fit, both with score"), ("predict", "probabilities")):
            print(
                f"  {what:21}{row[name.removesuffix('_scored')] * 1e3:5.0f} ms, "
                f"{row[f'{name}_times_faster']:.1f} times "
                f"faster, {row[f'{name}_times_less_cpu']:.1f} times less CPU"
            )
    if args.json:
        args.json.write_text(
            json.dumps({"size": args.size, "labels": args.labels, "figures": figures, "parts": parts}, indent=2)
        )


if __name__ == "__main__":
    main()
