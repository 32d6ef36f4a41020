"""Steps, one at a time: retries, order, what the answer says, what undo is called, and what a full disk does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from project.faulty_disk import FaultyDisk
from project.strokes import SHAPE, Client, box, new_labelling, open_labelling
from sambaseg.errors import (
    DamagedProjectError,
    LabelsFileError,
    LabelsSizeMismatchError,
    NotFoundError,
    ParameterError,
    RevisionConflictError,
    StorageError,
    UnknownClassError,
)
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.labels.layer import LabelLayer
from sambaseg.project import labelling as labelling_module
from sambaseg.project.labelling import Labelling
from sambaseg.project.operations import LayerTile, Operation
from sambaseg.project.tables import ImageRow

PORES = LabelClass(1, "Pores", "#1f77b4")
MATRIX = LabelClass(2, "Matrix", "#ff7f0e")


@pytest.fixture
def labelling(tmp_path: Path) -> Iterator[Labelling]:
    opened = new_labelling(tmp_path / "log.sqlite", SHAPE, (PORES, MATRIX))
    yield opened
    opened.close()


def labels_of(labelling: Labelling) -> np.ndarray:
    return labelling.view().layers["labels"].to_array()


def test_a_retry_gets_the_same_answer_and_changes_nothing(labelling: Labelling) -> None:
    me, other = Client(), Client("client-2")
    stroke = me.paint(box(SHAPE, 0, 0, 9, 9))
    first = labelling.apply(stroke)
    labelling.apply(other.paint(box(SHAPE, 0, 0, 30, 30), 2))
    labelling.apply(other.operation("classes", classes=(PORES,)))
    assert labelling.apply(stroke) == replace(first, duplicate=True)
    assert labelling.history().revision == 3


def test_a_retry_may_follow_a_newer_revision_but_must_be_the_same_step(labelling: Labelling) -> None:
    stroke = Client().paint(box(SHAPE, 0, 0, 9, 9))
    labelling.apply(stroke)
    assert labelling.apply(replace(stroke, base_revision=1)).duplicate
    with pytest.raises(RevisionConflictError, match="was another one"):
        labelling.apply(replace(stroke, class_id=2))


def test_sequence_numbers_may_jump_but_not_go_back(labelling: Labelling) -> None:
    labelling.apply(Client(first=5).paint(box(SHAPE, 0, 0, 9, 9)))
    labelling.apply(Client(first=9).paint(box(SHAPE, 0, 0, 20, 9)))
    with pytest.raises(RevisionConflictError, match="Operation 7 of this client came after its operation 9"):
        labelling.apply(Client(first=7).paint(box(SHAPE, 0, 0, 30, 9)))
    assert labels_of(labelling).sum() == 180


def test_a_base_revision_of_the_future_is_refused(labelling: Labelling) -> None:
    with pytest.raises(RevisionConflictError, match="follows revision 1, but the newest is 0"):
        labelling.apply(Client().paint(box(SHAPE, 0, 0, 9, 9), base_revision=1))


def test_painting_a_class_that_is_gone_is_refused_by_name(labelling: Labelling) -> None:
    with pytest.raises(UnknownClassError, match="no class 7; it has 1, 2"):
        labelling.apply(Client().paint(box(SHAPE, 0, 0, 9, 9), 7))
    assert labelling.history().revision == 0


def test_operations_without_what_they_need_are_refused() -> None:
    with pytest.raises(ParameterError, match="id of a class"):
        Client().operation("paint")
    for classes in (None, ()):
        with pytest.raises(ParameterError, match="one class at least"):
            Client().operation("classes", classes=classes)


def test_a_stroke_that_changes_nothing_is_no_step_but_is_remembered(labelling: Labelling) -> None:
    client = Client()
    labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    labelling.apply(client.operation("undo"))
    nothing = client.operation("erase", tiles=())
    ack = labelling.apply(nothing)
    assert ack.revision == 3
    assert (ack.history.can_undo, ack.history.can_redo) == (False, True)
    assert labelling.apply(nothing).duplicate


def test_undo_and_redo_with_nothing_to_take_change_nothing(labelling: Labelling) -> None:
    client = Client()
    for kind in ("undo", "redo"):
        ack = labelling.apply(client.operation(kind))
        assert (ack.history.can_undo, ack.history.can_redo, ack.changed) == (False, False, ())


def test_steps_are_named_in_plain_words(labelling: Labelling) -> None:
    client, everywhere = Client(), np.ones(SHAPE, dtype=bool)
    names = [
        labelling.apply(operation).history.undo_name
        for operation in (
            client.paint(box(SHAPE, 0, 0, 9, 9)),
            client.paint(everywhere, 2, layer="edits"),
            client.operation("erase", class_id=2, layer="edits", tiles=client.paint(box(SHAPE, 0, 0, 9, 9)).tiles),
            client.operation("clear", layer="edits"),
            client.operation("classes", classes=(PORES,)),
        )
    ]
    assert names == [
        "painting in Pores",
        "painting in Matrix of the segmentation",
        "erasing in Matrix of the segmentation",
        "clearing all classes of the segmentation",
        "class list",
    ]
    ack = labelling.apply(client.operation("undo"))
    assert (ack.history.undo_name, ack.history.redo_name) == (names[3], "class list")
    report = labelling.import_labels(np.full(SHAPE, 9), mode="replace")
    assert (report.history.undo_name, report.history.redo_name) == ("imported labels", None)


def test_my_own_strokes_are_not_news_to_me(labelling: Labelling) -> None:
    me = Client()
    for left in (0, 250, 500):
        ack = labelling.apply(me.paint(box(SHAPE, 0, left, 300, left + 20), base_revision=0))
        assert ack.changed == ()


def test_what_others_drew_since_my_revision_is_news(labelling: Labelling) -> None:
    me, other = Client(), Client("client-2")
    labelling.apply(other.paint(box(SHAPE, 0, 300, 9, 310)))
    labelling.apply(other.paint(box(SHAPE, 280, 0, 290, 9), 2, layer="edits"))
    stroke = me.paint(box(SHAPE, 0, 0, 9, 9), base_revision=1)
    assert labelling.apply(stroke).changed == (LayerTile("edits", 1, 0),)
    ack = labelling.apply(me.paint(box(SHAPE, 0, 0, 20, 9), base_revision=0))
    assert ack.changed == (LayerTile("labels", 0, 1), LayerTile("edits", 1, 0))
    assert labelling.apply(me.paint(box(SHAPE, 0, 0, 20, 20), base_revision=4)).changed == ()


def test_an_undo_that_my_stroke_did_not_know_of_is_news(labelling: Labelling) -> None:
    me = Client()
    labelling.apply(me.paint(box(SHAPE, 0, 0, 9, 9), base_revision=0))
    assert labelling.apply(me.operation("undo", base_revision=0)).changed == (LayerTile("labels", 0, 0),)
    ack = labelling.apply(me.paint(box(SHAPE, 0, 0, 9, 9), 2, base_revision=1))
    assert ack.changed == (LayerTile("labels", 0, 0),)
    assert labelling.apply(me.paint(box(SHAPE, 0, 0, 9, 19), 2, base_revision=3)).changed == ()


def test_a_stroke_that_met_another_class_list_lists_its_own_tiles(labelling: Labelling) -> None:
    me, other = Client(), Client("client-2")
    labelling.apply(me.paint(box(SHAPE, 0, 0, 9, 9)))
    labelling.apply(other.operation("classes", classes=(replace(PORES, locked=True), MATRIX)))
    stroke = me.paint(box(SHAPE, 0, 0, 9, 300), 2, overwrite=True, base_revision=1)
    assert labelling.apply(stroke).changed == (LayerTile("labels", 0, 0), LayerTile("labels", 0, 1))
    assert labels_of(labelling)[0, 0] == 1


def test_deleting_a_class_clears_it_in_both_layers_and_undo_brings_it_back(labelling: Labelling) -> None:
    client = Client()
    for layer in ("labels", "edits"):
        labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 9), 1, layer=layer))
        labelling.apply(client.paint(box(SHAPE, 0, 9, 9, 18), 2, layer=layer))
    before = labelling.view()
    ack = labelling.apply(client.operation("classes", classes=(MATRIX,), base_revision=4))
    assert ack.classes == (MATRIX,)
    assert ack.changed == (LayerTile("labels", 0, 0), LayerTile("edits", 0, 0))
    assert [layer.counts() for layer in labelling.view().layers.values()] == [{2: 81}, {2: 81}]
    ack = labelling.apply(client.operation("undo"))
    assert ack.classes == (PORES, MATRIX)
    assert [layer.counts() for layer in labelling.view().layers.values()] == [{1: 81, 2: 81}] * 2
    assert labelling.view().labels_state == before.labels_state


def test_imported_ids_stay_as_they_are_and_join_the_class_list(labelling: Labelling) -> None:
    labelling.apply(Client().paint(box(SHAPE, 0, 0, 10, 10)))
    imported_yx = np.zeros(SHAPE, dtype=np.int32)
    imported_yx[:20, :10] = 2
    imported_yx[250:260, 250:260] = 200
    report = labelling.import_labels(imported_yx, mode="add")
    assert report.class_ids == (2, 200)
    assert report.labelled_pixels == 100 + 100 + 100
    assert [entry.id for entry in report.classes] == [1, 2, 200]
    assert labelling.view().layers["labels"].counts() == {1: 100, 2: 100, 200: 100}
    report = labelling.import_labels(imported_yx, mode="replace")
    assert labelling.view().layers["labels"].counts() == {2: 200, 200: 100}
    assert report.changed == (LayerTile("labels", 0, 0),)
    undo = Client(first=2)
    labelling.apply(undo.operation("undo"))
    assert labelling.apply(undo.operation("undo")).classes == (PORES, MATRIX)


def test_labels_that_do_not_fit_change_nothing(labelling: Labelling) -> None:
    with pytest.raises(LabelsSizeMismatchError):
        labelling.import_labels(np.zeros((9, 9), dtype=np.uint8), mode="add")
    with pytest.raises(LabelsFileError, match="0 to 300"):
        labelling.import_labels(np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) % 301, mode="add")
    assert labelling.history().revision == 0


def test_a_loaded_classifiers_classes_replace_those_without_labels(labelling: Labelling) -> None:
    labelling.apply(Client().paint(box(SHAPE, 0, 0, 9, 9), 2))
    loaded = (LabelClass(1, "Ferrite", "#000000"), LabelClass(5, "Cementite", "#ffffff"))
    labelling.take_classifier(loaded, {"classifier": "a file"})
    assert labelling.view().classes == (*loaded, MATRIX)
    assert labelling.fact("classifier") == "a file"
    ack = labelling.apply(Client(first=2).operation("undo"))
    assert ack.classes == (PORES, MATRIX)


def test_any_revision_can_be_looked_at(labelling: Labelling) -> None:
    client = Client()
    labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    labelling.apply(client.operation("undo"))
    assert [labelling.view_at(revision).layers["labels"].counts() for revision in range(3)] == [{}, {1: 81}, {}]
    for revision in (-1, 3):
        with pytest.raises(RevisionConflictError, match="revisions 0 to 2"):
            labelling.view_at(revision)


def draw_many(labelling: Labelling, count: int) -> None:
    random, client = np.random.default_rng(1), Client()
    for index in range(count):
        top, left = random.integers(0, SHAPE[0]), random.integers(0, SHAPE[1])
        mask_yx = box(SHAPE, top, left, top + 40, left + 40)
        labelling.apply(client.paint(mask_yx, 1 + index % 2, overwrite=True))
        if index % 5 == 4:
            labelling.apply(client.operation("undo"))


def snapshot_revisions(labelling: Labelling) -> list[int]:
    return labelling._log.snapshot_revisions(10**6)


def test_snapshot_and_rest_give_what_all_operations_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sambaseg.project.replay import replay_log

    monkeypatch.setattr(labelling_module, "SNAPSHOT_EVERY", 10)
    labelling = new_labelling(tmp_path / "log.sqlite", SHAPE)
    draw_many(labelling, 40)
    assert snapshot_revisions(labelling) == [40, 30, 20, 10]
    for revision in range(0, 49, 3):
        quick = replay_log(labelling._log, revision)
        full = replay_log(labelling._log, revision, snapshots=False)
        assert quick.snapshot == revision // 10 * 10
        assert full.snapshot == 0
        assert np.array_equal(quick.layer(0, "labels").to_array(), full.layer(0, "labels").to_array())
    labelling.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE snapshot_tiles SET delta = x'00' WHERE revision = 40",
        "DELETE FROM snapshot_tiles WHERE revision = 40 AND tx = 1",
        "UPDATE snapshot_tiles SET tx = 9 WHERE revision = 40 AND tx = 1",
        "UPDATE snapshots SET counts = '{}' WHERE revision = 40",
    ],
)
def test_a_damaged_snapshot_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    monkeypatch.setattr(labelling_module, "SNAPSHOT_EVERY", 10)
    labelling = new_labelling(tmp_path / "log.sqlite", SHAPE)
    draw_many(labelling, 34)
    expected_yx = labels_of(labelling)
    labelling._log.close()
    with open_raw(tmp_path / "log.sqlite") as connection:
        connection.execute(damage)
    labelling = open_labelling(tmp_path / "log.sqlite")
    assert labelling._layers.snapshot == 30
    assert np.array_equal(labels_of(labelling), expected_yx)
    labelling.close()
    labelling = open_labelling(tmp_path / "log.sqlite")
    assert labelling._layers.snapshot == 40  # made anew by closing
    assert np.array_equal(labels_of(labelling), expected_yx)
    labelling.close()


def test_a_damaged_operation_is_named_and_not_passed_over(tmp_path: Path) -> None:
    labelling = new_labelling(tmp_path / "log.sqlite", SHAPE)
    draw_many(labelling, 3)
    labelling._log.close()
    with open_raw(tmp_path / "log.sqlite") as connection:
        connection.execute("UPDATE changes SET delta = substr(delta, 1, 9) WHERE revision = 2")
    with pytest.raises(DamagedProjectError, match=r"operation in log\.sqlite is damaged"):
        open_labelling(tmp_path / "log.sqlite")


def open_raw(path: Path) -> contextlib.closing[apsw.Connection]:
    """Open a log behind the project's back; closes when the block ends."""
    return contextlib.closing(apsw.Connection(str(path)))


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    """A disk that can be made to fail."""
    faulty = FaultyDisk("faulty")
    yield faulty
    faulty.unregister()


