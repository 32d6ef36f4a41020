"""Which nodes are offered: a tree of seven nodes by hand, random trees by the rule itself, intervals that nest."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.merging import merge_by_area
from sambaseg.smart.hierarchy.offered import ALIKE, FAR_WORSE, LARGEST_SHARE, eligible_nodes, lay_out
from smart.hierarchy.scenes import regions_of, weighted_graphs

# Regions 0 to 3; 4 = 0 + 1, 5 = 4 + 2, 6 = 5 + 3.
PARENT = np.int32([4, 4, 5, 6, 5, 6, -1])
AREAS = np.float64([10, 10, 30, 50, 20, 50, 100])
BOXES = np.int32([[0, 0, 1, 10], [1, 0, 2, 10], [2, 0, 5, 10], [5, 0, 10, 10]])
ALL = np.ones(7, bool)


def offered(scores, eligible=ALL):
    """Return the offered nodes by their areas and positions, and their parents' numbers."""
    nodes = lay_out(PARENT, AREAS, eligible, np.float32(scores), BOXES)
    return nodes, list(zip(nodes.low_m.tolist(), nodes.high_m.tolist(), strict=True))


def test_regions_and_what_is_not_too_large_may_be_offered():
    areas = np.float64([70, 20, 10, 30, 100])
    assert eligible_nodes(areas, 3, with_regions=True).tolist() == [True, True, True, True, False]
    assert eligible_nodes(areas, 3, with_regions=False).tolist() == [False, False, False, True, False]
    assert eligible_nodes(np.float64([60, 40, 100]), 1, with_regions=False).tolist() == [False, True, False]


def test_nodes_are_intervals_of_a_depth_first_order():
    nodes, intervals = offered([0.5] * 7)
    assert nodes.position_n.tolist() == [1, 0, 2, 3]
    assert intervals == [(1, 2), (0, 1), (2, 3), (3, 4), (0, 2), (0, 3), (0, 4)]
    assert nodes.parent_m.tolist() == [4, 4, 5, 6, 5, 6, -1]
    assert nodes.area_m.tolist() == AREAS.tolist()
    assert nodes.first_n.tolist() == [0, 1, 2, 3]
    assert nodes.box_m4[4:].tolist() == [[0, 0, 2, 10], [0, 0, 5, 10], [0, 0, 10, 10]]


def test_a_node_that_nearly_fills_a_better_one_is_left_out():
    areas = np.float64([1, 9, 3, 87, 10, 13, 100])
    scores = np.float32([0.4, 0.4, 0.4, 0.4, 0.4, 0.5, 0.4])
    nodes = lay_out(PARENT, areas, ALL, scores, BOXES)
    # Region 1 fills nine tenths of node 4 that is as good, region 3 most of the view; 4 fills 10 of 13 pixels of 5.
    assert nodes.area_m.tolist() == [1, 3, 10, 13, 100]
    assert nodes.first_n.tolist() == [0, 2, 1, 4]
    assert nodes.parent_m.tolist() == [2, 3, 3, 4, -1]


def test_a_node_that_nearly_fills_a_worse_one_stays():
    areas = np.float64([1, 9, 3, 87, 10, 13, 100])
    nodes = lay_out(PARENT, areas, ALL, np.float32([0.4, 0.5, 0.4, 0.5, 0.4, 0.4, 0.4]), BOXES)
    assert nodes.area_m.tolist() == [1, 9, 3, 87, 10, 13, 100]


def test_a_node_far_worse_than_one_above_it_is_left_out():
    nodes, _ = offered([0.3, 0.1, 0.5, 0.1, 0.3, 0.95, 0.2])
    assert nodes.area_m.tolist() == [30, 50, 50, 100]  # regions 2 and 3, nodes 5 and 6
    assert nodes.first_n.tolist() == [2, 2, 0, 1]
    assert nodes.parent_m.tolist() == [2, 3, 3, -1]


def test_a_region_in_no_eligible_node_has_none():
    eligible = np.array([False, False, False, False, True, False, False])
    nodes, intervals = offered([0, 0, 0, 0, 0.5, 0, 0], eligible)
    assert intervals == [(0, 2)]
    assert nodes.first_n.tolist() == [0, 0, -1, -1]
    assert nodes.parent_m.tolist() == [-1]


@st.composite
def scored_trees(draw):
    """Draw a tree by area with the areas of its nodes and scores."""
    ends_e2, strength_e, areas = draw(weighted_graphs(distinct=False))
    parent = merge_by_area(ends_e2, strength_e, areas).parent
    sets = regions_of(parent, areas.size)
    scores = [draw(st.integers(0, 16)) / 16 for _ in sets]
    return parent, np.float64([areas[list(regions)].sum() for regions in sets]), np.float32(scores), sets


@given(scored_trees(), st.booleans())
def test_what_is_offered_follows_the_rule(tree, with_regions):
    parent, areas, scores, sets = tree
    count = (len(parent) + 1) // 2
    eligible = eligible_nodes(areas, count, with_regions=with_regions)
    boxes = np.stack([np.arange(count), 3 * np.arange(count), np.arange(count) + 1, 3 * np.arange(count) + 2], axis=1)
    nodes = lay_out(parent, areas, eligible, scores, boxes.astype(np.int32))
    kept = []
    for node in reversed(range(len(parent))):
        above = [other for other in range(len(parent)) if other > node and sets[node] < sets[other]]
        likely = [other for other in above if eligible[other]]
        nearest = min((other for other in above if other in kept), default=None)
        if not eligible[node] or any(scores[node] < scores[other] - np.float32(FAR_WORSE) for other in likely):
            continue
        if nearest is None or areas[node] <= ALIKE * areas[nearest] or scores[node] > scores[nearest]:
            kept.append(node)
    kept.sort()
    np.testing.assert_array_equal(nodes.area_m, areas[kept])
    np.testing.assert_array_equal(nodes.score_m, scores[kept])
    order = np.argsort(nodes.position_n)
    assert sorted(nodes.position_n) == list(range(count))
    for number, node in enumerate(kept):
        assert set(order[nodes.low_m[number] : nodes.high_m[number]]) == sets[node]
        own = boxes[list(sets[node])]
        assert nodes.box_m4[number].tolist() == [*own[:, :2].min(axis=0), *own[:, 2:].max(axis=0)]
        above = [place for place, other in enumerate(kept) if sets[node] < sets[other]]
        assert nodes.parent_m[number] == min(above, default=-1)
    for region in range(count):
        holding = [place for place, node in enumerate(kept) if region in sets[node]]
        assert nodes.first_n[region] == min(holding, default=-1)


@given(scored_trees())
def test_each_region_is_offered_within_something_where_regions_may_be(tree):
    parent, areas, scores, _ = tree
    count = (len(parent) + 1) // 2
    eligible = eligible_nodes(areas, count, with_regions=True)
    nodes = lay_out(parent, areas, eligible, scores, np.zeros((count, 4), np.int32))
    assert (nodes.first_n >= 0).all()
    assert nodes.area_m.max() <= max(LARGEST_SHARE * areas[-1], areas[:count].max())
