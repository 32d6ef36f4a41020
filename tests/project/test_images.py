"""Several images in a project: added, put in order, removed, made into tiles when asked for, linked and lost."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from sambaseg.errors import (
    BrokenImageError,
    ImageFileChangedError,
    MissingFileError,
    NotFoundError,
    ParameterError,
    SambasegError,
    StorageError,
)
from sambaseg.images.building import PyramidBuild
from sambaseg.images.inspection import inspect_image
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.check import check_project
from sambaseg.project.linked_file import LinkedFile
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

MakeProject = Callable[..., ProjectStore]


def pixels_of(seed: int, shape: tuple[int, int] = (700, 600)) -> np.ndarray:
    return np.random.default_rng(seed).integers(10, 200, shape).astype(np.uint8)


def tiff_file(path: Path, *pages_yx: np.ndarray, tiled: bool = True) -> Path:
    """Write pages as a TIFF that can be read by parts where it is `tiled`."""
    with tifffile.TiffWriter(path) as writer:
        for page_yx in pages_yx:
            writer.write(page_yx, tile=(256, 256) if tiled else None, compression="zlib", metadata=None)
    return path


def new_image(path: Path, page: int = 0, *, link: bool = False, name: str | None = None) -> NewImage:
    """Return an image of a file as it is found, before it is decoded."""
    found = inspect_image(path, page=page)
    shown = name or (path.name if found.info.pages == 1 else f"{path.name} · {page + 1}")
    return NewImage(path, page, shown, found.info, found.contrast, found.value_range, link=link)


def reopened(workspace: Workspace, project: ProjectStore) -> ProjectStore:
    workspace.close()
    return workspace.open_project(project.id)


@pytest.fixture
def stack(workspace: Workspace, tmp_path: Path) -> ProjectStore:
    """A stack of three pages of one file, which was uploaded."""
    path = tiff_file(tmp_path / "stack.tif", *(pixels_of(seed) for seed in range(3)))
    return workspace.create_project([new_image(path, page) for page in range(3)], name="Stack")


@pytest.fixture
def linked(workspace: Workspace, tmp_path: Path) -> ProjectStore:
    """A project of a linked file that can be read by parts."""
    path = tiff_file(tmp_path / "here.tif", pixels_of(1))
    return workspace.create_project([new_image(path, link=True)], name="Linked")


def test_pages_become_images_that_share_their_file(stack: ProjectStore) -> None:
    described = stack.description()
    assert described.kind == "stack"
    assert [image.name for image in described.images] == ["stack.tif · 1", "stack.tif · 2", "stack.tif · 3"]
    assert [(image.id, image.state, image.page) for image in described.images] == [
        (0, "new", 0),
        (1, "new", 1),
        (2, "new", 2),
    ]
    assert len(list((stack.folder / "original").iterdir())) == 1
    assert stack.original_file(2) == stack.original_file(0)


def test_tiles_are_made_when_they_are_asked_for(stack: ProjectStore, workspace: Workspace) -> None:
    states: list[tuple[int, str]] = []
    stack.on_image_change(lambda image: states.append((image, stack.image(image).state)))
    assert np.array_equal(stack.read_image_tile(0, 2, 1, image=1)[0], pixels_of(1)[512:, 256:512])
    stack.ensure_image(1, wait=True)
    assert states == [(1, "building"), (1, "ready")]
    assert [image.state for image in stack.description().images] == ["new", "ready", "new"]
    assert (stack.image_progress(0), stack.image_progress(1)) == (0.0, 1.0)
    assert np.array_equal(stack.micrograph(1).array()[0], pixels_of(1))
    described = stack.image(1)
    assert len(described.sha256) == 64
    assert (described.value_range[0].low, described.value_range[0].high) == (10, 199)
    again = reopened(workspace, stack)
    assert [image.state for image in again.description().images] == ["new", "ready", "new"]
    assert again.image(1) == described
    assert np.array_equal(again.micrograph(2).array()[0], pixels_of(2))


def test_an_image_that_was_being_made_when_the_process_ended_is_made_anew(
    stack: ProjectStore, workspace: Workspace
) -> None:
    half = stack.folder / "images" / "0"
    (half / "0").mkdir(parents=True)
    (half / "zarr.json").write_text("{}")
    again = reopened(workspace, stack)
    assert np.array_equal(again.read_image_tile(0, 0, 0)[0], pixels_of(0)[:256, :256])


def test_many_tiles_at_once_wait_for_one_build(stack: ProjectStore) -> None:
    found: dict[int, np.ndarray] = {}
    keys = [(ty, tx) for ty in range(3) for tx in range(3)]

    def read(number: int) -> None:
        found[number] = stack.read_image_tile(0, *keys[number % 9], image=number % 3)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(27)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, tile_cyx in found.items():
        (ty, tx), page = keys[number % 9], pixels_of(number % 3)
        assert np.array_equal(tile_cyx[0], page[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256])
    assert len(found) == 27


def test_tiles_that_no_image_has_are_refused_at_once(stack: ProjectStore) -> None:
    for tile in ((0, 3, 0), (3, 0, 0), (-1, 0, 0), (0, 0, -1)):
        with pytest.raises(ParameterError):
            stack.read_image_tile(*tile)
    assert stack.image(0).state == "new"


@pytest.mark.parametrize("image", [-1, 3, 99])
def test_images_that_are_none_are_not_found(stack: ProjectStore, image: int) -> None:
    calls: list[Callable[[], object]] = [
        lambda: stack.image(image),
        lambda: stack.read_image_tile(0, 0, 0, image=image),
        lambda: stack.read_label_tile("labels", 0, 0, image=image),
        lambda: stack.micrograph(image),
        lambda: stack.layer_tiles(image),
        lambda: stack.labels().of(image),
        lambda: stack.labels_array(image=image),
        lambda: stack.import_labels(np.ones((700, 600), np.uint8), mode="add", image=image),
        lambda: stack.begin_result(None, stack.classes(), image=image),
        lambda: stack.result(image),
        lambda: stack.complete_result(image),
        lambda: stack.edited_segmentation(image),
        lambda: stack.thumbnail(image),
        lambda: stack.remove_image(image),
        lambda: stack.rename_image(image, "x"),
        lambda: stack.relink(image, Path("x")),
        lambda: stack.ensure_image(image, wait=True),
        lambda: stack.image_progress(image),
        lambda: stack.original_file(image),
        lambda: stack.set_pixel_size((1, 1), image=image) if image != 99 else stack.image(image),
        lambda: stack.apply(Client().paint(box((700, 600), 0, 0, 9, 9), image=image)),
    ]
    for call in calls[:-2]:
        with pytest.raises(NotFoundError, match="no image"):
            call()
    with pytest.raises(NotFoundError, match="no image"):
        calls[-1]()
    assert stack.history().revision == 0


def test_kinds_follow_from_the_images(workspace: Workspace, tmp_path: Path) -> None:
    small, same = (NewImage.of(some_image(), tmp_path / "upload") for _ in range(2))
    other = NewImage.of(Micrograph.from_array(np.zeros((9, 9), np.uint8)), tmp_path / "upload")
    colours = NewImage.of(some_image(channels=3), tmp_path / "upload")
    (tmp_path / "upload").write_bytes(b"any file")
    made = [
        workspace.create_project(images, name="x", kind=kind).description().kind
        for images, kind in [
            ([small], None),
            ([small, same], None),
            ([small, other], None),
            ([small, colours], None),
            ([small, same], "set"),
        ]
    ]
    assert made == ["single", "stack", "set", "set", "set"]
    project = workspace.create_project([small], name="x")
    project.add_images([same])
    assert project.description().kind == "stack"
    project.add_images([other])
    assert project.description().kind == "set"
    with pytest.raises(ParameterError, match="one image at least"):
        workspace.create_project([], name="x")


def test_images_are_added_and_removed_and_ids_are_never_given_twice(
    stack: ProjectStore, workspace: Workspace, tmp_path: Path
) -> None:
    client = Client()
    stack.apply(client.paint(box((700, 600), 0, 0, 9, 9), 1, image=2))
    assert stack.add_images([NewImage.of(some_image(), tiff_file(tmp_path / "b.tif", pixels_of(9)))]) == (3,)
    stack.apply(client.paint(box(SHAPE, 0, 0, 9, 9), 2, image=3))
    stack.remove_image(3)
    stack.remove_image(2)
    assert [image.id for image in stack.description().images] == [0, 1]
    assert not (stack.folder / "images" / "3").exists()
    again = reopened(workspace, stack)
    assert again.add_images([NewImage.of(some_image(), tmp_path / "b.tif")]) == (4,)
    assert [image.id for image in again.description().images] == [0, 1, 4]
    assert again.labels().labelled_images() == []
    assert workspace.list_projects()[0].images == 3
    for image in (1, 4):
        again.remove_image(image)
    with pytest.raises(ParameterError, match="one image at least"):
        again.remove_image(0)
    assert again.description().kind == "single"
    workspace.close()
    assert check_project(stack.folder).problems == ()


def test_a_file_goes_with_the_last_image_that_was_made_from_it(stack: ProjectStore, tmp_path: Path) -> None:
    original = stack.original_file(0)
    stack.add_images([NewImage.of(some_image(), original)])  # the same content, as another file
    stack.add_images([NewImage.of(some_image(), tiff_file(tmp_path / "b.tif", pixels_of(9)))])
    assert len(list(original.parent.iterdir())) == 2
    for image in range(4):
        assert original.exists()
        stack.remove_image(image)
    assert not original.exists()
    assert stack.original_file(4).exists()


def test_the_order_can_be_changed_and_stays(stack: ProjectStore, workspace: Workspace) -> None:
    assert stack.description().image.id == 0
    stack.reorder([2, 0, 1])
    assert stack.description().image.id == 2
    again = reopened(workspace, stack)
    assert [image.id for image in again.description().images] == [2, 0, 1]
    assert workspace.thumbnail(stack.id) == again.thumbnail(2)
    assert workspace.thumbnail(stack.id) != again.thumbnail(0)
    for order in ([0, 1], [0, 1, 2, 3], [0, 1, 1], []):
        with pytest.raises(ParameterError, match="each image"):
            again.reorder(order)
    assert [image.id for image in again.description().images] == [2, 0, 1]


def test_images_have_names_of_their_own(stack: ProjectStore, workspace: Workspace) -> None:
    stack.rename_image(1, "  the middle ")
    for name in ("", " ", "n" * 121):
        with pytest.raises(ParameterError, match="1 to 120 characters"):
            stack.rename_image(1, name)
    assert reopened(workspace, stack).image(1).name == "the middle"


def test_slices_share_a_pixel_size_and_images_of_a_set_do_not(
    stack: ProjectStore, workspace: Workspace, tmp_path: Path
) -> None:
    stack.set_pixel_size((2.0, 3.0), image=1)
    assert {image.pixel_size_um for image in stack.description().images} == {(2.0, 3.0)}
    stack.ensure_image(1, wait=True)
    assert stack.image(1).pixel_size_um == (2.0, 3.0)
    path = tiff_file(tmp_path / "two.tif", pixels_of(1))
    images = [new_image(path), NewImage.of(some_image(), path)]
    several = workspace.create_project(images, name="Set")
    several.set_pixel_size((2.0, 3.0), image=0)
    assert [image.pixel_size_um for image in several.description().images] == [(2.0, 3.0), (0.5, 0.25)]


def test_a_part_of_any_image_can_be_cut_out(stack: ProjectStore, workspace: Workspace) -> None:
    from sambaseg.project.crop import Rectangle

    stack.apply(Client().paint(box((700, 600), 100, 100, 120, 120), 2, image=1))
    part = workspace.crop_project(stack.id, Rectangle(90, 90, 300, 350), image=1)
    assert np.array_equal(part.micrograph().array()[0], pixels_of(1)[90:300, 90:350])
    assert np.array_equal(part.labels_array(), 2 * box((210, 260), 10, 10, 30, 30))
    assert part.description().image.name == "stack.tif · 2"


def test_what_was_built_before_is_moved_in(workspace: Workspace, tmp_path: Path) -> None:
    path = tiff_file(tmp_path / "a.tif", pixels_of(4))
    build = PyramidBuild(path, tmp_path / "built")
    build.start()
    found = inspect_image(path)
    image = NewImage(path, 0, "a", found.info, built=build.result(), built_folder=tmp_path / "built", link=True)
    project = workspace.create_project([image], name="x")
    assert project.image(0).state == "ready"
    assert not (tmp_path / "built").exists()
    path.unlink()  # all its pixels are in the project
    assert np.array_equal(reopened(workspace, project).micrograph().array()[0], pixels_of(4))


def test_an_uploaded_file_is_not_copied_and_a_persons_own_is(workspace: Workspace, tmp_path: Path) -> None:
    path = tiff_file(tmp_path / "a.tif", pixels_of(4))
    own = workspace.create_project([NewImage.of(some_image(), path)], name="x")
    uploaded = workspace.create_project([NewImage.of(some_image(), path, owned=True)], name="x")
    known = replace(new_image(path), owned=True, sha256="ab" * 32)  # a hash that its receiver computed is not doubted
    assert workspace.create_project([known], name="x").image(0).sha256 == "ab" * 32
    assert not own.original_file().samefile(path)
    assert uploaded.original_file().samefile(path)


def test_a_linked_file_stays_where_it_is(linked: ProjectStore, tmp_path: Path) -> None:
    assert np.array_equal(linked.micrograph().array()[0], pixels_of(1))
    assert linked.original_file() == tmp_path / "here.tif"
    assert list((linked.folder / "original").iterdir()) == []
    assert not (linked.folder / "images" / "0" / "0").exists()  # its finest level is read from the file
    assert np.array_equal(linked.read_image_tile(0, 1, 1)[0], pixels_of(1)[256:512, 256:512])
    assert linked.image(0).linked


def test_a_linked_file_that_cannot_be_read_by_parts_is_needed_once(workspace: Workspace, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(pixels_of(1)).save(tmp_path / "a.png")
    project = workspace.create_project([new_image(tmp_path / "a.png", link=True)], name="x")
    assert np.array_equal(project.read_image_tile(0, 0, 0)[0], pixels_of(1)[:256, :256])
    project.ensure_image(0, wait=True)
    (tmp_path / "a.png").unlink()
    assert np.array_equal(reopened(workspace, project).micrograph().array()[0], pixels_of(1))


@pytest.mark.parametrize("built", [True, False])
def test_a_missing_file_is_named_and_can_be_found_again(
    linked: ProjectStore, workspace: Workspace, tmp_path: Path, built: bool
) -> None:
    if built:
        linked.ensure_image(0, wait=True)
    (tmp_path / "here.tif").rename(tmp_path / "there.tif")
    told: list[int] = []
    linked.on_image_change(told.append)
    for _ in range(2):
        with pytest.raises(MissingFileError, match=r"here\.tif"):
            linked.read_image_tile(0, 0, 0)
        with pytest.raises(MissingFileError, match=r"here\.tif"):
            linked.micrograph()
    assert (linked.image(0).state, told) == ("missing", [0])
    assert "here.tif" in linked.image(0).message
    again = reopened(workspace, linked)
    until = time.monotonic() + 10
    while again.image(0).state != "missing" and time.monotonic() < until:  # is found out in the background
        time.sleep(0.01)
    assert again.image(0).state == "missing"
    again.relink(0, tmp_path / "there.tif")
    assert again.image(0).state == ("ready" if built else "new")
    assert np.array_equal(again.micrograph().array()[0], pixels_of(1))
    assert reopened(workspace, again).original_file() == tmp_path / "there.tif"


def test_a_file_that_came_back_is_used_again(linked: ProjectStore, tmp_path: Path) -> None:
    linked.ensure_image(0, wait=True)
    (tmp_path / "here.tif").rename(tmp_path / "there.tif")
    with pytest.raises(MissingFileError):
        linked.read_image_tile(0, 0, 0)
    (tmp_path / "there.tif").rename(tmp_path / "here.tif")
    assert np.array_equal(linked.read_image_tile(0, 0, 0)[0], pixels_of(1)[:256, :256])
    assert linked.image(0).state == "ready"


@contextmanager
def late_look(linked: ProjectStore, method: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the files looked at in the background; what a `method` of LinkedFile found there is told after the block."""
    found, may_answer = threading.Event(), threading.Event()
    ask = getattr(LinkedFile, method)

    def slow_disk(*asked: Path | LinkedFile) -> LinkedFile | str:
        answer: LinkedFile | str = ask(*asked)
        if threading.current_thread() is late:
            found.set()
            assert may_answer.wait(10)
        return answer

    monkeypatch.setattr(LinkedFile, method, slow_disk)
    late = threading.Thread(target=linked.check_files)
    late.start()
    assert found.wait(10)
    yield
    may_answer.set()
    late.join(10)


