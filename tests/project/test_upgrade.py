"""Projects of format 1, which held one image, become projects of format 2 and lose nothing, whenever that is cut off.

``data/project_format_1.zip`` was made by version 0.4.0 of this project: an image of 16 bits in steps of 30 by 25 px,
strokes, edits, a class more, undo and redo, snapshots every five operations, a complete result.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import apsw
import numpy as np
import pytest

from project.recording_disk import RecordingDisk, leave_after_crash
from project.strokes import Client, box
from sambaseg.errors import DamagedProjectError
from sambaseg.project import upgrade
from sambaseg.project.check import check_log, check_project
from sambaseg.project.database import Database
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import LAYERS
from sambaseg.project.schema import upgrade_from_1
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

OLD = Path(__file__).parent / "data" / "project_format_1.zip"
SHAPE = (270, 300)
PIXELS = (np.add.outer(np.arange(270) // 30, np.arange(300) // 25) * 10).astype(np.uint16)
RESULT = "6025307cd35e369a357ac83dfe17ca50"
SUMS = {"labels": [0, 1600, 13300, 13300, 13300, 34300, 34200, 37200, 34200, 34320, 34200]}
SUMS["edits"] = [0, 0, 0, *[7200] * 8]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of a project of format 1."""
    folder = tmp_path / "data" / "projects" / ("a" * 32)
    with zipfile.ZipFile(OLD) as stored:
        stored.extractall(folder)
    return folder


def check_upgraded(folder: Path) -> None:
    """Check that a project has all that the old one had."""
    project = ProjectStore.open(folder)
    described = project.description()
    assert (described.name, described.kind, described.created[:4]) == ("From before", "single", "2026")
    image = described.image
    assert (image.id, image.name, image.state, image.linked) == (0, "Steel.tif", "ready", False)
    assert (image.file_name, image.pixel_size_um, image.dtype) == ("Steel.tif", (0.5, 0.25), "uint16")
    assert (image.value_range[0].low, image.value_range[0].high) == (0, 190)
    assert np.array_equal(project.micrograph().array()[0], PIXELS)
    assert project.read_image_tile(1, 0, 0).shape == (1, 135, 150)
    assert project.original_file().read_bytes() == b"the file as it came"
    assert project.thumbnail().startswith(b"\x89PNG")
    for layer in LAYERS:
        sums = [int(project.labels_at(revision, layer).sum(dtype=int)) for revision in range(11)]
        assert sums == SUMS[layer]
    history = project.history()
    assert (history.revision, history.undo_name, history.undo_image) == (10, "erasing in all classes", 0)
    assert (history.redo_name, history.redo_image) == ("painting in Class 1", 0)
    assert [entry.id for entry in project.classes()] == [1, 2, 7]
    assert project.settings() == {"recipe": {"families": ["identity"]}}
    result = project.result()
    assert result is not None
    assert (result.id, result.image, result.state, result.revision, result.outdated) == (
        RESULT,
        0,
        "complete",
        6,
        False,
    )
    assert (result.seconds, result.mean_uncertainty) == (2.5, pytest.approx(0.1))
    assert result.fractions[1].edited == 0.5
    edited_yx = np.where(box(SHAPE, 0, 0, 135, 300), 2, 1)
    edited_yx[100:120, 100:280] = 2
    assert np.array_equal(project.edited_segmentation(), edited_yx)
    project.close()
    assert check_project(folder).problems == ()


def test_a_project_of_format_1_has_all_it_had(old: Path) -> None:
    check_upgraded(old)
    check_upgraded(old)  # and again, now as format 2
    names = sorted(path.name for path in old.iterdir())
    assert "image" not in names
    assert "thumbnail.png" not in names
    assert json.loads((old / "project.json").read_text())["format"] == 2


