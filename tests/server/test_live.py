"""Live segmentation: what comes to rest is what one training gives, whatever came before; the view comes first."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sambaseg.forest.classifier_file import classifier_digest
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_on_images
from sambaseg.server import live as live_module
from sambaseg.server.live import Live
from sambaseg.server.present import project_settings, recipe_of
from sambaseg.server.schemas import Viewport
from sambaseg.server.tile_order import tiles_in_view, windows_in_view
from sambaseg.server.training import training_work
from server.desk import Labeller, desk_on, result_of, same_as_segmented, two_phases

VIEW = Viewport(top=200, left=200, bottom=400, right=300)


@pytest.fixture
def desk(tmp_path):
    with desk_on(tmp_path) as desk:
        yield desk


@pytest.fixture
def live(desk):
    live = Live(desk)
    yield live
    live.stop()


@pytest.fixture
def store(desk):
    return desk.project(two_phases())


def label_both(store, image=0):
    person = Labeller(store)
    person.paint(1, 100, 20, 120, 60, image=image)
    person.paint(2, 300, 400, 320, 440, image=image)
    return person


def trained_at_once(store, desk, edges_of=None):
    """Return the classifier of the labels as they are, trained without anything kept."""
    used = store.training_input()
    asked = project_settings(store, desk)
    return train_on_images(
        [(store.micrograph(image), layer) for image, layer in sorted(used.labelled.items())],
        recipe_of(asked.recipe),
        TrainingSettings(**asked.training.model_dump()),
        classes=used.classes,
        edges_of=edges_of,
    )


def test_nothing_happens_while_it_is_off(desk, live, store):
    label_both(store)
    live.labels_changed(store)
    assert not live.is_on(store.id)
    assert desk.jobs.running(store.id) is None
    assert desk.events.published == []


def test_it_stays_silent_until_two_classes_have_labels(desk, live, store):
    person = Labeller(store)
    live.set(store, True, 0, VIEW)
    person.paint(1, 100, 20, 120, 60)
    live.labels_changed(store)
    assert desk.events.published == []
    person.paint(2, 300, 400, 320, 440)
    live.labels_changed(store)
    assert desk.wait(store.id).state == "done"
    assert store.complete_result().state == "complete"


def test_the_first_update_is_what_train_gives(desk, live, store):
    label_both(store)
    live.set(store, True, 0, VIEW)
    job = desk.wait(store.id)
    assert (job.kind, job.state, job.image, job.progress) == ("live", "done", 0, 1.0)
    classes_yx, uncertainty_yx, info = result_of(store)
    classifier = store.classifier()
    assert store.classifier_source() == "trained"
    assert info.classifier_id == classifier_digest(classifier)
    assert not info.outdated
    desk.jobs.start(store.id, "train", training_work(store, desk, viewport=VIEW))
    assert desk.wait(store.id).state == "done"
    trained_yx, trained_uncertainty_yx, trained = result_of(store)
    assert trained.classifier_id == info.classifier_id
    assert np.array_equal(trained_yx, classes_yx)
    assert np.array_equal(trained_uncertainty_yx, uncertainty_yx)


def test_what_is_in_view_comes_first_from_few_trees_then_from_all(desk, live):
    store = desk.project(two_phases(1300, 1300))
    label_both(store)
    live.set(store, True, 0, VIEW)
    desk.wait(store.id)
    seen = set(tiles_in_view(1300, 1300, VIEW))
    told = [(ty, tx) for _, _, ty, tx in desk.events.tiles()]
    assert set(told[: len(seen)]) == seen
    assert set(told[len(seen) : 2 * len(seen)]) == seen
    whole = seen - windows_in_view(1300, 1300, VIEW).keys()
    assert seen - whole
    assert sorted(told[2 * len(seen) :]) == sorted({(ty, tx) for ty in range(6) for tx in range(6)} - whole)
    assert len({result for result, *_ in desk.events.tiles()}) == 1


def test_a_view_that_moves_while_the_rest_is_computed_comes_next(desk, live, monkeypatch):
    store = desk.project(two_phases(1600, 1600))
    label_both(store)
    elsewhere = Viewport(top=1300, left=1300, bottom=1500, right=1500)
    original = live_module.TileOrder.__next__
    begun = []  # in order; when a tile is done is up to its thread

    def move_after_the_view(order):
        if len(order._waiting) <= len(order) - 3:
            live.set(store, True, 0, elsewhere)
        begun.append(original(order))
        return begun[-1]

    monkeypatch.setattr(live_module.TileOrder, "__next__", move_after_the_view)
    live.set(store, True, 0, Viewport(top=0, left=0, bottom=250, right=250))
    desk.wait(store.id)
    assert begun.index((5, 5)) < 8
    assert len(desk.events.tiles()) == 1 + 49
    assert len([job for job in desk.events.of("job") if job.job.state == "done"]) == 1


def test_a_newer_change_ends_the_older_update_and_goes_on_with_its_result(desk, live):
    store = desk.project(two_phases(2100, 2100))
    person = label_both(store)
    live.set(store, True, 0, VIEW)
    for step in range(4):
        desk.events.wait_for(lambda step=step: len({body.job.id for body in desk.events.of("job")}) > step)
        before = len(desk.events.tiles())
        desk.events.wait_for(lambda before=before: len(desk.events.tiles()) > before + 3)
        person.paint(1, 20 + 30 * step, 100, 40 + 30 * step, 130)
        live.labels_changed(store)
    assert desk.wait(store.id).state == "done"
    assert len({result for result, *_ in desk.events.tiles()}) == 1
    ended = {body.job.id: body.job.state for body in desk.events.of("job")}
    assert list(ended.values()) == ["cancelled"] * 4 + ["done"]
    info = result_of(store)[2]
    assert not info.outdated
    assert info.revision == store.history().revision
    assert same_as_segmented(store, store.classifier())


strokes = st.tuples(
    st.just("paint"), st.integers(1, 2), st.integers(0, 480), st.integers(0, 560), st.sampled_from([0, 1])
)
steps = st.one_of(
    strokes,
    strokes,
    st.tuples(st.sampled_from(["undo", "redo"])),
    st.tuples(st.just("look"), st.sampled_from([0, 1]), st.integers(0, 500)),
    st.tuples(st.just("toggle")),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("train")),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.02, 0.1, 10.0])),
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=12))
def test_any_chain_of_steps_comes_to_rest_as_one_training_with_the_same_edges(tmp_path_factory, chain):
    with desk_on(tmp_path_factory.mktemp("live")) as desk:
        store, live = desk.project(two_phases(), two_phases(300, 700, seed=1)), Live(desk)
        person, image = label_both(store), 0
        live.set(store, True, 0, VIEW)
        for kind, *values in chain:
            if kind == "paint":
                class_id, top, left, painted = values
                height = (520, 300)[painted]
                person.paint(class_id, top % height, left, min(top % height + 12, height), left + 15, image=painted)
                live.labels_changed(store)
            elif kind in ("undo", "redo"):
                if store.history().can_undo if kind == "undo" else store.history().can_redo:
                    person.step(kind)
                    live.labels_changed(store)
            elif kind == "look":
                image = values[0]
                live.set(store, True, image, Viewport(top=values[1], left=0, bottom=values[1] + 200, right=250))
            elif kind == "toggle":
                live.set(store, False, image, None)
                live.set(store, True, image, VIEW)
            elif kind == "train":
                if len(store.labels().counts("labels")) == 2:
                    desk.jobs.start(store.id, "train", training_work(store, desk, image=image))
            elif kind == "cancel":
                running = desk.jobs.running(store.id)
                if running is not None:
                    desk.jobs.cancel(running.id)
            elif values[0] < 1:
                time.sleep(values[0])
            else:
                desk.wait(store.id)
        if len(store.labels().counts("labels")) < 2:
            desk.wait(store.id)
            deadline = time.monotonic() + 20  # a job that had begun ends soon after one that waited for it was ended
            while (result := store.result(image)) is not None and result.state != "complete":
                assert time.monotonic() < deadline
                time.sleep(0.02)
            return
        live.labels_changed(store)
        assert desk.wait(store.id).state == "done"
        kept = live._projects[store.id].kept
        expected = trained_at_once(store, desk, edges_of=kept.edges_of)
        assert classifier_digest(store.classifier()) == classifier_digest(expected)
        assert same_as_segmented(store, expected, image)
        assert not store.complete_result(image).outdated
        for other in (0, 1):
            assert store.result(other) is None or store.result(other).state == "complete"
        live.stop()


def test_looking_at_another_image_segments_it_with_the_classifier_that_is_there(desk, live, monkeypatch):
    store = desk.project(two_phases(), two_phases(seed=3))
    label_both(store)
    live.set(store, True, 0, VIEW)
    desk.wait(store.id)
    classifier = store.classifier()
    monkeypatch.setattr("sambaseg.pipeline.train.train_on_images", None)
    live.set(store, True, 1, VIEW)
    assert desk.wait(store.id).image == 1
    assert same_as_segmented(store, classifier, 1)
    before = len(desk.events.published)
    live.set(store, True, 0, VIEW)
    desk.wait(store.id)
    assert len(desk.events.published) == before  # its result is of these labels already


def test_a_person_who_cancels_keeps_the_former_result_and_stays_live(desk, live):
    store = desk.project(two_phases(2100, 2100))
    person = label_both(store)
    live.set(store, True, 0, VIEW)
    desk.wait(store.id)
    former = store.complete_result()
    person.paint(1, 20, 100, 40, 130)
    before = len(desk.events.tiles())
    live.labels_changed(store)
    desk.events.wait_for(lambda: len(desk.events.tiles()) > before)
    began = time.monotonic()
    desk.jobs.cancel(desk.jobs.running(store.id).id)
    assert time.monotonic() - began < 0.2
    desk.wait(store.id)
    assert store.result().id == former.id
    assert store.result().state == "complete"
    assert live.is_on(store.id)
    person.paint(1, 60, 100, 80, 130)
    live.labels_changed(store)
    assert desk.wait(store.id).state == "done"
    assert same_as_segmented(store, store.classifier())


def test_switching_it_off_lets_the_update_come_to_its_end(desk, live):
    store = desk.project(two_phases(1600, 1600))
    person = label_both(store)
    live.set(store, True, 0, VIEW)
    desk.events.wait_for(lambda: len(desk.events.tiles()) > 0)
    live.set(store, False, 0, None)
    assert not live.is_on(store.id)
    assert desk.wait(store.id).state == "done"
    assert not store.complete_result().outdated
    person.paint(1, 20, 100, 40, 130)
    live.labels_changed(store)
    assert desk.jobs.running(store.id) is None


def test_labels_that_are_gone_end_the_update(desk, live):
    store = desk.project(two_phases(2100, 2100))
    person = label_both(store)
    live.set(store, True, 0, VIEW)
    desk.events.wait_for(lambda: len(desk.events.tiles()) > 0)
    person.step("clear")
    live.labels_changed(store)
    assert desk.wait(store.id).state == "cancelled"
    assert store.result() is None


def test_what_cannot_be_trained_is_told_and_the_next_change_tries_again(desk, live, store):
    person = label_both(store)
    desk.settings = type(desk.settings)(data_dir=desk.settings.data_dir, threads=2, memory_mb=256)
    live.set(store, True, 0, VIEW)
    failed = desk.wait(store.id)
    assert (failed.state, failed.error.code) == ("failed", "memory_budget")
    desk.settings = type(desk.settings)(data_dir=desk.settings.data_dir, threads=2, memory_mb=2048)
    person.paint(1, 20, 100, 40, 130)
    live.labels_changed(store)
    assert desk.wait(store.id).state == "done"


def test_what_is_kept_goes_when_nothing_was_asked_for_a_while(desk, live, store, monkeypatch):
    monkeypatch.setattr(live_module, "IDLE_SECONDS", 0.05)
    label_both(store)
    live.set(store, True, 0, VIEW)
    desk.wait(store.id)
    project = live._projects[store.id]
    deadline = time.monotonic() + 10
    while project.kept is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert live.is_on(store.id)


def test_only_as_many_projects_keep_anything_as_jobs_run_at_once(desk, live):
    stores = [desk.project(two_phases(seed=seed)) for seed in range(3)]
    for store in stores:
        label_both(store)
        live.set(store, True, 0, VIEW)
        desk.wait(store.id)
    assert [live._projects[store.id].kept is not None for store in stores] == [False, True, True]
