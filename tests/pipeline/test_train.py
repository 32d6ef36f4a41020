"""Training on an image: any ids, rare classes, several images, and nothing computed where nothing is labelled."""

import time
from dataclasses import replace

import numpy as np
import pytest

from sambaseg.errors import (
    CancelledError,
    ClassifierMismatchError,
    LabelsFileError,
    LabelsSizeMismatchError,
    MemoryBudgetError,
    NotEnoughLabelsError,
    ParameterError,
)
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.forest.classifier_file import classifier_to_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.layer import LabelLayer
from sambaseg.pipeline import training_sample
from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.progress import CancelToken, Stage
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import PREVIEW_TREES, train_classifier, train_on_images
from sambaseg.pipeline.training_sample import compute_training_sample


def test_ids_names_and_colours_stay_and_unlisted_classes_are_named(micrograph, labels_yx, recipe, training):
    listed = (LabelClass(1, "Unused", "#000000"), LabelClass(4, "Pores", "#abcdef"))
    classifier = train_classifier(micrograph, labels_yx, recipe, training, classes=listed)
    assert [(entry.id, entry.name) for entry in classifier.classes] == [(2, "Class 2"), (4, "Pores"), (7, "Class 7")]
    assert classifier.classes[1].colour == "#abcdef"
    assert classifier.training.image_name == "steel.tif"


def test_a_rare_class_trains_with_all_its_pixels(micrograph, labels_yx, recipe):
    settings = TrainingSettings(points=1000, trees=20)
    classifier = train_classifier(micrograph, labels_yx, recipe, settings)
    points = {entry.class_id: (entry.labelled, entry.used) for entry in classifier.training.points}
    assert points[7] == (10, 10)
    assert points[2][0] == 1800
    assert sum(used for _, used in points.values()) == pytest.approx(1000, abs=2)


def test_any_integer_type_and_large_ids_give_the_same_trees(micrograph, labels_yx, recipe, training, classifier):
    small = train_classifier(micrograph, labels_yx.astype(np.uint8), recipe, training)
    assert classifier_to_bytes(small) == classifier_to_bytes(classifier)
    large = train_classifier(micrograph, labels_yx * 1000, recipe, training)
    assert large.forest.class_ids.tolist() == [2000, 4000, 7000]
    assert np.array_equal(large.forest.parts_lk, classifier.forest.parts_lk)


def test_the_number_of_threads_does_not_change_the_classifier(micrograph, labels_yx, recipe, training, classifier):
    for threads in (1, 5):
        again = train_classifier(micrograph, labels_yx, recipe, training, threads=threads)
        assert classifier_to_bytes(again) == classifier_to_bytes(classifier)


def test_the_training_sample_is_the_whole_stack_at_the_chosen_pixels(micrograph, recipe):
    positions_n = np.sort(np.random.default_rng(3).choice(300 * 530, 700, replace=False))
    chosen_yx = np.zeros((300, 530), np.uint8)
    chosen_yx.ravel()[positions_n] = 1
    scaling = Scaling.for_image(micrograph)
    pixels = LabelledPixels.from_array(chosen_yx)
    sample_fn = compute_training_sample(
        micrograph, pixels, recipe, scaling, threads=3, stage=Stage(None, ""), cancelled=CancelToken()
    )
    whole_fyx = compute_stack(scaling.apply(micrograph.pixels_cyx), recipe)
    assert np.array_equal(sample_fn, whole_fyx.reshape(len(whole_fyx), -1)[:, positions_n])


def test_features_are_computed_only_around_labels(micrograph, labels_yx, recipe, training, monkeypatch):
    read = []

    def spy(image_cyx, y0, y1, x0, x1, halo):
        read.append((y0, y1, x0, x1))
        return read_with_halo(image_cyx, y0, y1, x0, x1, halo)

    read_with_halo = training_sample.read_with_halo
    monkeypatch.setattr(training_sample, "read_with_halo", spy)
    train_classifier(micrograph, labels_yx, recipe, replace(training, balance="balanced"))
    assert sorted(read) == [(48, 110, 20, 200), (150, 160, 300, 500), (280, 290, 510, 512), (280, 290, 512, 530)]


