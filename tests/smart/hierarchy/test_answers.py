"""Answers: four squares of 10 by 10 px by hand, the choice of three against all triples, and the golden file."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage as ndi

from sambaseg.errors import ParameterError
from sambaseg.smart.hierarchy.answers import (
    BLOCKED_LEAVES,
    BLOCKED_PX,
    BLOCKED_SHARE,
    BOX_CANDIDATES,
    DISC_SHARE,
    LIKELY_WITHIN,
    UNLIKE_GAINS,
    UNTOUCHED_LEAVES,
    BlockedPixels,
    Candidate,
    Disc,
    Part,
    _squared_distance,
    answer,
    choose_three,
    mask_of,
    suggest,
)
from sambaseg.smart.hierarchy.offered import lay_out
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from smart.hierarchy.make_golden import GOLDEN, golden_cases, golden_picture, golden_table
from smart.hierarchy.scenes import SQUARES, squares_table

Y, X = np.indices((20, 20))
TABLE = squares_table([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])


def prompt(*points, box=None):
    """Return a prompt of points (y, x) inside and (y, x, False) outside."""
    return Prompt(tuple(PromptPoint(*point) for point in points), box)


def test_the_nodes_around_a_point_are_offered_small_to_large():
    found = answer(squares_table([0.5, 0.5, 0.5, 0.5, 0.75, 0.5, 0.5]), prompt((5.5, 3.5)))
    assert [(candidate.node, candidate.area) for candidate in found] == [(0, 100), (4, 200), (6, 400)]
    assert [candidate.score for candidate in found] == [0.5, 0.75, 0.5]
    assert all(candidate.steps == () for candidate in found)
    masks = suggest(TABLE, prompt((5.5, 3.5))).masks_3yx
    np.testing.assert_array_equal(masks[0], SQUARES == 0)


def test_nodes_of_all_trees_are_candidates():
    table = squares_table([0.5, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3], (0.6, 0.7))
    found = [mask_of(table, candidate) for candidate in answer(table, prompt((15, 15)))]
    assert any(np.array_equal(mask_yx, SQUARES % 2 == 1) for mask_yx in found)


def test_where_there_are_fewer_than_three_the_last_one_stands_again():
    nodes = lay_out(np.int32([-1]), np.float64([400]), np.ones(1, bool), np.float32([0.25]), np.int32([[0, 0, 20, 20]]))
    table = HierarchyTable.join(np.zeros((20, 20), np.int32), [nodes])
    found = suggest(table, prompt((0, 0)))
    assert found.masks_3yx.all()
    assert found.scores_3.tolist() == [0.25] * 3


@pytest.mark.parametrize("place", [(20, 20), (20.0, 19.5), (19.99, 20)])
def test_the_far_corner_belongs_to_the_last_pixel(place):
    assert suggest(TABLE, prompt(place)).masks_3yx[0].tolist() == (SQUARES == 3).tolist()


def test_points_and_boxes_outside_are_refused():
    for outside in (prompt((20.5, 3)), prompt((1, -1)), prompt(box=Box(0, 0, 21, 3))):
        with pytest.raises(ParameterError):
            suggest(TABLE, outside)


def candidate(score, area):
    return Candidate(0, (), score, area)


def coverage_of(candidates, chosen):
    """Return how well a few candidates cover the likely ones."""
    best = max(one.score for one in candidates)
    total = 0.0
    for one in candidates:
        likely = max(0.0, 1 - (best - one.score) / LIKELY_WITHIN) ** 2
        shares = [min(one.area, two.area) / max(one.area, two.area) * two.score for two in chosen]
        total += likely * max(shares, default=0)
    return total


def test_three_of_nested_candidates_are_far_from_one_another():
    candidates = [
        candidate(0.8, 100),
        candidate(0.79, 101),
        candidate(0.78, 103),
        candidate(0.7, 900),
        candidate(0.6, 10),
    ]
    assert [one.area for one in choose_three(candidates)] == [10, 100, 900]


def test_unlikely_candidates_are_left_to_likely_ones():
    candidates = [candidate(0.9, 100), candidate(0.5, 3), candidate(0.8, 150), candidate(0.8, 80)]
    assert [one.area for one in choose_three(candidates)] == [80, 100, 150]


many = st.lists(st.builds(candidate, st.floats(0.01, 1), st.integers(1, 5000).map(float)), min_size=1, max_size=9)


@given(many)
def test_the_choice_is_nearly_as_good_as_the_best_three(candidates):
    chosen = choose_three(candidates)
    assert len(chosen) == min(3, len(candidates))
    assert len({id(one) for one in chosen}) == len(chosen)
    assert [one.area for one in chosen] == sorted(one.area for one in chosen)
    best = max(coverage_of(candidates, three) for three in combinations(candidates, len(chosen)))
    first = max(coverage_of(candidates, [one]) for one in candidates)
    assert max(coverage_of(candidates, [one]) for one in chosen) == pytest.approx(first)
    # What greedy choice guarantees, less what it gives up for three that differ.
    given_up = (len(chosen) - 1) * UNLIKE_GAINS * max(one.score for one in candidates)
    assert coverage_of(candidates, chosen) >= (1 - 1 / np.e) * best - given_up - 1e-9


def test_the_same_region_of_two_trees_is_not_two_scales():
    candidates = [candidate(0.8, 100), candidate(0.7, 100), candidate(0.3, 900), candidate(0.2, 10)]
    assert [one.area for one in choose_three(candidates)] == [10, 100, 900]


def test_a_point_outside_takes_a_dab_away_as_wide_as_the_way_to_the_edge():
    small, *_ = answer(TABLE, prompt((5, 3), (5, 7, False)))
    # Column 10 is the nearest outside, 3 px away: 25 pixels are nearer; (5, 3) is 4 px away and stays.
    assert small.steps == (Disc(adds=False, y=5, x=7, squared_px=9),)
    assert small.area == 75
    expected_yx = (SQUARES == 0) & ~((Y - 5) ** 2 + (X - 7) ** 2 < 9)
    np.testing.assert_array_equal(mask_of(TABLE, small), expected_yx)


def test_a_dab_may_take_much_away():
    found = answer(TABLE, prompt((5, 15), (2, 2, False)))
    three = next(one for one in found if one.node == 5)
    # Square 3 is outside, 8 rows and 8 columns away; no more would be added so far from a mask.
    assert three.steps == (Disc(adds=False, y=2, x=2, squared_px=128),)
    assert three.steps[0].squared_px > DISC_SHARE * 300


def test_a_point_inside_adds_a_dab_as_wide_as_the_way_to_the_mask():
    small, *_ = answer(TABLE, prompt((5, 3), (5, 12)))
    assert small.steps == (Disc(adds=True, y=5, x=12, squared_px=9),)
    expected_yx = (SQUARES == 0) | ((Y - 5) ** 2 + (X - 12) ** 2 < 9)
    np.testing.assert_array_equal(mask_of(TABLE, small), expected_yx)
    assert small.area == 125


def test_a_dab_at_the_border_counts_what_lies_in_the_view():
    small, *_ = answer(TABLE, prompt((5, 3), (0, 12)))
    assert small.steps == (Disc(adds=True, y=0, x=12, squared_px=9),)
    assert small.area == 100 + 15


def test_a_point_far_away_adds_the_best_node_around_it():
    table = squares_table([0.5, 0.5, 0.5, 0.75, 0.5, 0.5, 0.5])
    small, *_ = answer(table, prompt((5, 3), (15, 17)))
    assert DISC_SHARE * 100 < 6**2 + 8**2
    assert small.steps == (Part(adds=True, node=3),)
    np.testing.assert_array_equal(mask_of(table, small), (SQUARES == 0) | (SQUARES == 3))
    assert small.area == 200


def test_an_added_node_holds_no_earlier_point_outside():
    table = squares_table([0.5, 0.5, 0.5, 0.5, 0.75, 0.5, 0.5])
    # Without the point in square 0 the half 0 + 1 is the best node around (2, 17).
    for others, node in (((), 4), (((2, 5, False),), 1)):
        found = answer(table, prompt((15, 3), *others, (2, 17)))
        assert next(one.steps for one in found if one.node == 2) == (Part(adds=True, node=node),)


def test_an_added_node_may_hold_earlier_points_inside():
    table = squares_table([0.6, 0.6, 0.6, 0.6, 0.6, 0.85, 0.6])
    found = answer(table, prompt((15, 3), (2, 17)))
    assert next(one.steps for one in found if one.node == 2) == (Part(adds=True, node=5),)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30), fill=st.just(False)), st.data())
def test_ways_to_the_edge_are_those_of_scipy(wanted_yx, data):
    y, x = (data.draw(st.integers(0, size - 1)) for size in wanted_yx.shape)
    expected = round(ndi.distance_transform_edt(~wanted_yx)[y, x] ** 2) if wanted_yx.any() else None
    assert _squared_distance(wanted_yx, y, x) == expected


def test_the_way_to_the_edge_may_be_shorter_straight_on_than_at_the_corner_of_what_is_searched_first():
    wanted_yx = np.zeros((30, 30), bool)
    wanted_yx[8, 8] = wanted_yx[0, 10] = True
    assert _squared_distance(wanted_yx, 0, 0) == 100


def test_masks_that_a_further_point_agrees_with_are_not_the_ones_that_are_corrected():
    before = answer(TABLE, prompt((5, 3)))
    after = answer(TABLE, prompt((5, 3), (5, 15)))
    untouched = [one for one in after if not one.steps]
    assert {one.node for one in untouched} == {one.node for one in before if one.node != 0}
    assert all(one.score == UNTOUCHED_LEAVES * 0.5 for one in untouched)
    assert [one.score for one in after if one.steps] == [0.5]


def test_a_point_outside_alone_is_taken_out_of_what_is_around_it():
    found = answer(TABLE, prompt((5, 5, False)))
    assert [one.node for one in found] == [one.node for one in answer(TABLE, prompt((5, 5)))]
    for one in found:
        assert not mask_of(TABLE, one)[5, 5]
        assert mask_of(TABLE, one)[0, 0]


def test_a_point_outside_takes_the_best_node_away_where_a_mask_fills_the_view():
    *_, large = answer(squares_table([0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75]), prompt((15, 15), (5, 5, False)))
    assert large.node == 6
    assert large.steps == (Part(adds=False, node=0),)
    np.testing.assert_array_equal(mask_of(TABLE, large), SQUARES != 0)


def test_no_dab_reaches_an_earlier_point_of_the_other_kind():
    # The way to the edge is longer than that to the first point, which was wiped away.
    small, *_ = answer(TABLE, prompt((5, 4), (5, 5, False)))
    assert small.steps == (Disc(adds=False, y=5, x=5, squared_px=1),)
    small, *_ = answer(TABLE, prompt((5, 5, False), (5, 4)))
    assert small.steps == (Disc(adds=False, y=5, x=5, squared_px=1),)
    small, *_ = answer(TABLE, prompt((5, 3), (5, 11, False), (5, 13)))
    assert small.steps == (Disc(adds=True, y=5, x=13, squared_px=4),)


GOLDEN_TABLE = golden_table()
HEIGHT, WIDTH = GOLDEN_TABLE.shape_yx
points = st.lists(
    st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.booleans()),
    min_size=1,
    max_size=8,
    unique_by=lambda point: point[:2],
)
boxes = st.none() | st.builds(
    lambda y, x, height, width: Box(y, x, min(y + height, HEIGHT), min(x + width, WIDTH)),
    st.integers(0, HEIGHT - 1),
    st.integers(0, WIDTH - 1),
    st.integers(1, HEIGHT),
    st.integers(1, WIDTH),
)


@given(points, boxes)
def test_every_point_is_heeded_in_all_three_masks(drawn, box):
    asked = Prompt(tuple(PromptPoint(y + 0.5, x + 0.5, positive) for y, x, positive in drawn), box)
    found = answer(GOLDEN_TABLE, asked)
    assert len(found) == 3
    areas = [one.area for one in found]
    assert areas == sorted(areas)
    for one in found:
        mask_yx = mask_of(GOLDEN_TABLE, one)
        assert all(mask_yx[y, x] == positive for y, x, positive in drawn)


def test_a_box_finds_the_node_that_it_is_drawn_around():
    found = answer(squares_table([0.5, 0.5, 0.5, 0.5, 0.75, 0.5, 0.5]), prompt(box=Box(0, 10, 10, 20)))
    scores = {one.node: one.score for one in found}
    # The square itself fits; of the upper half the box is one half, of all a quarter.
    assert scores[1] == 0.75
    assert {4: 0.5 * 0.875, 6: 0.25 * 0.75}.items() >= {(k, v) for k, v in scores.items() if k in (4, 6)}


def test_a_box_beside_the_pixel_grid_is_measured_in_parts_of_pixels():
    scores = {one.node: one.score for one in answer(TABLE, prompt(box=Box(0, 2.5, 10, 10)))}
    assert scores[0] == 0.75 * 0.75


def test_a_box_with_a_point_outside_leaves_the_point_out():
    for one in answer(TABLE, prompt((5, 15, False), box=Box(0, 0, 10, 20))):
        assert not mask_of(TABLE, one)[5, 15]


def test_a_box_takes_a_bounded_number_of_candidates(monkeypatch):
    assert GOLDEN_TABLE.node_low_m.size > BOX_CANDIDATES
    seen = []
    module = "sambaseg.smart.hierarchy.answers.choose_three"
    monkeypatch.setattr(module, lambda candidates: seen.append(list(candidates)) or choose_three(candidates))
    answer(GOLDEN_TABLE, Prompt(box=Box(5, 5, 40, 50)))
    assert len(seen[0]) == BOX_CANDIDATES


def test_blocked_pixels_of_a_node_are_those_of_its_regions():
    counts = np.uint32([1, 20, 300, 4000])
    blocked = BlockedPixels(squares_table([0.5] * 7, (0.5, 0.5)), counts)
    assert [blocked.of(node) for node in range(9)] == [1, 20, 300, 4000, 21, 321, 4321, 301, 4020]


def test_a_node_with_labels_of_another_class_keeps_little_of_its_score():
    asked = prompt((5, 3))
    blocked = BlockedPixels(TABLE, np.uint32([0, 10, 0, 0]))
    scores = {one.node: one.score for one in answer(TABLE, asked, blocked=blocked)}
    assert scores[0] == 0.5
    for node, score in scores.items():
        if node:
            assert score == pytest.approx(0.5 * BLOCKED_LEAVES * (1 - 10 / TABLE.node_area_m[node]))
    assert suggest(TABLE, asked, blocked=blocked).best == 0
    likely = suggest(squares_table([0.5, 0.5, 0.5, 0.5, 0.7, 0.9, 0.5]), asked)
    assert likely.best > 0


@pytest.mark.parametrize(("pixels", "is_blocked"), [(int(BLOCKED_PX), False), (int(BLOCKED_PX) + 1, True)])
def test_a_few_labelled_pixels_are_let_pass(pixels, is_blocked):
    found = answer(TABLE, prompt((5, 3)), blocked=BlockedPixels(TABLE, np.uint32([pixels, 0, 0, 0])))
    assert all((one.score < 0.1) == is_blocked for one in found)


def test_a_small_share_of_a_large_node_is_let_pass():
    large_yx = np.zeros((100, 100), np.int32)
    nodes = lay_out(
        np.int32([-1]), np.float64([10_000]), np.ones(1, bool), np.float32([0.5]), np.int32([[0, 0, 100, 100]])
    )
    table = HierarchyTable.join(large_yx, [nodes])
    for pixels, score in ((int(BLOCKED_SHARE * 10_000), 0.5), (21, 0.5 * BLOCKED_LEAVES * (1 - 0.0021))):
        found = answer(table, prompt((5, 3)), blocked=BlockedPixels(table, np.uint32([pixels])))
        assert found[0].score == pytest.approx(score)


def test_answers_are_those_of_the_golden_file():
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
    assert len(cases) > 50
    for found, expected in zip(golden_cases(GOLDEN_TABLE), cases, strict=True):
        assert found == expected


def test_regions_and_trees_of_the_golden_picture_are_those_of_the_golden_file():
    table = HierarchySuggester().prepare(golden_picture())
    np.testing.assert_array_equal(table.regions_yx, GOLDEN_TABLE.regions_yx)
    np.testing.assert_array_equal(table.positions_tn, GOLDEN_TABLE.positions_tn)
