"""What an estimate of agreement is made of, and where there is none."""

import json

import numpy as np
import pytest

from sambaseg.errors import CancelledError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.trust import second_opinions
from sambaseg.trust.agreement import Calibration, estimate_agreement
from sambaseg.trust.evidence import Evidence, gather_evidence
from sambaseg.trust.quantities import QUANTITIES, border_support, consensus, logit

RECIPE = FeatureRecipe(("identity", "gaussian"), (1, 4))


def two_halves(noise, *, step=60, side=160):
    """Return an image of two halves, brighter to the right, and labels of two strokes in each."""
    image_yx = np.random.default_rng(0).normal(100, noise, (side, side))
    image_yx[:, side // 2 :] += step
    labels_yx = np.zeros((side, side), np.int32)
    for top in (20, 110):
        labels_yx[top : top + 20, 20:50] = 1
        labels_yx[top : top + 20, 110:140] = 2
    return Micrograph.from_array(image_yx.clip(0, 255).astype(np.uint8)), labels_yx


def evidence_of(noise, step=60, **settings):
    micrograph, labels_yx = two_halves(noise, step=step)
    classifier = train_classifier(micrograph, labels_yx, RECIPE, TrainingSettings(trees=30, **settings), threads=1)
    return gather_evidence(classifier, [(micrograph, labels_yx)], threads=1)


def made_up(**fields):
    table_kk = np.array([[0.3, 0.1], [0.1, 0.5]])
    usual = {
        "class_ids": (1, 2), "strokes_k": (2, 2), "pixels_k": (100, 100), "groups": ((0, (9, 1)), (1, (0, 10))),
        "shares_k": np.array([0.4, 0.6]), "opinion_kk": table_kk, "agreements": (table_kk,), "others": (table_kk,),
        "borders_k2": np.array([[10, 5], [10, 5]]),
    }  # fmt: skip
    return Evidence(**{**usual, **fields})


def test_consensus_is_the_mean_of_the_logits_of_the_overlaps_with_folds_and_with_each_other_forest():
    even_kk = np.array([[0.5, 0.25], [0.0, 0.25]])  # overlaps 2/3 and 1/2
    same_kk = np.eye(2) / 2
    evidence = made_up(agreements=(even_kk, same_kk), others=(even_kk, same_kk))
    of_folds = (1 + (2 / 3 + 1 / 2) / 2) / 2
    expected = (logit(of_folds) + logit((2 / 3 + 1 / 2) / 2) + logit(1.0)) / 3
    assert consensus(evidence) == pytest.approx(expected)


def test_classes_count_the_same_in_border_support_and_one_without_borders_says_nothing():
    assert border_support(made_up(borders_k2=np.array([[100, 90], [10, 1]]))) == pytest.approx(0.5)
    assert border_support(made_up(borders_k2=np.array([[100, 90], [0, 0]]))) == pytest.approx(0.7)


def test_where_phases_are_told_apart_the_estimate_is_high_and_where_they_are_not_it_is_low():
    clear, noisy = evidence_of(3), evidence_of(60, step=4)
    assert len(clear.others) == 2
    assert estimate_agreement(clear).overlap > 0.85
    assert estimate_agreement(noisy).overlap < 0.65
    for name in ("consensus", "borders"):
        assert QUANTITIES[name](clear) > QUANTITIES[name](noisy)


@pytest.mark.parametrize(("kind", "other"), [("extra_trees", "forest"), ("forest", "extra_trees")])
def test_one_other_forest_is_of_another_kind_and_one_looks_at_everything(monkeypatch, kind, other):
    asked, train = [], second_opinions.train_on_bins

    def noting(bins_fn, class_ids_n, bins, *, settings, **more):
        asked.append((settings.classifier, more.get("groups", ())))
        return train(bins_fn, class_ids_n, bins, settings=settings, **more)

    monkeypatch.setattr(second_opinions, "train_on_bins", noting)
    evidence_of(3, classifier=kind)
    assert sorted(asked) == sorted([(kind, ()), (other, ())])


def test_evidence_outlives_json():
    evidence = evidence_of(20)
    again = Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
    assert estimate_agreement(again) == estimate_agreement(evidence)
    np.testing.assert_array_equal(again.borders_k2, evidence.borders_k2)


def test_evidence_kept_before_other_forests_were_asked_gives_no_estimate():
    values = made_up().to_json()
    del values["others"], values["borders"]
    assert estimate_agreement(made_up()).overlap is not None
    assert estimate_agreement(Evidence.from_json(values)).overlap is None


def test_the_calibration_uses_quantities_that_there_are_and_more_consensus_is_better():
    calibration = Calibration.shipped()
    assert set(calibration.weights) <= set(QUANTITIES)
    doubtful, sure = made_up(), made_up(others=(np.eye(2) / 2,), agreements=(np.eye(2) / 2,))
    assert calibration.estimate(doubtful) < calibration.estimate(sure)


def test_a_cancelled_gathering_stops():
    micrograph, labels_yx = two_halves(3)
    classifier = train_classifier(micrograph, labels_yx, RECIPE, TrainingSettings(trees=5), threads=1)
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        gather_evidence(classifier, [(micrograph, labels_yx)], threads=1, cancelled=token)
