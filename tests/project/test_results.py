"""Results: tiles while they are computed, fractions with labels and edits, what is kept and what goes."""

from __future__ import annotations

import numpy as np
import pytest

from project.strokes import SHAPE, Client, box
from sambaseg.errors import CancelledError, NotFoundError
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.project.result_folder import ResultWriter
from sambaseg.project.store import ProjectStore

PIXELS = SHAPE[0] * SHAPE[1]
CLASSES = (*DEFAULT_CLASSES, LabelClass(7, "Pores", "#000000"))
SEGMENTATION = (1 + box(SHAPE, 0, 0, 100, 520)).astype(np.uint8)
UNCERTAINTY = (51 * box(SHAPE, 0, 0, 300, 260)).astype(np.uint8)


def write_all(writer: ResultWriter, segmentation_yx: np.ndarray = SEGMENTATION) -> None:
    for ty in range(2):
        for tx in range(3):
            part = np.s_[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
            writer.write_tile(ty, tx, segmentation_yx[part], UNCERTAINTY[part])


def begin(project: ProjectStore) -> ResultWriter:
    return project.begin_result(project.training_input(), CLASSES)


def finish(project: ProjectStore) -> str:
    writer = begin(project)
    write_all(writer)
    writer.finish()
    return writer.id


def folders(project: ProjectStore) -> list[str]:
    return sorted(path.name for path in (project.folder / "results" / "0").iterdir())


def test_tiles_of_a_running_result_can_be_read_at_once(project: ProjectStore) -> None:
    writer = begin(project)
    writer.write_tile(0, 1, np.full((256, 256), 7, np.uint8), np.full((256, 256), 255, np.uint8))
    assert (project.read_result_tile(writer.id, "segmentation", 0, 0, 1) == 7).all()
    assert (project.read_result_tile(writer.id, "segmentation", 2, 0, 0)[:64, 64:128] == 7).all()
    assert (project.read_result_tile(writer.id, "uncertainty", 1, 0, 0)[:128, 128:] == 255).all()
    assert not project.read_result_tile(writer.id, "segmentation", 0, 1, 1).any()
    info = project.result()
    assert info is not None
    assert (info.id, info.state, info.fractions, info.mean_uncertainty) == (writer.id, "running", (), None)
    assert project.complete_result() is None
    with pytest.raises(NotFoundError, match="no segmentation yet"):
        project.edited_segmentation()


def test_fractions_tell_predicted_labelled_and_edited_apart(project: ProjectStore) -> None:
    client = Client()
    project.apply(client.paint(box(SHAPE, 0, 0, 10, 10), 1))
    finish(project)
    project.apply(client.paint(box(SHAPE, 90, 0, 110, 520), 1, layer="edits"))
    project.apply(client.paint(box(SHAPE, 250, 250, 260, 260), 2, layer="edits"))
    info = project.result()
    assert info is not None
    assert {entry.class_id: (entry.predicted, entry.labelled, entry.edited) for entry in info.fractions} == {
        1: pytest.approx((2 / 3, 100 / PIXELS, 2 / 3 + (10 * 520 - 100) / PIXELS)),
        2: pytest.approx((1 / 3, 0, 1 / 3 - (10 * 520 - 100) / PIXELS)),
        7: (0, 0, 0),
    }
    assert info.mean_uncertainty == pytest.approx(0.1)
    expected_yx = SEGMENTATION.copy()
    expected_yx[90:110], expected_yx[250:260, 250:260] = 1, 2
    assert np.array_equal(project.edited_segmentation(), expected_yx)
    assert np.array_equal(project.uncertainty_array(), UNCERTAINTY)
    counts = np.bincount(expected_yx.ravel(), minlength=256) / PIXELS
    assert [entry.edited for entry in info.fractions] == pytest.approx([counts[1], counts[2], counts[7]])


def test_erasing_edits_shows_the_prediction_again(project: ProjectStore) -> None:
    client = Client()
    finish(project)
    project.apply(client.paint(box(SHAPE, 0, 0, 50, 50), 1, layer="edits"))
    project.apply(client.operation("clear", layer="edits"))
    assert np.array_equal(project.edited_segmentation(), SEGMENTATION)


def test_a_result_is_outdated_while_the_labels_are_others(project: ProjectStore) -> None:
    client = Client()

    def outdated() -> bool:
        info = project.result()
        assert info is not None
        return info.outdated

    project.apply(client.paint(box(SHAPE, 0, 0, 10, 10)))
    finish(project)
    assert not outdated()
    project.apply(client.paint(box(SHAPE, 0, 0, 10, 10), layer="edits"))
    project.apply(client.operation("classes", classes=CLASSES))
    assert not outdated()
    project.apply(client.paint(box(SHAPE, 20, 0, 30, 10)))
    assert outdated()
    project.apply(client.operation("undo"))
    assert not outdated()
    project.apply(client.operation("redo"))
    assert outdated()


def test_a_result_belongs_to_the_labels_it_was_computed_from(project: ProjectStore) -> None:
    used = project.training_input()
    project.apply(Client().paint(box(SHAPE, 0, 0, 10, 10)))
    writer = project.begin_result(used, CLASSES)
    write_all(writer)
    writer.finish(12.5)
    info = project.result()
    assert info is not None
    assert (info.revision, info.outdated, info.seconds) == (0, True, 12.5)


def test_only_the_newest_complete_result_and_the_running_one_are_kept(project: ProjectStore) -> None:
    first = finish(project)
    writer = begin(project)
    assert folders(project) == sorted([first, writer.id])
    write_all(writer)
    writer.finish()
    assert folders(project) == [writer.id]
    with pytest.raises(NotFoundError, match="no such result any more"):
        project.read_result_tile(first, "segmentation", 0, 0, 0)
    complete = project.complete_result()
    assert complete is not None
    assert complete.id == writer.id


def test_a_cancelled_result_leaves_the_one_before(project: ProjectStore) -> None:
    first = finish(project)
    writer = begin(project)
    write_all(writer)
    writer.cancel()
    assert folders(project) == [first]
    info = project.result()
    assert info is not None
    assert (info.id, info.state) == (first, "complete")
    with pytest.raises(CancelledError):
        writer.write_tile(0, 0, SEGMENTATION[:256, :256], UNCERTAINTY[:256, :256])
    with pytest.raises(CancelledError):
        writer.finish()
    assert folders(project) == [first]


def test_beginning_a_result_cancels_the_running_one(project: ProjectStore) -> None:
    older = begin(project)
    newer = begin(project)
    assert folders(project) == [newer.id]
    with pytest.raises(CancelledError):
        older.finish()
    write_all(newer)
    newer.finish()
    assert folders(project) == [newer.id]


def test_results_are_there_the_next_day_and_cut_off_ones_are_gone(project: ProjectStore) -> None:
    client = Client()
    project.apply(client.paint(box(SHAPE, 0, 0, 10, 10)))
    complete = finish(project)
    before = project.result()
    cut_off = begin(project)
    write_all(cut_off)
    project._labelling.close()  # as if the process had ended here: the running result stays on the disk
    project._lock.release()
    assert folders(project) == sorted([complete, cut_off.id])
    again = ProjectStore.open(project.folder)
    assert folders(again) == [complete]
    assert again.result() == before
    assert np.array_equal(again.read_result_tile(complete, "segmentation", 0, 1, 2), SEGMENTATION[256:, 512:])
    again.close()
