"""Sums over regions: a view of six pixels by hand, moments and boxes by scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import regionprops

from sambaseg.smart.hierarchy.regions import (
    AREA,
    BORDER,
    GREY,
    GREY_SQUARED,
    XX,
    YX,
    YY,
    X,
    Y,
    region_boxes,
    sum_regions,
)
from smart.hierarchy.scenes import label_images

NOTHING = np.zeros((0, 2, 3), np.float32)


def test_six_pixels():
    regions_yx = np.int32([[0, 0, 1], [0, 1, 1]])
    grey_yx = np.float32([[0.5, 1, 0.25], [0, 0.25, 1]])
    sums_ns = sum_regions(regions_yx, 2, grey_yx[np.newaxis], grey_yx, NOTHING).sums_ns
    assert sums_ns[:, AREA].tolist() == [3, 3]
    assert sums_ns[:, BORDER].tolist() == [5, 5]  # two corners and the middle of a side each
    assert sums_ns[:, GREY].tolist() == [1.5, 1.5]
    assert sums_ns[:, GREY_SQUARED].tolist() == [1.25, 1.125]
    assert sums_ns[:, [Y, X]].tolist() == [[1, 1], [2, 5]]
    assert sums_ns[:, [YY, XX, YX]].tolist() == [[1, 1, 0], [2, 9, 3]]
    assert region_boxes(regions_yx, 2).tolist() == [[0, 0, 2, 2], [0, 1, 2, 3]]


def test_means_of_channels_texture_and_classes():
    regions_yx = np.int32([[0, 0, 1]])
    pixels_cyx = np.float32([[[0, 1, 4]], [[2, 4, 8]]])
    texture_yx, classes_kyx = np.float32([[1, 3, 7]]), np.float32([[[0.25, 0.75, 0]], [[0.75, 0.25, 1]]])
    sums = sum_regions(regions_yx, 2, pixels_cyx, texture_yx, classes_kyx)
    assert sums.sums_ns[:, GREY].tolist() == [3.5, 6]  # the mean of the channels, added up
    assert sums.colour_nc.tolist() == [[0.5, 3], [4, 8]]
    assert sums.texture_n.tolist() == [2, 7]
    assert sums.classes_nk.tolist() == [[0.5, 0.5], [0, 1]]


@pytest.mark.parametrize(("shape_yx", "border"), [((1, 1), 4), ((1, 5), 12), ((4, 1), 10), ((3, 4), 14)])
def test_the_border_of_a_whole_view_is_its_outline(shape_yx, border):
    grey_yx = np.zeros(shape_yx, np.float32)
    sums = sum_regions(np.zeros(shape_yx, np.int32), 1, grey_yx[np.newaxis], grey_yx, np.zeros((0, *shape_yx), "f4"))
    assert sums.sums_ns[0, BORDER] == border
    assert sums.classes_nk.shape == (1, 0)


@given(label_images(), st.integers(0, 2**32 - 1))
def test_sums_and_boxes_are_those_of_scikit_image(image, seed):
    regions_yx, count = image
    grey_yx = np.random.default_rng(seed).random(regions_yx.shape, np.float32)
    found = sum_regions(regions_yx, count, grey_yx[np.newaxis], grey_yx, np.zeros((0, *grey_yx.shape), np.float32))
    boxes_n4 = region_boxes(regions_yx, count)
    for number, region in enumerate(regionprops(regions_yx + 1, grey_yx)):
        row, raw = found.sums_ns[number], region.moments
        top, left = region.bbox[:2]
        assert tuple(boxes_n4[number]) == region.bbox
        assert row[AREA] == region.area
        y, x = region.coords.T
        np.testing.assert_allclose(row[[GREY, GREY_SQUARED]], [grey_yx[y, x].sum(), (grey_yx[y, x] ** 2).sum()], 1e-5)
        np.testing.assert_allclose(row[[Y, X]], [raw[1, 0] + top * raw[0, 0], raw[0, 1] + left * raw[0, 0]])
        np.testing.assert_allclose(row[[YY, XX, YX]], [(y * y).sum(), (x * x).sum(), (y * x).sum()])
        np.testing.assert_allclose(found.texture_n[number], region.intensity_mean, rtol=1e-6)
