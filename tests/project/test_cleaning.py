"""Cleaning results up: what readers get, that predicted classes are never lost, and what interrupts leave behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from project.test_classifier import classifier as classifier_fixture
from project.test_results import CLASSES, UNCERTAINTY, write_all
from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import CleaningStep, parse_steps, steps_for
from sambaseg.errors import CancelledError, NotFoundError, ParameterError, StorageError
from sambaseg.images.reduction import halve
from sambaseg.labels.classes import LabelClass
from sambaseg.project.cleaned import CleaningRoom
from sambaseg.project.crop import Rectangle
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore

classifier = classifier_fixture
IDS = [entry.id for entry in CLASSES]
ROOM = CleaningRoom(2**30)
STEPS = parse_steps("fill_holes:30,remove_small:12")
OTHER_STEPS = parse_steps("majority:2")


def noisy(seed=0):
    """Return a segmentation (H, W) of two classes with specks of both and of a third one."""
    chance = np.random.default_rng(seed)
    classes_yx = (1 + box(SHAPE, 0, 0, 100, 520)).astype(np.uint8)
    classes_yx[chance.random(SHAPE) < 0.02] = 7
    classes_yx[chance.random(SHAPE) < 0.02] = 1
    return classes_yx


PREDICTED = noisy()
CLEANED = clean_classes(PREDICTED, IDS, STEPS)


def finish(project, steps=(), *, image=0, predicted_yx=PREDICTED):
    writer = project.begin_result(project.training_input(), CLASSES, image=image)
    write_all(writer, predicted_yx)
    if steps:
        writer.clean(steps, ROOM)
    writer.finish()
    return writer.id


def tiles_of(project, result_id, layer="segmentation", level=0):
    shape = SHAPE
    for _ in range(level):
        shape = (shape[0] + 1) // 2, (shape[1] + 1) // 2
    whole_yx = np.zeros(shape, np.uint8)
    for ty in range(-(-shape[0] // 256)):
        for tx in range(-(-shape[1] // 256)):
            tile_yx = project.read_result_tile(result_id, layer, level, ty, tx)
            whole_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256] = tile_yx
    return whole_yx


def folders(project, result_id, image=0):
    return sorted(path.name for path in (project.folder / "results" / str(image) / result_id).iterdir())


def test_readers_get_the_cleaned_classes_and_the_predicted_ones_stay(project):
    result_id = finish(project, STEPS)
    info = project.result()
    assert (info.predicted_id, info.cleaning) == (result_id, STEPS)
    assert info.id != result_id
    assert not np.array_equal(PREDICTED, CLEANED)
    np.testing.assert_array_equal(tiles_of(project, info.id), CLEANED)
    np.testing.assert_array_equal(project.edited_segmentation(), CLEANED)
    np.testing.assert_array_equal(tiles_of(project, result_id), PREDICTED)
    np.testing.assert_array_equal(project.read_predicted(result_id, 10, 90), PREDICTED[10:90])
    np.testing.assert_array_equal(tiles_of(project, info.id, "uncertainty"), UNCERTAINTY)
    np.testing.assert_array_equal(project.uncertainty_array(), UNCERTAINTY)
    coarse = halve(halve(CLEANED[np.newaxis], "label"), "label")[0]
    np.testing.assert_array_equal(tiles_of(project, info.id, level=2), coarse)


def test_corrections_stay_on_top_and_shares_tell_all_apart(project):
    project.apply(Client().paint(box(SHAPE, 150, 0, 160, 50), 2, layer="edits"))
    finish(project, STEPS)
    expected = CLEANED.copy()
    expected[150:160, :50] = 2
    np.testing.assert_array_equal(project.edited_segmentation(), expected)
    np.testing.assert_array_equal(project.read_edited(0, 140, 170), expected[140:170])
    for fraction in project.result().fractions:
        share = [(each == fraction.class_id).mean() for each in (PREDICTED, CLEANED, expected)]
        assert [fraction.predicted, fraction.cleaned, fraction.edited] == pytest.approx(share)
    project.cleaning.set_steps(())
    expected = PREDICTED.copy()
    expected[150:160, :50] = 2
    np.testing.assert_array_equal(project.edited_segmentation(), expected)
    assert all(fraction.cleaned == fraction.predicted for fraction in project.result().fractions)


def test_without_steps_the_predicted_classes_are_back_at_once(project):
    project.cleaning.set_steps(STEPS)
    result_id = finish(project, STEPS)
    cleaned_id = project.result().id
    assert project.cleaning.set_steps(()) == [0]
    assert (project.result().id, project.result().cleaning) == (result_id, ())
    np.testing.assert_array_equal(project.edited_segmentation(), PREDICTED)
    assert folders(project, result_id) == ["segmentation", "uncertainty"]
    with pytest.raises(NotFoundError):
        project.read_result_tile(cleaned_id, "segmentation", 0, 0, 0)
    assert project.cleaning.due() == []


def test_a_result_is_cleaned_by_other_steps_from_what_was_predicted(project):
    result_id = finish(project, STEPS)
    assert project.cleaning.set_steps(OTHER_STEPS) == []
    assert project.cleaning.due() == [0]
    np.testing.assert_array_equal(project.edited_segmentation(), CLEANED)  # until it is done
    project.cleaning.clean(0, ROOM)
    np.testing.assert_array_equal(project.edited_segmentation(), clean_classes(PREDICTED, IDS, OTHER_STEPS))
    assert len(folders(project, result_id)) == 3
    before = project.result()
    project.cleaning.clean(0, ROOM)  # there is nothing to be done any more
    assert project.result() == before
    assert project.cleaning.due() == []


def test_what_was_cleaned_and_how_is_there_the_next_day(project):
    project.cleaning.set_steps(STEPS)
    finish(project, STEPS)
    before = project.result()
    project.close()
    again = ProjectStore.open(project.folder)
    assert again.result() == before
    assert again.cleaning.steps() == STEPS
    np.testing.assert_array_equal(again.edited_segmentation(), CLEANED)
    again.close()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.9])
def test_cleaning_that_is_cut_off_leaves_everything_as_it_was(project, share):
    result_id = finish(project, STEPS)
    before, files = project.result(), folders(project, result_id)
    project.cleaning.set_steps(OTHER_STEPS)

    def stop(done):
        if done >= share:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        project.cleaning.clean(0, CleaningRoom(2**30, stop))
    assert (project.result(), folders(project, result_id)) == (before, files)
    np.testing.assert_array_equal(project.edited_segmentation(), CLEANED)
    assert project.cleaning.due() == [0]


def test_what_a_killed_process_left_of_cleaning_counts_for_nothing(project):
    result_id = finish(project, STEPS)
    left = project.folder / "results" / "0" / result_id / "cleaned-0123"
    (left / "0").mkdir(parents=True)
    project.close()
    again = ProjectStore.open(project.folder)
    np.testing.assert_array_equal(again.edited_segmentation(), CLEANED)
    again.cleaning.set_steps(OTHER_STEPS)
    again.cleaning.clean(0, ROOM)
    assert not left.exists()
    np.testing.assert_array_equal(again.edited_segmentation(), clean_classes(PREDICTED, IDS, OTHER_STEPS))
    again.close()


def test_steps_that_were_changed_meanwhile_are_not_taken(project):
    result_id = finish(project)
    project.cleaning.set_steps(STEPS)
    project.cleaning.clean(0, CleaningRoom(2**30, lambda _: project.cleaning.set_steps(())))
    np.testing.assert_array_equal(project.edited_segmentation(), PREDICTED)
    assert folders(project, result_id) == ["segmentation", "uncertainty"]


def test_a_result_that_took_its_place_meanwhile_is_left_as_it_is(project):
    finish(project)
    project.cleaning.set_steps(STEPS)
    newer = noisy(1)
    ids = []

    def replace_once(done):
        if done > 0.5 and not ids:
            ids.append(finish(project, predicted_yx=newer))

    project.cleaning.clean(0, CleaningRoom(2**30, replace_once))
    np.testing.assert_array_equal(project.edited_segmentation(), newer)
    assert [path.name for path in (project.folder / "results" / "0").iterdir()] == ids
    assert project.cleaning.due() == [0]
    project.cleaning.clean(0, ROOM)
    np.testing.assert_array_equal(project.edited_segmentation(), clean_classes(newer, IDS, STEPS))


def test_steps_for_classes_that_a_result_has_not_are_left_out(project):
    result_id = finish(project)
    project.cleaning.set_steps(parse_steps("remove_small:12:1+99,majority:3:99"))
    project.cleaning.clean(0, ROOM)
    assert project.result().cleaning == parse_steps("remove_small:12:1")
    project.cleaning.set_steps(parse_steps("majority:3:99"))
    project.cleaning.clean(0, ROOM)
    assert (project.result().id, project.result().cleaning) == (result_id, ())
    assert project.cleaning.due() == []
    assert steps_for(parse_steps("majority:1,remove_small:9:3"), [1, 2]) == parse_steps("majority:1")


def test_an_unfinished_result_is_not_cleaned(project):
    writer = project.begin_result(project.training_input(), CLASSES)
    with pytest.raises(ParameterError, match="lacks 6 of its tiles"):
        writer.clean(STEPS, ROOM)
    write_all(writer, PREDICTED)
    writer.clean(STEPS, ROOM)
    writer.restart(project.training_input(), CLASSES)  # what was cleaned was of other tiles
    write_all(writer, noisy(1))
    writer.finish()
    np.testing.assert_array_equal(project.edited_segmentation(), noisy(1))
    assert folders(project, writer.id) == ["segmentation", "uncertainty"]


def test_the_classifiers_file_always_cleans_by_the_settings(project, classifier):
    project.set_settings({"cleaning": [step.to_json() for step in parse_steps("remove_small:9:1+2,majority:1:2")]})
    project.set_classifier(classifier, source="trained")
    assert project.classifier().cleaning == parse_steps("remove_small:9:1")  # it knows the classes 1 and 5
    project.cleaning.set_steps(parse_steps("fill_holes:4"))
    assert project.classifier().cleaning == parse_steps("fill_holes:4")
    assert project.classifier_source() == "trained"
    project.close()
    again = ProjectStore.open(project.folder)
    assert again.classifier().cleaning == parse_steps("fill_holes:4")
    assert [path.name for path in (again.folder / "classifiers").iterdir()] == [again.classifier_file().name]
    again.close()


def test_a_loaded_classifier_brings_its_steps_and_a_part_keeps_them(workspace, project, classifier):
    project.cleaning.set_steps(STEPS)
    project.set_classifier(replace(classifier, cleaning=OTHER_STEPS), source="loaded")
    assert project.cleaning.steps() == OTHER_STEPS
    part = workspace.crop_project(project.id, Rectangle(0, 0, 100, 100))
    assert (part.cleaning.steps(), part.classifier().cleaning) == (OTHER_STEPS, OTHER_STEPS)
    project.set_classifier(classifier, source="loaded")
    assert project.cleaning.steps() == ()


def test_settings_with_steps_that_make_no_sense_are_refused(project):
    with pytest.raises(ParameterError, match="majority takes 1 to 32"):
        project.set_settings({"cleaning": [{"kind": "majority", "size": 99, "classes": []}]})
    assert project.settings() is None


STEP = st.builds(
    CleaningStep,
    st.sampled_from(["fill_holes", "remove_small", "majority"]),
    st.integers(1, 6),
    st.sampled_from([(), (1,), (2, 7), (1, 2, 99)]),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["steps", "clean", "finish", "reopen"]), st.lists(STEP, max_size=2), st.booleans()),
        max_size=8,
    )
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_done_readers_get_what_was_predicted_cleaned_by_the_steps_that_are_told(project, does):
    store, predicted_yx, seed = project, noisy(0), 0
    store.cleaning.set_steps(())
    finish(store, predicted_yx=predicted_yx)
    for what, steps, fails in does:
        if what == "steps":
            store.cleaning.set_steps(tuple(steps))
        elif what == "clean" and fails:
            due = store.cleaning.due()

            def stop(share):
                if share > 0.5:
                    raise CancelledError("stopped")

            try:
                store.cleaning.clean(0, CleaningRoom(2**30, stop))
            except CancelledError:
                assert store.cleaning.due() == due
        elif what == "clean":
            store.cleaning.clean(0, ROOM)
            assert store.cleaning.due() == []
        elif what == "finish":
            seed += 1
            predicted_yx = noisy(seed)
            finish(store, tuple(steps), predicted_yx=predicted_yx)
        else:
            store._results._cache.clear()
        info = store.result()
        expected = clean_classes(predicted_yx, IDS, info.cleaning)
        np.testing.assert_array_equal(store.edited_segmentation(), expected)
        np.testing.assert_array_equal(store.read_predicted(info.predicted_id, 0, SHAPE[0]), predicted_yx)
        assert (info.id == info.predicted_id) == (info.cleaning == ())


def test_all_images_give_their_predicted_classes_back_together(workspace, tmp_path):
    source = tmp_path / "upload"
    source.write_bytes(b"as it came")
    project = workspace.create_project([NewImage.of(some_image(), source) for _ in range(3)], name="Stack")
    project.cleaning.set_steps(STEPS)
    for image in (0, 2):
        finish(project, STEPS, image=image)
    assert project.cleaning.set_steps(()) == [0, 2]
    for image in (0, 2):
        np.testing.assert_array_equal(project.edited_segmentation(image), PREDICTED)
    project.cleaning.set_steps(STEPS)
    assert project.cleaning.due() == [0, 2]


def test_classes_beyond_those_of_the_result_do_not_matter(project):
    project.apply(Client().operation("classes", classes=(*CLASSES, LabelClass(9, "New", "#00ff00"))))
    finish(project, STEPS)
    np.testing.assert_array_equal(project.edited_segmentation(), CLEANED)


def test_a_full_disk_is_named_and_nothing_is_left(project, monkeypatch):
    result_id = finish(project)
    project.cleaning.set_steps(STEPS)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sambaseg.project.cleaned.sync_tree", full)
    with pytest.raises(StorageError, match="could not be saved: No space left"):
        project.cleaning.clean(0, ROOM)
    np.testing.assert_array_equal(project.edited_segmentation(), PREDICTED)
    assert folders(project, result_id) == ["segmentation", "uncertainty"]
