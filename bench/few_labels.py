"""Which recipe and which training segment best from few labels? Candidates beside a scikit-learn forest, set by set.

usage: python bench/few_labels.py [DATA PERSON] [--strokes 1 3] [--seeds 0 1] [--candidates NAME ...]
                                  [--most-images 2] [--data-sets NAME ...] [--threads 2] [--json FILE]

DATA holds data sets with truth (NAME/images, NAME/masks), PERSON holds simulated_person.py. A simulated person draws
strokes; every candidate trains on them and segments the image. The reference is SAMBA's 42 planes with scikit-learn's
random forest (200 trees of depth 10, 2 features a split, balanced). What counts is the difference of the mean
intersection over union on unlabelled pixels: the median over images and seeds for each data set, then the mean.

The last table leaves each data set out in turn: the candidate that is best on the others, and what it is worth there.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS, SAMBA_RECIPE, FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from smart_cases import Case, read_setting

LEAST = -0.01
"""A candidate that loses more than this on any data set is taken only where all do."""

FOREST = TrainingSettings(classifier="forest", features_per_split=2, min_leaf=1, balance="balanced", reach="whole")
PLAIN = TrainingSettings(balance="balanced", reach="whole")
"""Extra trees, and nothing else of what is the default now."""

TEXTURED = FeatureRecipe((*DEFAULT_RECIPE.families, "variance", "structure_tensor"), DEFAULT_RECIPE.scales_px, "radius")


@dataclass(frozen=True)
class Candidate:
    """A recipe and how is trained on it."""

    recipe: FeatureRecipe
    training: TrainingSettings


CANDIDATES = {
    "forest, to 16 px": Candidate(SAMBA_RECIPE, FOREST),
    "extra trees, to 16 px": Candidate(SAMBA_RECIPE, PLAIN),
    "extra trees, to 4 px": Candidate(FeatureRecipe(SAMBA_RECIPE.families, (1.0, 2.0, 4.0)), PLAIN),
    "extra trees, to 64 px": Candidate(DEFAULT_RECIPE, PLAIN),
    "extra trees, ilastik": Candidate(PRESETS["ilastik"], PLAIN),
    "extra trees, to 64 px, texture": Candidate(TEXTURED, PLAIN),
    "three reaches": Candidate(DEFAULT_RECIPE, TrainingSettings(balance="balanced")),
    "fractions": Candidate(DEFAULT_RECIPE, TrainingSettings(reach="whole")),
    "fractions, to 16 px": Candidate(SAMBA_RECIPE, TrainingSettings()),
    "default: three reaches, fractions": Candidate(DEFAULT_RECIPE, TrainingSettings()),
    "default with texture": Candidate(TEXTURED, TrainingSettings()),
    "default with learned features": Candidate(PRESETS["learned"], TrainingSettings()),
}

Differences = dict[tuple[str, int, str], list[float]]
"""By candidate, strokes a class and data set: mean IoU less the reference's, one an image and seed."""


def reference_classes(case: Case, labels_yx: np.ndarray, threads: int) -> np.ndarray:
    """Return the class indices that scikit-learn's forest on SAMBA's planes gives."""
    from sklearn.ensemble import RandomForestClassifier

    scaled_cyx = Scaling.for_image(case.micrograph).apply(case.micrograph.pixels_cyx[:])
    stack_fyx = compute_stack(scaled_cyx, SAMBA_RECIPE, threads=threads)
    stack_nf, labels_n = stack_fyx.reshape(len(stack_fyx), -1).T, labels_yx.ravel()
    forest = RandomForestClassifier(
        200, max_features=2, max_depth=10, class_weight="balanced", n_jobs=threads, random_state=0
    )
    forest.fit(stack_nf[labels_n > 0], labels_n[labels_n > 0])
    return forest.predict(stack_nf).reshape(labels_yx.shape).astype(int) - 1


def our_classes(case: Case, labels_yx: np.ndarray, candidate: Candidate, threads: int) -> np.ndarray:
    """Return the class indices that a candidate gives."""
    classifier = train_classifier(case.micrograph, labels_yx, candidate.recipe, candidate.training, threads=threads)
    found = segment(classifier, case.micrograph, with_probabilities=False, threads=threads)
    return found.classes_yx.astype(int) - 1


def best_elsewhere(medians: dict[tuple[str, int, str], float], left_out: str) -> str:
    """Return the candidate with the best mean over strokes and the other data sets."""
    names = dict.fromkeys(name for name, _, _ in medians)
    others = {
        name: [value for (each, _, data_set), value in medians.items() if each == name and data_set != left_out]
        for name in names
    }
    harmless = [name for name in names if min(others[name]) >= LEAST]
    return max(harmless or names, key=lambda name: float(np.mean(others[name])))


def print_tables(differences: Differences) -> None:
    """Print each candidate on each data set, and what choosing on the other data sets is worth on each."""
    medians = {key: float(np.median(values)) for key, values in differences.items()}
    sets = list(dict.fromkeys(data_set for _, _, data_set in medians))
    strokes = list(dict.fromkeys(count for _, count, _ in medians))
    print(f"{'candidate':34}{'strokes':>8}{'mean':>8}{'least':>8} " + "".join(f"{name[:10]:>11}" for name in sets))
    for count in strokes:
        for name in dict.fromkeys(each for each, _, _ in medians):
            row = [medians[name, count, data_set] for data_set in sets]
            shown = "".join(f"{value:+11.3f}" for value in row)
            print(f"{name:34}{count:8}{np.mean(row):+8.3f}{min(row):+8.3f} {shown}")
    if len(sets) < 2:
        return
    print(f"\n{'left out':26}{'best on the others':36}" + "".join(f"{f'{count} strokes':>12}" for count in strokes))
    chosen = {data_set: best_elsewhere(medians, data_set) for data_set in sets}
    for data_set, name in chosen.items():
        print(f"{data_set:26}{name:36}" + "".join(f"{medians[name, count, data_set]:+12.3f}" for count in strokes))
    means = [np.mean([medians[chosen[data_set], count, data_set] for data_set in sets]) for count in strokes]
    print(f"{'mean':62}" + "".join(f"{mean:+12.3f}" for mean in means))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, nargs="+", default=[1, 3], help="of each class (default 1 3)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of the strokes (default 0 1)")
    parser.add_argument("--candidates", nargs="+", choices=tuple(CANDIDATES), default=list(CANDIDATES))
    parser.add_argument("--threads", type=int, default=2, help="threads of both sides (default 2)")
    parser.add_argument("--json", type=Path, help="also write all differences to this file")
    setting, options = read_setting(parser, most_images=2)
    differences: Differences = defaultdict(list)
    for case in setting.cases():
        for count in options.strokes:
            for seed in options.seeds:
                labels_yx = setting.person.draw_strokes(
                    case.mask_yx, strokes_per_class=count, name=case.name, seed=seed
                )
                judged_yx = labels_yx == 0
                reference_yx = reference_classes(case, labels_yx, options.threads)
                reference = setting.person.mean_iou(reference_yx, case.mask_yx, judged_yx)
                for name in options.candidates:
                    ours_yx = our_classes(case, labels_yx, CANDIDATES[name], options.threads)
                    ours = setting.person.mean_iou(ours_yx, case.mask_yx, judged_yx)
                    differences[name, count, case.data_set].append(ours - reference)
    print_tables(differences)
    if options.json is not None:
        rows = [[*key, values] for key, values in differences.items()]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
