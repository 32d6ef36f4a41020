"""What a person's answers at random pixels (`point_check`) say of a segmentation, with 95 % intervals.

Nothing is assumed of strokes, classifier or material: the numbers are those of a sample by design (Olofsson et al.,
Remote Sensing of Environment 148 (2014) 42–57). The intervals are quantiles of what the answers leave possible: of each
segmented class, the shares of the true ones have a Dirichlet distribution of the answers and half an answer for "right"
and half for "wrong" (Jeffreys; see Brown, Cai and DasGupta, Interval estimation for a binomial proportion, Statistical
Science 16 (2001) 101–133), so that ten answers that were all right do not prove that everything is.

Answers stay valid when the image is segmented anew: what each stands for is the area of its stratum then, and the area
of each class segmented now is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.trust.point_check import UNSURE, CheckPoint, PointCheck

LEAST_ANSWERS = 10
DRAWS = 4000
HALF = 0.5
"""Of an answer: what is added for "right" and for "wrong"."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A number between 0 and 1 and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PointClass:
    """A class by points: how many were said to be it, its segmented and its true share, and its overlap (IoU)."""

    class_id: int
    answered: int
    segmented: float
    share: Interval
    overlap: Interval


@dataclass(frozen=True)
class PointEstimate:
    """What the answers say of a segmentation: ``accuracy`` is the share of pixels that are right, ``overlap`` the mean
    intersection over union of the classes. ``unsure`` points count for nothing.
    """

    answered: int
    unsure: int
    accuracy: Interval
    overlap: Interval
    classes: tuple[PointClass, ...]


def estimate_by_points(
    check: PointCheck, predicted: Sequence[int], areas: Mapping[int, int], *, seed: int = 0
) -> PointEstimate | None:
    """Return what the answers say of the present segmentation; None below LEAST_ANSWERS.

    `predicted` is the class segmented now at each point, `areas` the pixels of each class segmented now.
    """
    said = [(point, now) for point, now in zip(check.points, predicted, strict=True) if point.answer]
    unsure = sum(point.answer == UNSURE for point in check.points)
    if len(said) < LEAST_ANSWERS:
        return None
    classes = sorted({class_id for class_id, area in areas.items() if area} | {point.answer or 0 for point, _ in said})
    place = {class_id: k for k, class_id in enumerate(classes)}
    segmented_k = np.array([areas.get(class_id, 0) for class_id in classes], np.float64)
    segmented_k /= segmented_k.sum()
    answers_kk = _answers(check, said, place)
    rng = np.random.default_rng(seed)
    value, drawn = _plain_shares(segmented_k, answers_kk), _possible_shares(segmented_k, answers_kk, rng)
    of_classes = tuple(
        PointClass(
            class_id,
            sum(point.answer == class_id for point, _ in said),
            float(segmented_k[k]),
            _interval(value.true_dk[:, k], drawn.true_dk[:, k]),
            _interval(value.overlap_dk[:, k], drawn.overlap_dk[:, k]),
        )
        for k, class_id in enumerate(classes)
    )
    return PointEstimate(
        len(said),
        unsure,
        _interval(value.both_dk.sum(1), drawn.both_dk.sum(1)),
        _interval(value.overlap_dk.mean(1), drawn.overlap_dk.mean(1)),
        of_classes,
    )


@dataclass(frozen=True)
class _Shares:
    """Of all pixels, the share that each class is segmented (K,), truly is (D, K), and is both (D, K)."""

    segmented_k: Floats
    true_dk: Floats
    both_dk: Floats

    @property
    def overlap_dk(self) -> Floats:
        """The intersection over the union of each class."""
        overlap_dk: Floats = self.both_dk / np.maximum(self.segmented_k + self.true_dk - self.both_dk, 1e-12)
        return overlap_dk


def _answers(check: PointCheck, said: Sequence[tuple[CheckPoint, int]], place: Mapping[int, int]) -> Floats:
    """Return answers (K, K), rows by the class segmented now, as many in each row as its unequal weights are worth."""
    of_stratum = {h: sum(point.stratum == h for point, _ in said) for h in check.areas}
    sums_kk, squares_k = np.zeros((len(place), len(place))), np.zeros(len(place))
    for point, now in said:
        weight = check.areas[point.stratum] / of_stratum[point.stratum]
        sums_kk[place[now], place[point.answer or 0]] += weight
        squares_k[place[now]] += weight**2
    worth_k: Floats = np.divide(sums_kk.sum(1), squares_k, out=np.zeros_like(squares_k), where=squares_k > 0)
    return sums_kk * worth_k[:, np.newaxis]


def _plain_shares(segmented_k: Floats, answers_kk: Floats) -> _Shares:
    """Return what the answers say taken as they are (D = 1); a class without any is taken to be right."""
    sums_k = answers_kk.sum(1, keepdims=True)
    rates_kk = np.where(sums_k > 0, answers_kk / np.maximum(sums_k, 1e-12), np.eye(len(answers_kk)))
    both_k = segmented_k * np.diagonal(rates_kk)
    return _Shares(segmented_k, (segmented_k @ rates_kk)[np.newaxis], both_k[np.newaxis])


def _possible_shares(segmented_k: Floats, answers_kk: Floats, rng: np.random.Generator) -> _Shares:
    """Draw what the answers leave possible; half an answer for "wrong" goes to any other class."""
    classes = len(segmented_k)
    true_dk, both_dk = np.zeros((DRAWS, classes)), np.zeros((DRAWS, classes))
    for k in np.flatnonzero(segmented_k):
        wrong = np.setdiff1d(np.flatnonzero(answers_kk[k]), k)
        right_d = rng.standard_gamma(answers_kk[k, k] + HALF, DRAWS)
        wrong_dt = rng.standard_gamma(answers_kk[k, wrong], (DRAWS, len(wrong)))
        unseen_d = rng.standard_gamma(HALF, DRAWS)
        part_d = segmented_k[k] / (right_d + wrong_dt.sum(1) + unseen_d)
        both_dk[:, k] = part_d * right_d
        true_dk[:, k] += both_dk[:, k]
        true_dk[:, wrong] += part_d[:, np.newaxis] * wrong_dt
        if classes > 1:
            others_d = (k + rng.integers(1, classes, DRAWS)) % classes
            true_dk[np.arange(DRAWS), others_d] += part_d * unseen_d
    return _Shares(segmented_k, true_dk, both_dk)


def _interval(value: Floats, drawn_d: Floats) -> Interval:
    low, high = np.quantile(drawn_d, (0.025, 0.975)).tolist()
    middle = min(float(value[0]), 1.0)  # sums of shares may be rounded beyond
    return Interval(middle, min(low, middle), min(max(high, middle), 1.0))