@pytest.mark.parametrize("fault", ["full", "write", "sync"])
def test_a_failing_disk_is_named_and_changes_nothing(tmp_path: Path, disk: FaultyDisk, fault: str) -> None:
    new_labelling(tmp_path / "log.sqlite", SHAPE, DEFAULT_CLASSES).close()
    labelling = open_labelling(tmp_path / "log.sqlite", vfs=disk.name)
    client = Client()
    labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    before, history = labels_of(labelling), labelling.history()
    operations: list[Operation] = [
        client.paint(box(SHAPE, 0, 0, 99, 99)),
        client.operation("undo"),
        client.operation("classes", classes=(PORES,)),
    ]
    for operation in operations:
        disk.fault = fault
        with pytest.raises(StorageError, match="could not be saved"):
            labelling.apply(operation)
        assert np.array_equal(labels_of(labelling), before)
        assert labelling.history() == history
        assert labelling.view().classes == DEFAULT_CLASSES
    disk.fault = None
    ack = labelling.apply(operations[0])  # the page sends it again
    assert (ack.revision, ack.duplicate) == (2, False)
    expected_yx = labels_of(labelling)
    assert expected_yx.sum() == 99 * 99
    labelling.close()
    again = open_labelling(tmp_path / "log.sqlite")
    assert np.array_equal(labels_of(again), expected_yx)
    again.close()


