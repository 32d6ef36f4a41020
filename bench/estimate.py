"""How far is the estimated agreement from the true one? By data set, with the out-of-bag score beside it.

usage: python bench/estimate.py [DATA PERSON] [--most-images 3] [--strokes 1 3 10] [--seeds 0] [--keep FILE]

For each image a simulated person draws 1, 3 and 10 strokes a class, the default classifier is trained, and the mean
overlap (IoU) of the unlabelled pixels is estimated. The column "estimate" comes from a calibration on the other data
sets: that is the error to expect on a new material, and what the page states. In "image left out" it comes from all
other images, those of the same data set too: the error to expect on another image of a material that is known.
Out-of-bag is that of a random forest of 100 trees on the same labelled pixels; the default leaves no sample out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from training.agreement import Case, gather_cases, image_of, judge  # noqa: E402

from sambaseg.trust.agreement import Calibration  # noqa: E402
from sambaseg.trust.confusion import mean_overlap  # noqa: E402
from sambaseg.trust.quantities import joint_table  # noqa: E402


def main() -> None:
    """Gather or read cases and print errors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path, nargs="?", default=ROOT.parent / "shared/data")
    parser.add_argument("person_dir", type=Path, nargs="?", default=ROOT.parent / "shared/scoring")
    parser.add_argument("--most-images", type=int, default=3)
    parser.add_argument("--strokes", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="how often strokes are drawn anew")
    parser.add_argument("--keep", type=Path, help="what was gathered, as training.agreement keeps it")
    options = parser.parse_args()
    if options.keep is not None and options.keep.exists():
        cases = [Case.from_json(values) for values in json.loads(options.keep.read_text())]
    elif not (options.person_dir / "simulated_person.py").is_file():
        print("skipped: give the folders of the data and of the person as arguments")
        return
    else:
        sys.path.insert(0, str(options.person_dir))
        person = importlib.import_module("simulated_person")
        cases = gather_cases(
            options.data_dir, person, strokes=options.strokes, seeds=options.seeds, most=options.most_images, names=None
        )
    truth = np.array([case.truth for case in cases])
    names = tuple(Calibration.shipped().weights)
    columns = {
        "estimate": judge(cases, names),
        "image left out": judge(cases, names, image_of),
        "held-out": np.array([mean_overlap(joint_table(case.evidence)) for case in cases]),
        "out-of-bag": np.array([case.out_of_bag for case in cases]),
    }
    print(f"{'mean absolute error':26}{'true IoU':>10}" + "".join(f"{name:>16}" for name in columns))
    sets, counts = [case.data_set for case in cases], [case.strokes for case in cases]
    rows = [(name, np.array([each == name for each in sets])) for name in sorted(set(sets))]
    rows += [(f"{count} strokes", np.array([each == count for each in counts])) for count in sorted(set(counts))]
    rows += [("all", np.ones(len(cases), np.bool_))]
    for name, chosen in rows:
        errors = "".join(f"{np.abs(values - truth)[chosen].mean():16.3f}" for values in columns.values())
        print(f"{name:26}{truth[chosen].mean():10.3f}{errors}")


if __name__ == "__main__":
    main()
