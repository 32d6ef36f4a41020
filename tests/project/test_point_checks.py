"""Checks by points: kept with their image whatever comes, and weighed against the segmentation as it is now."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from project.test_results import CLASSES, SEGMENTATION, write_all
from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import parse_steps
from sambaseg.errors import DamagedProjectError, NotFoundError, SegmentationChangedError, UnknownClassError
from sambaseg.project.cleaned import CleaningRoom
from sambaseg.project.copying import copy_project
from sambaseg.project.new_image import NewImage
from sambaseg.project.point_checks import DrawnCheck, PointChecks
from sambaseg.project.results import Result
from sambaseg.project.store import ProjectStore
from sambaseg.project.tables import ImageFacts, ImageRow, ImageTable
from sambaseg.project.workspace import Workspace
from sambaseg.trust.point_check import UNSURE, PointCheck
from sambaseg.trust.point_estimate import estimate_by_points

STEPS = parse_steps("majority:2")
OTHER = np.where(np.indices(SHAPE)[1] < 260, 1, 2).astype(np.uint8)


def segment(project: ProjectStore, classes_yx: np.ndarray = SEGMENTATION, *, image: int = 0, cleaned=False) -> None:
    """Give an image a complete result."""
    writer = project.begin_result(project.training_input(), CLASSES, image=image)
    write_all(writer, classes_yx)
    if cleaned:
        writer.clean(STEPS, CleaningRoom(2**30))
    writer.finish()


@pytest.fixture
def segmented(project: ProjectStore) -> ProjectStore:
    """A project whose image has a result of the classes 1 (lower part) and 2 (upper part)."""
    segment(project)
    return project


@pytest.fixture
def pair(workspace: Workspace, tmp_path: Path) -> ProjectStore:
    """A project of two images with a result each."""
    source = tmp_path / "upload"
    source.write_bytes(b"a file")
    project = workspace.create_project([NewImage.of(some_image(), source), NewImage.of(some_image(), source)], name="2")
    segment(project)
    segment(project, image=1)
    return project


def draw(project: ProjectStore, count: int = 40, image: int = 0) -> DrawnCheck:
    return project.point_checks.draw(image, count, seed=3)


def answer_all(project: ProjectStore, drawn: DrawnCheck, truth_yx: np.ndarray, image: int = 0) -> DrawnCheck:
    """Answer each point by the truth."""
    for number, point in enumerate(drawn.check.points):
        drawn = project.point_checks.answer(image, drawn.id, number, int(truth_yx[point.y, point.x]))
    return drawn


def expected_estimate(check: PointCheck, segmented_yx: np.ndarray):
    """Return what the answers say of a segmentation that is in memory."""
    predicted = [int(segmented_yx[point.y, point.x]) for point in check.points]
    counts = np.bincount(segmented_yx.ravel(), minlength=256)
    return estimate_by_points(check, predicted, {int(k): int(counts[k]) for k in np.flatnonzero(counts)})


def answers_of(drawn: DrawnCheck | None) -> list[int | None]:
    assert drawn is not None
    return [point.answer for point in drawn.check.points]


def test_without_a_segmentation_there_is_nothing_to_check(project: ProjectStore) -> None:
    assert project.point_checks.of(0) is None
    with pytest.raises(NotFoundError, match="no segmentation yet") as refused:
        draw(project)
    assert refused.value.hint == "Train first."
    assert project.point_checks.of(0) is None
    with pytest.raises(NotFoundError, match="no image 7"):
        project.point_checks.draw(7, 40, seed=0)


def test_points_are_drawn_within_the_classes_that_are_shown(segmented: ProjectStore) -> None:
    segmented.apply(Client().paint(box(SHAPE, 240, 200, 300, 520), 1, layer="edits"))
    segmented.apply(Client("other").paint(box(SHAPE, 0, 0, 30, 40), 1, layer="edits"))
    drawn = draw(segmented)
    shown_yx = segmented.edited_segmentation()
    assert len(drawn.check.points) == 40
    assert all(shown_yx[point.y, point.x] == point.stratum for point in drawn.check.points)
    counts = np.bincount(shown_yx.ravel())
    assert drawn.check.areas == {1: counts[1], 2: counts[2]}
    assert segmented.point_checks.of(0) == drawn


def test_of_cleaned_classes_the_cleaned_ones_are_checked(project: ProjectStore) -> None:
    specks_yx = np.where(np.random.default_rng(2).random(SHAPE) < 0.1, 7, SEGMENTATION).astype(np.uint8)
    segment(project, specks_yx, cleaned=True)
    cleaned_yx = clean_classes(specks_yx, [entry.id for entry in CLASSES], STEPS)
    assert (cleaned_yx != specks_yx).mean() > 0.05
    drawn = draw(project, 300)
    assert all(cleaned_yx[point.y, point.x] == point.stratum for point in drawn.check.points)
    project.apply(Client().operation("classes", classes=CLASSES))
    drawn = answer_all(project, drawn, specks_yx)
    assert project.point_checks.estimate(0, drawn) == expected_estimate(drawn.check, cleaned_yx)
    project.cleaning.set_steps(STEPS)
    project.cleaning.set_steps(())  # the predicted classes are back
    assert project.point_checks.estimate(0, drawn) == expected_estimate(drawn.check, specks_yx)


def test_answers_outlive_the_server_and_go_with_copies(
    segmented: ProjectStore, workspace: Workspace, tmp_path: Path
) -> None:
    drawn = draw(segmented)
    segmented.point_checks.answer(0, drawn.id, 3, 2)
    segmented.point_checks.answer(0, drawn.id, 5, UNSURE)
    known = segmented.point_checks.of(0)
    assert [number for number, answer in enumerate(answers_of(known)) if answer is not None] == [3, 5]
    target = tmp_path / "copy"
    target.mkdir()
    copy_project(segmented.folder, target)
    copied = ProjectStore.open(target)
    assert copied.point_checks.of(0) == known
    copied.close()
    project_id = segmented.id
    workspace.close()
    again = Workspace(tmp_path / "data")
    assert again.open_project(project_id).point_checks.of(0) == known
    again.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 11), st.sampled_from([1, 2, UNSURE, None])), max_size=25))
def test_any_answers_are_told_as_they_were_given_last(
    segmented: ProjectStore, steps: list[tuple[int, int | None]]
) -> None:
    drawn = draw(segmented, 12)
    expected: list[int | None] = [None] * 12
    for number, answer in steps:
        expected[number] = answer
        assert answers_of(segmented.point_checks.answer(0, drawn.id, number, answer)) == expected
    assert answers_of(segmented.point_checks.of(0)) == expected
    assert replace(drawn.check, points=()) == replace(segmented.point_checks.of(0).check, points=())


def test_people_who_answer_at_once_lose_nothing(segmented: ProjectStore) -> None:
    drawn = draw(segmented, 48)
    together = threading.Barrier(6)

    def answer(first: int) -> None:
        together.wait(20)
        for number in range(first, 48, 6):
            segmented.point_checks.answer(0, drawn.id, number, 1 + number % 2)

    people = [threading.Thread(target=answer, args=(first,)) for first in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert answers_of(segmented.point_checks.of(0)) == [1, 2] * 24


def test_points_that_were_drawn_anew_are_not_answered_by_who_has_the_former(segmented: ProjectStore) -> None:
    former = draw(segmented)
    present = segmented.point_checks.draw(0, 20, seed=4)
    assert former.id != present.id
    with pytest.raises(NotFoundError, match="These points are no more"):
        segmented.point_checks.answer(0, former.id, 0, 1)
    with pytest.raises(NotFoundError, match="no point 20"):
        segmented.point_checks.answer(0, present.id, 20, 1)
    assert segmented.point_checks.of(0) == present
    segmented.point_checks.forget(0)
    segmented.point_checks.forget(0)
    assert segmented.point_checks.of(0) is None
    with pytest.raises(NotFoundError, match="These points are no more"):
        segmented.point_checks.answer(0, present.id, 0, 1)


def test_a_class_that_the_project_lacks_is_no_answer(segmented: ProjectStore) -> None:
    drawn = draw(segmented)
    with pytest.raises(UnknownClassError, match="no class 9; it has 1, 2"):
        segmented.point_checks.answer(0, drawn.id, 0, 9)
    assert segmented.point_checks.of(0) == drawn


def test_answers_of_a_deleted_class_do_not_count_until_it_is_back(segmented: ProjectStore) -> None:
    drawn = answer_all(segmented, draw(segmented, 12), SEGMENTATION)
    answers, client = answers_of(drawn), Client()
    assert set(answers) == {1, 2}
    segmented.apply(client.operation("classes", classes=CLASSES[:1]))
    left = segmented.point_checks.answer(0, drawn.id, 0, UNSURE)
    assert set(answers_of(left)) == {1, None, UNSURE}
    assert segmented.point_checks.of(0) == left
    assert segmented.point_checks.estimate(0, left) is None
    segmented.apply(client.operation("undo"))
    assert answers_of(segmented.point_checks.of(0)) == [UNSURE, *answers[1:]]


def test_ten_answers_say_something_of_the_segmentation_with_its_edits(segmented: ProjectStore) -> None:
    truth_yx = np.where(np.indices(SHAPE)[0] < 150, 2, 1)
    drawn = draw(segmented, 40)
    for number in range(9):
        drawn = segmented.point_checks.answer(
            0, drawn.id, number, int(truth_yx[drawn.check.points[number].y, drawn.check.points[number].x])
        )
    assert segmented.point_checks.estimate(0, drawn) is None
    drawn = answer_all(segmented, drawn, truth_yx)
    before = segmented.point_checks.estimate(0, drawn)
    assert before == expected_estimate(drawn.check, SEGMENTATION)
    assert before.accuracy.value < 1
    segmented.apply(Client().paint(box(SHAPE, 100, 0, 150, 520), 2, layer="edits"))
    after = segmented.point_checks.estimate(0, drawn)
    assert after == expected_estimate(drawn.check, truth_yx)
    assert after.accuracy.value == 1
    segmented.apply(Client("other").operation("clear", layer="edits"))
    assert segmented.point_checks.estimate(0, drawn) == before


def test_answers_count_for_what_is_segmented_later(segmented: ProjectStore) -> None:
    drawn = answer_all(segmented, draw(segmented), OTHER)
    assert segmented.point_checks.estimate(0, drawn) == expected_estimate(drawn.check, SEGMENTATION)
    segment(segmented, OTHER)
    assert segmented.point_checks.of(0) == drawn
    estimate = segmented.point_checks.estimate(0, drawn)
    assert estimate == expected_estimate(drawn.check, OTHER)
    assert estimate.accuracy.value == 1


def test_a_result_that_is_running_does_not_count_yet(segmented: ProjectStore) -> None:
    drawn = answer_all(segmented, draw(segmented), OTHER)
    before = segmented.point_checks.estimate(0, drawn)
    writer = segmented.begin_result(segmented.training_input(), CLASSES)
    write_all(writer, OTHER)
    assert segmented.point_checks.estimate(0, drawn) == before
    assert draw(segmented).check.areas == drawn.check.areas
    writer.cancel()


def test_each_image_has_its_own_and_it_goes_with_the_image(pair: ProjectStore) -> None:
    first, second = draw(pair, image=0), draw(pair, image=1)
    second = pair.point_checks.answer(1, second.id, 0, 2)
    assert pair.point_checks.of(0) == first
    pair.remove_image(0)
    assert pair.point_checks.of(0) is None
    assert pair.point_checks.of(1) == second
    for refused in (
        lambda: pair.point_checks.answer(0, first.id, 0, 1),
        lambda: pair.point_checks.forget(0),
        lambda: draw(pair, image=0),
    ):
        with pytest.raises(NotFoundError, match="no image 0"):
            refused()
    keys = [row[0] for row in pair._labelling._log.database.read("SELECT key FROM facts WHERE key LIKE 'image:%'")]
    assert keys == ["image:1:point_check"]


def test_an_image_that_goes_while_points_are_drawn_leaves_nothing(
    pair: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Result.read_edited

    def removing(self: Result, *arguments):
        monkeypatch.undo()
        pair.remove_image(0)
        return read(self, *arguments)

    monkeypatch.setattr(Result, "read_edited", removing)
    with pytest.raises(NotFoundError, match="no image 0"):
        draw(pair)
    assert pair.point_checks.of(0) is None


def test_an_image_that_goes_when_points_were_drawn_leaves_nothing(
    pair: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_newest = PointChecks._is_newest

    def then_remove(self: PointChecks, result: Result) -> bool:
        found = is_newest(self, result)
        pair.remove_image(0)
        return found

    monkeypatch.setattr(PointChecks, "_is_newest", then_remove)
    with pytest.raises(NotFoundError, match="no image 0"):
        draw(pair)
    assert pair.point_checks.of(0) is None


def test_only_the_facts_of_the_removed_image_go(project: ProjectStore) -> None:
    database = project._labelling._log.database
    ImageTable(database).add([ImageRow(image, SHAPE) for image in range(1, 12)])
    facts = ImageFacts(database, "point_check")
    assert all(facts.change(image, lambda _, image=image: {"of": image}) for image in range(12))
    project._labelling._layers.shapes.update(dict.fromkeys(range(12), SHAPE))
    project._labelling.remove_image(1)
    assert [facts.read(image) for image in (0, 1, 10, 11)] == [{"of": 0}, None, {"of": 10}, {"of": 11}]
    assert not facts.change(1, lambda _: {})
    assert facts.read(1) is None


def test_a_result_that_goes_while_points_are_drawn_gives_way_to_the_newer_one(
    segmented: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Result.read_edited

    def replacing(self: Result, *arguments):
        if arguments[1] == 256:
            monkeypatch.setattr(Result, "read_edited", read)
            segment(segmented, OTHER)
        return read(self, *arguments)

    monkeypatch.setattr(Result, "read_edited", replacing)
    drawn = draw(segmented)
    assert drawn.check.areas == {1: 260 * 300, 2: 260 * 300}
    assert all(OTHER[point.y, point.x] == point.stratum for point in drawn.check.points)

    def always(self: Result, *arguments):
        segment(segmented, OTHER)
        return read(self, *arguments)

    monkeypatch.setattr(Result, "read_edited", always)
    with pytest.raises(SegmentationChangedError, match="again and again"):
        draw(segmented)
    assert segmented.point_checks.of(0) == drawn


def test_a_damaged_result_is_said_to_be_so(segmented: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_):
        raise DamagedProjectError("A result is damaged.")

    monkeypatch.setattr(Result, "read_edited", fail)
    with pytest.raises(DamagedProjectError):
        draw(segmented)


def test_each_tile_with_answers_is_read_once(segmented: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw(segmented, 12)
    for number in range(10):
        drawn = segmented.point_checks.answer(0, drawn.id, number, 1)
    read, seen = Result.read_tile, []

    def noting(self: Result, *arguments):
        seen.append(arguments)
        return read(self, *arguments)

    monkeypatch.setattr(Result, "read_tile", noting)
    segmented.point_checks.estimate(0, drawn)
    asked = [(point.y // 256, point.x // 256) for point in drawn.check.points[:10]]
    assert [arguments[2:] for arguments in seen] == asked
    segmented.point_checks.estimate(0, drawn)
    assert len(seen) == 10
    drawn = segmented.point_checks.answer(0, drawn.id, 10, 1)
    segmented.point_checks.estimate(0, drawn)
    assert len(seen) == 11


def test_what_is_stored_and_not_understood_is_damage(segmented: ProjectStore) -> None:
    facts = ImageFacts(segmented._labelling._log.database, "point_check")
    for stored in ({}, {"id": "a", "drawn": "b", "areas": {"x": 1}, "points": []}, {"id": 1, "drawn": "", "areas": []}):
        assert facts.change(0, lambda _, stored=stored: stored)
        with pytest.raises(DamagedProjectError, match="not understood"):
            segmented.point_checks.of(0)