def test_a_snapshot_that_finds_no_room_does_not_undo_the_step(
    tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling_module, "SNAPSHOT_EVERY", 2)
    new_labelling(tmp_path / "log.sqlite", SHAPE).close()
    labelling = open_labelling(tmp_path / "log.sqlite", vfs=disk.name)
    client = Client()
    labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    disk.fault_after_syncs = 1
    assert labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 19))).revision == 2
    assert disk.fault == "full"
    assert snapshot_revisions(labelling) == []
    disk.fault = None
    labelling.apply(client.paint(box(SHAPE, 0, 0, 9, 29)))
    assert snapshot_revisions(labelling) == [3]
    labelling.close()


OTHER = (100, 300)


@pytest.fixture
def several(tmp_path: Path) -> Iterator[Labelling]:
    """Labels of three images, the first of them as large as those of other tests."""
    opened = new_labelling(tmp_path / "log.sqlite", SHAPE, (PORES, MATRIX), more=(OTHER, OTHER))
    yield opened
    opened.close()


def test_undo_goes_back_over_all_images_and_says_where(several: Labelling) -> None:
    client = Client()
    several.apply(client.paint(box(OTHER, 0, 0, 9, 9), image=1))
    several.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    ack = several.apply(client.operation("classes", classes=(MATRIX,)))
    assert ack.changed == (LayerTile("labels", 0, 0, 0), LayerTile("labels", 0, 0, 1))
    assert (ack.history.undo_image, ack.history.redo_image) == (None, None)
    assert several.view().labelled_images() == []
    ack = several.apply(client.operation("undo", base_revision=3))
    assert ack.changed == (LayerTile("labels", 0, 0, 0), LayerTile("labels", 0, 0, 1))
    assert (ack.history.undo_image, ack.history.redo_image) == (0, None)
    ack = several.apply(client.operation("undo", base_revision=4))
    assert ack.changed == (LayerTile("labels", 0, 0, 0),)
    assert (ack.history.undo_image, ack.history.redo_image) == (1, 0)
    ack = several.apply(client.operation("undo", base_revision=5))
    assert (ack.history.undo_image, ack.history.redo_image) == (None, 1)
    assert ack.changed == (LayerTile("labels", 0, 0, 1),)


