"""How long a person waits for a Train, and what its parts take, beside scikit-learn in the same run.

usage: python bench/train.py [--size 1024] [--labels 5000] [--more-labels N] [--rounds 5] [--threads N] [--json FILE]

A Train is: features of the whole image, a classifier trained on the labelled pixels, and the class of every pixel. Both
sides start from the same pixels in memory and end with the class map in memory. "Nothing kept" computes all of it; a
"later Train" follows one more stroke, and both sides have kept what they can: scikit-learn the features of all pixels
as floats, ours what the server keeps while Live is on (features of the pixels that were labelled before, bins of all
tiles, bin edges).

It is measured with SAMBA's 42 planes and forest (200 trees, depth 10, balanced classes, out-of-bag score on both sides)
and with our defaults (56 planes, extra trees of three reaches, classes by their share of the image) beside
scikit-learn's forest on the same planes. The reference computes planes with scikit-image and NumPy, and uses
RandomForestClassifier on all cores. Rounds alternate and the median counts; CPU time (of all threads) says more on a
busy machine. "Right" says how many of the unlabelled pixels are, on phases that the image's own grey values and a blur
of 4 px decide.

The parts, on features that both sides have in memory already: fitting, both with and both without an out-of-bag score,
and the class probabilities of all pixels, by forests of both numbers of labels.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features import micrograph, planes_of, reference_stack
from sambaseg.features.recipe import PRESETS
from sambaseg.features.stack import compute_stack
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.forest import Forest
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.apply import apply_classifier, segment
from sambaseg.pipeline.bin_cache import BinCache
from sambaseg.pipeline.sample_cache import SampleCache
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier, train_on_images

TREES, DEPTH, PER_SPLIT = 200, 10, 2
STROKE_PX = (6, 27)
"""What is labelled before a later Train."""
PARTS_OF_FITTING = {"fit, both scored": True, "fit, neither scored": False}
"""With and without an out-of-bag score."""

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


@dataclass(frozen=True)
class Subject:
    """Pixels (uint8), the phases they show, labels of random pixels, and these with a stroke more."""

    pixels_yx: np.ndarray
    phases_yx: np.ndarray
    before_yx: np.ndarray
    labels_yx: np.ndarray

    @classmethod
    def of(cls, size: int, labels: int) -> Subject:
        """Return the subject of so many pixels a side and labelled pixels."""
        image_yx = micrograph(size)
        phases_yx, before_yx = phases_and_labels(image_yx, labels)
        labels_yx, (height, width) = before_yx.copy(), STROKE_PX
        top, left = size // 2, size // 3
        labels_yx[top : top + height, left : left + width] = phases_yx[top, left]
        return cls(np.round(image_yx * 255).astype(np.uint8), phases_yx, before_yx, labels_yx)

    def share_right(self, classes_yx: np.ndarray) -> float:
        """Return how many of the unlabelled pixels are right."""
        return float((classes_yx == self.phases_yx)[self.labels_yx == 0].mean())


@dataclass(frozen=True)
class Setup:
    """A recipe by its preset, and how ours is trained on it."""

    preset: str
    training: TrainingSettings


def setups() -> dict[str, Setup]:
    """Return what is compared, by its name."""
    samba = TrainingSettings(
        trees=TREES,
        depth=DEPTH,
        classifier="forest",
        features_per_split=PER_SPLIT,
        min_leaf=1,
        balance="balanced",
        reach="whole",
    )
    return {"SAMBA's planes and forest": Setup("samba", samba), "our defaults": Setup("default", TrainingSettings())}


def phases_and_labels(image_yx: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return three phases by the grey value of the blurred image, and labels of so many random pixels."""
    from scipy import ndimage

    smooth_yx = ndimage.gaussian_filter(image_yx, 4)
    phases_yx = (np.digitize(smooth_yx, np.quantile(smooth_yx, [0.4, 0.8])) + 1).astype(np.uint8)
    labels_yx = np.zeros_like(phases_yx)
    chosen = np.random.default_rng(0).choice(image_yx.size, labels, replace=False)
    labels_yx.ravel()[chosen] = phases_yx.ravel()[chosen]
    return phases_yx, labels_yx


