"""What answers at random pixels say: exact where all pixels are asked, intervals that hold the truth elsewhere."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import jaccard_score

from sambaseg.trust.point_check import UNSURE, CheckPoint, PointCheck, draw_points
from sambaseg.trust.point_estimate import PointEstimate, estimate_by_points

Classes = npt.NDArray[np.uint8]


def checked(drawn_yx: Classes, truth_yx: Classes, count: int, seed: int) -> PointCheck:
    """Return points drawn in a segmentation, answered by the truth."""
    check = draw_points(lambda y0, y1: drawn_yx[y0:y1], len(drawn_yx), count, seed=seed)
    points = (replace(point, answer=int(truth_yx[point.y, point.x])) for point in check.points)
    return replace(check, points=tuple(points))


def estimated(check: PointCheck, segmented_yx: Classes) -> PointEstimate | None:
    ids, sizes = np.unique(segmented_yx, return_counts=True)
    predicted = [int(segmented_yx[point.y, point.x]) for point in check.points]
    return estimate_by_points(check, predicted, dict(zip(ids.tolist(), sizes.tolist(), strict=True)))


def confused(seed: int, shape: tuple[int, int], classes: int = 3) -> tuple[Classes, Classes]:
    """Return a segmentation and its truth, which differ by a random confusion of classes of unequal areas."""
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(classes, 0.5), size=classes) * 0.4 + np.eye(classes) * 0.6
    segmented_yx = rng.choice(classes, size=shape, p=rng.dirichlet(np.full(classes, 2.0)))
    draws = rng.random(shape)
    truth_yx = (draws[..., np.newaxis] > rates.cumsum(1)[segmented_yx]).sum(-1).clip(max=classes - 1)
    return (segmented_yx + 1).astype(np.uint8), (truth_yx + 1).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(1, 4), is_later=st.booleans())
def test_where_each_pixel_is_asked_the_numbers_are_exact(seed: int, classes: int, is_later: bool) -> None:
    segmented_yx, truth_yx = confused(seed, (12, 13), classes)
    drawn_yx = confused(seed + 1, (12, 13), classes)[0] if is_later else segmented_yx
    estimate = estimated(checked(drawn_yx, truth_yx, 156, seed), segmented_yx)
    assert estimate is not None
    labels = sorted({*np.unique(truth_yx).tolist(), *np.unique(segmented_yx).tolist()})
    overlaps = jaccard_score(truth_yx.ravel(), segmented_yx.ravel(), labels=labels, average=None)
    assert estimate.accuracy.value == pytest.approx(np.mean(truth_yx == segmented_yx))
    assert estimate.overlap.value == pytest.approx(overlaps.mean())
    assert [each.class_id for each in estimate.classes] == labels
    assert [each.overlap.value for each in estimate.classes] == pytest.approx(overlaps.tolist())
    assert [each.share.value for each in estimate.classes] == pytest.approx([np.mean(truth_yx == k) for k in labels])
    assert [each.segmented for each in estimate.classes] == pytest.approx([np.mean(segmented_yx == k) for k in labels])
    assert [each.answered for each in estimate.classes] == [int(np.sum(truth_yx == k)) for k in labels]
    assert (estimate.answered, estimate.unsure) == (156, 0)


@pytest.mark.parametrize(("right", "wrong"), [(20, 0), (17, 3), (5, 5), (0, 12)])
def test_of_one_segmented_class_the_accuracy_is_that_of_jeffreys(right: int, wrong: int) -> None:
    points = (*[CheckPoint(0, i, 1, 1) for i in range(right)], *[CheckPoint(1, i, 1, 2) for i in range(wrong)])
    estimate = estimate_by_points(PointCheck({1: 5000}, points), [1] * len(points), {1: 5000})
    assert estimate is not None
    low, high = beta.ppf([0.025, 0.975], right + 0.5, wrong + 0.5)
    assert estimate.accuracy.value == right / (right + wrong)
    assert estimate.accuracy.low == pytest.approx(low if right else 0, abs=0.02)
    assert estimate.accuracy.high == pytest.approx(high if wrong else 1, abs=0.02)


def test_intervals_hold_the_truth_in_most_cases_also_after_a_later_training() -> None:
    held: dict[str, list[bool]] = {"accuracy": [], "overlap": [], "share": [], "later": []}
    for seed in range(150):
        segmented_yx, truth_yx = confused(seed, (300, 80))
        rng = np.random.default_rng(seed)
        later_yx = np.where(rng.random(truth_yx.shape) < 0.4, truth_yx, segmented_yx)
        check = checked(segmented_yx, truth_yx, 60, seed)
        now, later = estimated(check, segmented_yx), estimated(check, later_yx)
        assert now is not None
        assert later is not None
        accuracy, after = np.mean(segmented_yx == truth_yx), np.mean(later_yx == truth_yx)
        held["accuracy"].append(now.accuracy.low <= accuracy <= now.accuracy.high)
        held["later"].append(later.accuracy.low <= after <= later.accuracy.high)
        overlap = jaccard_score(truth_yx.ravel(), segmented_yx.ravel(), average="macro")
        held["overlap"].append(now.overlap.low <= overlap <= now.overlap.high)
        held["share"] += [
            each.share.low <= np.mean(truth_yx == each.class_id) <= each.share.high for each in now.classes
        ]
    assert {name: 0.9 <= np.mean(each) <= 0.99 for name, each in held.items()} == dict.fromkeys(held, True), {
        name: np.mean(each) for name, each in held.items()
    }


def test_shares_are_freed_of_what_the_segmentation_gets_wrong() -> None:
    errors: list[tuple[float, float]] = []
    for seed in range(60):
        segmented_yx, truth_yx = confused(seed, (200, 100))
        estimate = estimated(checked(segmented_yx, truth_yx, 100, seed), segmented_yx)
        assert estimate is not None
        for each in estimate.classes:
            true = np.mean(truth_yx == each.class_id)
            errors.append((abs(each.share.value - true), abs(each.segmented - true)))
    by_points, segmented = np.mean(errors, axis=0)
    assert by_points < 0.6 * segmented


def test_who_cannot_tell_and_who_was_not_asked_count_for_nothing() -> None:
    segmented_yx, truth_yx = confused(5, (100, 100))
    check = checked(segmented_yx, truth_yx, 60, 5)
    unsure = replace(
        check,
        points=(
            *check.points,
            *(CheckPoint(0, x, int(segmented_yx[0, x]), UNSURE) for x in range(4)),
            *(CheckPoint(1, x, int(segmented_yx[1, x])) for x in range(7)),
        ),
    )
    known, with_others = estimated(check, segmented_yx), estimated(unsure, segmented_yx)
    assert known is not None
    assert with_others == replace(known, unsure=4)


def test_below_ten_answers_nothing_is_said() -> None:
    segmented_yx, truth_yx = confused(6, (100, 100))
    for count, says in ((9, False), (10, True)):
        assert (estimated(checked(segmented_yx, truth_yx, count, 0), segmented_yx) is not None) == says


def test_a_class_that_the_segmentation_lacks_is_found_by_points() -> None:
    segmented_yx = np.ones((100, 100), np.uint8)
    truth_yx = segmented_yx.copy()
    truth_yx[:, 60:] = 7
    estimate = estimated(checked(segmented_yx, truth_yx, 100, 0), segmented_yx)
    assert estimate is not None
    lacking = estimate.classes[1]
    assert (lacking.class_id, lacking.segmented, lacking.overlap.value) == (7, 0, 0)
    assert lacking.share.low < 0.4 < lacking.share.high


def test_many_classes_need_little_memory() -> None:
    segmented_yx = np.arange(1, 256, dtype=np.uint8).repeat(100).reshape(255, 100)
    check = checked(segmented_yx, np.roll(segmented_yx, 50), 300, 0)
    tracemalloc.start()
    try:
        estimate = estimated(check, segmented_yx)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert estimate is not None
    assert len(estimate.classes) == 255
    assert peak < 100e6