def test_runs_are_checked_against_their_own_image(several: Labelling) -> None:
    with pytest.raises(ParameterError, match="no tile"):
        several.apply(Client().paint(box(SHAPE, 280, 0, 290, 9), image=1))
    with pytest.raises(NotFoundError, match="no image 3"):
        several.apply(Client(first=2).paint(box(SHAPE, 0, 0, 9, 9), image=3))
    with pytest.raises(ParameterError, match="no such tile"):
        several.tile("labels", 1, 0, image=1)
    assert several.history().revision == 0


def test_what_others_drew_on_other_images_is_news(several: Labelling) -> None:
    me, other = Client(), Client("client-2")
    several.apply(other.paint(box(OTHER, 0, 280, 9, 290), image=2))
    assert several.apply(me.paint(box(OTHER, 0, 0, 9, 9), image=1)).changed == (LayerTile("labels", 0, 1, 2),)


def test_a_stroke_under_one_number_must_be_on_the_same_image(several: Labelling) -> None:
    stroke = Client().paint(box(OTHER, 0, 0, 9, 9), image=1)
    several.apply(stroke)
    assert several.apply(stroke).duplicate
    with pytest.raises(RevisionConflictError, match="was another one"):
        several.apply(replace(stroke, image=2))


def test_the_image_of_a_step_on_the_whole_project_does_not_matter(several: Labelling) -> None:
    client = Client()
    several.apply(client.paint(box(OTHER, 0, 0, 9, 9), image=1))
    undo = client.operation("undo", image=2)
    several.apply(undo)
    assert several.apply(replace(undo, image=0)).duplicate


