"""Borders between classes are counted, and whether they lie where the image has an edge."""

import numpy as np
import pytest
from scipy import ndimage

from sambaseg.images.micrograph import Micrograph
from sambaseg.trust.borders import BLUR_PX, HALO_PX, _gradient, count_borders
from sambaseg.trust.looked import choose_windows

SIDE = 48  # one window


def counts_of(image_yx, answer_yx, classes=2):
    micrograph = Micrograph.from_array(image_yx)
    looked = choose_windows([micrograph.shape_yx])
    (pixels,) = looked.pixels
    answer_n = answer_yx[pixels.rows_n, pixels.columns_n].astype(np.intp)
    return count_borders([micrograph], looked, answer_n, classes).tolist()


def split_at(column, shape_yx=(SIDE, SIDE)):
    halves_yx = np.zeros(shape_yx, np.uint8)
    halves_yx[:, column:] = 1
    return halves_yx


def test_a_border_on_the_step_of_the_image_lies_on_an_edge():
    assert counts_of(200 * split_at(20), split_at(20)) == [[SIDE, SIDE]] * 2


def test_a_border_where_the_image_is_flat_does_not():
    assert counts_of(200 * split_at(20), split_at(36)) == [[SIDE, 0]] * 2


def test_borders_down_count_as_those_across():
    assert counts_of(200 * split_at(20).T, split_at(20).T) == [[SIDE, SIDE]] * 2


def test_a_border_belongs_to_both_its_classes_and_to_no_other():
    thirds_yx = split_at(16) + split_at(32)
    assert counts_of(200 * split_at(16), thirds_yx, classes=4) == [
        [SIDE, SIDE], [2 * SIDE, SIDE], [SIDE, 0], [0, 0],
    ]  # fmt: skip


def test_neither_brightness_nor_contrast_nor_channels_matter():
    image_yx = np.random.default_rng(0).integers(0, 100, (200, 300)).astype(np.uint8)
    answer_yx = (ndimage.gaussian_filter(image_yx.astype(float), 2) > 50).astype(np.intp)
    counted = counts_of(image_yx, answer_yx)
    assert 0 < counted[0][1] < counted[0][0]
    assert counts_of(2 * image_yx + 20, answer_yx) == counted
    assert counts_of(np.stack([image_yx, image_yx]), answer_yx) == counted


def test_an_image_smaller_than_a_window_is_looked_at_as_a_whole():
    assert counts_of(200 * split_at(9, (11, 30)), split_at(9, (11, 30))) == [[11, 11]] * 2


def test_the_gradient_is_that_of_scipy():
    image_yx = np.random.default_rng(1).random((40, 30), np.float32)
    offset = np.arange(-HALO_PX, HALO_PX + 1)
    scale = np.exp(-0.5 * (offset / BLUR_PX) ** 2).sum() ** 2  # weights are not normalised: only ranks matter
    expected_yx = ndimage.gaussian_gradient_magnitude(image_yx.astype(float), BLUR_PX)
    inner = (slice(HALO_PX, -HALO_PX),) * 2
    assert _gradient(image_yx) / scale == pytest.approx(expected_yx[inner], rel=1e-4)
