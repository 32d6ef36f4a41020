"""What matters, and what can go, where that is known."""

import numpy as np
import pytest

from sambaseg.errors import CancelledError, NotEnoughLabelsError
from sambaseg.feature_choice.elimination import Tolerance, eliminate
from sambaseg.feature_choice.groups import FeatureGroup
from sambaseg.feature_choice.held_out import LabelledSample, agreement_of, judge
from sambaseg.feature_choice.importance import importances_of
from sambaseg.feature_choice.suggestion import suggest_features
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.settings import TrainingSettings

RECIPE = FeatureRecipe(("identity", "gaussian"), (1, 4))
TRAINING = TrainingSettings(trees=20, reach="whole")


def sample_where(telling, *, planes=3, count=600):
    """Return a sample of two classes that one plane tells apart, and all others are noise."""
    random = np.random.default_rng(0)
    class_ids_n = np.repeat([1, 2], count // 2)
    features_fn = random.normal(size=(planes, count)).astype(np.float32)
    features_fn[telling] += 8 * class_ids_n
    folds_n = np.arange(count) // 20 % 5
    return LabelledSample.of_features(features_fn, features_fn, class_ids_n, folds_n, RECIPE, 1, threads=1)


def judged_of(sample):
    return lambda recipe: judge(sample, recipe, TRAINING, threads=2, cancelled=CancelToken())


def test_only_what_tells_the_classes_apart_matters():
    sample = sample_where(2)  # Gaussian, 4 px
    whole = judged_of(sample)(RECIPE)
    assert whole.iou == 1
    found = {each.group.id: each.importance for each in importances_of(sample, whole, seed=0)}
    assert found["gaussian"] > 0.2
    assert found["4"] == pytest.approx(found["gaussian"], abs=0.2)
    assert max(abs(found["identity"]), abs(found["1"])) < 0.05


def test_noise_goes_and_what_tells_stays():
    sample = sample_where(2)
    judged = judged_of(sample)
    weigh = lambda judgement: importances_of(sample, judgement, seed=0)  # noqa: E731
    told = []
    smallest = eliminate(sample, judged(RECIPE), judge=judged, weigh=weigh, tell=lambda *each: told.append(each))
    assert smallest.recipe == FeatureRecipe(("gaussian",), (4,))
    assert told[-1] == (4, 4)


def test_nothing_goes_that_changes_the_segmentation():
    sample = sample_where(2)
    judged = judged_of(sample)
    weigh = lambda judgement: importances_of(sample, judgement, seed=0)  # noqa: E731
    lenient = Tolerance(iou=1, loss=9)
    smallest = eliminate(sample, judged(RECIPE), judge=judged, weigh=weigh, tolerance=lenient).recipe
    assert (smallest.families, smallest.scales_px) == (("gaussian",), (4,))
    without = judged(FeatureGroup("family", "gaussian", "Gaussian").left_out_of(RECIPE))
    assert not lenient.accepts(without, judged(RECIPE))


def test_agreement_counts_classes_and_not_pixels():
    one_m, other_m = np.array([0] * 98 + [1, 1]), np.array([0] * 99 + [1])
    assert agreement_of(one_m, one_m) == 1
    assert agreement_of(one_m, other_m) == pytest.approx((98 / 99 + 1 / 2) / 2)


def striped():
    """Return an image of fine stripes left and noise right, of one brightness, and two strokes of each."""
    random = np.random.default_rng(0)
    pixels_yx = random.integers(0, 256, (160, 200)).astype(np.uint8)
    pixels_yx[:, :100] = np.where(np.arange(160) % 8 < 4, 40, 215)[:, np.newaxis] + random.integers(0, 20, (160, 100))
    labels_yx = np.zeros((160, 200), np.uint8)
    for top in 20, 110:
        labels_yx[top : top + 25, 20:50], labels_yx[top : top + 25, 140:170] = 1, 2
    return Micrograph.from_array(pixels_yx), labels_yx


def test_a_smaller_recipe_is_proposed_for_an_image_the_same_on_any_number_of_threads():
    image, labels_yx = striped()
    recipe = FeatureRecipe(("identity", "gaussian", "sobel", "hessian"), (1, 2, 4, 8))
    reports = []
    found = suggest_features([(image, labels_yx)], recipe, TRAINING, threads=2, progress=reports.append)
    assert found.is_smaller
    assert found.after.planes < found.before.planes == 35
    assert found.after.held_out_iou >= found.before.held_out_iou - found.tolerance.iou
    assert found.after.seconds_per_megapixel < found.before.seconds_per_megapixel
    assert found.strokes_of_class == {1: 2, 2: 2}
    assert [report.stage for report in reports][-1] == "Trying smaller recipes"
    assert reports[-1].fraction <= 1
    assert suggest_features([(image, labels_yx)], recipe, TRAINING, threads=1) == found


def test_one_class_is_too_little_and_cancelling_ends_it():
    image, labels_yx = striped()
    with pytest.raises(NotEnoughLabelsError):
        suggest_features([(image, np.minimum(labels_yx, 1))], RECIPE, TRAINING)
    token = CancelToken()
    with pytest.raises(CancelledError):
        suggest_features([(image, labels_yx)], RECIPE, TRAINING, progress=lambda _: token.cancel(), cancelled=token)