def test_a_removed_image_takes_its_labels_steps_and_its_part_of_the_state(several: Labelling) -> None:
    client = Client()
    several.apply(client.paint(box(OTHER, 0, 0, 9, 9), image=1))
    several.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    with_both = several.view()
    several.remove_image(1)
    assert with_both.of(1)["labels"].counts() == {1: 81}
    view = several.view()
    assert (view.revision, view.counts()) == (3, {1: 81})
    assert view.labels_state != with_both.labels_state
    assert several.history().undo_image == 0
    ack = several.apply(client.operation("undo"))
    assert (ack.history.can_undo, ack.history.redo_image) == (False, 0)
    assert several.view_at(2).of(1)["labels"].counts() == {1: 81}
    with pytest.raises(NotFoundError, match="no image 1"):
        several.remove_image(1)


def test_removing_an_image_without_labels_leaves_results_as_they_are(several: Labelling) -> None:
    several.apply(Client().paint(box(SHAPE, 0, 0, 9, 9)))
    before = several.view().labels_state
    several.remove_image(1)
    assert several.view().labels_state == before


def test_classes_that_came_with_a_removed_image_stay_as_long_as_they_are_used(several: Labelling) -> None:
    client = Client()
    several.import_labels(np.full(OTHER, 9), mode="add", image=1)
    several.apply(client.paint(box(SHAPE, 0, 0, 9, 9), 9))
    several.remove_image(1)
    several.apply(client.operation("undo"))
    ack = several.apply(client.operation("undo"))
    assert ack.classes == (PORES, MATRIX)
    several.apply(client.operation("redo"))
    ack = several.apply(client.operation("redo"))
    assert [entry.id for entry in ack.classes] == [1, 2, 9]
    assert several.view().counts() == {9: 81}


