"""Are our trees on bytes as accurate as scikit-learn's on floats? The same pixels, features and settings for both.

usage: python bench/forest_quality.py [DATA PERSON] [--labels 5000] [--seeds 5] [--kinds forest extra_trees boosting]
                                      [--most-images 5] [--data-sets NAME ...] [--threads 2] [--json FILE]

DATA holds data sets with truth (NAME/images, NAME/masks), PERSON holds simulated_person.py. For each image and seed,
labelled pixels are chosen twice: at random over the image, and from a simulated person's strokes. Both sides train on
their features (SAMBA's 42, computed once) and classify the same 40,000 unlabelled pixels; what counts is the
difference of the mean intersection over union. The peers: RandomForestClassifier and ExtraTreesClassifier of
scikit-learn, LightGBM's own prediction on features that were not binned before.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

from sambaseg.features.recipe import SAMBA_RECIPE
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.forest.boosting import LEARNING_RATE, LEAVES
from sambaseg.forest.sampling import choose_points
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from smart_cases import Case, read_setting

JUDGED_PIXELS = 40_000
MOST_STROKES = 96
"""Strokes a class, at most: small classes have no more pixels to give."""

SETTINGS = {
    "forest": ForestSettings(),
    "extra_trees": ForestSettings(classifier="extra_trees", features_per_split="sqrt", min_leaf=2, depth=20),
    "boosting": ForestSettings(classifier="boosting", trees=100),
}

Rows = dict[tuple[str, str, str], list[tuple[float, float, float, float]]]
"""By kind, way of labelling and data set: our mean IoU, the peer's, our seconds of fitting, the peer's."""


def random_pixels(case: Case, labels: int, seed: int, person: ModuleType) -> np.ndarray:
    """Return the places of pixels that were chosen at random, in the flattened image."""
    del person
    count = min(labels, case.mask_yx.size // 4)
    return np.random.default_rng(seed).choice(case.mask_yx.size, count, replace=False)


def stroke_pixels(case: Case, labels: int, seed: int, person: ModuleType) -> np.ndarray:
    """Return the places of pixels in strokes, as many strokes as it takes."""
    strokes = 4
    while True:
        drawn_yx = person.draw_strokes(case.mask_yx, strokes_per_class=strokes, name=case.name, seed=seed)
        if np.count_nonzero(drawn_yx) >= labels or strokes >= MOST_STROKES:
            return choose_points(drawn_yx, points=labels, seed=seed)
        strokes *= 2


WAYS: dict[str, Callable[[Case, int, int, ModuleType], np.ndarray]] = {
    "random": random_pixels,
    "strokes": stroke_pixels,
}


def our_classes(train_nf: np.ndarray, ids_n: np.ndarray, judged_nf: np.ndarray, settings: ForestSettings, threads: int):
    """Return the class ids of judged samples and the seconds that fitting took."""
    start = time.perf_counter()
    forest = train_forest(train_nf, ids_n, settings, threads=threads)
    seconds = time.perf_counter() - start
    return forest.most_probable(forest.predict_proba(judged_nf).T), seconds


def peer_classes(
    train_nf: np.ndarray, ids_n: np.ndarray, judged_nf: np.ndarray, settings: ForestSettings, threads: int
):
    """Return what `our_classes` returns, of the peer with the same settings."""
    model = make_peer(settings, threads)
    start = time.perf_counter()
    model.fit(train_nf, ids_n)
    seconds = time.perf_counter() - start
    return model.predict(judged_nf), seconds


def make_peer(settings: ForestSettings, threads: int):
    """Return the peer's classifier, not trained."""
    if settings.classifier == "boosting":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(
            n_estimators=settings.trees,
            learning_rate=LEARNING_RATE,
            num_leaves=LEAVES,
            max_depth=settings.depth,
            min_child_samples=settings.min_leaf,
            class_weight=settings.balance,
            n_jobs=threads,
            random_state=settings.seed,
            verbosity=-1,
        )
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    kind = {"forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}[settings.classifier]
    return kind(
        settings.trees,
        max_depth=settings.depth,
        max_features=settings.features_per_split,
        min_samples_leaf=settings.min_leaf,
        class_weight=settings.balance,
        n_jobs=threads,
        random_state=settings.seed,
    )


def compare_case(case: Case, options: argparse.Namespace, person: ModuleType, rows: Rows) -> None:
    """Add the figures of one image, one a seed, way and kind."""
    scaled_cyx = Scaling.for_image(case.micrograph).apply(case.micrograph.pixels_cyx[:])
    stack_fyx = compute_stack(scaled_cyx, SAMBA_RECIPE, threads=options.threads)
    stack_fn = stack_fyx.reshape(len(stack_fyx), -1)
    truth_n = case.mask_yx.ravel()
    for seed in range(options.seeds):
        for way, choose in WAYS.items():
            places = choose(case, options.labels, seed, person)
            ids_n = truth_n[places].astype(np.int64) + 1
            if len(np.unique(ids_n)) < 2:
                continue
            judged = np.setdiff1d(np.random.default_rng(seed).permutation(truth_n.size)[: 2 * JUDGED_PIXELS], places)
            judged = judged[:: max(1, len(judged) // JUDGED_PIXELS)]
            train_nf, judged_nf = stack_fn[:, places].T, stack_fn[:, judged].T.copy()
            for kind in options.kinds:
                settings = SETTINGS[kind]
                settings = ForestSettings(**{**settings.__dict__, "seed": seed})
                ours, our_seconds = our_classes(train_nf, ids_n, judged_nf, settings, options.threads)
                theirs, their_seconds = peer_classes(train_nf, ids_n, judged_nf, settings, options.threads)
                everywhere = np.ones(len(judged), bool)
                scores = (
                    person.mean_iou(classes.astype(int) - 1, truth_n[judged], everywhere) for classes in (ours, theirs)
                )
                rows[kind, way, case.data_set].append((*scores, our_seconds, their_seconds))


def print_table(rows: Rows) -> None:
    """Print the mean of each data set, and over all with its standard error."""
    print(
        f"{'kind':12}{'labels':9}{'data set':25}{'runs':>5}{'ours':>8}{'peer':>8}{'difference':>12}{'fit, times':>12}"
    )
    for kind, way in dict.fromkeys((kind, way) for kind, way, _ in rows):
        differences = []
        for (row_kind, row_way, data_set), values in rows.items():
            if (row_kind, row_way) != (kind, way):
                continue
            figures = np.array(values)
            differences.append(figures[:, 0] - figures[:, 1])
            print(
                f"{kind:12}{way:9}{data_set:25}{len(figures):5}{figures[:, 0].mean():8.4f}{figures[:, 1].mean():8.4f}"
                f"{differences[-1].mean():+12.4f}{np.median(figures[:, 3] / figures[:, 2]):12.1f}"
            )
        of_sets = np.array([each.mean() for each in differences])
        error = of_sets.std(ddof=1) / np.sqrt(len(of_sets)) if len(of_sets) > 1 else np.nan
        runs = sum(map(len, differences))
        print(f"{kind:12}{way:9}{'mean of data sets':25}{runs:5}{of_sets.mean():+28.4f} ± {error:.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=5000, help="labelled pixels (default 5000)")
    parser.add_argument("--seeds", type=int, default=5, help="(default 5)")
    parser.add_argument("--kinds", nargs="+", choices=tuple(SETTINGS), default=["forest", "extra_trees"])
    parser.add_argument("--threads", type=int, default=2, help="threads of both sides (default 2)")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    setting, options = read_setting(parser, most_images=5)
    rows: Rows = defaultdict(list)
    for case in setting.cases():
        compare_case(case, options, setting.person, rows)
    print_table(rows)
    if options.json:
        options.json.write_text(json.dumps({"/".join(key): values for key, values in rows.items()}, indent=1))


if __name__ == "__main__":
    main()
