"""Do 95 % intervals of phase fractions cover the truth? Synthetic microstructures with a phase fraction that is known.

usage: python bench/fraction_coverage.py [--cases 500] [--seed 0] [--side 128]

Each case is a material: a Gaussian random field cut at a level, or discs thrown at random (Boolean model), with its
phase fraction, size of structure and one to four fields of view drawn at random. A segmentation of it is wrong in
patches, with another rate for each phase, and strokes in either phase tell how it answers. Printed is the share of
cases whose interval covers the fraction of the material, with its standard error; beside it that of an interval without
the field of view, and of one without the errors of the classifier.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage as ndi
from scipy.special import ndtri

from sambaseg.trust.evidence import Evidence
from sambaseg.trust.field import cells_of, share_variance
from sambaseg.trust.shares import share_intervals

STROKE_PX = 40


@dataclass(frozen=True)
class Material:
    """Fields of view of a material, and the share of its second phase in all of it."""

    fields: list[np.ndarray]
    share: float


def gaussian_material(rng: np.random.Generator, side: int, fields: int) -> Material:
    """Return fields of a smoothed Gaussian field that is cut at the level which gives the wanted share exactly."""
    share, sigma = rng.uniform(0.15, 0.85), rng.uniform(1.5, side / 20)
    margin = math.ceil(4 * sigma)
    norm = _norm_of_smoothing(sigma)
    cut = []
    for _ in range(fields):
        noise_yx = rng.standard_normal((side + 2 * margin, side + 2 * margin))
        smooth_yx = ndi.gaussian_filter(noise_yx, sigma, mode="wrap")[margin:-margin, margin:-margin] / norm
        cut.append(smooth_yx < ndtri(share))
    return Material(cut, share)


def boolean_material(rng: np.random.Generator, side: int, fields: int) -> Material:
    """Return fields of discs whose centres are a Poisson process: uncovered is exp(−intensity · area) of the plane."""
    share, radius = rng.uniform(0.15, 0.85), int(rng.integers(2, max(3, side // 16)))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc_yx = y * y + x * x <= radius * radius
    intensity = -math.log(1 - share) / disc_yx.sum()
    covered = []
    for _ in range(fields):
        centres_yx = rng.random((side + 2 * radius, side + 2 * radius)) < 1 - math.exp(-intensity)
        distance_yx = ndi.distance_transform_edt(~centres_yx)
        covered.append((distance_yx <= radius)[radius:-radius, radius:-radius])
    return Material(covered, share)


def segment_wrongly(rng: np.random.Generator, material: Material) -> list[np.ndarray]:
    """Return segmentations that are wrong in small patches, at a rate of its own in either phase."""
    rates = rng.uniform(0.01, 0.15, size=2)
    answers = []
    for truth_yx in material.fields:
        patches_yx = ndi.gaussian_filter(rng.standard_normal(truth_yx.shape), 1.5, mode="wrap")
        patches_yx /= _norm_of_smoothing(1.5)
        answers.append(truth_yx ^ (patches_yx < ndtri(rates[truth_yx.astype(np.intp)])))
    return answers


def gather(rng: np.random.Generator, material: Material, answers: list[np.ndarray]) -> Evidence:
    """Return what strokes tell of a segmentation: 5 to 12 in either phase, anywhere in it."""
    groups, strokes = [], rng.integers(5, 13, size=2)
    for phase in (0, 1):
        for _ in range(strokes[phase]):
            truth_yx, answer_yx = _any_of(rng, material.fields, answers)
            groups.append((phase, _stroke(rng, truth_yx == bool(phase), answer_yx)))
    share = float(np.mean([answer_yx.mean() for answer_yx in answers]))
    return Evidence(
        class_ids=(1, 2),
        strokes_k=tuple(strokes.tolist()),
        pixels_k=tuple((strokes * STROKE_PX).tolist()),
        groups=tuple(groups),
        shares_k=np.array([1 - share, share]),
        opinion_kk=np.eye(2) / 2,
        agreements=(),
        others=(),
        borders_k2=np.zeros((2, 2), np.int64),
    )


def covers(seed: int, side: int) -> tuple[bool, bool, bool]:
    """Return of one case whether the interval covers, and one without the field, and one without the classifier."""
    rng = np.random.default_rng(seed)
    make = gaussian_material if seed % 2 else boolean_material
    material = make(rng, side, int(rng.integers(1, 5)))
    answers = segment_wrongly(rng, material)
    evidence = gather(rng, material, answers)
    variances = [share_variance([cells_of(answer_yx == bool(phase)) for answer_yx in answers]) for phase in (0, 1)]
    sure = replace(evidence, groups=tuple((phase, (9999, 0) if phase == 0 else (0, 9999)) for phase in (0, 1)))
    still = [(0.0, samples) for _, samples in variances]
    found = [
        share_intervals(evidence, variances)[1],
        share_intervals(evidence, still)[1],
        share_intervals(sure, variances)[1],
    ]
    both, without_field, without_classifier = (interval.low <= material.share <= interval.high for interval in found)
    return both, without_field, without_classifier


def _norm_of_smoothing(sigma: float) -> float:
    """Return the standard deviation of white noise of variance 1 after this smoothing."""
    impulse = np.zeros(2 * math.ceil(4 * sigma) + 3)
    impulse[len(impulse) // 2] = 1
    return float((ndi.gaussian_filter1d(impulse, sigma, mode="constant") ** 2).sum())


def _any_of(rng: np.random.Generator, fields: list[np.ndarray], answers: list[np.ndarray]):
    at = int(rng.integers(len(fields)))
    return fields[at], answers[at]


def _stroke(rng: np.random.Generator, inside_yx: np.ndarray, answer_yx: np.ndarray) -> tuple[int, int]:
    """Return the answers to the pixels of a phase nearest to a point of it, as many as a stroke has."""
    ys, xs = np.nonzero(inside_yx)
    at = int(rng.integers(len(ys)))
    near = np.argsort((ys - ys[at]) ** 2 + (xs - xs[at]) ** 2, kind="stable")[:STROKE_PX]
    right = int(answer_yx[ys[near], xs[near]].sum())
    return len(near) - right, right


def main() -> None:
    """Print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=128)
    options = parser.parse_args()
    covered = np.array([covers(options.seed + at, options.side) for at in range(options.cases)])
    for name, column in zip(("95 % interval", "without the field", "without the classifier"), covered.T, strict=True):
        share = float(column.mean())
        print(f"{name:24}{share:7.1%} ± {math.sqrt(share * (1 - share) / options.cases):.1%} of {options.cases} cases")


if __name__ == "__main__":
    main()