def test_several_images_train_together(micrograph, labels_yx, recipe, training):
    only_2, only_4 = np.where(labels_yx == 2, 2, 0), np.where(labels_yx == 4, 4, 0)
    nothing, training = np.zeros_like(labels_yx), replace(training, classifier="forest")
    parts = [(micrograph, only_2), (micrograph, nothing), (micrograph, only_4)]
    together = train_on_images(parts, recipe, training)
    alone = train_classifier(micrograph, only_2 + only_4, recipe, training)
    assert together.training.points == alone.training.points
    assert together.forest.oob_score == pytest.approx(alone.forest.oob_score, abs=0.02)


def test_images_of_different_kinds_do_not_train_together(micrograph, labels_yx, recipe, training):
    other = Micrograph.from_array(micrograph.pixels_cyx.astype(np.uint16), name="other.tif")
    with pytest.raises(ClassifierMismatchError, match=r"other\.tif"):
        train_on_images([(micrograph, labels_yx), (other, labels_yx)], recipe, training)


def test_progress_goes_up_to_one_through_both_stages(micrograph, labels_yx, recipe, training):
    reports = []
    train_on_images([(micrograph, labels_yx)] * 2, recipe, training, progress=reports.append, threads=2)
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [report.stage for report in reports][:: len(reports) - 1] == ["Computing features", "Training"]


@pytest.mark.parametrize("stage", ["Computing features", "Training"])
def test_cancelling_ends_the_training_soon(micrograph, labels_yx, recipe, stage):
    token = CancelToken()
    cancelled_at = []

    def cancel(report):
        if report.stage == stage and not cancelled_at:
            cancelled_at.append(time.monotonic())
            token.cancel()

    settings = TrainingSettings(trees=1000)
    with pytest.raises(CancelledError):
        train_classifier(micrograph, labels_yx, recipe, settings, progress=cancel, cancelled=token)
    assert time.monotonic() - cancelled_at[0] < 1


@pytest.mark.parametrize(
    ("edit", "error", "part"),
    [
        (lambda labels: labels[:-1], LabelsSizeMismatchError, "530 × 299"),
        (lambda labels: labels.astype(np.float32), LabelsFileError, "whole numbers"),
        (lambda labels: -labels, LabelsFileError, "-7"),
        (lambda labels: labels * 0, NotEnoughLabelsError, "Nothing is labelled"),
        (lambda labels: np.where(labels == 4, 4, 0), NotEnoughLabelsError, "Only class 4"),
        (lambda labels: np.arange(labels.size).reshape(labels.shape) % 400, LabelsFileError, "255 classes, not 399"),
    ],
)
def test_labels_that_cannot_train_are_refused_by_name(micrograph, labels_yx, recipe, training, edit, error, part):
    with pytest.raises(error, match=part):
        train_classifier(micrograph, edit(labels_yx), recipe, training)


def test_a_sample_that_would_not_fit_is_refused(micrograph, labels_yx, recipe, training, monkeypatch):
    monkeypatch.setattr(training_sample, "MOST_BYTES", 1000)
    with pytest.raises(MemoryBudgetError, match="MB"):
        train_classifier(micrograph, labels_yx, recipe, training)


def test_a_stated_limit_of_the_sample_is_kept_before_anything_is_computed(micrograph, labels_yx, recipe, monkeypatch):
    monkeypatch.setattr(training_sample, "read_with_halo", None)
    with pytest.raises(MemoryBudgetError, match="4,010 pixels") as refused:
        train_on_images([(micrograph, labels_yx)], recipe, TrainingSettings(points=None), max_sample_bytes=4 * 6 * 1000)
    assert "1,000 training points" in refused.value.hint


