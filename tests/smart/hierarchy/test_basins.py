"""Basins: rows worked out by hand, as many as there are minima, none too small, joined behind the lowest pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage.morphology import local_minima
from skimage.segmentation import watershed

from sambaseg.smart.hierarchy.basins import SMALLEST_REGION_PX, cut_into_regions, find_basins
from sambaseg.smart.hierarchy.boundary import boundary_strength


def basins_of_row(*values):
    basins_yx, count = find_basins(np.float32([values]))
    assert basins_yx.dtype == np.int32
    assert count == basins_yx.max() + 1
    return basins_yx[0].tolist()


def test_pixels_run_down_the_steepest_way():
    assert basins_of_row(0, 1, 3, 2, 0) == [0, 0, 0, 1, 1]
    assert basins_of_row(0, 2, 3, 1, 0) == [0, 0, 1, 1, 1]
    assert find_basins(np.float32([[0, 5, 5], [5, 4, 5], [5, 5, 0]]))[0].tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 1]]


def test_of_equally_low_neighbours_the_first_is_taken():
    assert basins_of_row(0, 1, 0) == [0, 0, 1]
    assert basins_of_row(7, 7, 7, 7) == [0, 0, 0, 0]
    assert find_basins(np.zeros((5, 9), np.float32))[1] == 1


@st.composite
def reliefs(draw):
    """Draw (h, w) of different numbers."""
    height, width = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    return np.array(draw(st.permutations(range(height * width))), np.float32).reshape(height, width)


@given(reliefs())
def test_there_is_one_basin_for_each_minimum(relief_yx):
    basins_yx, count = find_basins(relief_yx)
    padded_yx = np.pad(relief_yx, 1, constant_values=np.inf)
    minima_yx = local_minima(padded_yx, connectivity=2)[1:-1, 1:-1] if relief_yx.size > 1 else np.ones((1, 1), bool)
    assert sorted(basins_yx[minima_yx]) == list(range(count))


@given(reliefs())
def test_a_pixel_belongs_to_the_basin_of_its_lowest_neighbour(relief_yx):
    basins_yx, _ = find_basins(relief_yx)
    height, width = relief_yx.shape
    for y, x in np.ndindex(relief_yx.shape):
        rows, columns = range(max(y - 1, 0), min(y + 2, height)), range(max(x - 1, 0), min(x + 2, width))
        around = [(ny, nx) for ny in rows for nx in columns]
        assert basins_yx[y, x] == basins_yx[min(around, key=lambda place: relief_yx[place])]


def test_a_small_basin_joins_behind_its_lowest_pass():
    flat = [0.0] * SMALLEST_REGION_PX
    regions_yx, count = cut_into_regions(np.float32([[*flat, 2, 0, 0, 0, 1, *flat]]))
    assert count == 2
    assert regions_yx[0].tolist() == [0] * 13 + [1] * 16
    regions_yx, _ = cut_into_regions(np.float32([[*flat, 1, 0, 0, 0, 2, *flat]]))
    assert regions_yx[0].tolist() == [0] * 17 + [1] * 12


def test_a_pass_is_as_low_as_its_lowest_place():
    flat = [0.0] * 6
    rows = [[*flat, 5, 0, 0, 2, *flat], [*flat, 1, 0, 0, 2, *flat]]
    regions_yx, _ = cut_into_regions(np.float32(rows))
    assert regions_yx.tolist() == [[0] * 10 + [1] * 6] * 2


def test_a_basin_that_is_large_enough_stays_however_low_the_pass():
    flat = [0.0] * (SMALLEST_REGION_PX - 1)
    regions_yx, count = cut_into_regions(np.float32([[*flat, 0.001, *flat, 0]]))
    assert count == 2
    assert regions_yx[0].tolist() == [0] * 12 + [1] * 12


def test_two_flat_halves_are_cut_at_the_step():
    pixels_yx = np.full((20, 30), 0.2, np.float32)
    pixels_yx[:, 13:] = 0.7
    regions_yx, count = cut_into_regions(boundary_strength(pixels_yx[np.newaxis], 1.0))
    assert count == 2
    np.testing.assert_array_equal(regions_yx, np.tile(np.arange(30) >= 13, (20, 1)))


@pytest.mark.parametrize("seed", range(4))
def test_no_region_is_too_small_or_torn_and_numbers_ascend(seed):
    boundary_yx = ndi.gaussian_filter(np.random.default_rng(seed).random((40, 50)), 0.5).astype(np.float32)
    _, basins = find_basins(boundary_yx)
    regions_yx, count = cut_into_regions(boundary_yx)
    areas = np.bincount(regions_yx.ravel())
    assert 5 < count < basins
    assert areas.size == count
    assert areas.min() >= SMALLEST_REGION_PX
    _, first = np.unique(regions_yx, return_index=True)
    assert (np.diff(first) > 0).all()
    assert all(ndi.label(regions_yx == region, np.ones((3, 3)))[1] == 1 for region in range(count))


def test_cells_between_ridges_are_those_of_scikit_image():
    y, x = np.indices((64, 64))
    rise_yx, along_yx = np.abs(np.sin(np.pi * (y + 8) / 21)), np.abs(np.sin(np.pi * (x + 5) / 17))
    valleys_yx = (2 - rise_yx - along_yx).astype(np.float32)
    regions_yx, count = cut_into_regions(valleys_yx)
    expected_yx = watershed(valleys_yx)
    away_yx = np.minimum(rise_yx, along_yx) > 0.3  # a pixel of a ridge may fall to either side
    pairs = np.unique(np.stack([regions_yx[away_yx], expected_yx[away_yx]]), axis=1)
    assert count == expected_yx.max() == pairs.shape[1] == 16


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 5), (5, 1), (3, 3)])
def test_a_view_smaller_than_a_region_is_one(shape_yx):
    regions_yx, count = cut_into_regions(np.random.default_rng(7).random(shape_yx, np.float32))
    assert count == 1
    assert regions_yx.tolist() == np.zeros(shape_yx, int).tolist()