def test_a_look_at_a_file_that_is_late_does_not_bring_back_what_it_saw(
    linked: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked.ensure_image(0, wait=True)
    told: list[int] = []
    with late_look(linked, "now", monkeypatch):
        (tmp_path / "here.tif").rename(tmp_path / "there.tif")
        linked.on_image_change(told.append)
        with pytest.raises(MissingFileError):
            linked.micrograph()
    assert (linked.image(0).state, told) == ("missing", [0])


def test_a_late_look_at_a_former_file_does_not_undo_that_it_was_linked_anew(
    linked: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked.ensure_image(0, wait=True)
    os.utime(tmp_path / "here.tif", (1e9, 1e9))  # so that it is hashed
    with late_look(linked, "hash", monkeypatch):
        (tmp_path / "here.tif").rename(tmp_path / "there.tif")
        linked.relink(0, tmp_path / "there.tif")
    assert linked.original_file() == tmp_path / "there.tif"
    assert linked.image(0).state == "ready"


def test_a_file_with_another_time_but_the_same_content_is_the_same(linked: ProjectStore, tmp_path: Path) -> None:
    linked.ensure_image(0, wait=True)
    os.utime(tmp_path / "here.tif", (1e9, 1e9))
    assert np.array_equal(linked.micrograph().array()[0], pixels_of(1))


def test_another_file_in_its_place_is_never_taken_for_it(linked: ProjectStore, tmp_path: Path) -> None:
    linked.ensure_image(0, wait=True)
    linked.apply(Client().paint(box((700, 600), 0, 0, 9, 9)))
    tiff_file(tmp_path / "here.tif", pixels_of(2))
    for _ in range(2):
        with pytest.raises(ImageFileChangedError, match=r"changed since it was linked.*here\.tif"):
            linked.read_image_tile(0, 0, 0)
    assert linked.image(0).state == "changed"
    with pytest.raises(ImageFileChangedError, match="another file"):
        linked.relink(0, tmp_path / "here.tif")
    assert linked.labels_array().any()
    tiff_file(tmp_path / "former.tif", pixels_of(1))
    linked.relink(0, tmp_path / "former.tif")
    assert linked.image(0).state == "ready"
    assert np.array_equal(linked.micrograph().array()[0], pixels_of(1))


def test_a_file_of_another_size_before_anybody_looked_is_refused(linked: ProjectStore, tmp_path: Path) -> None:
    tiff_file(tmp_path / "here.tif", pixels_of(2, (300, 300)))
    with pytest.raises(ImageFileChangedError, match="700 rows and 600 columns"):
        linked.micrograph()
    assert linked.image(0).state == "changed"


def test_files_in_the_project_are_not_relinked(stack: ProjectStore, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="kept in the project"):
        stack.relink(0, tmp_path / "stack.tif")


def test_files_that_are_not_there_are_not_linked(workspace: Workspace, tmp_path: Path) -> None:
    path = tiff_file(tmp_path / "a.tif", pixels_of(1))
    image = new_image(path, link=True)
    path.unlink()
    with pytest.raises(MissingFileError, match=r"a\.tif"):
        workspace.create_project([image], name="x")
    assert workspace.list_projects() == []


def broken_project(workspace: Workspace, tmp_path: Path) -> ProjectStore:
    path = tiff_file(tmp_path / "a.tif", pixels_of(1), pixels_of(2))
    images = [new_image(path), new_image(path, 1)]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 8] + bytes(len(content) // 8) + content[len(content) // 4 :])
    return workspace.create_project(images, name="x")


def test_an_image_that_cannot_be_read_says_why_and_the_others_go_on(workspace: Workspace, tmp_path: Path) -> None:
    project = broken_project(workspace, tmp_path)
    with pytest.raises(BrokenImageError) as first:
        project.micrograph(0)
    assert np.array_equal(project.micrograph(1).array()[0], pixels_of(2))
    again = reopened(workspace, project)
    assert (again.image(0).state, again.image(0).message) == ("failed", first.value.message)
    with pytest.raises(BrokenImageError) as second:
        again.read_image_tile(0, 0, 0)
    assert second.value.message == first.value.message
    again.remove_image(0)
    assert again.description().image.id == 1


def test_a_full_disk_is_no_lasting_failure(stack: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise StorageError("There is no room.")

    with monkeypatch.context() as patch:
        patch.setattr("sambaseg.project.image_shelf.finished", no_room)
        with pytest.raises(StorageError, match="no room"):
            stack.micrograph(0)
    assert stack.image(0).state == "failed"
    assert np.array_equal(stack.micrograph(0).array()[0], pixels_of(0))
    assert stack.image(0).state == "ready"


def test_waiting_for_an_image_can_be_stopped(stack: ProjectStore) -> None:
    begun = time.monotonic()
    with pytest.raises(SambasegError, match="cancelled"):
        stack.micrograph(0, stop=lambda: True)
    assert time.monotonic() - begun < 0.5
    assert np.array_equal(stack.micrograph(0).array()[0], pixels_of(0))  # it went on meanwhile


def test_closing_ends_what_is_being_made(stack: ProjectStore, workspace: Workspace) -> None:
    stack.ensure_image(0, wait=False)
    stack.ensure_image(1, wait=False)
    begun = time.monotonic()
    workspace.close()
    assert time.monotonic() - begun < 5
    with pytest.raises(NotFoundError, match="closed"):
        stack.read_image_tile(0, 0, 0, image=2)


def test_removing_ends_what_is_being_made(stack: ProjectStore) -> None:
    stack.ensure_image(1, wait=False)
    stack.remove_image(1)
    assert not (stack.folder / "images" / "1").exists()
    assert np.array_equal(stack.micrograph(2).array()[0], pixels_of(2))


def test_adding_that_was_cut_off_leaves_no_trace(
    stack: ProjectStore, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiff_file(tmp_path / "b.tif", pixels_of(9))
    with monkeypatch.context() as patch:
        patch.setattr("sambaseg.project.tables.ImageTable.add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            stack.add_images([NewImage.of(some_image(), path)])
    assert (stack.folder / "images" / "3").exists()
    again = reopened(workspace, stack)
    assert not (stack.folder / "images" / "3").exists()
    assert len(again.description().images) == 3
    assert again.add_images([NewImage.of(some_image(), path)]) == (3,)


def test_a_removal_that_was_cut_off_is_completed(
    stack: ProjectStore, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.ensure_image(1, wait=True)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sambaseg.project.image_shelf.ImageShelf.remove", cut_off)
        with pytest.raises(KeyboardInterrupt):
            stack.remove_image(1)
    again = reopened(workspace, stack)
    assert [image.id for image in again.description().images] == [0, 2]
    assert not (stack.folder / "images" / "1").exists()
    assert workspace.list_projects()[0].images == 2


def test_what_is_taken_in_is_on_the_disk_before_it_counts(
    tmp_path: Path, stack: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that could not be brought to the disk is not added."""

    def no_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tiff_file(tmp_path / "b.tif", pixels_of(9))
    with monkeypatch.context() as patch:
        patch.setattr("sambaseg.project.new_image.sync_tree", no_disk)
        with pytest.raises(StorageError, match="could not be saved"):
            stack.add_images([NewImage.of(some_image(), path)])
    assert len(stack.description().images) == 3


def test_opening_looks_at_no_image(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of thousands of images opens as quickly as one of one: rows are read when they are asked for."""
    path = tiff_file(tmp_path / "a.tif", pixels_of(1))
    image = replace(new_image(path), owned=True, sha256="ab" * 32)
    project = workspace.create_project([replace(image, name=f"{number}") for number in range(500)], name="x")
    project.apply(Client().paint(box((700, 600), 0, 0, 9, 9), image=400))
    workspace.close()
    looked_at: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr("sambaseg.project.stored_image.StoredImage.from_row", looked_at.append)
        patch.setattr("sambaseg.images.pyramid.TileLayer.open", looked_at.append)
        again = workspace.open_project(project.id)
        assert again.labels().labelled_images() == [400]
        assert workspace.list_projects()[0].images == 500
    assert looked_at == []
    assert [described.name for described in again.description().images[::100]] == ["0", "100", "200", "300", "400"]
