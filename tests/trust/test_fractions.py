"""Phase fractions with intervals: the variance between fields where it is known, and coverage on known materials."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sambaseg.trust.field import GRID, cells_of, share_variance

BENCH = Path(__file__).parents[2] / "bench/fraction_coverage.py"


def test_cells_are_means_of_pixels_and_keep_the_share():
    class_yx = np.zeros((4 * GRID, 2 * GRID), np.bool_)
    class_yx[: 2 * GRID] = True
    cells = cells_of(class_yx)
    assert cells.shape == (GRID, GRID // 2)
    assert cells.mean() == 0.5


def test_independent_pixels_vary_as_a_binomial():
    fields = [(np.random.default_rng(seed).random((100, 100)) < 0.3).astype(float) for seed in range(4)]
    variance, samples = share_variance(fields)
    assert variance == pytest.approx(0.3 * 0.7 / 40_000, rel=0.1)
    assert samples == pytest.approx(40_000, rel=0.1)


def test_blocks_of_equal_pixels_are_worth_one_sample_each():
    blocks = np.random.default_rng(0).random((40, 40)) < 0.4
    variance, samples = share_variance([np.kron(blocks, np.ones((5, 5)))])
    assert samples == pytest.approx(1600, rel=0.25)
    assert variance == pytest.approx(0.4 * 0.6 / 1600, rel=0.25)


def test_what_is_everywhere_or_nowhere_does_not_vary():
    assert share_variance([np.zeros((20, 20))]) == (0.0, 1.0)
    assert share_variance([np.ones((20, 20))] * 3) == (0.0, 3.0)


def test_intervals_cover_the_fraction_of_the_material():
    spec = importlib.util.spec_from_file_location("fraction_coverage", BENCH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    covered = np.array([bench.covers(seed, 96) for seed in range(40)])
    both, without_field, without_classifier = covered.mean(axis=0)
    assert both >= 0.85  # 95 % of 40 cases, less three standard errors
    assert without_field < both
    assert without_classifier < both
