"""Tiles give exactly what the whole image gives, for every family."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sambaseg.features.family import Place
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import STACK_TILE, TileComputer, compute_stack, compute_tile, halo_px, plane_names
from sambaseg.features.table import FAMILIES
from sambaseg.images.halo import read_with_halo

ALL_FAMILIES = tuple(family.id for family in FAMILIES)


def assert_same_bits(one, other):
    np.testing.assert_array_equal(one.view(np.uint32), other.view(np.uint32))


def cuts(size):
    """Where an axis of `size` pixels is cut into tiles."""
    inner = st.lists(st.integers(1, max(1, size - 1)), max_size=3)
    return inner.map(lambda places: sorted({0, size, *(place for place in places if place < size)}))


@st.composite
def tiled_images(draw):
    channels, height, width = draw(st.sampled_from([1, 2, 3])), draw(st.integers(1, 40)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["random", "8-bit", "flat", "signed"]))
    image_cyx = rng.random((channels, height, width), dtype=np.float32)
    if kind == "8-bit":
        image_cyx = np.floor(image_cyx * 256) / np.float32(255)
    elif kind == "flat":
        image_cyx[:] = np.float32(0.7)
    elif kind == "signed":
        image_cyx = (image_cyx - np.float32(0.5)) * np.float32(1e4) * (image_cyx < 0.7)
    return image_cyx.astype(np.float32), draw(cuts(height)), draw(cuts(width))


SCALES = st.lists(st.sampled_from([0.3, 0.7, 1.0, 1.6, 2.0, 3.5, 8.0]), min_size=2, max_size=3, unique=True).map(tuple)
NEEDS_COLOUR = {"colour"}
WITHOUT_SURROUNDINGS = {"identity", "colour", "position"}


@pytest.mark.parametrize("family", ALL_FAMILIES)
@settings(max_examples=12, deadline=None)
@given(tiled=tiled_images(), scales_px=SCALES, convention=st.sampled_from(["sigma", "radius"]))
def test_tiles_equal_whole_image(family, tiled, scales_px, convention):
    image_cyx, rows, columns = tiled
    assume(family != "gabor" or max(scales_px) >= 1)
    if family in NEEDS_COLOUR:
        image_cyx = np.repeat(image_cyx[:1], 3, axis=0) * np.float32([[[1]], [[0.5]], [[0.7]]])
    recipe = FeatureRecipe((family,), scales_px, convention)
    whole = compute_stack(image_cyx, recipe, threads=1)
    assert np.isfinite(whole).all()
    halo = halo_px(recipe)
    for y0, y1 in pairwise(rows):
        for x0, x1 in pairwise(columns):
            around_cyx = read_with_halo(image_cyx, y0, y1, x0, x1, halo)
            tile = compute_tile(around_cyx, recipe, place=Place(y0, x0))
            assert_same_bits(tile, np.ascontiguousarray(whole[:, y0:y1, x0:x1]))


@pytest.mark.parametrize("family", sorted(set(ALL_FAMILIES) - NEEDS_COLOUR))
def test_support_is_no_smaller_than_stated(family):
    """A change just outside the halo changes nothing; the halo is what the test above relies on."""
    recipe = FeatureRecipe((family,), (1.0, 3.0), "sigma")
    halo = halo_px(recipe)
    image_cyx = np.random.default_rng(3).random((1, 2 * halo + 3, 2 * halo + 3), dtype=np.float32)
    changed_cyx = image_cyx.copy()
    changed_cyx[0, 0, :] = changed_cyx[0, :, 0] = 5
    centre = np.s_[:, halo + 1 : halo + 2, halo + 1 : halo + 2]
    before, after = compute_stack(image_cyx, recipe, threads=1), compute_stack(changed_cyx, recipe, threads=1)
    assert_same_bits(np.ascontiguousarray(before[centre]), np.ascontiguousarray(after[centre]))


@pytest.mark.parametrize("family", sorted(set(ALL_FAMILIES) - WITHOUT_SURROUNDINGS))
def test_support_is_no_larger_than_stated(family):
    """A change at the halo's edge changes something, of an even image, a ramp (it moves every rank) or noise."""
    recipe = FeatureRecipe((family,), (1.0, 3.0), "sigma")
    halo = halo_px(recipe)
    size = 2 * halo + 1
    even_cyx = np.zeros((1, size, size), np.float32)
    ramp_cyx = np.linspace(0, 0.1, size**2, dtype=np.float32).reshape(1, size, size)
    noise = [np.random.default_rng(seed).random((1, size, size), dtype=np.float32) for seed in range(8)]
    changes = 0
    for image_cyx in (even_cyx, ramp_cyx, *noise):
        changed_cyx = image_cyx.copy()
        changed_cyx[0, 0] = 1e6
        before, after = compute_stack(image_cyx, recipe, threads=1), compute_stack(changed_cyx, recipe, threads=1)
        changes += (before != after)[:, halo, halo].sum()
    assert changes


@pytest.fixture(scope="module")
def everything():
    """All families on an image of several blocks, with three channels, and its stack."""
    recipe = FeatureRecipe(ALL_FAMILIES, (1.0, 4.0), "radius")
    shape = 3, STACK_TILE[0] + 50, STACK_TILE[1] + 30
    image_cyx = np.random.default_rng(11).random(shape, dtype=np.float32)
    return recipe, image_cyx, compute_stack(image_cyx, recipe, threads=1)


def test_blocks_within_a_tile_equal_the_stack(everything):
    recipe, image_cyx, whole = everything
    height, width = image_cyx.shape[1:]
    padded = read_with_halo(image_cyx, 0, height, 0, width, halo_px(recipe))
    assert_same_bits(TileComputer(recipe, 3, (height, width)).compute(padded), whole)


def test_consuming_planes_on_the_fly_equals_the_stack(everything):
    recipe, image_cyx, whole = everything
    height, width = image_cyx.shape[1:]
    consumed = np.full_like(whole, np.nan)

    def consume(first, y, x, planes_fyx):
        count, rows, columns = planes_fyx.shape
        assert np.isnan(consumed[first : first + count, y : y + rows, x : x + columns]).all()
        consumed[first : first + count, y : y + rows, x : x + columns] = planes_fyx

    padded = read_with_halo(image_cyx, 0, height, 0, width, halo_px(recipe))
    TileComputer(recipe, 3, (height, width)).compute_each(padded, consume)
    assert_same_bits(consumed, whole)


def test_threads_change_nothing(everything):
    recipe, image_cyx, whole = everything
    assert_same_bits(compute_stack(image_cyx, recipe, threads=3), whole)


def test_channels_are_computed_apart(everything):
    recipe, image_cyx, whole = everything
    alone = compute_stack(image_cyx[1:2], recipe, threads=1)
    planes = [index for index, name in enumerate(plane_names(recipe, 3)) if name.channel == 1]
    assert len(planes) == len(alone) - 2  # the position belongs to the image as a whole
    assert_same_bits(alone[:-2], whole[planes])


def test_computers_of_several_threads_do_not_disturb_each_other():
    recipe = FeatureRecipe(ALL_FAMILIES, (1.0, 4.0), "radius")
    side = 2 * halo_px(recipe) + 20
    tiles = [np.random.default_rng(i).random((1, side + i, side + 5), dtype=np.float32) for i in range(6)]
    expected = [compute_tile(tile, recipe) for tile in tiles]
    with ThreadPoolExecutor(3) as pool:
        for found, alone in zip(pool.map(lambda tile: compute_tile(tile, recipe), tiles), expected, strict=True):
            assert_same_bits(found, alone)
