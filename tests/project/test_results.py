"""Results: tiles while they are computed, fractions with labels and edits, what is kept and what goes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from sambaseg.errors import CancelledError, DamagedProjectError, NotFoundError, ParameterError
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.project.new_image import NewImage
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

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


def test_a_part_of_a_tile_leaves_the_rest_as_it_was_and_the_tile_to_be_done(project: ProjectStore) -> None:
    writer = begin(project)
    writer.write_part(0, 1, (16, 32), np.full((48, 64), 7, np.uint8), np.full((48, 64), 9, np.uint8))
    assert writer.done == frozenset()
    expected_yx = 7 * box((256, 256), 16, 32, 64, 96)
    assert np.array_equal(project.read_result_tile(writer.id, "segmentation", 0, 0, 1), expected_yx)
    assert project.read_result_tile(writer.id, "uncertainty", 0, 0, 1)[20, 40] == 9
    coarse_yx = project.read_result_tile(writer.id, "segmentation", 1, 0, 0)
    assert np.array_equal(coarse_yx[:128, 128:256], expected_yx[::2, ::2])
    write_all(writer)
    assert len(writer.done) == 6
    writer.finish()
    assert np.array_equal(project.edited_segmentation(), SEGMENTATION)


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


@pytest.fixture
def stack(workspace: Workspace, tmp_path: Path) -> ProjectStore:
    """A project of three images of one size."""
    (tmp_path / "upload").write_bytes(b"the file as it came")
    images = [NewImage.of(some_image(), tmp_path / "upload") for _ in range(3)]
    return workspace.create_project(images, name="Stack")


def reopened(workspace: Workspace, project: ProjectStore) -> ProjectStore:
    workspace.close()
    return workspace.open_project(project.id)


def write_some(writer: ResultWriter, *keys: tuple[int, int], segmentation_yx: np.ndarray = SEGMENTATION) -> None:
    for ty, tx in keys:
        part = np.s_[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
        writer.write_tile(ty, tx, segmentation_yx[part], UNCERTAINTY[part])


def test_results_of_different_images_are_independent(stack: ProjectStore, workspace: Workspace) -> None:
    writers = [stack.begin_result(stack.training_input(), CLASSES, image=image) for image in (0, 2)]
    assert len({writer.id for writer in writers}) == 2
    for writer in writers:
        write_all(writer, SEGMENTATION + np.uint8(writer.image))
    writers[0].finish()
    assert stack.result_states() == {0: "complete", 2: "running"}
    writers[1].finish()
    again = reopened(workspace, stack)
    assert again.result_states() == {0: "complete", 2: "complete"}
    assert again.result(1) is None
    with pytest.raises(NotFoundError, match="no segmentation"):
        again.edited_segmentation(1)
    for writer in writers:
        info = again.result(writer.image)
        assert info is not None
        assert (info.id, info.image) == (writer.id, writer.image)
        assert np.array_equal(again.edited_segmentation(writer.image), SEGMENTATION + np.uint8(writer.image))
        assert np.array_equal(
            again.read_result_tile(writer.id, "segmentation", 0, 1, 2),
            SEGMENTATION[256:, 512:] + np.uint8(writer.image),
        )
    again.apply(Client().paint(box(SHAPE, 0, 0, 9, 9), 1, image=1))
    assert again.result_states() == {0: "outdated", 2: "outdated"}
    again.remove_image(2)
    with pytest.raises(NotFoundError, match="no such result"):
        again.read_result_tile(writers[1].id, "segmentation", 0, 0, 0)
    assert not (again.folder / "results" / "2").exists()


def test_edits_count_on_their_own_image(stack: ProjectStore) -> None:
    for image in (0, 1):
        writer = stack.begin_result(None, CLASSES, image=image)
        write_all(writer)
        writer.finish()
    client = Client()
    for rows in (range(90, 110), range(90, 120)):  # the second time only what changed is looked at
        stack.apply(client.paint(box(SHAPE, rows.start, 0, rows.stop, 520), 1, layer="edits", image=1))
        infos = [stack.result(image) for image in (0, 1)]
        assert infos[0] is not None
        assert infos[0].fractions[0].edited == pytest.approx(2 / 3)
        assert infos[1] is not None
        assert infos[1].fractions[0].edited == pytest.approx(2 / 3 + 10 * 520 / PIXELS)
    assert (stack.edited_segmentation(1)[90:120] == 1).all()
    assert np.array_equal(stack.edited_segmentation(0), SEGMENTATION)


def test_bands_of_rows_are_the_rows_of_the_whole(project: ProjectStore) -> None:
    finish(project)
    project.apply(Client().paint(box(SHAPE, 250, 250, 260, 260), 2, layer="edits"))
    for y0, y1 in ((0, 300), (0, 256), (255, 258), (256, 300), (299, 300), (290, 999)):
        assert np.array_equal(project.read_edited(0, y0, y1), project.edited_segmentation()[y0:y1])
        assert np.array_equal(project.read_uncertainty(0, y0, y1), UNCERTAINTY[y0:y1])


def test_a_paused_result_goes_on_where_it_stopped(stack: ProjectStore, workspace: Workspace) -> None:
    writer = stack.begin_result(None, CLASSES, image=1, classifier_id="first", resume=True)
    assert writer.done == frozenset()
    write_some(writer, (0, 0), (1, 2), (0, 1))
    writer.pause()
    with pytest.raises(CancelledError):
        writer.write_tile(0, 0, SEGMENTATION[:256, :256], UNCERTAINTY[:256, :256])
    assert stack.result(1) is None
    assert stack.result_states() == {}
    again = reopened(workspace, stack)
    assert again.result(1) is None
    resumed = again.begin_result(None, CLASSES, image=1, classifier_id="first", resume=True)
    assert (resumed.id, resumed.done) == (writer.id, {(0, 0), (1, 2), (0, 1)})
    assert np.array_equal(again.read_result_tile(writer.id, "segmentation", 0, 0, 0), SEGMENTATION[:256, :256])
    write_some(resumed, (1, 0))
    resumed.pause()
    resumed = again.begin_result(None, CLASSES, image=1, classifier_id="first", resume=True)
    assert len(resumed.done) == 4
    write_some(resumed, *({(ty, tx) for ty in range(2) for tx in range(3)} - resumed.done))
    resumed.finish()
    assert np.array_equal(again.edited_segmentation(1), SEGMENTATION)
    assert np.array_equal(again.read_result_tile(writer.id, "segmentation", 2, 0, 0), coarsest_segmentation())
    info = again.result(1)
    assert info is not None
    assert (info.classifier_id, info.mean_uncertainty) == ("first", pytest.approx(0.1))
    assert [entry.predicted for entry in info.fractions] == pytest.approx([2 / 3, 1 / 3, 0])


def coarsest_segmentation() -> np.ndarray:
    """Return the coarsest level of the segmentation."""
    from sambaseg.images.reduction import halve

    return halve(halve(SEGMENTATION[np.newaxis], "label"), "label")[0]


@pytest.mark.parametrize(("classifier_id", "resume"), [("second", True), ("first", False), ("", True)])
def test_a_paused_result_is_not_taken_up_by_others(stack: ProjectStore, classifier_id: str, resume: bool) -> None:
    writer = stack.begin_result(None, CLASSES, image=1, classifier_id="first")
    write_some(writer, (0, 0))
    writer.pause()
    other = stack.begin_result(None, CLASSES, image=1, classifier_id=classifier_id, resume=resume)
    assert other.id != writer.id
    assert other.done == frozenset()
    assert [path.name for path in (stack.folder / "results" / "1").iterdir()] == [other.id]
    with pytest.raises(NotFoundError):
        stack.read_result_tile(writer.id, "segmentation", 0, 0, 0)


def test_a_result_without_a_classifier_id_is_not_taken_up(stack: ProjectStore) -> None:
    writer = stack.begin_result(None, CLASSES)
    write_some(writer, (0, 0))
    writer.pause()
    assert stack.begin_result(None, CLASSES, resume=True).id != writer.id


def test_pausing_before_anything_is_done_is_cancelling(stack: ProjectStore) -> None:
    stack.begin_result(None, CLASSES, classifier_id="first").pause()
    assert list((stack.folder / "results" / "0").iterdir()) == []


def test_the_complete_result_stays_beside_a_paused_one(stack: ProjectStore, workspace: Workspace) -> None:
    complete = finish(stack)
    writer = stack.begin_result(None, CLASSES, classifier_id="first")
    write_some(writer, (0, 0))
    writer.pause()
    assert folders(stack) == sorted([complete, writer.id])
    again = reopened(workspace, stack)
    info = again.result()
    assert info is not None
    assert (info.id, info.state) == (complete, "complete")
    assert folders(again) == sorted([complete, writer.id])
    resumed = again.begin_result(None, CLASSES, classifier_id="first", resume=True)
    write_all(resumed)
    resumed.finish()
    assert folders(again) == [writer.id]


def test_a_resumed_result_that_is_cut_off_is_not_trusted(stack: ProjectStore) -> None:
    writer = stack.begin_result(None, CLASSES, classifier_id="first")
    write_some(writer, (0, 0))
    writer.pause()
    resumed = stack.begin_result(None, CLASSES, classifier_id="first", resume=True)
    write_some(resumed, (0, 1))
    stack._labelling.close()  # as if the process had ended here
    stack._lock.release()
    again = ProjectStore.open(stack.folder)
    assert folders(again) == []
    assert again.begin_result(None, CLASSES, classifier_id="first", resume=True).done == frozenset()
    again.close()


def test_a_restarted_result_keeps_its_id_and_shows_tiles_until_they_are_new(project: ProjectStore) -> None:
    client = Client()
    project.apply(client.paint(box(SHAPE, 0, 0, 10, 10)))
    writer = project.begin_result(project.training_input(), CLASSES, classifier_id="first")
    write_some(writer, (0, 0), (0, 1))
    project.apply(client.paint(box(SHAPE, 0, 20, 10, 30), 2))
    writer.restart(project.training_input(), DEFAULT_CLASSES, "second")
    assert writer.done == frozenset()
    info = project.result()
    assert info is not None
    assert (info.id, info.state, info.revision, info.outdated) == (writer.id, "running", 2, False)
    assert (info.classes, info.classifier_id) == (DEFAULT_CLASSES, "second")
    assert np.array_equal(project.read_result_tile(writer.id, "segmentation", 0, 0, 1), SEGMENTATION[:256, 256:512])
    write_all(writer, np.full(SHAPE, 2, np.uint8))
    writer.finish()
    assert (project.edited_segmentation() == 2).all()
    info = project.result()
    assert info is not None
    assert (info.id, [entry.predicted for entry in info.fractions]) == (writer.id, [0.0, 1.0])
    with pytest.raises(CancelledError):
        writer.restart(project.training_input(), CLASSES)


def test_a_tile_that_is_written_again_counts_once(project: ProjectStore) -> None:
    writer = begin(project)
    write_all(writer, np.full(SHAPE, 7, np.uint8))
    write_all(writer)
    writer.finish()
    info = project.result()
    assert info is not None
    assert [entry.predicted for entry in info.fractions] == pytest.approx([2 / 3, 1 / 3, 0])


def test_a_result_with_holes_is_refused(project: ProjectStore) -> None:
    writer = begin(project)
    write_some(writer, (0, 0), (0, 1), (0, 2), (1, 0))
    with pytest.raises(ParameterError, match="lacks 2 of its tiles"):
        writer.finish()
    write_some(writer, (1, 1), (1, 2))
    writer.finish()


def test_a_result_whose_files_are_gone_says_so(project: ProjectStore, workspace: Workspace) -> None:
    result = finish(project)
    again = reopened(workspace, project)
    shutil.rmtree(again.folder / "results" / "0" / result)
    with pytest.raises(DamagedProjectError, match="result is damaged"):
        again.edited_segmentation()
    finish(again)
    assert np.array_equal(again.edited_segmentation(), SEGMENTATION)


KEYS = [(ty, tx) for ty in range(2) for tx in range(3)]


@given(
    order=st.permutations(KEYS),
    pauses=st.sets(st.integers(0, 6)),
    restart=st.none() | st.integers(0, 5),
    cut_off=st.none() | st.integers(0, 5),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_tiles_and_any_pauses_give_the_same_result(
    project: ProjectStore,
    order: list[tuple[int, int]],
    pauses: set[int],
    restart: int | None,
    cut_off: int | None,
) -> None:
    def take_up() -> ResultWriter:
        return project.begin_result(project.training_input(), CLASSES, classifier_id="one", resume=True)

    writer = take_up()
    place = 0
    while place < 6:
        if place in pauses:
            pauses.remove(place)
            writer.pause()
            writer = take_up()
        elif place == cut_off:
            cut_off = None
            writer.cancel()
            writer = take_up()
            assert writer.done == frozenset()
            place = 0
        elif place == restart:
            restart = None
            writer.restart(project.training_input(), CLASSES, "one")
            place = 0
        else:
            assert writer.done == frozenset(order[:place])
            wrong = restart is not None  # what comes before a restart is overwritten
            write_some(writer, order[place], segmentation_yx=np.full_like(SEGMENTATION, 7) if wrong else SEGMENTATION)
            place += 1
    writer.finish()
    assert np.array_equal(project.edited_segmentation(), SEGMENTATION)
    assert np.array_equal(project.uncertainty_array(), UNCERTAINTY)
    assert np.array_equal(project.read_result_tile(writer.id, "segmentation", 2, 0, 0), coarsest_segmentation())
    info = project.result()
    assert info is not None
    assert [entry.predicted for entry in info.fractions] == pytest.approx([2 / 3, 1 / 3, 0])
    assert info.mean_uncertainty == pytest.approx(0.1)
