"""Where trees agree: two small trees by hand, and random trees against sets of regions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.agreement import agreement_with
from smart.hierarchy.scenes import regions_of

# Over regions of 10, 20, 30 and 40 px; the first joins 0 + 1, then 2, then 3, the second 0 + 2, 1 + 3, then both.
ONE, TWO = np.int32([4, 4, 5, 6, 5, 6, -1]), np.int32([4, 5, 4, 5, 6, 6, -1])
AREAS = np.float64([10, 20, 30, 40])


def test_two_trees_by_hand():
    agreement = agreement_with([ONE, TWO], ONE, AREAS)
    assert agreement.dtype == np.float32
    np.testing.assert_array_equal(agreement[:, 0], 1)
    np.testing.assert_allclose(agreement[:, 1], [1, 1, 1, 1, 0.3, 0.6, 1], rtol=1e-6)
    np.testing.assert_allclose(agreement_with([ONE], TWO, AREAS)[:, 0], [1, 1, 1, 1, 40 / 60, 0.6, 1], rtol=1e-6)


def test_a_single_region_agrees_with_itself():
    alone = np.int32([-1])
    assert agreement_with([alone, alone], alone, np.float64([7])).tolist() == [[1, 1]]


def random_tree(rng, count):
    """Return the parents of a tree that joins random pairs."""
    parent, tops = np.full(2 * count - 1, -1, np.int32), list(range(count))
    for node in range(count, 2 * count - 1):
        for _ in range(2):
            parent[tops.pop(rng.integers(len(tops)))] = node
        tops.append(node)
    return parent


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_smallest_node_that_holds_all_regions_is_found(count, seed):
    rng = np.random.default_rng(seed)
    areas = rng.integers(1, 50, count).astype(np.float64)
    one, two = random_tree(rng, count), random_tree(rng, count)
    found = agreement_with([two], one, areas)[:, 0]
    others = regions_of(two, count)
    for node, regions in enumerate(regions_of(one, count)):
        held = min(areas[list(other)].sum() for other in others if regions <= other)
        np.testing.assert_allclose(found[node], areas[list(regions)].sum() / held, rtol=1e-6)
