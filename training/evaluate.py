"""Evaluation: does a hierarchy on learned boundaries hold better nodes for a click than one on gradients?

For every click the best node on the way from pixel to root counts, of one tree or of several. Data sets weigh the same;
the interval of a difference comes from drawing whole data sets anew (paired bootstrap).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.area_hierarchy import Ints, area_tree, best_on_path
from training.boundary_maps import BoundaryMaps
from training.learned import LearnedBoundaries
from training.trials import Trial, real_trials, synthetic_trials

SHARED = Path(__file__).resolve().parents[2] / "shared"
METHODS: dict[str, tuple[str, ...]] = {
    "gradient": ("gradient 1.5",),
    "steps": ("steps 1.0",),
    "learned": ("learned edges",),
    "mixed": ("mixed edges",),
    "nearness": ("learned nearness",),
    "mixed nearness": ("mixed nearness",),
    "2 gradients": ("gradient 1.0", "gradient 2.5"),
    "2 learned": ("learned edges", "learned coarse"),
    "gradient + learned": ("gradient 1.5", "learned edges"),
    "gradient + mixed": ("gradient 1.5", "mixed edges"),
    "gradient + nearness": ("gradient 1.5", "learned nearness"),
    "3 without": ("gradient 1.0", "gradient 2.5", "steps 1.0"),
    "3 with learned": ("gradient 1.0", "gradient 2.5", "learned edges"),
    "3 with mixed": ("gradient 1.0", "gradient 2.5", "mixed edges"),
}
COMPARISONS = (
    ("learned", "gradient"),
    ("learned", "steps"),
    ("mixed", "gradient"),
    ("mixed", "steps"),
    ("mixed nearness", "gradient"),
    ("2 learned", "2 gradients"),
    ("gradient + learned", "2 gradients"),
    ("gradient + mixed", "2 gradients"),
    ("3 with learned", "3 without"),
    ("3 with mixed", "3 without"),
)
Scores = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Interval:
    """A mean difference over data sets and the 95 % interval of its bootstrap."""

    difference: float
    low: float
    high: float
    better_on: int
    data_sets: int

    @property
    def verdict(self) -> str:
        """Better or worse where the interval leaves zero out, else open."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "open"


def score_trials(trials: Iterable[Trial], networks: dict[str, LearnedBoundaries], *, say: bool = True) -> Scores:
    """Return by data set and method the score of every click; `networks` by data set, "" for the others."""
    scores: Scores = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        maps = BoundaryMaps(trial.grey_yx, networks.get(trial.data_set, networks.get("")))
        names = sorted({name for method in METHODS.values() for name in method})
        by_map = {name: _score(trial, area_tree(maps[name])) for name in names}
        for method, used in METHODS.items():
            scores[trial.data_set][method] += np.max([by_map[name] for name in used], axis=0).tolist()
        if say:
            print(f"{trial.data_set:24} {trial.name[:30]:30} {len(trial.objects):3} objects", flush=True)
    return {name: dict(methods) for name, methods in scores.items()}


def _score(trial: Trial, parent: Ints) -> list[float]:
    width = trial.grey_yx.shape[1]
    return [
        score
        for target in trial.objects
        for score in best_on_path(parent, [y * width + x for y, x in target.clicks], target.truth_yx)
    ]


def compare(scores: Scores, method: str, against: str, *, draws: int = 10_000, seed: int = 0) -> Interval:
    """Return by how much `method` is better than `against`, with whole data sets drawn anew `draws` times."""
    means = {name: {m: float(np.mean(v)) for m, v in methods.items()} for name, methods in scores.items()}
    differences = np.array([row[method] - row[against] for row in means.values()])
    drawn = np.random.default_rng(seed).integers(len(differences), size=(draws, len(differences)))
    low, high = np.percentile(differences[drawn].mean(1), [2.5, 97.5])
    better = int((differences > 0).sum())
    return Interval(float(differences.mean()), float(low), float(high), better, len(differences))


def table(scores: Scores) -> str:
    """Return the means by data set and method, and below them the comparisons, as Markdown."""
    methods = [m for m in METHODS if all(m in row for row in scores.values())]
    lines = ["| data set | clicks | " + " | ".join(methods) + " |", "| --- |" + " --- |" * (len(methods) + 1)]
    rows = {name: [float(np.mean(row[m])) for m in methods] for name, row in scores.items()}
    for name, row in rows.items():
        lines.append(f"| {name} | {len(scores[name][methods[0]])} | " + " | ".join(f"{v:.3f}" for v in row) + " |")
    mean = np.mean(list(rows.values()), axis=0)
    lines.append("| **mean** | | " + " | ".join(f"**{v:.3f}**" for v in mean) + " |")
    lines += ["", "| comparison | difference | 95 % | better on | |", "| --- | --- | --- | --- | --- |"]
    for method, against in COMPARISONS:
        if method in methods and against in methods:
            found = compare(scores, method, against)
            lines.append(
                f"| {method} − {against} | {found.difference:+.3f} | {found.low:+.3f} to {found.high:+.3f} "
                f"| {found.better_on} of {found.data_sets} | {found.verdict} |"
            )
    return "\n".join(lines)


def networks_of(pairs: list[str]) -> dict[str, LearnedBoundaries]:
    """Read FILE or FILE=SET,SET: the network for all data sets, or for those that it was not trained on."""
    found: dict[str, LearnedBoundaries] = {}
    for pair in pairs:
        path, _, names = pair.partition("=")
        network = LearnedBoundaries(Path(path))
        found.update(dict.fromkeys(names.split(","), network))
    return found


def main() -> None:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", help="FILE.onnx, or FILE.onnx=SET,SET for the sets left out")
    parser.add_argument("--data-dir", type=Path, default=SHARED / "data")
    parser.add_argument("--scoring-dir", type=Path, default=SHARED / "scoring")
    parser.add_argument("--most-images", type=int, default=4)
    parser.add_argument("--synthetic", action="store_true", help="judge on synthetic micrographs instead")
    parser.add_argument("--out", type=Path, help="write the score of every click as JSON")
    args = parser.parse_args()
    trials = (
        synthetic_trials(images=4, side_px=256)
        if args.synthetic
        else real_trials(args.data_dir, args.scoring_dir, most_images=args.most_images)
    )
    scores = score_trials(trials, networks_of(args.networks))
    if args.out:
        args.out.write_text(json.dumps(scores))
    print(table(scores))


if __name__ == "__main__":
    main()
