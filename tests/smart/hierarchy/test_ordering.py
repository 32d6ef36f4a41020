"""The order of edges: exact to a 65,535th of the strongest, stable among equals."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.ordering import ascending_order


def test_strengths_in_a_few_steps_by_hand():
    assert ascending_order(np.float32([0.5, 0.25, 0, 1, 0.25])).tolist() == [2, 1, 4, 0, 3]
    assert ascending_order(np.float32([])).tolist() == []
    assert ascending_order(np.zeros(4, np.float32)).tolist() == [0, 1, 2, 3]


def test_the_smallest_strengths_are_ordered():
    # The number of steps a strength was larger than float32 can hold.
    assert ascending_order(np.float32([2e-38, 0, 1.5e-38])).tolist() == [1, 2, 0]


@given(st.lists(st.floats(0, 1000, width=32), min_size=1))
def test_no_edge_is_out_of_place_by_more_than_a_step(values):
    strength_e = np.float32(values)
    order = ascending_order(strength_e)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(len(values)))
    highest_so_far = np.maximum.accumulate(strength_e[order])
    assert (highest_so_far - strength_e[order] <= strength_e.max() * (1.01 / 65_535)).all()


def test_distinct_steps_are_ordered_exactly():
    numbers = np.random.default_rng(0).permutation(60_000)
    strength_e = numbers.astype(np.float32) / 7
    assert ascending_order(strength_e).tolist() == np.argsort(numbers).tolist()
