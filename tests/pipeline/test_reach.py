"""How far trees look: which planes each reach has, and that held-out strokes choose the reach that tells classes."""

from dataclasses import replace

import numpy as np
import pytest

from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS, FeatureRecipe
from sambaseg.features.stack import plane_names
from sambaseg.forest.classifier_file import classifier_from_bytes, classifier_to_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.reach import Reach, groups_of, reaches_of
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

TRAINING = TrainingSettings(trees=70)


def test_near_trees_look_at_small_scales_and_wide_ones_at_all():
    near, middle, wide = reaches_of(DEFAULT_RECIPE, 2)
    names = plane_names(DEFAULT_RECIPE, 2)
    assert {names[at].sigma_px for at in near.planes} == {None, 0, 1, 2, 4}
    assert {names[at].sigma_px for at in middle.planes} == {None, 0, 1, 2, 4, 8, 16}
    assert {names[at].channel for at in near.planes} == {0, 1}
    assert wide.planes == tuple(range(112))
    assert near.share == pytest.approx(3 / 7)


def test_reaches_that_do_not_differ_are_one():
    assert [reach.name for reach in reaches_of(PRESETS["samba"], 1)] == ["near", "middle"]
    (only,) = reaches_of(FeatureRecipe(("gaussian",), (1.0, 1.5), "sigma"), 1)
    assert (only.planes, only.share) == ((0, 1), pytest.approx(1))
    assert [reach.name for reach in reaches_of(FeatureRecipe(("sobel",), (40.0,), "sigma"), 1)] == ["near", "wide"]
    assert [reach.name for reach in reaches_of(FeatureRecipe(("membrane",), ()), 1)] == ["middle"]


def test_trees_are_shared_out_without_rest():
    reaches = [Reach("near", (0,), 0.5), Reach("middle", (0, 1), 0.26), Reach("wide", (0, 1, 2), 0.24)]
    assert [group.trees for group in groups_of(reaches, 7)] == [3, 2, 2]
    assert [group.trees for group in groups_of(reaches, 1)] == [1, 0, 0]


def textured(scale_px: int) -> Micrograph:
    """Return an image of two classes of the same greys, left and right, that differ in the size of their grains."""
    rng = np.random.default_rng(0)
    fine_yx = rng.random((256, 256))
    coarse_yx = np.kron(rng.random((256 // scale_px, 256 // scale_px)), np.ones((scale_px, scale_px)))
    pixels_yx = np.where(np.arange(256) < 128, fine_yx, coarse_yx)
    return Micrograph.from_array((255 * pixels_yx).astype(np.uint8), name="grains.png")


def strokes(rows: tuple[int, ...]) -> np.ndarray:
    labels_yx = np.zeros((256, 256), np.uint8)
    for row in rows:
        labels_yx[row : row + 3, 30:100] = 1
        labels_yx[row : row + 3, 156:226] = 2
    return labels_yx


def trees_of(classifier) -> dict[str, int]:
    return {reach.name: reach.trees for reach in classifier.training.reaches}


def test_one_stroke_of_a_class_leaves_the_shares_as_they_are():
    classifier = train_classifier(textured(32), strokes((100,)), DEFAULT_RECIPE, TRAINING)
    assert trees_of(classifier) == {"near": 30, "middle": 20, "wide": 20}


def test_strokes_held_out_choose_the_reach():
    brightness = np.where(np.arange(256) < 128, 90, 110) + np.random.default_rng(0).normal(0, 40, (256, 256))
    noisy = Micrograph.from_array(np.clip(brightness, 0, 255).astype(np.uint8), name="noise.png")
    far = trees_of(train_classifier(noisy, strokes((20, 90, 160)), DEFAULT_RECIPE, TRAINING))
    assert far["near"] < 20
    assert far["near"] + far["middle"] + far["wide"] == 70
    lines = np.zeros((256, 256), np.uint8)
    lines[:, :128:2], lines[:, 128::2] = 255, 250  # each class has a grey of its own, and looks the same from afar
    near = trees_of(train_classifier(Micrograph.from_array(lines, name="lines.png"), strokes((20, 90, 160)),
                                     DEFAULT_RECIPE, TRAINING))  # fmt: skip
    assert near["near"] > far["near"]


@pytest.mark.parametrize("change", [{"reach": "whole"}, {"classifier": "boosting"}])
def test_all_trees_look_at_all_where_that_is_wanted(change):
    if change.get("classifier") == "boosting":
        pytest.importorskip("lightgbm")
    classifier = train_classifier(textured(8), strokes((20, 90)), DEFAULT_RECIPE, replace(TRAINING, trees=5, **change))
    assert classifier.training.reaches == ()


def test_a_classifier_of_kept_edges_keeps_the_shares():
    image, labels_yx = textured(16), strokes((20, 90, 160))
    first = train_classifier(image, labels_yx, DEFAULT_RECIPE, TRAINING)
    more_yx = np.maximum(labels_yx, strokes((21,)))
    assert train_classifier(image, more_yx, DEFAULT_RECIPE, TRAINING, edges_of=first).training.reaches == (
        first.training.reaches
    )


def test_what_was_saved_segments_the_same_and_so_do_tiles():
    image = textured(16)
    classifier = train_classifier(image, strokes((20, 90, 160)), DEFAULT_RECIPE, TRAINING)
    again = classifier_from_bytes(classifier_to_bytes(classifier), name="c.sambaseg")
    assert again.training == classifier.training
    found, same = segment(classifier, image), segment(again, image, threads=3)
    assert np.array_equal(found.probabilities_kyx, same.probabilities_kyx)
