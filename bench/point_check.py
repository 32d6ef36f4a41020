"""How far are accuracy, overlap and phase fractions by random points from the true ones? See `sambaseg.trust`.

usage: python bench/point_check.py [DATA PERSON] [--most-images 3] [--strokes 1 3 10] [--checks 5]

For each image a simulated person draws strokes, the default classifier is trained, and its segmentation is checked by
30, 60 and 100 points, some times each with other points; the person answers by the truth. Printed are the mean absolute
error of the mean overlap (IoU) by data set, beside that of the estimate from held-out strokes (calibrated on the other
data sets); then the same for a check whose points were drawn before a later training; then how often the 95 % intervals
hold the true numbers, and how wide they are.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from training.agreement import Case, gather_cases, judge  # noqa: E402

from sambaseg.trust.agreement import Calibration  # noqa: E402
from sambaseg.trust.point_check import PointCheck, draw_points  # noqa: E402
from sambaseg.trust.point_estimate import PointEstimate, estimate_by_points  # noqa: E402

POINTS = (30, 60, 100)
Classes = npt.NDArray[np.uint8]


@dataclass
class Tally:
    """Errors by data set, and of each number whether its interval held the truth and how wide it was."""

    errors: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    held: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    widths: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, data_set: str, estimate: PointEstimate, classes_yx: Classes, truth_yx: Classes) -> None:
        """Put an estimate beside the truth."""
        of_class = {each.class_id: each for each in estimate.classes}
        overlaps = {class_id: _overlap(classes_yx == class_id, truth_yx == class_id) for class_id in of_class}
        pairs = [
            ("accuracy", estimate.accuracy, float(np.mean(classes_yx == truth_yx))),
            ("overlap", estimate.overlap, float(np.mean(list(overlaps.values())))),
        ]
        for class_id, each in of_class.items():
            pairs.append(("fraction", each.share, float(np.mean(truth_yx == class_id))))
            pairs.append(("overlap of a class", each.overlap, overlaps[class_id]))
        for name, interval, true in pairs:
            self.held[name].append(interval.low <= true <= interval.high)
            self.widths[name].append(interval.high - interval.low)
            if name == "overlap":
                self.errors[data_set].append(abs(interval.value - true))


def main() -> None:
    """Train, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path, nargs="?", default=ROOT.parent / "shared/data")
    parser.add_argument("person_dir", type=Path, nargs="?", default=ROOT.parent / "shared/scoring")
    parser.add_argument("--most-images", type=int, default=3)
    parser.add_argument("--strokes", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--checks", type=int, default=5)
    options = parser.parse_args()
    if not (options.person_dir / "simulated_person.py").is_file():
        print("skipped: give the folders of the data and of the person as arguments")
        return
    sys.path.insert(0, str(options.person_dir))
    person = importlib.import_module("simulated_person")
    now, later = {count: Tally() for count in POINTS}, {count: Tally() for count in POINTS}
    earlier: dict[tuple[str, str], Classes] = {}

    def check(case: Case, classes_yx: npt.NDArray[np.int64], truth_yx: Classes) -> None:
        segmented_yx, image = classes_yx.astype(np.uint8), (case.data_set, case.image)
        for count in POINTS:
            for seed in range(options.checks):
                estimate = _checked(segmented_yx, segmented_yx, truth_yx, count, seed)
                now[count].add(case.data_set, estimate, segmented_yx, truth_yx)
                if image in earlier:
                    estimate = _checked(earlier[image], segmented_yx, truth_yx, count, seed)
                    later[count].add(case.data_set, estimate, segmented_yx, truth_yx)
        earlier[image] = segmented_yx

    cases = gather_cases(
        options.data_dir, person, strokes=options.strokes, seeds=[0], most=options.most_images, names=None, look=check
    )
    by_strokes = np.abs(judge(cases, tuple(Calibration.shipped().weights)) - np.array([case.truth for case in cases]))
    _print_errors([case.data_set for case in cases], by_strokes, now)
    print("\npoints drawn before a later training: " + ", ".join(f"{n}: {_mean(later[n].errors):.3f}" for n in POINTS))
    print(f"\n{'95 % intervals':26}" + "".join(f"{f'{count} points':>22}" for count in POINTS))
    for title, tallies in (("", now), (", later training", later)):
        for name in tallies[POINTS[0]].held:
            cells = (f"{np.mean(t.held[name]):.1%}, width {np.median(t.widths[name]):.3f}" for t in tallies.values())
            print(f"{name + title:26}" + "".join(f"{cell:>22}" for cell in cells))


def _checked(drawn_yx: Classes, segmented_yx: Classes, truth_yx: Classes, count: int, seed: int) -> PointEstimate:
    """Return what points drawn in one segmentation and answered by the truth say of another."""
    check: PointCheck = draw_points(lambda y0, y1: drawn_yx[y0:y1], len(drawn_yx), count, seed=seed)
    for number, point in enumerate(check.points):
        check = check.with_answer(number, int(truth_yx[point.y, point.x]))
    areas = np.unique_counts(segmented_yx)
    estimate = estimate_by_points(
        check,
        [int(segmented_yx[point.y, point.x]) for point in check.points],
        dict(zip(areas.values.tolist(), areas.counts.tolist(), strict=True)),
    )
    assert estimate is not None
    return estimate


def _overlap(a_yx: npt.NDArray[np.bool_], b_yx: npt.NDArray[np.bool_]) -> float:
    return float((a_yx & b_yx).sum() / max((a_yx | b_yx).sum(), 1))


def _print_errors(sets: list[str], by_strokes: npt.NDArray[np.float64], tallies: dict[int, Tally]) -> None:
    heads = "".join(f"{f'{count} points':>12}" for count in POINTS)
    print(f"{'mean absolute error':26}{'held-out strokes':>18}{heads}")
    for name in sorted(set(sets)):
        of_set = by_strokes[[each == name for each in sets]]
        print(f"{name:26}{of_set.mean():18.3f}" + "".join(f"{np.mean(t.errors[name]):12.3f}" for t in tallies.values()))
    print(f"{'all':26}{by_strokes.mean():18.3f}" + "".join(f"{_mean(t.errors):12.3f}" for t in tallies.values()))


def _mean(errors: dict[str, list[float]]) -> float:
    return float(np.mean([error for of_set in errors.values() for error in of_set]))


if __name__ == "__main__":
    main()
