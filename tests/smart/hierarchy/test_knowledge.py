"""What the forest knows as probabilities: two and three classes by hand, far from where they change."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from sambaseg.smart.hierarchy.boundary import boundary_strength
from sambaseg.smart.hierarchy.knowledge import (
    CLASS_CHANGE_WEIGHT,
    SMOOTHED_PX,
    class_probabilities,
    learned_boundary,
)
from sambaseg.smart.suggester import Knowledge
from smart.hierarchy.scenes import known

SHAPE = (20, 30)
RIGHT = np.indices(SHAPE)[1] >= 15


def test_nothing_is_known_without_two_classes():
    assert class_probabilities(None, SHAPE).shape == (0, *SHAPE)
    one = Knowledge(np.full(SHAPE, 4, np.uint8), np.zeros(SHAPE, np.uint8))
    assert class_probabilities(one, SHAPE).shape == (0, *SHAPE)
    partly = Knowledge(np.where(RIGHT, 4, 0).astype(np.uint8), np.zeros(SHAPE, np.uint8))
    assert class_probabilities(partly, SHAPE).shape == (0, *SHAPE)


def test_two_classes_share_all_probability_whatever_their_ids():
    planes_kyx = class_probabilities(known(RIGHT, ids=(2, 4), uncertainty=51), SHAPE)
    assert planes_kyx.dtype == np.float32
    np.testing.assert_allclose(planes_kyx.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(planes_kyx[:, :, :10], np.broadcast_to([[[0.8]], [[0.2]]], (2, 20, 10)), atol=1e-6)
    np.testing.assert_allclose(planes_kyx[1, :, 20:], 0.8, atol=1e-6)
    np.testing.assert_array_equal(planes_kyx, class_probabilities(known(RIGHT, ids=(1, 2), uncertainty=51), SHAPE))


def test_others_share_the_rest_equally():
    classes_yx = np.select([RIGHT, np.indices(SHAPE)[0] >= 10], [7, 3], 1).astype(np.uint8)
    planes_kyx = class_probabilities(Knowledge(classes_yx, np.full(SHAPE, 102, np.uint8)), SHAPE)
    np.testing.assert_allclose(planes_kyx[:, 0, 0], [0.6, 0.2, 0.2], atol=1e-6)
    np.testing.assert_allclose(planes_kyx[:, -1, 0], [0.2, 0.6, 0.2], atol=1e-6)
    np.testing.assert_allclose(planes_kyx[:, 5, -1], [0.2, 0.2, 0.6], atol=1e-6)


def test_what_is_not_computed_yet_may_be_anything():
    classes_yx = np.where(RIGHT, 0, np.where(np.indices(SHAPE)[0] < 10, 1, 2)).astype(np.uint8)
    planes_kyx = class_probabilities(Knowledge(classes_yx, np.zeros(SHAPE, np.uint8)), SHAPE)
    np.testing.assert_allclose(planes_kyx[:, :, 20:], 0.5, atol=1e-6)
    np.testing.assert_allclose(planes_kyx[:, 0, 0], [1, 0], atol=1e-6)


def test_probabilities_are_smoothed_as_scipy_does():
    uncertainty_yx = np.random.default_rng(0).integers(0, 128, SHAPE).astype(np.uint8)
    planes_kyx = class_probabilities(Knowledge(known(RIGHT).classes_yx, uncertainty_yx), SHAPE)
    exact_yx = np.where(RIGHT, 1 - uncertainty_yx / 255, uncertainty_yx / 255)
    np.testing.assert_allclose(planes_kyx[1], ndi.gaussian_filter(exact_yx, SMOOTHED_PX), atol=1e-5)


def test_boundaries_rise_where_classes_change():
    boundary_yx = np.random.default_rng(1).random(SHAPE, np.float32)
    nothing = class_probabilities(None, SHAPE)
    np.testing.assert_array_equal(learned_boundary(boundary_yx, nothing), boundary_yx)
    planes_kyx = class_probabilities(known(RIGHT, uncertainty=0), SHAPE)
    rise_yx = learned_boundary(boundary_yx, planes_kyx) - boundary_yx
    np.testing.assert_allclose(rise_yx, CLASS_CHANGE_WEIGHT * boundary_strength(planes_kyx, SMOOTHED_PX), atol=1e-6)
    assert set(rise_yx.argmax(axis=1)) <= {14, 15}
    assert rise_yx[:, :5].max() == pytest.approx(0, abs=1e-6)
