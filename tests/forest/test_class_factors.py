"""Class factors: probabilities by Bayes's rule, the same everywhere, kept in files and in what is exported."""

from dataclasses import replace

import numpy as np
import pytest

from sambaseg.errors import ClassifierFileError, ParameterError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.class_factors import weigh_classes
from sambaseg.forest.classifier import Classifier, ReachTrees, TrainingSummary, entries_for
from sambaseg.forest.classifier_file import classifier_from_bytes, classifier_to_bytes
from sambaseg.forest.exchange import export_onnx, to_sklearn
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest

FACTORS = (0.5, 1.0, 3.0)


@pytest.fixture(scope="module")
def features_nf():
    return np.random.default_rng(1).normal(0, 1.5, (300, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def forest():
    rng = np.random.default_rng(0)
    classes_n = rng.integers(1, 4, 500)
    features_nf = rng.normal(classes_n[:, np.newaxis] - 2, 1, (500, 2)).astype(np.float32)
    settings = ForestSettings(trees=11, depth=4, classifier="extra_trees", balance="fractions")
    return train_forest(features_nf, classes_n, settings)


@pytest.fixture(scope="module")
def classifier(forest):
    recipe = FeatureRecipe(("gaussian",), (1.0, 2.0))
    summary = TrainingSummary(
        (), ForestSettings(balance="fractions"), "a.tif", (ReachTrees("near", 4), ReachTrees("wide", 7))
    )
    weighed = forest.with_class_factors(FACTORS)
    return Classifier(
        weighed, recipe, Scaling("dtype", "uint8", (0.0,), (255.0,)), 1, entries_for((1, 2, 3), ()), summary, "1"
    )


def test_two_classes_by_hand():
    probabilities_kyx = np.array([[[0.5, 0.9]], [[0.5, 0.1]]], np.float32)
    weigh_classes(probabilities_kyx, (1.0, 3.0))
    assert probabilities_kyx[:, 0] == pytest.approx(np.array([[0.25, 0.75], [0.75, 0.25]]))


def test_probabilities_are_those_of_other_priors(forest, features_nf):
    plain_nk = forest.predict_proba(features_nf)
    expected_nk = plain_nk * np.array(FACTORS)
    expected_nk /= expected_nk.sum(axis=1, keepdims=True)
    weighed_nk = forest.with_class_factors(FACTORS).predict_proba(features_nf)
    assert weighed_nk == pytest.approx(expected_nk, abs=1e-6)
    assert (weighed_nk.argmax(axis=1) != plain_nk.argmax(axis=1)).any()


def test_a_pixel_has_the_same_bits_in_every_tile(forest):
    weighed = forest.with_class_factors(FACTORS)
    bins_fyx = np.random.default_rng(2).integers(0, 250, (2, 40, 33), np.uint8)
    whole_kyx = weighed.predict_tile(bins_fyx)
    for y, x in ((0, 0), (17, 5), (39, 32)):
        assert np.array_equal(weighed.predict_tile(bins_fyx[:, y : y + 1, x : x + 1])[:, 0, 0], whole_kyx[:, y, x])


def test_they_are_kept_in_a_file(classifier, features_nf):
    again = classifier_from_bytes(classifier_to_bytes(classifier), name="c.sambaseg")
    assert again.forest.class_factors == FACTORS
    assert again.training == classifier.training
    assert np.array_equal(again.forest.predict_proba(features_nf), classifier.forest.predict_proba(features_nf))


@pytest.mark.parametrize("factors", [(1.0, 2.0), (1.0, 0.0, 1.0), (1.0, float("nan"), 1.0), (1.0, 1e7, 1.0)])
def test_factors_that_are_none_are_refused(forest, factors):
    with pytest.raises(ParameterError):
        forest.with_class_factors(factors)
    with pytest.raises(ParameterError):
        replace(forest, class_factors=factors)


def test_a_file_with_wrong_factors_is_refused(classifier, monkeypatch):
    content = classifier_to_bytes(classifier)
    monkeypatch.setattr("sambaseg.forest.classifier_header._number", lambda *_: -1.0)
    with pytest.raises(ClassifierFileError, match="above 0"):
        classifier_from_bytes(content, name="c.sambaseg")


def test_scikit_learn_gives_the_same_classes_and_shares(classifier, features_nf):
    pytest.importorskip("sklearn")
    model = to_sklearn(classifier.forest)
    ours_nk, theirs_nk = classifier.forest.predict_proba(features_nf), model.predict_proba(features_nf)
    assert model.predict(features_nf).tolist() == (ours_nk.argmax(axis=1) + 1).tolist()
    assert theirs_nk / theirs_nk.sum(axis=1, keepdims=True) == pytest.approx(ours_nk, abs=1e-6)


def test_onnx_gives_the_same_classes_and_probabilities(classifier, features_nf, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    export_onnx(classifier, tmp_path / "c.onnx")
    session = runtime.InferenceSession(str(tmp_path / "c.onnx"), providers=["CPUExecutionProvider"])
    class_ids_n, probabilities_nk = session.run(["class_id", "probabilities"], {"features": features_nf})
    ours_nk = classifier.forest.predict_proba(features_nf)
    assert probabilities_nk == pytest.approx(ours_nk, abs=1e-5)
    assert class_ids_n.tolist() == (ours_nk.argmax(axis=1) + 1).tolist()
