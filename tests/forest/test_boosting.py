"""Boosted trees: LightGBM's own probabilities, from our bins, our walk and our files."""

import builtins
import io
import json
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from forest_samples import labelled_samples, noisy_samples
from sambaseg.errors import CancelledError, ClassifierFileError, MissingExtraError, NotPossibleError, ParameterError
from sambaseg.forest.boosting import LEARNING_RATE, LEAVES, check_boosting_installed, rounds_of
from sambaseg.forest.classifier_file import classifier_from_bytes, classifier_to_bytes
from sambaseg.forest.exchange import export_onnx, to_sklearn
from sambaseg.forest.forest import ScoreScale
from sambaseg.forest.grow import WHOLE
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.forest.watching import Preview

lightgbm = pytest.importorskip("lightgbm")


def boosting(**settings):
    return ForestSettings(**{"classifier": "boosting", "trees": 30, **settings})


@pytest.fixture(scope="module", params=[2, 3, 4])
def sample(request):
    features_nf, class_ids_n = noisy_samples(1500, noise=0.6)
    if request.param == 4:
        class_ids_n = np.where(features_nf[:, 5] > 1, 9, class_ids_n)
    return features_nf, np.minimum(class_ids_n, request.param if request.param < 4 else 9)


@pytest.fixture(scope="module")
def boosted(sample):
    return train_forest(*sample, boosting())


@pytest.fixture(scope="module")
def boosted_classifier(classifier):
    forest = train_forest(*labelled_samples(), boosting(trees=12))
    return replace(classifier, forest=forest, training=replace(classifier.training, settings=boosting(trees=12)))


def test_one_cut_that_separates_two_classes_is_found_and_made_surer_round_by_round():
    features_nf = np.repeat([[0.0], [1.0]], 40, axis=0).astype(np.float32)
    class_ids_n = np.repeat([3, 5], 40)
    few, many = (train_forest(features_nf, class_ids_n, boosting(trees=trees)) for trees in (1, 40))
    for forest in (few, many):
        assert forest.edges_fb[0, forest.node_bin[0]] == 0.5
    sure = [forest.predict_proba(features_nf)[0, 0] for forest in (few, many)]
    step = 2 * LEARNING_RATE  # Newton's step from even odds: gradient 1/2 over curvature 1/4
    assert sure[0] == pytest.approx(1 / (1 + np.exp(-step)), abs=1e-4)
    assert sure[1] > 0.95


def test_probabilities_are_those_of_lightgbm_on_the_same_bins(sample, boosted):
    features_nf, class_ids_n = sample
    asked_nf = noisy_samples(1000, seed=9)[0]
    as_bins = [
        boosted.quantise(np.ascontiguousarray(x.T)[:, None])[:, 0].T.astype(float) for x in (features_nf, asked_nf)
    ]
    peer = lightgbm.LGBMClassifier(
        n_estimators=30, learning_rate=LEARNING_RATE, num_leaves=LEAVES, max_depth=10, min_child_samples=1, max_bin=256,
        min_data_in_bin=1, class_weight="balanced", deterministic=True, force_row_wise=True, feature_pre_filter=False,
        use_missing=False, random_state=0, n_jobs=1, verbosity=-1,
    ).fit(as_bins[0], class_ids_n)  # fmt: skip
    assert boosted.predict_proba(asked_nf) == pytest.approx(peer.predict_proba(as_bins[1]), abs=2e-5)


def test_tiles_have_the_bits_of_their_pixels_one_by_one(boosted):
    features_nf, _ = noisy_samples(70 * 33, seed=3)
    bins_fyx = boosted.quantise(np.ascontiguousarray(features_nf.T).reshape(6, 70, 33))
    tile_kyx = boosted.predict_tile(bins_fyx)
    assert np.array_equal(tile_kyx.reshape(len(tile_kyx), -1).T, boosted.predict_proba(features_nf))
    assert np.array_equal(boosted.predict_tile(bins_fyx[:, 20:, 9:]), tile_kyx[:, 20:, 9:])
    assert tile_kyx.sum(axis=0) == pytest.approx(1, abs=1e-6)


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(sample, boosted):
    again = train_forest(*sample, boosting(), threads=3)
    assert np.array_equal(again.parts_lk, boosted.parts_lk)
    assert again.scores == boosted.scores


def test_rare_classes_count_as_much_where_classes_are_balanced():
    rng = np.random.default_rng(0)
    class_ids_n = np.where(rng.random(3000) < 0.05, 1, 2)  # nothing to learn, one class rare
    features_nf = rng.integers(0, 3, (3000, 1)).astype(np.float32)
    share = {
        balance: train_forest(features_nf, class_ids_n, boosting(balance=balance))
        .predict_proba(features_nf)[:, 0]
        .mean()
        for balance in ("balanced", "none")
    }
    assert share["balanced"] == pytest.approx(0.5, abs=0.03)
    assert share["none"] == pytest.approx(0.05, abs=0.015)


