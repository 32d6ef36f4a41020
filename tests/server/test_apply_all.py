"""Applying to all images: in order, over failures, cancelled and gone on with; the memory is asked for before."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sambaseg.errors import MemoryBudgetError, NotEnoughLabelsError, NotFoundError, StorageError
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.new_image import NewImage
from sambaseg.project.result_writer import ResultWriter
from sambaseg.server.training import apply_all_work, segmenting_work, training_work
from server.desk import Labeller, desk_on, same_as_segmented, two_phases


@pytest.fixture
def desk(tmp_path):
    with desk_on(tmp_path) as desk:
        yield desk


def trained(desk, *pixels):
    """Return a project with a classifier of labels on its first image."""
    store = desk.project(*pixels)
    person = Labeller(store)
    person.paint(1, 100, 20, 120, 60)
    person.paint(2, 200, 230, 220, 250)
    desk.jobs.start(store.id, "train", training_work(store, desk))
    assert desk.wait(store.id).state == "done"
    desk.events.published.clear()
    return store


def apply_all(desk, store, *, again=False):
    desk.jobs.start(store.id, "apply_all", apply_all_work(store, desk, again=again))
    return desk.wait(store.id)


def images_computed(desk):
    return sorted({image for _, image, *_ in desk.events.tiles()})


def test_all_images_are_segmented_in_order_and_what_is_done_is_left_out(desk):
    store = trained(desk, *(two_phases(300, 300, seed=seed) for seed in range(4)))
    store.reorder([0, 3, 1, 2])
    job = apply_all(desk, store)
    assert (job.state, job.images_done, job.images_total, job.progress) == ("done", 4, 4, 1.0)
    begun = [body.job.image for body in desk.events.of("job") if body.job.image is not None]
    assert list(dict.fromkeys(begun)) == [3, 1, 2]
    progress = [body.job.progress for body in desk.events.of("job")]
    assert progress == sorted(progress)
    for image in range(4):
        assert same_as_segmented(store, store.classifier(), image)
    desk.events.published.clear()
    assert apply_all(desk, store).state == "done"
    assert images_computed(desk) == []
    apply_all(desk, store, again=True)
    assert images_computed(desk) == [0, 1, 2, 3]


def test_another_classifier_segments_all_images_anew(desk):
    store = trained(desk, two_phases(300, 300), two_phases(300, 300, seed=1))
    apply_all(desk, store)
    Labeller(store, "person-2").paint(1, 10, 20, 20, 60)
    desk.jobs.start(store.id, "train", training_work(store, desk))
    desk.wait(store.id)
    desk.events.published.clear()
    apply_all(desk, store)
    assert images_computed(desk) == [1]
    assert same_as_segmented(store, store.classifier(), 1)


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 30), max_size=4))
def test_any_chain_of_cancelling_and_going_on_computes_each_tile_once(tmp_path_factory, cuts):
    with desk_on(tmp_path_factory.mktemp("all")) as desk:
        store = trained(desk, *(two_phases(600, 900, seed=seed) for seed in range(3)))
        for cut in cuts:
            before = len(desk.events.tiles())
            desk.jobs.start(store.id, "apply_all", apply_all_work(store, desk))
            if desk.jobs.running(store.id) is not None and before + cut <= 24:
                desk.events.wait_for(lambda until=before + cut: len(desk.events.tiles()) >= until)
                running = desk.jobs.running(store.id)
                if running is not None:
                    began = time.monotonic()
                    desk.jobs.cancel(running.id)
                    assert time.monotonic() - began < 0.2
            desk.wait(store.id)
        assert apply_all(desk, store).state == "done"
        told = [tile[1:] for tile in desk.events.tiles()]
        assert len(told) == len(set(told)) == 24
        for image in range(3):
            assert same_as_segmented(store, store.classifier(), image)


def test_an_image_that_does_not_fit_is_told_and_the_others_are_segmented(desk):
    store = trained(desk, two_phases(300, 300), two_phases(300, 300, seed=1))
    other = Micrograph.from_array(two_phases(300, 300).astype(np.uint16), name="deep.tif")
    store.add_images([NewImage.of(other, Path(__file__))])
    store.reorder([2, 0, 1])
    job = apply_all(desk, store)
    assert (job.state, job.error.code) == ("failed", "classifier_mismatch")
    assert "1 of 3 images was not segmented. deep.tif" in job.error.message
    assert same_as_segmented(store, store.classifier(), 1)
    assert store.result(2) is None


def test_one_image_can_be_segmented_with_the_classifier_that_is_there(desk):
    store = trained(desk, two_phases(300, 300), two_phases(300, 300, seed=1))
    desk.jobs.start(store.id, "apply", segmenting_work(store, desk, image=1))
    assert desk.wait(store.id).image == 1
    assert same_as_segmented(store, store.classifier(), 1)


def test_labels_of_all_images_train(desk):
    store = desk.project(two_phases(300, 300), two_phases(400, 300, seed=1))
    Labeller(store).paint(1, 100, 20, 120, 60)
    with pytest.raises(NotEnoughLabelsError, match="Only"):
        training_work(store, desk)
    Labeller(store, "person-2").paint(2, 200, 230, 220, 250, image=1)
    desk.jobs.start(store.id, "train", training_work(store, desk, image=1))
    assert desk.wait(store.id).state == "done"
    assert same_as_segmented(store, store.classifier(), 1)
    assert [points.labelled for points in store.classifier().training.points] == [800, 400]


def test_a_budget_that_is_too_small_is_said_before_anything_begins(desk):
    store = trained(desk, two_phases(300, 300))
    desk.settings = replace(desk.settings, memory_mb=256)
    for make in (training_work, segmenting_work, apply_all_work):
        with pytest.raises(MemoryBudgetError, match=r"needs at least .* MB of memory, and the budget is 256 MB"):
            make(store, desk)


def test_applying_needs_a_classifier_and_an_image_that_is_there(desk):
    store = desk.project(two_phases(300, 300))
    for make in (segmenting_work, apply_all_work):
        with pytest.raises(NotFoundError, match="no classifier"):
            make(store, desk)
    with pytest.raises(NotFoundError):
        training_work(store, desk, image=5)


def test_a_full_disk_ends_the_work_and_leaves_nothing_half_done(desk, monkeypatch):
    store = trained(desk, *(two_phases(300, 300, seed=seed) for seed in range(4)))
    original = ResultWriter.finish

    def full(writer, seconds=None):
        if writer.image == 2:
            raise StorageError("The result could not be saved: no space left.")
        original(writer, seconds)

    monkeypatch.setattr(ResultWriter, "finish", full)
    job = apply_all(desk, store)
    assert (job.state, job.error.code) == ("failed", "storage")
    assert store.result(2) is None
    assert all(store.result(image) is None or store.result(image).state == "complete" for image in range(4))
    monkeypatch.setattr(ResultWriter, "finish", original)
    assert apply_all(desk, store).state == "done"
    assert all(same_as_segmented(store, store.classifier(), image) for image in range(4))
