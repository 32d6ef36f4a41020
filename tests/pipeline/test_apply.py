"""Segmenting tile by tile: the same bits in any order, on any number of threads, from a file, and as a whole."""

import threading
import time
from concurrent.futures import Future

import numpy as np
import pytest

from sambaseg.errors import CancelledError, ClassifierMismatchError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import compute_stack
from sambaseg.forest.classifier_file import load_classifier, save_classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import all_tiles, apply_classifier, segment
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier


def same(one, other):
    return (
        np.array_equal(one.classes_yx, other.classes_yx)
        and np.array_equal(one.uncertainty_yx, other.uncertainty_yx)
        and np.array_equal(one.probabilities_kyx, other.probabilities_kyx)
    )


@pytest.fixture(scope="module")
def whole(classifier, micrograph):
    return segment(classifier, micrograph, threads=1)


def test_two_phases_that_one_threshold_separates_are_found_with_certainty():
    truth_yx = np.ones((64, 300), np.uint8)
    truth_yx[:, 150:] = 3
    image = Micrograph.from_array(np.where(truth_yx == 1, 50, 200).astype(np.uint8))
    labels_yx = np.zeros_like(truth_yx)
    labels_yx[10:20, 100:200] = truth_yx[10:20, 100:200]
    recipe = FeatureRecipe(("identity",), (), "sigma")
    result = segment(train_classifier(image, labels_yx, recipe, TrainingSettings(trees=10)), image)
    assert np.array_equal(result.classes_yx, truth_yx)
    assert result.uncertainty_yx.max() == 0
    assert np.array_equal(result.probabilities_kyx[1], truth_yx == 3)


def test_tiled_equals_whole(classifier, micrograph, whole):
    stack_fyx = compute_stack(classifier.scaling.apply(micrograph.pixels_cyx), classifier.recipe)
    probabilities_nk = classifier.forest.predict_proba(stack_fyx.reshape(len(stack_fyx), -1).T)
    assert np.array_equal(whole.probabilities_kyx.reshape(3, -1).T, probabilities_nk)
    assert np.array_equal(whole.classes_yx.ravel(), np.array([2, 4, 7])[probabilities_nk.argmax(axis=1)])
    assert np.array_equal(whole.uncertainty_yx.ravel(), np.float32(1) - probabilities_nk.max(axis=1))


def test_parallel_equals_serial(classifier, micrograph, whole):
    assert same(segment(classifier, micrograph, threads=4), whole)


def test_loaded_equals_saved(classifier, micrograph, whole, tmp_path):
    save_classifier(tmp_path / "c.sambaseg", classifier)
    assert same(segment(load_classifier(tmp_path / "c.sambaseg"), micrograph), whole)


def test_any_tile_order_gives_the_same_tiles_in_that_order(classifier, micrograph, whole):
    order = [(1, 2), (0, 0), (1, 0), (0, 2), (0, 1), (1, 1)]
    taken = []
    apply_classifier(classifier, micrograph, sink=lambda *tile: taken.append(tile), tile_order=order, threads=1)
    assert [tile[:2] for tile in taken] == order
    for ty, tx, classes_yx, uncertainty_yx, probabilities_kyx in taken:
        part = np.s_[..., ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
        assert np.array_equal(classes_yx, whole.classes_yx[part])
        assert np.array_equal(uncertainty_yx, whole.uncertainty_yx[part])
        assert np.array_equal(probabilities_kyx, whole.probabilities_kyx[part])


def test_only_the_tiles_asked_for_are_computed(classifier, micrograph):
    taken = []
    apply_classifier(classifier, micrograph, sink=lambda *tile: taken.append(tile[:2]), tile_order=[(1, 1)])
    assert taken == [(1, 1)]
    apply_classifier(classifier, micrograph, sink=lambda *tile: taken.append(tile[:2]), tile_order=[])
    assert taken == [(1, 1)]


def test_a_window_of_a_tile_is_what_the_whole_tile_has_there(classifier, micrograph, whole):
    window = slice(16, 80), slice(33, 160)
    found = {}

    def take(ty, tx, classes_yx, uncertainty_yx, probabilities_kyx):
        found[ty, tx] = classes_yx, uncertainty_yx, probabilities_kyx

    apply_classifier(classifier, micrograph, sink=take, tile_order=[(0, 0), (0, 1)], windows={(0, 0): window})
    classes_yx, uncertainty_yx, probabilities_kyx = found[0, 0]
    assert np.array_equal(classes_yx, whole.classes_yx[window])
    assert np.array_equal(uncertainty_yx, whole.uncertainty_yx[window])
    assert np.array_equal(probabilities_kyx, whole.probabilities_kyx[:, *window])
    assert np.array_equal(found[0, 1][0], whole.classes_yx[:256, 256:512])


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (257, 3), (256, 512), (40, 40)])
def test_images_of_any_size_are_covered(classifier, shape):
    pixels_yx = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    image = Micrograph.from_array(pixels_yx)
    result = segment(classifier, image)
    assert result.classes_yx.shape == result.uncertainty_yx.shape == shape
    assert np.isin(result.classes_yx, [2, 4, 7]).all()
    stack_fyx = compute_stack(classifier.scaling.apply(image.pixels_cyx), classifier.recipe)
    wanted_nk = classifier.forest.predict_proba(stack_fyx.reshape(len(stack_fyx), -1).T)
    assert np.array_equal(result.probabilities_kyx.reshape(3, -1).T, wanted_nk)