def test_work_goes_on_where_it_was(old: Path) -> None:
    project = ProjectStore.open(old)
    stroke = Client("client-old", first=10).paint(box(SHAPE, 5, 250, 9, 280), 1)
    again = project.apply(stroke)  # it was acknowledged by the old version, and the answer was lost
    assert (again.duplicate, again.revision) == (True, 9)
    assert project.apply(Client().operation("redo")).history.undo_name == "painting in Class 1"
    assert int(project.labels_array().sum(dtype=int)) == 34320
    project.close()
    assert check_project(old).problems == ()


def test_it_is_listed_before_it_was_opened(old: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data")
    (summary,) = workspace.list_projects()
    assert (summary.name, summary.kind, summary.images, summary.width, summary.height) == (
        "From before",
        "single",
        1,
        300,
        270,
    )
    assert (old / "image").exists()
    assert workspace.thumbnail("a" * 32).startswith(b"\x89PNG")
    workspace.close()


@pytest.mark.parametrize("step", ["_move_image", "_move_results", "upgrade_from_1", "insert_results", "description"])
@pytest.mark.parametrize("before", [True, False])
def test_an_upgrade_that_was_cut_off_is_completed(
    old: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    owner, name = (upgrade.StoredDescription, "write") if step == "description" else (upgrade, step)
    real = getattr(owner, name)

    def cut_off(*values: object) -> object:
        if not before:
            real(*values)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut_off)
        with pytest.raises(KeyboardInterrupt):
            ProjectStore.open(old)
    check_upgraded(old)


def test_results_that_were_cut_off_or_replaced_are_gone(old: Path) -> None:
    older, cut_off = "b" * 32, "c" * 32
    for name in (older, cut_off):
        shutil.copytree(old / "results" / RESULT, old / "results" / name)
    values = json.loads((old / "results" / older / "result.json").read_text())
    (old / "results" / older / "result.json").write_text(json.dumps({**values, "id": older, "number": 0}))
    (old / "results" / cut_off / "result.json").unlink()
    check_upgraded(old)
    assert [path.name for path in (old / "results" / "0").iterdir()] == [RESULT]


def test_a_log_of_format_1_is_not_changed_without_its_project(old: Path) -> None:
    with pytest.raises(DamagedProjectError, match="format 2, not 1"):
        OperationLog.open(old / "log.sqlite")
    with pytest.raises(DamagedProjectError, match="format 2, not 1"):
        check_project(old)
    check_upgraded(old)


def test_a_log_that_is_damaged_stays_as_it_is(old: Path) -> None:
    connection = apsw.Connection(str(old / "log.sqlite"))
    connection.execute("DELETE FROM facts WHERE key = 'shape_yx'")
    connection.close()
    before = (old / "log.sqlite").read_bytes()
    with pytest.raises(DamagedProjectError):
        ProjectStore.open(old)
    assert (old / "log.sqlite").read_bytes()[100:] == before[100:]


def test_the_log_is_old_or_new_when_the_power_goes(old: Path, tmp_path: Path) -> None:
    path = old / "log.sqlite"
    before = {path: path.read_bytes()}
    disk = RecordingDisk("upgrade")
    Database.open(path, upgrade=lambda connection: upgrade_from_1(connection, "{}"), vfs=disk.name).close()
    disk.unregister()
    seen = set()
    for moment in range(0, len(disk.events) + 1, 3):
        folder = tmp_path / f"crash-{moment}"
        folder.mkdir()
        leave_after_crash(disk.events[:moment], before, folder, seed=moment)
        raw = apsw.Connection(str(folder / "log.sqlite"))
        seen.add(raw.pragma("user_version"))
        raw.close()
        database = Database.open(folder / "log.sqlite", upgrade=lambda connection: upgrade_from_1(connection, "{}"))
        log = OperationLog(database)
        checked = check_log(log)
        assert (checked.problems, checked.revision) == ((), 10)
        assert ("client-old", 10) in checked.acknowledged
        log.close()
    assert seen == {1, 2}
