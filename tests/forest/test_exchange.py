"""The same probabilities in scikit-learn and ONNX Runtime, and back."""

import sys

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from forest_samples import labelled_samples, noisy_samples
from sambaseg.errors import MissingExtraError, NotPossibleError, StorageError
from sambaseg.forest.exchange import export_onnx, export_skops, from_sklearn, to_sklearn
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest


def with_values_on_the_edges(forest, features_nf):
    """Return samples, a third of whose values lie exactly on an edge or just above or below one."""
    rng = np.random.default_rng(0)
    features_nf = features_nf.copy()
    for feature, count in enumerate(forest.edge_counts_f):
        here = rng.random(len(features_nf)) < 1 / 3
        edges = forest.edges_fb[feature, rng.integers(0, count, here.sum())]
        beside = rng.choice([-np.inf, 0, np.inf], here.sum()).astype(np.float32)
        features_nf[here, feature] = np.where(beside == 0, edges, np.nextafter(edges, beside))
    return features_nf


@pytest.fixture(scope="module", params=[2, 3])
def noisy_forest(request):
    features_nf, class_ids_n = noisy_samples(3000, noise=1.0)
    class_ids_n = np.minimum(class_ids_n, request.param) * 3
    return train_forest(features_nf, class_ids_n, ForestSettings(trees=60))


@pytest.fixture(scope="module")
def asked_nf(noisy_forest):
    return with_values_on_the_edges(noisy_forest, noisy_samples(2000, seed=7)[0])


def test_scikit_learn_gives_the_same_probabilities_and_classes(noisy_forest, asked_nf):
    model = to_sklearn(noisy_forest)
    ours = noisy_forest.predict_proba(asked_nf)
    assert model.predict_proba(asked_nf) == pytest.approx(ours, abs=1e-6)
    assert np.array_equal(model.predict(asked_nf), noisy_forest.most_probable(ours.T))


def test_there_and_back_gives_the_same_bits(noisy_forest, asked_nf):
    back = from_sklearn(to_sklearn(noisy_forest))
    assert np.array_equal(back.class_ids, noisy_forest.class_ids)
    assert np.array_equal(back.predict_proba(asked_nf), noisy_forest.predict_proba(asked_nf))


def test_a_forest_of_scikit_learn_gives_the_same_probabilities_here():
    features_nf, class_ids_n = noisy_samples(500)
    features_nf = np.round(features_nf, 1)
    for best_first in (None, 20):  # best-first trees have their nodes in another order
        model = RandomForestClassifier(30, max_depth=8, max_leaf_nodes=best_first, random_state=0)
        model.fit(features_nf, class_ids_n * 10)
        forest = from_sklearn(model)
        asked_nf = with_values_on_the_edges(forest, noisy_samples(1000, seed=3)[0])
        assert forest.predict_proba(asked_nf) == pytest.approx(model.predict_proba(asked_nf), abs=1e-6)
        assert forest.class_ids.tolist() == [10, 20, 30]
        assert forest.importances_f == pytest.approx(model.feature_importances_)


def test_a_threshold_between_two_floats_keeps_its_meaning():
    low = np.float32(1000)
    high = np.nextafter(low, np.float32(2000))
    features_nf = np.array([[low], [high]]).repeat(10, 0)
    model = RandomForestClassifier(5, bootstrap=False, random_state=0).fit(features_nf, np.repeat([1, 2], 10))
    for tree in model.estimators_:
        tree.tree_.threshold[0] = (float(low) + float(high)) / 2 + 1e-10  # no float32
    forest = from_sklearn(model)
    assert forest.predict_proba(features_nf[9:11]).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_forests_that_cannot_be_kept_are_refused_by_name():
    features_nf, class_ids_n = noisy_samples(3000, noise=2.0)
    with pytest.raises(NotPossibleError, match="different thresholds"):
        from_sklearn(RandomForestClassifier(50, random_state=0).fit(features_nf, class_ids_n))
    with pytest.raises(NotPossibleError, match="ExtraTreesClassifier"):
        from_sklearn(ExtraTreesClassifier(2).fit(features_nf[:99], class_ids_n[:99]))
    with pytest.raises(NotPossibleError, match="trained"):
        from_sklearn(RandomForestClassifier())
    with pytest.raises(NotPossibleError, match="whole numbers"):
        from_sklearn(RandomForestClassifier(2).fit(features_nf[:99], class_ids_n[:99].astype(str)))
    with pytest.raises(NotPossibleError, match="whole numbers"):
        from_sklearn(RandomForestClassifier(2).fit(features_nf[:99], class_ids_n[:99] - 1))


def test_a_skops_file_gives_the_same_probabilities_in_plain_scikit_learn(classifier, tmp_path):
    import skops.io

    export_skops(classifier, tmp_path / "forest.skops")
    model = skops.io.load(tmp_path / "forest.skops", trusted=["sklearn.tree._tree.Tree"])
    assert type(model) is RandomForestClassifier
    features_nf = with_values_on_the_edges(classifier.forest, labelled_samples(500, seed=4)[0])
    assert model.predict_proba(features_nf) == pytest.approx(classifier.forest.predict_proba(features_nf), abs=1e-6)
    assert model.classes_.tolist() == [2, 4, 7]


def test_an_onnx_file_gives_the_same_probabilities_in_onnxruntime(classifier, tmp_path):
    import onnxruntime

    export_onnx(classifier, tmp_path / "forest.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "forest.onnx", providers=["CPUExecutionProvider"])
    features_nf = with_values_on_the_edges(classifier.forest, labelled_samples(500, seed=4)[0])
    class_ids, probabilities = session.run(["class_id", "probabilities"], {"features": features_nf})
    ours = classifier.forest.predict_proba(features_nf)
    assert probabilities == pytest.approx(ours, abs=1e-6)
    sure = np.sort(ours, axis=1)[:, -1] - np.sort(ours, axis=1)[:, -2] > 1e-5
    assert np.array_equal(class_ids[sure], classifier.forest.most_probable(ours.T)[sure])
    names = session.get_modelmeta().custom_metadata_map
    assert names["class_4"] == "Class 4"
    assert names["feature_0"] == classifier.plane_names[0].text


def test_onnxruntime_agrees_for_two_classes_too(classifier, noisy_forest, asked_nf):
    import onnx
    import onnxruntime

    from sambaseg.forest import exchange

    class Named:
        forest, plane_names, classes = noisy_forest, classifier.plane_names, ()

    content = exchange._onnx_model(Named, onnx).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    probabilities = session.run(["probabilities"], {"features": asked_nf})[0]
    assert probabilities == pytest.approx(noisy_forest.predict_proba(asked_nf), abs=1e-6)


@pytest.mark.parametrize(
    ("hidden", "call"),
    [("sklearn.ensemble", to_sklearn), ("sklearn.ensemble", from_sklearn)],
)
def test_a_missing_package_is_named(forest, hidden, call, monkeypatch):
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(MissingExtraError, match="scikit-learn") as caught:
        call(forest)
    assert "sambaseg[exchange]" in caught.value.hint


def test_missing_packages_and_folders_are_named_for_files(classifier, tmp_path, monkeypatch):
    with pytest.raises(StorageError):
        export_onnx(classifier, tmp_path / "missing" / "forest.onnx")
    for hidden, export in (("onnx", export_onnx), ("skops.io", export_skops)):
        monkeypatch.setitem(sys.modules, hidden, None)
        with pytest.raises(MissingExtraError):
            export(classifier, tmp_path / "forest")
    assert list(tmp_path.iterdir()) == []