def test_a_retry_is_answered_though_the_image_is_gone(several: Labelling) -> None:
    stroke = Client().paint(box(OTHER, 0, 0, 9, 9), image=1)
    first = several.apply(stroke)
    several.remove_image(1)
    assert several.apply(stroke) == replace(first, duplicate=True)


def test_a_full_disk_keeps_images_from_being_added_and_removed(tmp_path: Path, disk: FaultyDisk) -> None:
    new_labelling(tmp_path / "log.sqlite", SHAPE, more=(OTHER,)).close()
    labelling = open_labelling(tmp_path / "log.sqlite", vfs=disk.name)
    labelling.apply(Client().paint(box(OTHER, 0, 0, 9, 9), image=1))
    disk.fault = "full"
    with pytest.raises(StorageError):
        labelling.remove_image(1)
    with pytest.raises(StorageError):
        labelling.add_images([ImageRow(2, OTHER)])
    assert (labelling.view().labelled_images(), labelling.history().revision) == ([1], 1)
    with pytest.raises(NotFoundError):
        labelling.view().of(2)
    disk.fault = None
    labelling.add_images([ImageRow(labelling.next_image_id(), OTHER)])
    labelling.remove_image(1)
    assert labelling.view().of(2)["labels"].counts() == {}
    labelling.close()


def test_labels_may_come_tile_by_tile(several: Labelling) -> None:
    labels_yx = np.zeros(SHAPE, np.uint8)
    labels_yx[40:270, 100:400] = 2
    source = LabelLayer.from_array(labels_yx)
    report = several.import_labels(source, mode="replace")
    assert (report.class_ids, report.labelled_pixels) == ((2,), 230 * 300)
    assert np.array_equal(labels_of(several), labels_yx)
    with pytest.raises(LabelsSizeMismatchError):
        several.import_labels(source, mode="replace", image=1)


def test_a_view_costs_next_to_nothing_and_stays_as_it_is(several: Labelling) -> None:
    client = Client()
    several.apply(client.paint(box(SHAPE, 0, 0, 9, 9)))
    view = several.view()
    assert view.of(0)["labels"] is several.view().of(0)["labels"]
    several.apply(client.paint(box(SHAPE, 9, 0, 18, 9)))
    assert view.counts() == {1: 81}
    assert several.view().counts() == {1: 162}


def test_the_write_ahead_log_has_its_size_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    labelling, client = new_labelling(path, SHAPE), Client()
    ahead = path.with_name(path.name + "-wal")
    size = ahead.stat().st_size
    for index in range(100):
        labelling.apply(client.paint(np.full(SHAPE, index % 3 > 0), 1 + index % 2, overwrite=True))
    assert size == ahead.stat().st_size > 100_000
    labelling.close()
    assert path.stat().st_size < size / 4, "what filled the log was taken back"
    assert not ahead.exists()


def test_a_project_opens_on_a_full_disk(tmp_path: Path, disk: FaultyDisk) -> None:
    path, client = tmp_path / "log.sqlite", Client()
    labelling = new_labelling(path, SHAPE)
    labelling.apply(client.paint(np.ones(SHAPE, bool), 1))
    labelling.close()
    disk.fault = "full"
    labelling = open_labelling(path, vfs=disk.name)
    assert labelling.history().revision == 1
    with pytest.raises(StorageError):
        labelling.apply(client.paint(np.ones(SHAPE, bool), 2, overwrite=True))
    disk.fault = None
    labelling.apply(client.paint(np.ones(SHAPE, bool), 2, overwrite=True))
    labelling.close()
