"""Bits of 64 pixels at once are the answers one by one."""

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.forest.bits import at_most_64, count_below_16, count_bits


@compiled
def ask(values, start, limit):
    return at_most_64(values, np.uint64(start), np.uint8(limit))


@compiled
def count(values, start, limit):
    return count_below_16(values, np.uint64(start), np.float32(limit))


@compiled
def count_set(word):
    return count_bits(np.uint64(word))


def test_every_bit_is_the_answer_for_its_pixel():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, 300).astype(np.uint8)
    for start in (0, 1, 17, 64, 236):
        for limit in (0, 1, 127, 128, 254, 255):
            answers = int(ask(values, start, limit))
            for pixel in range(64):
                assert bool(answers >> pixel & 1) == (values[start + pixel] <= limit)


def test_bits_are_counted():
    for word in (0, 1, 1 << 63, (1 << 64) - 1, 0x123456789ABCDEF0):
        assert count_set(np.uint64(word)) == word.bit_count()


def test_values_below_a_limit_are_counted_as_one_by_one():
    values = np.random.default_rng(2).normal(size=40).astype(np.float32)
    values[3], values[9] = np.inf, -np.inf
    for start in (0, 1, 24):
        for limit in (*values[:8], 0.0, 9.0):
            assert count(values, start, limit) == (values[start : start + 16] < limit).sum()
