"""Random pixels of a segmentation to ask a person about: where they lie, how many of each class, in which order."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import NotFoundError
from sambaseg.trust.point_check import UNSURE, CheckPoint, PointCheck, draw_points

Classes = npt.NDArray[np.uint8]


def drawn(classes_yx: Classes, count: int, seed: int = 0) -> PointCheck:
    return draw_points(lambda y0, y1: classes_yx[y0:y1], len(classes_yx), count, seed=seed)


def blocks(seed: int, height: int, width: int, classes: int) -> Classes:
    """Return classes of very unequal areas, 0 among them."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(classes + 1, 0.5))
    return rng.choice(classes + 1, size=(height, width), p=shares).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), height=st.integers(1, 700), width=st.integers(1, 9), classes=st.integers(1, 5),
    count=st.integers(1, 150),
)  # fmt: skip
def test_points_are_other_pixels_of_their_classes_as_many_as_asked_for(
    seed: int, height: int, width: int, classes: int, count: int
) -> None:
    classes_yx = blocks(seed, height, width, classes)
    check = drawn(classes_yx, count, seed)
    areas = {int(k): int(n) for k, n in zip(*np.unique(classes_yx[classes_yx > 0], return_counts=True), strict=True)}
    assert check.areas == areas
    assert len({(point.y, point.x) for point in check.points}) == len(check.points) == min(count, sum(areas.values()))
    assert all(classes_yx[point.y, point.x] == point.stratum != 0 for point in check.points)
    assert {point.answer for point in check.points} <= {None}


def test_half_of_the_points_go_by_area_and_half_in_equal_parts() -> None:
    classes_yx = np.repeat(np.array([[1, 2, 3]], np.uint8), [900, 90, 10], axis=1)
    sizes = Counter(point.stratum for point in drawn(classes_yx, 60).points)
    assert sizes == {1: 37, 2: 13, 3: 10}  # 30 · (.9, .09, .01) + 10


def test_a_class_gives_no_more_points_than_it_has_pixels() -> None:
    classes_yx = np.repeat(np.array([[1, 2]], np.uint8), [997, 3], axis=1)
    assert Counter(point.stratum for point in drawn(classes_yx, 60).points) == {1: 57, 2: 3}


def test_each_pixel_of_a_class_is_as_likely() -> None:
    classes_yx = np.repeat(np.array([[1], [2]], np.uint8), [300, 300], axis=0)  # over two strips
    draws = Counter(point.y for seed in range(1000) for point in drawn(classes_yx, 60, seed).points)
    # 30 of 300: each of the 600 is drawn 100 ± 9.5 times in a thousand checks.
    assert set(draws) == set(range(600))
    assert max(abs(times - 100) for times in draws.values()) < 5 * 9.5
    assert np.std(list(draws.values())) == pytest.approx(9.5, rel=0.1)


def test_points_of_a_class_are_spread_over_the_rows() -> None:
    classes_yx = np.ones((600, 3), np.uint8)
    for seed in range(50):
        of_part = Counter(point.y // 20 for point in drawn(classes_yx, 30, seed).points)  # 30 parts of 60 pixels
        assert max(of_part.values()) <= 2
        assert all(of_part[part] + of_part[(part + 1) % 30] >= 1 for part in range(30))


def test_one_may_stop_anywhere_since_each_beginning_is_spread_as_the_whole() -> None:
    check = drawn(blocks(3, 400, 400, 4), 80)
    whole = Counter(point.stratum for point in check.points)
    for length in range(1, len(check.points)):
        begun = Counter(point.stratum for point in check.points[:length])
        assert all(abs(begun[class_id] - n * length / len(check.points)) < 2 for class_id, n in whole.items())


def test_strips_without_points_are_not_read_twice() -> None:
    classes_yx, reads = np.ones((2560, 4), np.uint8), Counter[int]()

    def read_rows(y0: int, y1: int) -> Classes:
        reads[y0] += 1
        return classes_yx[y0:y1]

    check = draw_points(read_rows, 2560, 3, seed=1)
    assert reads == {y0: 1 + any(y0 <= point.y < y0 + 256 for point in check.points) for y0 in range(0, 2560, 256)}


def test_another_seed_draws_other_points() -> None:
    classes_yx = blocks(1, 300, 300, 2)
    assert drawn(classes_yx, 30, 1) == drawn(classes_yx, 30, 1)
    assert drawn(classes_yx, 30, 1) != drawn(classes_yx, 30, 2)


def test_an_answer_changes_one_point_and_comes_back_from_json() -> None:
    check = drawn(blocks(2, 50, 50, 3), 20)
    answered = check.with_answer(3, 2).with_answer(7, UNSURE).with_answer(3, 1)
    assert [(i, point.answer) for i, point in enumerate(answered.points) if point.answer is not None] == [
        (3, 1),
        (7, 0),
    ]
    assert PointCheck.from_json(answered.to_json()) == answered
    assert answered.with_answer(3, None).with_answer(7, None) == check
    for number in (-1, 20):
        with pytest.raises(NotFoundError, match=str(number)):
            check.with_answer(number, 1)


def test_where_nothing_is_segmented_nothing_is_drawn() -> None:
    assert drawn(np.zeros((30, 30), np.uint8), 10) == PointCheck({}, ())


def test_a_point_is_a_value() -> None:
    assert CheckPoint(1, 2, 3) == CheckPoint(1, 2, 3, None)
