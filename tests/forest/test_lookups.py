"""Adding looked-up values to 256 pixels at once gives what is added one by one."""

import numpy as np
import pytest

from sambaseg.compiled import compiled
from sambaseg.forest.lookups import (
    add_looked_up_1,
    add_looked_up_2,
    add_looked_up_4,
    place_leaves,
    values_in_registers,
)

WORDS = 4


@compiled
def name_places(masks, items, start, count, places):
    place_leaves(masks, items, np.uint64(start), count, places)


@compiled
def most_values():
    return values_in_registers()


@compiled
def add_values(sums, start, table, places, parts):
    if parts == 1:
        add_looked_up_1(sums, np.uint64(start), table, places)
    elif parts == 2:
        add_looked_up_2(sums, np.uint64(start), table, places)
    else:
        add_looked_up_4(sums, np.uint64(start), table, places)


def listed(leaf_of_pixel, count, start):
    """Return masks of leaves in some order, and items from `start` on that say where they are."""
    rng = np.random.default_rng(count)
    masks = rng.integers(0, 2**63, (count + 2) * WORDS).astype(np.uint64)  # what is not a mask must not be read as one
    items = rng.integers(0, 2**63, start + count).astype(np.uint64)
    for leaf, at in enumerate(rng.permutation(count + 2)[:count]):
        items[start + leaf] = (leaf << 32) | (3 << 24) | (int(at) * WORDS)
        for word in range(WORDS):
            bits = leaf_of_pixel[64 * word : 64 * word + 64] == leaf
            masks[at * WORDS + word] = int(sum(1 << int(bit) for bit in np.flatnonzero(bits)))
    return masks, items


@pytest.mark.parametrize("count", [1, 2, 7, 16, 17, 100, 256])
def test_each_pixel_gets_the_place_of_the_leaf_that_names_it(count):
    leaf_of_pixel = np.random.default_rng(count).integers(0, count, 256)
    places = np.full(256, 77, np.uint8)
    name_places(*listed(leaf_of_pixel, count, 5), 5, count, places)
    assert np.array_equal(places, leaf_of_pixel)


def test_a_pixel_that_no_leaf_names_gets_the_first_place():
    leaf_of_pixel = np.repeat([0, 1, 2, 9], 64)
    places = np.full(256, 77, np.uint8)
    name_places(*listed(leaf_of_pixel, 3, 0), 0, 3, places)
    assert np.array_equal(places, np.where(leaf_of_pixel == 9, 0, leaf_of_pixel))


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_the_value_at_each_place_is_added_to_the_sum(parts):
    count = int(most_values()) * parts // 4
    if count == 0:
        pytest.skip("this processor does not look up values in registers")
    rng = np.random.default_rng(parts)
    table = rng.integers(0, 2**32, max(count, 1), dtype=np.uint32)
    places = rng.integers(0, count, 256).astype(np.uint8)
    places[:count] = np.arange(count)
    sums = rng.integers(0, 2**32, 768, dtype=np.uint32)
    wanted = sums.copy()
    wanted[256:512] += table[places]
    add_values(sums, 256, table, places, parts)
    assert np.array_equal(sums, wanted)
