"""Fits how well segmentations agree with the truth, from quantities that are known without it.

usage: python -m training.agreement DATA --person SCORING [--strokes 1 3 10] [--seeds 0] [--most 4] [--keep FILE]
                                    [--quantities NAME ...] [--save]

DATA holds data sets with truth (NAME/images, NAME/masks), SCORING holds simulated_person.py. For each image and number
of strokes a classifier is trained by the defaults, and what `sambaseg.trust` gathers of it is put beside the true mean
intersection over union of the unlabelled pixels. A ridge regression of its logit is judged by leaving each data set out
in turn. `--keep` writes what was gathered and reads it the next time; `--save` writes calibration.json.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.features.scaling import Scaling
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.reader import read_image
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.progress import CancelToken, Stage
from sambaseg.pipeline.sample_cache import SampleCache
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_on_images
from sambaseg.pipeline.training_sample import compute_samples
from sambaseg.trust.evidence import Evidence, gather_evidence
from sambaseg.trust.quantities import QUANTITIES, logit

CALIBRATION = Path(__file__).resolve().parents[1] / "src/sambaseg/trust/calibration.json"
WITHOUT_STROKES = ("stacks3d",)
RIDGE = 0.02
CACHE_BYTES = 2**30


@dataclass(frozen=True)
class Case:
    """One training of the simulated person: where, the evidence, the true mean overlap and shares, and out-of-bag."""

    data_set: str
    image: str
    strokes: int
    evidence: Evidence
    truth: float
    shares: tuple[float, ...]
    out_of_bag: float

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {**vars(self), "evidence": self.evidence.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Case:
        """Return what `to_json` gave."""
        evidence, shares = Evidence.from_json(values["evidence"]), tuple(values["shares"])
        return cls(**{**values, "evidence": evidence, "shares": shares})


Look = Callable[[Case, npt.NDArray[np.int64], npt.NDArray[np.uint8]], None]
"""Is shown each case with its segmentation and the truth, class ids (H, W), as soon as it is there."""


def gather_cases(
    data_dir: Path,
    person: ModuleType,
    *,
    strokes: list[int],
    seeds: list[int],
    most: int,
    names: list[str] | None,
    look: Look | None = None,
) -> list[Case]:
    """Return the cases of the first `most` images of each data set, one data set after the other; see `Look`."""
    cases = []
    for folder in sorted(path.parent for path in data_dir.glob("*/masks")):
        if folder.name in WITHOUT_STROKES or (names and folder.name not in names):
            continue
        for path in sorted((folder / "images").iterdir())[:most]:
            cases += _cases_of_image(folder, path, person, strokes, seeds, look)
        print(f"{folder.name}: {len(cases)} cases", file=sys.stderr, flush=True)
    return cases


def _cases_of_image(
    folder: Path, path: Path, person: ModuleType, strokes: list[int], seeds: list[int], look: Look | None
) -> list[Case]:
    mask_yx = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
    micrograph, cache, cases = read_image(path), SampleCache(CACHE_BYTES), list[Case]()
    scaling = Scaling.for_image(micrograph)
    for count in strokes:
        for seed in seeds:
            name = f"{folder.name}/{path.stem}"
            labels_yx = person.draw_strokes(mask_yx, strokes_per_class=count, name=name, seed=seed).astype(np.int32)
            labelled = [(micrograph, labels_yx)]
            classifier = train_on_images(
                labelled, DEFAULT_RECIPE, TrainingSettings(), threads=1, cache=cache, scaling=scaling
            )
            evidence = gather_evidence(classifier, labelled, threads=1, cache=cache)
            answer_yx = segment(classifier, micrograph, with_probabilities=False, threads=1).classes_yx.astype(int)
            counts = np.unique_counts(answer_yx)
            evidence = evidence.of_whole_image(dict(zip(counts.values.tolist(), counts.counts.tolist(), strict=True)))
            truth = person.mean_iou(answer_yx - 1, mask_yx, labels_yx == 0)
            shares = tuple(float(np.mean(mask_yx + 1 == class_id)) for class_id in evidence.class_ids)
            sample_fn, ids_n = _sample(micrograph, labels_yx, scaling, cache)
            out_of_bag = train_forest(sample_fn.T, ids_n, ForestSettings(trees=100)).oob_score
            assert out_of_bag is not None
            cases.append(Case(folder.name, path.stem, count, evidence, truth, shares, out_of_bag))
            if look is not None:
                look(cases[-1], answer_yx, mask_yx + 1)
    return cases


def _sample(
    micrograph: Micrograph, labels_yx: npt.NDArray[np.int32], scaling: Scaling, cache: SampleCache
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return features (f, n) and class ids of all labelled pixels, for the out-of-bag score of a random forest."""
    pixels = LabelledPixels.from_array(labels_yx)
    sample_fn = compute_samples(
        [micrograph],
        [pixels],
        DEFAULT_RECIPE,
        scaling,
        threads=1,
        stage_of=lambda _start, _end: Stage(None, ""),
        cancelled=CancelToken(),
        cache=cache,
    )
    return sample_fn, pixels.class_ids_n.astype(np.int64)