def test_depth_and_samples_in_a_leaf_bound_the_trees():
    forest = train_forest(*noisy_samples(400), boosting(depth=2, min_leaf=50))
    assert np.diff(forest.tree_starts).max() <= 7
    assert (np.diff(forest.tree_starts) <= 2 * (400 // 50) - 1).all()


@pytest.mark.parametrize(("trees", "classes", "rounds"), [(200, 2, 200), (200, 3, 200), (1000, 2, 1000), (400, 5, 200)])
def test_rounds_are_as_many_as_fit_into_a_forest(trees, classes, rounds):
    assert rounds_of(boosting(trees=trees), classes) == rounds


def test_nothing_to_learn_gives_even_odds():
    forest = train_forest(np.ones((40, 2), np.float32), np.repeat([1, 2], 20), boosting(balance="none"))
    assert forest.predict_proba(np.zeros((1, 2), np.float32)).tolist() == [[0.5, 0.5]]
    assert forest.importances_f.tolist() == [0, 0]


def test_the_informative_feature_is_the_important_one():
    features_nf = np.random.default_rng(0).random((800, 5)).astype(np.float32)
    forest = train_forest(features_nf, (features_nf[:, 3] > 0.5) + 1, boosting())
    assert forest.importances_f.argmax() == 3
    assert forest.importances_f.sum() == pytest.approx(1)


def test_it_tells_how_far_it_is_shows_its_first_rounds_and_can_be_cancelled():
    sample, told, seen = noisy_samples(500), list[float](), []
    whole = train_forest(*sample, boosting(), preview=Preview(10, seen.append), progress=told.append)
    assert (len(told), told[-1]) == (30, 1.0)
    assert seen[0].trees == 30  # ten rounds of three classes
    assert np.array_equal(seen[0].node_feature, whole.node_feature[: len(seen[0].node_feature)])
    with pytest.raises(CancelledError):
        train_forest(*sample, boosting(), cancelled=lambda: True)


def test_a_file_is_applied_without_lightgbm(boosted_classifier, monkeypatch):
    content = classifier_to_bytes(boosted_classifier)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    loaded = classifier_from_bytes(content, name="boosted")
    asked_nf = labelled_samples(seed=4)[0]
    expected = boosted_classifier.forest.predict_proba(asked_nf)
    assert np.array_equal(loaded.forest.predict_proba(asked_nf), expected)
    assert loaded.training.settings.classifier == "boosting"


@pytest.mark.parametrize(
    "values",
    [None, 5, {}, {"unit": 1.0}, {"unit": "1", "offsets": [0.0, 0.0, 0.0]}, {"unit": 0, "offsets": [0.0, 0.0, 0.0]},
     {"unit": 1.0, "offsets": [0.0, 0.0, 1.0]}, {"unit": 1.0, "offsets": [0.0, 0.0]},
     {"unit": 1.0, "offsets": [1e31, 0, 0]}],
)  # fmt: skip
def test_a_header_with_other_scores_is_refused(boosted_classifier, values):
    header = json.loads(unpacked(classifier_to_bytes(boosted_classifier))["header.json"])
    entries = unpacked(classifier_to_bytes(boosted_classifier))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in {**entries, "header.json": json.dumps({**header, "scores": values}).encode()}.items():
            file.writestr(name, data)
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(archive.getvalue(), name="boosted")


def unpacked(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_training_without_lightgbm_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match="lightgbm, which is not installed") as caught:
        train_forest(*labelled_samples(), boosting())
    assert 'pip install "sambaseg[boosting]"' in caught.value.hint


def test_a_lightgbm_that_does_not_run_says_why(monkeypatch):
    plain = builtins.__import__

    def broken(name, *rest, **named):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return plain(name, *rest, **named)

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.raises(MissingExtraError, match=r"does not run: libgomp\.so\.1"):
        check_boosting_installed()


def test_scores_that_do_not_fit_are_refused(boosted):
    classes = len(boosted.class_ids)
    last, high = boosted.parts_lk.copy(), boosted.parts_lk.copy()
    last[0, -1], high[0, 0] = 1, WHOLE + 1
    for changes in ({"parts_lk": last}, {"parts_lk": high}, {"scores": ScoreScale(1.0, (0.0,) * (classes + 1))}):
        with pytest.raises(ParameterError):
            replace(boosted, **changes)
    for unit, offsets in ((0.0, (1.0, 0.0)), (np.nan, (1.0, 0.0)), (1.0, (np.inf, 0.0)), (1.0, (1.0, 2.0)), (1.0, ())):
        with pytest.raises(ParameterError):
            ScoreScale(unit, offsets)


def test_onnxruntime_gives_the_same_probabilities(boosted_classifier, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    for classes in (2, 3):
        features_nf, class_ids_n = labelled_samples()
        kept = class_ids_n <= (4 if classes == 2 else 7)
        forest = train_forest(features_nf[kept], class_ids_n[kept], boosting(trees=12))
        named = replace(boosted_classifier, forest=forest, classes=boosted_classifier.classes[:classes])
        export_onnx(named, tmp_path / "forest.onnx")
        session = runtime.InferenceSession(str(tmp_path / "forest.onnx"), providers=["CPUExecutionProvider"])
        asked_nf = labelled_samples(seed=4)[0]
        class_ids_n, probabilities_nk = session.run(None, {"features": asked_nf})
        assert probabilities_nk == pytest.approx(forest.predict_proba(asked_nf), abs=1e-5)
        assert np.array_equal(class_ids_n, forest.most_probable(forest.predict_proba(asked_nf).T))


def test_scikit_learn_cannot_hold_them_and_the_refusal_says_why(boosted):
    with pytest.raises(NotPossibleError, match="scores that add up"):
        to_sklearn(boosted)