def test_tiles_cover_the_image_row_by_row():
    assert list(all_tiles((256, 512))) == [(0, 0), (0, 1)]
    assert list(all_tiles((257, 256))) == [(0, 0), (1, 0)]


def test_ids_above_255_come_in_a_type_that_holds_them(micrograph, labels_yx, recipe, training):
    classifier = train_classifier(micrograph, labels_yx * 1000, recipe, training)
    classes_yx = segment(classifier, micrograph, with_probabilities=False).classes_yx
    assert classes_yx.dtype == np.uint16
    assert set(np.unique(classes_yx)) <= {2000, 4000, 7000}


def test_probabilities_are_left_out_where_they_are_not_wanted(classifier, micrograph, whole):
    without = segment(classifier, micrograph, with_probabilities=False)
    assert without.probabilities_kyx is None
    assert np.array_equal(without.classes_yx, whole.classes_yx)


def test_an_image_of_another_kind_is_refused_before_anything_is_computed(classifier):
    taken = []
    with pytest.raises(ClassifierMismatchError):
        apply_classifier(
            classifier, Micrograph.from_array(np.zeros((9, 9), np.float32)), sink=lambda *tile: taken.append(tile)
        )
    assert taken == []


def test_cancelling_ends_the_work_within_the_tiles_at_hand(classifier):
    image = Micrograph.from_array(np.zeros((256, 256 * 40), np.uint8))
    token, taken = CancelToken(), []
    cancelled_at, before = [], threading.active_count()

    def take(*tile):
        taken.append(tile[:2])
        if len(taken) == 3:
            cancelled_at.append(time.monotonic())
            token.cancel()

    with pytest.raises(CancelledError):
        apply_classifier(classifier, image, sink=take, threads=2, cancelled=token)
    assert time.monotonic() - cancelled_at[0] < 1
    assert len(taken) <= 4
    assert threading.active_count() <= before


def test_work_that_was_cancelled_before_it_began_computes_nothing(classifier, micrograph):
    token, taken = CancelToken(), []
    token.cancel()
    with pytest.raises(CancelledError):
        apply_classifier(classifier, micrograph, sink=lambda *tile: taken.append(tile), cancelled=token)
    assert taken == []


def test_an_error_of_the_sink_ends_the_work(classifier):
    image = Micrograph.from_array(np.zeros((256, 256 * 40), np.uint8))
    taken = []

    def full(*tile):
        taken.append(tile[:2])
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        apply_classifier(classifier, image, sink=full, threads=2)
    assert len(taken) <= 6


def test_progress_goes_up_to_one(classifier, micrograph):
    reports = []
    segment(classifier, micrograph, threads=3, progress=reports.append)
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert len(fractions) == 6
    assert fractions[-1] == 1.0


def test_an_interrupt_of_the_waiting_thread_ends_the_work_soon(classifier, monkeypatch):
    image, taken = Micrograph.from_array(np.zeros((256, 256 * 400), np.uint8)), []

    def interrupted(*_):
        while not taken:
            time.sleep(0.001)
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apply_classifier(classifier, image, sink=lambda *tile: taken.append(tile[:2]), threads=2)
    assert len(taken) < 100
