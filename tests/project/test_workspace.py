"""The workspace: projects appear and go as a whole, ids are checked, leftovers are removed, parts become projects."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from sambaseg.errors import NotFoundError, ParameterError, ProjectBusyError, StorageError
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.crop import Rectangle
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

MakeProject = Callable[..., ProjectStore]


def leftovers(tmp_path: Path) -> list[str]:
    return [path.name for part in ("unfinished", "trash") for path in (tmp_path / "data" / part).iterdir()]


def test_projects_are_listed_the_last_changed_first(workspace: Workspace, make_project: MakeProject) -> None:
    names = ["Steel", "Bone", "Rock"]
    projects = {name: make_project(name=name) for name in names}
    for seconds, project in enumerate(projects.values()):
        for path in (project.folder / "project.json", project.folder / "log.sqlite"):
            os.utime(path, (seconds + 1e9, seconds + 1e9))
    assert [summary.name for summary in workspace.list_projects()] == ["Rock", "Bone", "Steel"]
    projects["Steel"].apply(Client().paint(box(SHAPE, 0, 0, 9, 9)))
    listed = workspace.list_projects()
    assert [summary.name for summary in listed] == ["Steel", "Rock", "Bone"]
    assert (listed[0].id, listed[0].height, listed[0].width) == (projects["Steel"].id, *SHAPE)


def test_opening_a_project_is_no_change(workspace: Workspace, make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project()
    project.apply(Client().paint(box(SHAPE, 0, 0, 9, 9)))
    workspace.close()
    before = Workspace(tmp_path / "data").list_projects()
    time.sleep(0.02)
    again = Workspace(tmp_path / "data")
    again.open_project(project.id)
    again.close()
    assert Workspace(tmp_path / "data").list_projects() == before


def test_damaged_projects_do_not_hide_the_others(workspace: Workspace, make_project: MakeProject) -> None:
    damaged, whole = make_project(), make_project()
    (damaged.folder / "project.json").write_text("{")
    (damaged.folder.parent / "something else").mkdir()
    assert [summary.id for summary in workspace.list_projects()] == [whole.id]


def test_an_open_project_stays_open(workspace: Workspace, project: ProjectStore) -> None:
    assert workspace.open_project(project.id) is project


@pytest.mark.parametrize(
    "project_id", ["", "..", "../projects", "a" * 31, "A" * 32, "0" * 32, "0" * 32 + "\n", "/etc", "x\x00"]
)
def test_ids_that_are_none_are_not_found(workspace: Workspace, project_id: str) -> None:
    for call in (workspace.open_project, workspace.delete_project, workspace.thumbnail):
        with pytest.raises(NotFoundError, match="no such project"):
            call(project_id)


def test_a_thumbnail_needs_no_opening(workspace: Workspace, project: ProjectStore) -> None:
    workspace.close()
    assert workspace.thumbnail(project.id).startswith(b"\x89PNG")


def test_a_deleted_project_is_gone(workspace: Workspace, make_project: MakeProject, tmp_path: Path) -> None:
    gone, stays = make_project(), make_project()
    workspace.delete_project(gone.id)
    assert not gone.folder.exists()
    assert leftovers(tmp_path) == []
    assert [summary.id for summary in workspace.list_projects()] == [stays.id]
    with pytest.raises(NotFoundError):
        workspace.open_project(gone.id)
    with pytest.raises(NotFoundError):
        workspace.delete_project(gone.id)


def test_a_project_that_another_process_uses_is_not_deleted(
    workspace: Workspace, project: ProjectStore, tmp_path: Path
) -> None:
    with pytest.raises(ProjectBusyError):
        Workspace(tmp_path / "data").delete_project(project.id)
    assert workspace.open_project(project.id).history().revision == 0


def test_a_failed_creation_leaves_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="could not be kept"):
        workspace.create_project([NewImage.of(some_image(), tmp_path / "missing")], name="Steel")
    source = tmp_path / "upload"
    source.write_bytes(b"")
    with pytest.raises(ParameterError, match="name"):
        workspace.create_project([NewImage.of(some_image(), source)], name=" ")
    assert leftovers(tmp_path) == []
    assert workspace.list_projects() == []


def test_leftovers_are_removed_unless_somebody_works_on_them(tmp_path: Path) -> None:
    Workspace(tmp_path / "data").close()
    for name in ("unfinished/abandoned", "unfinished/busy", "trash/half"):
        (tmp_path / "data" / name).mkdir()
        (tmp_path / "data" / name / "log.sqlite").write_bytes(b"")
    busy = FolderLock(tmp_path / "data" / "unfinished" / "busy", "making")
    Workspace(tmp_path / "data").close()
    assert leftovers(tmp_path) == ["busy"]
    busy.release()
    Workspace(tmp_path / "data").close()
    assert leftovers(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot be made"):
        Workspace(tmp_path / "file" / "data")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "int32"])
def test_a_part_of_a_project_is_a_project(workspace: Workspace, make_project: MakeProject, dtype: str) -> None:
    whole = make_project(some_image(dtype, channels=2))
    client = Client()
    whole.apply(client.paint(box(SHAPE, 0, 0, 60, 60), 2))
    whole.apply(client.operation("classes", classes=whole.classes()[1:]))
    whole.set_settings({"recipe": {"families": ["identity"]}})
    part = workspace.crop_project(whole.id, Rectangle(40, 50, 290, 500))
    assert part.description().name == "Steel (part)"
    assert np.array_equal(part.micrograph().array(), whole.micrograph().pixels_cyx[:, 40:290, 50:500])
    assert part.micrograph().pixels_cyx.dtype == np.dtype(dtype)
    assert np.array_equal(part.labels_array(), whole.labels_array()[40:290, 50:500])
    assert part.labels_array().sum() == 2 * 20 * 10
    assert part.classes() == whole.classes()
    assert part.settings() == whole.settings()
    image = part.description().image
    assert (image.height, image.width, image.pixel_size_um) == (250, 450, (0.5, 0.25))
    assert image.notes == ("This is a part of Steel sample.TIF: rows 40 to 289, columns 50 to 499.",)
    assert whole.history().revision == 2


@pytest.mark.parametrize(
    ("dtype", "channels"),
    [
        ("uint8", 1),
        ("uint8", 3),
        ("uint8", 4),
        ("uint16", 2),
        ("float32", 1),
        ("float64", 2),
        ("int32", 1),
        ("uint16", 3),
    ],
)
def test_the_file_of_a_part_reads_as_the_part(
    workspace: Workspace, make_project: MakeProject, tmp_path: Path, dtype: str, channels: int
) -> None:
    from sambaseg.images.reader import read_image

    whole = make_project(some_image(dtype, channels))
    part = workspace.crop_project(whole.id, Rectangle(10, 20, 30, 50), name="Corner").micrograph()
    again = read_image(workspace.open_project(workspace.list_projects()[0].id).original_file())
    assert again.pixels_cyx.dtype == np.dtype(dtype)
    assert np.array_equal(again.pixels_cyx, part.array())
    assert again.info.is_rgb == part.info.is_rgb == (channels == 3 and dtype == "uint8")
    assert again.info.pixel_size_um == pytest.approx((0.5, 0.25))
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("corners", [(10, 10, 10, 20), (20, 10, 10, 20), (0, 0, 301, 10), (0, -1, 10, 10)])
def test_rectangles_outside_the_image_are_refused(
    workspace: Workspace, project: ProjectStore, corners: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ParameterError, match="300 rows and 520 columns"):
        workspace.crop_project(project.id, Rectangle(*corners))
    assert len(workspace.list_projects()) == 1


def test_a_project_of_one_pixel_works(make_project: MakeProject) -> None:
    project = make_project(Micrograph.from_array(np.full((1, 1), 5, dtype=np.uint8)))
    project.apply(Client().paint(np.ones((1, 1), dtype=bool)))
    assert project.labels_array().tolist() == [[1]]
    assert project.read_image_tile(0, 0, 0).tolist() == [[[5]]]