def reference_train(subject: Subject, setup: Setup, watch: Stopwatch) -> np.ndarray:
    """Return the classes as scikit-image and scikit-learn find them."""
    image_yx = subject.pixels_yx.astype(np.float32) / np.float32(255)
    stack_fyx = np.empty((planes_of(setup.preset), *image_yx.shape), np.float32)
    watch.time("features", lambda: reference_stack(image_yx, stack_fyx, setup.preset))
    samples_nf = watch.time("rows", lambda: np.ascontiguousarray(stack_fyx.reshape(len(stack_fyx), -1).T))
    labelled, ids_n = subject.labels_yx.ravel() > 0, subject.labels_yx.ravel()
    forest = watch.time("fit", lambda: reference_forest(-1, scored=True).fit(samples_nf[labelled], ids_n[labelled]))
    return watch.time("predict", lambda: forest.predict(samples_nf)).reshape(image_yx.shape)


def reference_forest(threads: int, *, scored: bool) -> Any:
    """Return scikit-learn's forest with SAMBA's settings, not trained."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        TREES,
        max_depth=DEPTH,
        max_features=PER_SPLIT,
        class_weight="balanced",
        oob_score=scored,
        n_jobs=threads,
        random_state=0,
    )


def our_train(subject: Subject, setup: Setup, threads: int, watch: Stopwatch) -> np.ndarray:
    """Return the classes as the pipeline finds them; features of labelled pixels are part of "fit"."""
    image, recipe = Micrograph.from_array(subject.pixels_yx), PRESETS[setup.preset]
    classifier = watch.time(
        "fit", lambda: train_classifier(image, subject.labels_yx, recipe, setup.training, threads=threads)
    )
    segmented = watch.time(
        "features and predict", lambda: segment(classifier, image, with_probabilities=False, threads=threads)
    )
    return segmented.classes_yx


class Kept:
    """What ours keeps from a Train before the last stroke; `train` is the later one."""

    def __init__(self, subject: Subject, setup: Setup, threads: int) -> None:
        self._subject, self._setup, self._threads = subject, setup, threads
        self._image, self._bins = Micrograph.from_array(subject.pixels_yx), BinCache(2**30)
        self._begin()
        self._segment(self._former)

    def train(self, watch: Stopwatch) -> np.ndarray:
        """Return the classes after the stroke, and go back to what was kept before it."""

        def work() -> np.ndarray:
            classifier = watch.time("fit", lambda: self._learn(self._subject.labels_yx, self._former))
            return watch.time("predict", lambda: self._segment(classifier))

        classes_yx = watch.time("all", work)
        self._begin()
        return classes_yx

    def _begin(self) -> None:
        self._samples = SampleCache(2**30)
        self._former = self._learn(self._subject.before_yx, None)

    def _learn(self, labels_yx: np.ndarray, former: Classifier | None) -> Classifier:
        recipe, training = PRESETS[self._setup.preset], self._setup.training
        return train_on_images(
            [(self._image, labels_yx)], recipe, training, threads=self._threads, edges_of=former, cache=self._samples
        )

    def _segment(self, classifier: Classifier) -> np.ndarray:
        classes_yx = np.empty(self._image.shape_yx, np.uint8)

        def take(ty: int, tx: int, tile_yx: np.ndarray, *_: np.ndarray) -> None:
            classes_yx[ty * TILE_PX : (ty + 1) * TILE_PX, tx * TILE_PX : (tx + 1) * TILE_PX] = tile_yx

        apply_classifier(classifier, self._image, sink=take, threads=self._threads, kept=self._bins.of(classifier, 0))
        return classes_yx


Figures = dict[str, dict[str, float]]
"""Median seconds and CPU seconds of each step and of "all" by who did it; how many pixels are right, and ratios."""


def compare(subject: Subject, setup: Setup, rounds: int, threads: int) -> Figures:
    """Return the figures of both sides."""
    kept = Kept(subject, setup, threads)
    watches = {"scikit-learn": Stopwatch(), "nothing kept": Stopwatch(), "later Train": Stopwatch()}
    ways: dict[str, Callable[[Stopwatch], np.ndarray]] = {
        "scikit-learn": lambda watch: watch.time("all", lambda: reference_train(subject, setup, watch)),
        "nothing kept": lambda watch: watch.time("all", lambda: our_train(subject, setup, threads, watch)),
        "later Train": kept.train,
    }
    right = {name: subject.share_right(way(Stopwatch())) for name, way in ways.items()}  # warms up, too
    for _ in range(rounds):
        for name, way in ways.items():
            way(watches[name])
    figures = {name: _medians(watch.steps) | {"right": right[name]} for name, watch in watches.items()}
    theirs, anew, later = figures.values()
    for ratio, kind in (("times_faster", ""), ("times_less_cpu", "_cpu")):
        anew[ratio] = theirs[f"all{kind}"] / anew[f"all{kind}"]
        later[ratio] = (theirs[f"fit{kind}"] + theirs[f"predict{kind}"]) / later[f"all{kind}"]
    return figures


def compare_parts(size: int, labels: int, rounds: int, threads: int) -> dict[str, float]:
    """Return median seconds of fitting and predicting alone, and how many times faster ours are."""
    image_yx = micrograph(size)
    _, labels_yx = phases_and_labels(image_yx, labels)
    stack_fyx = compute_stack(image_yx[np.newaxis], PRESETS["samba"], threads=threads)
    samples_nf = np.ascontiguousarray(stack_fyx.reshape(len(stack_fyx), -1).T)
    chosen, settings = labels_yx.ravel() > 0, ForestSettings(TREES, DEPTH, PER_SPLIT)
    train_nf, ids_n = samples_nf[chosen], labels_yx.ravel()[chosen].astype(np.int64)

    def fit(*, scored: bool) -> Forest:
        return train_forest(train_nf, ids_n, settings, threads=threads, scored=scored)

    watch = Stopwatch()
    for step in range(rounds + 1):
        watch = Stopwatch() if step == 1 else watch  # the first round warms up
        for name, scored in PARTS_OF_FITTING.items():
            model = reference_forest(threads, scored=scored)
            watch.time(f"scikit-learn {name}", lambda model=model: model.fit(train_nf, ids_n))
            forest = watch.time(name, lambda scored=scored: fit(scored=scored))
        watch.time("scikit-learn probabilities", lambda model=model: model.predict_proba(samples_nf))
        watch.time("probabilities", lambda forest=forest: predict_rows(forest, stack_fyx, threads))
    figures = _medians(watch.steps)
    for name in (*PARTS_OF_FITTING, "probabilities"):
        for ratio, kind in (("times_faster", ""), ("times_less_cpu", "_cpu")):
            figures[f"{name}_{ratio}"] = figures[f"scikit-learn {name}{kind}"] / figures[f"{name}{kind}"]
    return figures


def predict_rows(forest: Forest, stack_fyx: np.ndarray, threads: int) -> np.ndarray:
    """Return the probabilities (k, h, w) of features in memory, in strips of rows on several threads."""
    height, width = stack_fyx.shape[1:]
    probabilities_kyx = np.empty((len(forest.class_ids), height, width), np.float32)

    def predict(top: int) -> None:
        rows = slice(top, top + 64)
        probabilities_kyx[:, rows] = forest.predict_tile(forest.quantise(np.ascontiguousarray(stack_fyx[:, rows])))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(predict, range(0, height, 64)))
    return probabilities_kyx


def print_trains(figures: Figures) -> None:
    """Print a line for each way."""
    for name, row in figures.items():
        steps = ", ".join(f"{step} {row[step] * 1e3:.0f} ms" for step in row if f"{step}_cpu" in row and step != "all")
        line = f"  {name:14}{row['all']:7.3f} s  CPU {row['all_cpu']:6.3f} s  right {row['right']:.1%}  ({steps})"
        if "times_faster" in row:
            line += f"  {row['times_faster']:.1f} times faster, {row['times_less_cpu']:.1f} times less CPU"
        print(line)


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
    subject, figures = Subject.of(args.size, args.labels), {}
    for title, setup in setups().items():
        figures[title] = compare(subject, setup, args.rounds, args.threads)
        print(f"{title}: {args.size} x {args.size}, {args.labels} labels and a stroke, {args.rounds} rounds")
        print_trains(figures[title])
    parts = {
        count: compare_parts(args.size, count, args.rounds, args.threads) for count in (args.labels, args.more_labels)
    }
    for count, row in parts.items():
        print(f"{count} labels, features in memory:")
        for name in (*PARTS_OF_FITTING, "probabilities"):
            print(
                f"  {name:21}{row[name] * 1e3:5.0f} ms, scikit-learn {row[f'scikit-learn {name}'] * 1e3:6.0f} ms: "
                f"{row[f'{name}_times_faster']:.1f} times faster, {row[f'{name}_times_less_cpu']:.1f} times less CPU"
            )
    if args.json:
        args.json.write_text(
            json.dumps({"size": args.size, "labels": args.labels, "figures": figures, "parts": parts}, indent=2)
        )


if __name__ == "__main__":
    main()
