"""`PixelClassifier`: scikit-learn's manners, arrays of every shape, the pipeline's bits."""

import numpy as np
import pytest
import sklearn.base

import sambaseg
from sambaseg import PixelClassifier
from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import parse_steps
from sambaseg.errors import (
    ClassifierMismatchError,
    LabelsSizeMismatchError,
    MissingFileError,
    NotEnoughLabelsError,
    ParameterError,
    UsageError,
)
from sambaseg.estimator import as_micrograph
from sambaseg.features.recipe import PRESETS, FeatureRecipe
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

RNG = np.random.default_rng(0)
TRUTH = np.where(np.add.outer(np.arange(90) // 15, np.arange(110) // 15) % 2, 300, 3)
IMAGE = np.clip(RNG.normal(np.where(TRUTH == 3, 80, 160), 20), 0, 255).astype(np.uint8)
LABELS = np.where(RNG.random(TRUTH.shape) < 0.05, TRUTH, 0)
SMALL = FeatureRecipe(("identity", "gaussian"), (1.0, 2.0), "sigma")


def small(**parameters):
    return PixelClassifier(SMALL, **{"trees": 10, "depth": 6, **parameters})


@pytest.fixture(scope="module")
def fitted():
    return small().fit(IMAGE, LABELS)


def test_it_segments(fitted):
    found = fitted.predict(IMAGE)
    assert found.shape == IMAGE.shape
    assert found.dtype == np.uint16
    assert np.mean(found == TRUTH) > 0.9
    assert fitted.score(IMAGE, LABELS) > 0.9
    assert small().fit_predict(IMAGE, LABELS).tolist() == found.tolist()


def test_what_was_learned_ends_in_an_underscore(fitted):
    assert fitted.classes_.tolist() == [3, 300]
    assert fitted.n_features_in_ == len(fitted.feature_names_) == len(fitted.feature_importances_)
    assert fitted.feature_importances_.sum() == pytest.approx(1, abs=1e-5)
    assert fitted.oob_score_ is None
    assert 0.5 < small(classifier="forest").fit(IMAGE, LABELS).oob_score_ <= 1


def test_probabilities_have_the_class_last_and_agree_with_the_rest(fitted):
    probabilities = fitted.predict_proba(IMAGE)
    assert probabilities.shape == (*IMAGE.shape, 2)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=-1)], fitted.predict(IMAGE))
    np.testing.assert_array_equal(fitted.uncertainty(IMAGE), 1 - probabilities.max(axis=-1))


def test_it_gives_the_bits_of_the_pipeline(fitted):
    micrograph = Micrograph.from_array(IMAGE)
    classifier = train_classifier(micrograph, LABELS, SMALL, TrainingSettings(trees=10, depth=6))
    expected = segment(classifier, micrograph)
    np.testing.assert_array_equal(fitted.predict(IMAGE), expected.classes_yx)
    np.testing.assert_array_equal(np.moveaxis(fitted.predict_proba(IMAGE), -1, 0), expected.probabilities_kyx)


def test_saved_and_loaded_it_is_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "c.sambaseg")
    loaded = PixelClassifier.load(tmp_path / "c.sambaseg", threads=1)
    np.testing.assert_array_equal(loaded.predict_proba(IMAGE), fitted.predict_proba(IMAGE))
    assert loaded.classes_.tolist() == fitted.classes_.tolist()
    assert loaded.get_params() == {**fitted.get_params(), "threads": 1}
    with pytest.raises(MissingFileError):
        PixelClassifier.load(tmp_path / "nothing.sambaseg")


def test_scikit_learn_can_clone_it_and_set_its_parameters(fitted):
    copy = sklearn.base.clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "classifier_")
    assert copy.set_params(trees=3, seed=9) is copy
    assert (copy.trees, copy.seed) == (3, 9)
    with pytest.raises(ParameterError, match="no parameter 'leaves'"):
        copy.set_params(leaves=1)


def test_its_text_shows_what_differs_from_the_defaults():
    assert repr(PixelClassifier()) == "PixelClassifier()"
    assert repr(PixelClassifier("fast", trees=7)) == "PixelClassifier(recipe='fast', trees=7)"


def test_before_fit_it_says_what_to_do(tmp_path):
    for call in (
        lambda: small().predict(IMAGE),
        lambda: small().predict_proba(IMAGE),
        lambda: small().uncertainty(IMAGE),
        lambda: small().save(tmp_path / "c.sambaseg"),
    ):
        with pytest.raises(UsageError, match="not been trained"):
            call()


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"trees": 0}, "trees"),
        ({"trees": 10_000}, "trees"),
        ({"depth": 0}, "depth"),
        ({"points": 5}, "points"),
        ({"balance": "odd"}, "balance"),
        ({"seed": -1}, "seed"),
        ({"recipe": "nothing"}, "no recipe named 'nothing'"),
        ({"recipe": 7}, "not int"),
    ],
)
def test_parameters_are_checked_when_fitting(parameters, reason):
    with pytest.raises(ParameterError, match=reason):
        PixelClassifier(**parameters).fit(IMAGE, LABELS)


