"""Running sums and ranks are those of NumPy."""

import numpy as np
import pytest

from sambaseg.compiled import compiled
from sambaseg.forest.vectors import RANKED_KEYS, add_up_256, first_bit, rank_keys


@compiled
def add_up(values, start):
    add_up_256(values, start)


@compiled
def rank(keys, count, ranks):
    rank_keys(keys, count, ranks)


@compiled
def find_first(word):
    return first_bit(np.uint64(word))


def test_256_numbers_become_their_running_sums_and_no_others_change():
    values = np.random.default_rng(0).integers(0, 2**40, 600).astype(np.uint64)
    wanted = values.copy()
    wanted[77:333] = np.cumsum(values[77:333])
    add_up(values, 77)
    assert np.array_equal(values, wanted)


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 33, 40, 48])
def test_the_rank_of_a_key_is_how_many_are_below_it(count):
    rng = np.random.default_rng(count)
    keys, ranks = np.zeros(RANKED_KEYS, np.uint32), np.zeros(RANKED_KEYS, np.uint32)
    keys[:count] = rng.choice(rng.integers(0, 2**32, 30, dtype=np.uint32), count)
    keys[0] = 2**32 - 1
    rank(keys, count, ranks)
    assert ranks[:count].tolist() == [(keys[:count] < key).sum() for key in keys[:count]]


def test_the_first_bit_is_the_lowest_that_is_set():
    words = (1, 2, 12, 1 << 63, (1 << 64) - 1, 0xF0F00, 0)
    assert [find_first(np.uint64(word)) for word in words] == [0, 1, 2, 63, 0, 8, 64]
