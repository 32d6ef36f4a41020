"""Pictures of features: the very features of the part, also at the border, each by its own contrast."""

import numpy as np
import pytest

from sambaseg.errors import CancelledError, ParameterError
from sambaseg.feature_choice.preview import Part, preview_features
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.progress import CancelToken

RECIPE = FeatureRecipe(("identity", "gaussian", "sobel"), (1, 8), "sigma")


@pytest.fixture
def image():
    return Micrograph.from_array(np.random.default_rng(0).integers(0, 60000, (90, 120)).astype(np.uint16))


@pytest.mark.parametrize("part", [Part(20, 30, 70, 110), Part(0, 0, 40, 40), Part(89, 119, 90, 120)])
def test_a_preview_holds_the_features_of_the_whole_image(image, part):
    scaling = Scaling.for_image(image)
    preview = preview_features(image.pixels_cyx, part, RECIPE, scaling)
    whole_fyx = compute_stack(scaling.apply(image.array()), RECIPE, threads=1)
    expected_fyx = whole_fyx[:, part.top : part.bottom, part.left : part.right]
    low_f, high_f = np.percentile(expected_fyx, (1, 99), axis=(1, 2)).astype(np.float32)
    np.testing.assert_array_equal(preview.low_f, low_f)
    np.testing.assert_array_equal(preview.high_f, high_f)
    assert [plane.text for plane in preview.planes][:2] == ["Image", "Gaussian, 1 px"]
    if part.shape_yx != (1, 1):
        assert preview.shown_fyx.min() == 0
        assert preview.shown_fyx.max() == 255
        middle = (expected_fyx[1] - low_f[1]) / (high_f[1] - low_f[1]) * 255
        np.testing.assert_allclose(preview.shown_fyx[1], np.clip(middle, 0, 255), atol=0.51)


def test_a_flat_plane_is_grey(image):
    flat = np.full_like(image.array(), 700)
    preview = preview_features(flat, Part(0, 0, 20, 20), RECIPE, Scaling.for_image(image))
    assert np.unique(preview.shown_fyx).tolist() == [128]


@pytest.mark.parametrize("part", [Part(0, 0, 91, 20), Part(5, 5, 5, 20), Part(-1, 0, 20, 20), Part(0, 100, 20, 121)])
def test_parts_outside_the_image_are_refused(image, part):
    with pytest.raises(ParameterError):
        preview_features(image.pixels_cyx, part, RECIPE, Scaling.for_image(image))


def test_too_large_a_part_and_too_many_planes_are_refused():
    large = np.zeros((3, 300, 300), np.uint8)
    scaling = Scaling.for_pixels(Micrograph.from_array(large).pixels_cyx)
    with pytest.raises(ParameterError, match="160"):
        preview_features(large, Part(0, 0, 161, 20), RECIPE, scaling)
    pairs = FeatureRecipe(("difference_of_gaussians",), tuple(range(1, 17)))
    with pytest.raises(ParameterError, match="360 features"):
        preview_features(large, Part(0, 0, 20, 20), pairs, scaling)


def test_a_preview_ends_when_it_is_cancelled(image):
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        preview_features(image.pixels_cyx, Part(0, 0, 20, 20), RECIPE, Scaling.for_image(image), cancelled=token)