def test_labels_are_checked():
    with pytest.raises(LabelsSizeMismatchError):
        small().fit(IMAGE, LABELS[:-1])
    with pytest.raises(NotEnoughLabelsError):
        small().fit(IMAGE, LABELS * 0)
    with pytest.raises(ParameterError, match="labelled pixels"):
        small().fit(IMAGE, LABELS).score(IMAGE, LABELS * 0)


def test_images_of_another_kind_are_refused(fitted):
    with pytest.raises(ClassifierMismatchError, match="uint16"):
        fitted.predict(IMAGE.astype(np.uint16))
    with pytest.raises(ClassifierMismatchError, match="3 channels"):
        fitted.predict(np.stack([IMAGE] * 3))


@pytest.mark.parametrize(
    ("shape", "expected", "is_rgb"),
    [
        ((90, 110), (1, 90, 110), False),
        ((90, 110, 3), (3, 90, 110), True),
        ((90, 110, 4), (3, 90, 110), True),
        ((3, 90, 110), (3, 90, 110), True),
        ((5, 90, 110), (5, 90, 110), False),
        ((2, 90, 3), (2, 90, 3), False),
        ((4, 90, 4), (4, 90, 4), False),
    ],
)
def test_arrays_are_images_by_the_stated_rule(shape, expected, is_rgb):
    micrograph = as_micrograph(np.zeros(shape, dtype=np.uint8))
    assert micrograph.pixels_cyx.shape == expected
    assert micrograph.info.is_rgb == is_rgb


@pytest.mark.parametrize(
    "array", [np.zeros(5), np.zeros((2, 2, 2, 2)), np.zeros((0, 5)), np.zeros((2, 2), complex), "text"]
)
def test_other_arrays_are_refused(array):
    with pytest.raises(ParameterError, match=r"\(H, W\)"):
        as_micrograph(array)


def test_colours_give_the_same_by_either_order_of_axes():
    colours = np.stack([IMAGE, 255 - IMAGE, IMAGE // 2])
    first = small().fit(colours, LABELS).predict_proba(colours)
    second = small().fit(np.moveaxis(colours, 0, -1), LABELS).predict_proba(np.moveaxis(colours, 0, -1))
    np.testing.assert_array_equal(first, second)


def test_a_preset_is_named():
    estimator = PixelClassifier("fast", trees=2, depth=2).fit(IMAGE, LABELS)
    assert estimator.classifier_.recipe == PRESETS["fast"]


def test_the_package_offers_it_and_nothing_unknown():
    assert sambaseg.PixelClassifier is PixelClassifier
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = sambaseg.Nothing


def test_what_is_predicted_is_cleaned_as_asked_and_probabilities_are_not(fitted, tmp_path):
    steps = "remove_small:12:300,majority:1"
    cleaned = small(cleaning=steps).fit(IMAGE, LABELS)
    predicted_yx = fitted.predict(IMAGE)
    expected_yx = clean_classes(predicted_yx, [3, 300], parse_steps(steps))
    assert (expected_yx != predicted_yx).any()
    assert cleaned.predict(IMAGE).dtype == predicted_yx.dtype
    np.testing.assert_array_equal(cleaned.predict(IMAGE), expected_yx)
    np.testing.assert_array_equal(cleaned.predict_proba(IMAGE), fitted.predict_proba(IMAGE))
    np.testing.assert_array_equal(cleaned.uncertainty(IMAGE), fitted.uncertainty(IMAGE))
    cleaned.save(tmp_path / "c.sambaseg")
    loaded = PixelClassifier.load(tmp_path / "c.sambaseg")
    assert loaded.cleaning == steps
    np.testing.assert_array_equal(loaded.predict(IMAGE), expected_yx)
    same = small(cleaning=list(parse_steps(steps))).fit(IMAGE, LABELS)
    np.testing.assert_array_equal(sklearn.base.clone(same).fit_predict(IMAGE, LABELS), expected_yx)


@pytest.mark.parametrize("cleaning", ["polish:2", "remove_small:9:4", ["majority:1"]])
def test_steps_that_make_no_sense_are_refused_by_name(cleaning):
    with pytest.raises(ParameterError):
        small(cleaning=cleaning).fit(IMAGE, LABELS)