@pytest.mark.parametrize("points", [None, 700])
def test_array_list_and_sparse_layer_of_the_same_labels_give_the_same_classifier(micrograph, labels_yx, recipe, points):
    settings = TrainingSettings(points=points, trees=10)
    forms = (labels_yx, LabelledPixels.from_array(labels_yx), LabelLayer.from_array(labels_yx))
    contents = {classifier_to_bytes(train_classifier(micrograph, form, recipe, settings)) for form in forms}
    assert len(contents) == 1


def test_a_preview_has_the_first_trees_of_the_forest_and_comes_before_the_others(micrograph, labels_yx, recipe):
    reports, previews = [], []

    def take(classifier):
        previews.append((len(reports), classifier))

    settings = TrainingSettings(trees=50, points=None)
    whole = train_on_images(
        [(micrograph, labels_yx)], recipe, settings, preview=take, progress=reports.append, threads=2
    )
    alone = train_classifier(micrograph, labels_yx, recipe, settings)
    assert classifier_to_bytes(whole) == classifier_to_bytes(alone)
    ((reports_before, preview),) = previews
    assert reports_before < len(reports)
    end = whole.forest.tree_starts[PREVIEW_TREES]
    assert preview.forest.trees == PREVIEW_TREES
    assert np.array_equal(preview.forest.node_feature, whole.forest.node_feature[:end])
    assert np.array_equal(preview.forest.node_bin, whole.forest.node_bin[:end])
    assert np.array_equal(preview.forest.parts_lk, whole.forest.parts_lk[: len(preview.forest.parts_lk)])
    assert preview.classes == whole.classes


def test_a_forest_of_few_trees_has_no_preview(micrograph, labels_yx, recipe):
    def take(_):
        raise AssertionError

    train_on_images([(micrograph, labels_yx)], recipe, TrainingSettings(trees=PREVIEW_TREES), preview=take)


def test_edges_are_kept_until_the_labels_have_doubled_or_a_class_is_new(micrograph, labels_yx, recipe, training):
    few_yx, training = np.where(np.arange(530) % 3 == 0, labels_yx, 0), replace(training, classifier="forest")
    first = train_classifier(micrograph, few_yx, recipe, training)
    again = train_classifier(micrograph, few_yx, recipe, training, edges_of=first)
    assert classifier_to_bytes(again) == classifier_to_bytes(first)
    more_yx = np.where(np.arange(530) % 2 == 0, labels_yx, few_yx)
    kept = train_classifier(micrograph, np.where(labels_yx == 4, few_yx, more_yx), recipe, training, edges_of=first)
    assert np.array_equal(kept.forest.edges_fb, first.forest.edges_fb)
    assert kept.forest.oob_score > 0.9
    for doubled_yx in (labels_yx, np.where(few_yx == 7, 8, few_yx)):
        fresh = train_classifier(micrograph, doubled_yx, recipe, training, edges_of=first)
        alone = train_classifier(micrograph, doubled_yx, recipe, training)
        assert classifier_to_bytes(fresh) == classifier_to_bytes(alone)
    other = FeatureRecipe(("identity", "gaussian"), (1.0, 3.0), "sigma")
    assert train_classifier(micrograph, few_yx, other, training, edges_of=first).recipe == other


@pytest.mark.parametrize(
    "values",
    [{"points": 99}, {"points": 10_000_001}, {"points": 5.5}, {"trees": 0}, {"depth": 33}, {"seed": 2**31},
     {"balance": "some"}, {"trees": True}],
)  # fmt: skip
def test_settings_out_of_bounds_are_refused(values):
    with pytest.raises(ParameterError):
        TrainingSettings(**values)


def test_the_bounds_are_those_that_the_server_states():
    from sambaseg.server.schemas import TrainingBody

    fields = TrainingBody.model_json_schema()["properties"]
    for name in ("trees", "depth", "seed"):
        TrainingSettings(**{name: fields[name]["minimum"]})
        TrainingSettings(**{name: fields[name]["maximum"]})
        with pytest.raises(ParameterError):
            TrainingSettings(**{name: fields[name]["maximum"] + 1})
    assert TrainingBody().model_dump() == TrainingSettings().__dict__