def fit(cases: list[Case], names: tuple[str, ...]) -> tuple[dict[str, float], float]:
    """Return the weights of these quantities and the offset: ridge regression of the logit of the true mean overlap.

    Each data set counts the same, however many images it has.
    """
    values = np.array([[QUANTITIES[name](case.evidence) for name in names] for case in cases])
    wanted = np.array([logit(case.truth) for case in cases])
    sets = [case.data_set for case in cases]
    weight = np.array([1 / sets.count(name) for name in sets])
    weight /= weight.sum()
    centre, middle = weight @ values, weight @ wanted
    spread = np.sqrt(weight @ (values - centre) ** 2) + 1e-9
    scaled, rest = (values - centre) / spread, wanted - middle
    weighted = scaled * weight[:, np.newaxis]
    solved = np.linalg.solve(weighted.T @ scaled + RIDGE * np.eye(len(names)), weighted.T @ rest) / spread
    return dict(zip(names, solved.tolist(), strict=True)), float(middle - centre @ solved)


def apply(weights: dict[str, float], offset: float, evidence: Evidence) -> float:
    """Return the mean overlap that such a regression estimates."""
    score = offset + sum(weight * QUANTITIES[name](evidence) for name, weight in weights.items())
    return float(1 / (1 + np.exp(-score)))


def data_set_of(case: Case) -> tuple[str, ...]:
    """Return what is left out together, so that estimates are judged on materials that a regression has not seen."""
    return (case.data_set,)


def image_of(case: Case) -> tuple[str, ...]:
    """Return what is left out together, so that they are judged on other images of materials that it has seen."""
    return case.data_set, case.image


def judge(
    cases: list[Case], names: tuple[str, ...], left_out: Callable[[Case], tuple[str, ...]] = data_set_of
) -> npt.NDArray[np.float64]:
    """Return the estimate of each case by a regression on those that have another `left_out`."""
    estimates = np.zeros(len(cases))
    for asked in sorted(set(map(left_out, cases))):
        weights, offset = fit([case for case in cases if left_out(case) != asked], names)
        for at, case in enumerate(cases):
            if left_out(case) == asked:
                estimates[at] = apply(weights, offset, case.evidence)
    return estimates


def mean_error(cases: list[Case], estimates: npt.NDArray[np.float64], strokes: int | None = None) -> float:
    """Return the mean absolute error of estimates, data sets counting the same, for a number of strokes or all."""
    errors: dict[str, list[float]] = {}
    for case, estimate in zip(cases, estimates, strict=True):
        if strokes in (None, case.strokes):
            errors.setdefault(case.data_set, []).append(abs(estimate - case.truth))
    return float(np.mean([np.mean(each) for each in errors.values()]))


def main() -> None:
    """Gather or read cases, print how well each set of quantities does on data sets left out, and fit the chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--person", type=Path, required=True, help="folder of simulated_person.py")
    parser.add_argument("--strokes", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--most", type=int, default=4, help="images of each data set")
    parser.add_argument("--data-sets", nargs="+")
    parser.add_argument("--quantities", nargs="+", default=["consensus", "borders"], choices=list(QUANTITIES))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    if options.keep is not None and options.keep.exists():
        cases = [Case.from_json(values) for values in json.loads(options.keep.read_text())]
    else:
        sys.path.insert(0, str(options.person))
        person = importlib.import_module("simulated_person")
        cases = gather_cases(
            options.data,
            person,
            strokes=options.strokes,
            seeds=options.seeds,
            most=options.most,
            names=options.data_sets,
        )
        if options.keep is not None:
            options.keep.write_text(json.dumps([case.to_json() for case in cases]))
    for size in range(1, len(QUANTITIES) + 1):
        for names in combinations(QUANTITIES, size):
            errors = " ".join(f"{mean_error(cases, judge(cases, names, of)):.4f}" for of in (data_set_of, image_of))
            print(f"{errors}  {' + '.join(names)}", flush=True)
    names = tuple(options.quantities)
    weights, offset = fit(cases, names)
    estimates, counts = judge(cases, names), sorted({case.strokes for case in cases})
    errors = [[count, round(mean_error(cases, estimates, count), 3)] for count in counts]
    values = {"weights": weights, "offset": offset, "errors": errors, "cases": len(cases)}
    print(json.dumps(values, indent=2))
    if options.save:
        CALIBRATION.write_text(json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    main()
