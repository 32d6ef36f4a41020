"""The families that look at the image as a whole."""

import numpy as np
import pytest
from skimage.color import rgb2hsv

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import compute_stack


def colours(image_cyx):
    return compute_stack(np.asarray(image_cyx, np.float32), FeatureRecipe(("colour",), ()), threads=1)


@pytest.mark.parametrize(
    ("rgb", "hsv"),
    [
        ((1, 0, 0), (0, 1, 1)),
        ((0, 1, 0), (1 / 3, 1, 1)),
        ((0, 0, 0.5), (2 / 3, 1, 0.5)),
        ((1, 1, 0), (1 / 6, 1, 1)),
        ((0.5, 0.5, 0.5), (0, 0, 0.5)),
        ((0, 0, 0), (0, 0, 0)),
        ((7, -3, 0), (0, 1, 1)),
    ],
)
def test_colours_have_their_names(rgb, hsv):
    assert colours(np.reshape(rgb, (3, 1, 1)))[:, 0, 0] == pytest.approx(hsv)


def test_equal_scikit_image():
    image = np.random.default_rng(0).random((3, 40, 50), dtype=np.float32)
    image[:, :10] = np.round(image[:, :10] * 3) / 3  # equal channels
    expected = rgb2hsv(np.moveaxis(image, 0, 2))
    np.testing.assert_allclose(colours(image), np.moveaxis(expected, 2, 0), atol=1e-6)


def test_position_counts_from_the_top_left_across_tiles():
    recipe = FeatureRecipe(("position",), ())
    x, y = compute_stack(np.zeros((2, 300, 1200), np.float32), recipe)
    np.testing.assert_array_equal(x, np.tile(np.arange(1200), (300, 1)))
    np.testing.assert_array_equal(y, np.tile(np.arange(300)[:, np.newaxis], (1, 1200)))
