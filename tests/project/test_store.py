"""One project: what is kept of the image, names, settings, and that all is there after closing and opening."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from project.strokes import SHAPE, Client, box
from sambaseg.errors import DamagedProjectError, ParameterError
from sambaseg.images.contrast import display_window
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import DEFAULT_CLASSES
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

MakeProject = Callable[..., ProjectStore]


def reopened(project: ProjectStore) -> ProjectStore:
    project.close()
    return ProjectStore.open(project.folder)


@pytest.mark.parametrize(
    ("dtype", "tile_dtype"),
    [
        ("uint8", "uint8"),
        ("uint16", "uint16"),
        ("int16", "float32"),
        ("uint32", "float32"),
        ("float32", "float32"),
        ("float64", "float32"),
    ],
)
def test_pixels_are_kept_exactly_and_shown_in_a_kind_the_page_reads(
    make_project: MakeProject, dtype: str, tile_dtype: str
) -> None:
    pixels_cyx = (np.random.default_rng(1).random((2, *SHAPE)) * 1000 - 300).astype(dtype)
    project = make_project(Micrograph.from_array(pixels_cyx))
    kept = project.micrograph()
    assert kept.pixels_cyx.dtype == np.dtype(dtype)
    assert np.array_equal(kept.array(), pixels_cyx)
    image = project.description().image
    assert (image.tile_dtype, image.dtype, image.levels, image.tile_size) == (tile_dtype, dtype, 3, 256)
    tile_cyx = project.read_image_tile(0, 1, 2)
    assert tile_cyx.dtype == np.dtype(tile_dtype)
    assert np.array_equal(tile_cyx, pixels_cyx[:, 256:, 512:].astype(tile_dtype))
    assert project.read_image_tile(1, 0, 0).shape == (2, 150, 256)
    with pytest.raises(ParameterError):
        project.read_image_tile(0, 2, 0)


def test_values_beyond_float32_are_shown_as_infinite(make_project: MakeProject) -> None:
    pixels_yx = np.zeros(SHAPE)
    pixels_yx[0, 0] = 1e300
    project = make_project(Micrograph.from_array(pixels_yx))
    assert project.read_image_tile(0, 0, 0)[0, 0, 0] == np.inf
    assert project.micrograph().pixels_cyx[0, 0, 0] == 1e300


def test_the_description_tells_what_the_file_told(project: ProjectStore) -> None:
    described = project.description()
    image, pixels_yx = described.image, project.micrograph().pixels_cyx[0]
    assert (described.id, described.name) == (project.folder.name, "Steel")
    assert described.created <= described.modified
    assert (image.height, image.width, image.channels) == (*SHAPE, 1)
    assert (image.file_name, image.pixel_size_um) == ("Steel sample.TIF", (0.5, 0.25))
    assert (image.contrast[0].low, image.contrast[0].high) == display_window(pixels_yx)
    assert (image.value_range[0].low, image.value_range[0].high) == (pixels_yx.min(), pixels_yx.max())
    assert project.classes() == DEFAULT_CLASSES
    assert project.settings() is None
    assert project.layer_tiles() == {"labels": [], "edits": []}


def test_an_image_without_finite_pixels_has_a_description(make_project: MakeProject) -> None:
    image = make_project(Micrograph.from_array(np.full(SHAPE, np.nan, dtype=np.float32))).description().image
    assert (image.value_range[0].low, image.value_range[0].high) == (0.0, 1.0)
    assert image.nan_count == SHAPE[0] * SHAPE[1]


def test_the_file_is_kept_as_it_came_under_its_hash(project: ProjectStore) -> None:
    content = b"the file as it came"
    sha256 = hashlib.sha256(content).hexdigest()
    assert project.original_file() == project.folder / "original" / f"{sha256}.tif"
    assert project.original_file().read_bytes() == content
    assert project.description().image.sha256 == sha256


@pytest.mark.parametrize("name", ["../../../etc/passwd", "a.png/../../x", "x." + "y" * 300, "nul\x00.png", ""])
def test_no_text_of_a_person_becomes_a_path(make_project: MakeProject, tmp_path: Path, name: str) -> None:
    project = make_project(Micrograph.from_array(np.zeros(SHAPE, dtype=np.uint8), name=name), name="../../evil")
    assert project.description().image.file_name == name
    assert project.description().name == "../../evil"
    assert project.folder.parent == tmp_path / "data" / "projects"
    assert project.original_file().parent == project.folder / "original"
    assert project.original_file().stem == project.description().image.sha256


def test_name_pixel_size_and_settings_are_kept(project: ProjectStore) -> None:
    project.rename("  Weld  ")
    project.set_pixel_size((2.0, 3.0))
    project.set_settings({"recipe": {"scales_px": [1, 2]}, "training": None})
    again = reopened(project)
    assert again.description().name == "Weld"
    assert again.description().image.pixel_size_um == (2.0, 3.0)
    assert again.micrograph().info.pixel_size_um == (2.0, 3.0)
    assert again.settings() == {"recipe": {"scales_px": [1, 2]}, "training": None}
    again.set_pixel_size(None)
    assert again.description().image.pixel_size_um is None
    again.close()


@pytest.mark.parametrize("name", ["", "  ", "n" * 121])
def test_bad_names_are_refused(project: ProjectStore, name: str) -> None:
    with pytest.raises(ParameterError, match="1 to 120 characters"):
        project.rename(name)
    assert project.description().name == "Steel"


@pytest.mark.parametrize("size", [(0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_bad_pixel_sizes_are_refused(project: ProjectStore, size: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="above 0"):
        project.set_pixel_size(size)


def test_labels_and_history_are_there_the_next_day(project: ProjectStore) -> None:
    client = Client()
    project.apply(client.paint(box(SHAPE, 250, 250, 260, 260), 2))
    project.apply(client.paint(box(SHAPE, 0, 0, 9, 9), 1, layer="edits"))
    last = project.apply(client.operation("undo"))
    again = reopened(project)
    assert again.history() == last.history
    assert again.layer_tiles() == {"labels": [(0, 0), (0, 1), (1, 0), (1, 1)], "edits": []}
    assert again.read_label_tile("labels", 1, 1).shape == (44, 256)
    assert again.read_label_tile("labels", 1, 1).sum() == 2 * 16
    assert np.array_equal(again.labels_array(), 2 * box(SHAPE, 250, 250, 260, 260))
    assert np.array_equal(again.labels_at(2, "edits"), 1 * box(SHAPE, 0, 0, 9, 9))
    with pytest.raises(ParameterError, match="no such tile"):
        again.read_label_tile("labels", 0, 3)
    ack = again.apply(client.operation("redo"))
    assert ack.history.undo_name == "painting in Class 1 of the segmentation"
    again.close()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_thumbnail_is_a_small_png(make_project: MakeProject, channels: int) -> None:
    pixels_cyx = np.zeros((channels, *SHAPE), dtype=np.uint8)
    pixels_cyx[0, :, :260] = 255
    with Image.open(io.BytesIO(make_project(Micrograph.from_array(pixels_cyx)).thumbnail())) as picture:
        assert (picture.format, picture.size) == ("PNG", (130, 75))
        shown = np.asarray(picture)
    white, black = ([255, 0, 0], [0, 0, 0]) if channels == 3 else (255, 0)
    assert shown[10, 10].tolist() == white
    assert shown[10, 120].tolist() == black


@pytest.mark.parametrize("missing", ["project.json", "log.sqlite"])
def test_a_project_that_lacks_a_part_is_named_damaged(project: ProjectStore, missing: str) -> None:
    project.close()
    (project.folder / missing).unlink()
    with pytest.raises(DamagedProjectError, match=missing):
        ProjectStore.open(project.folder)


def test_a_log_that_is_none_is_named_damaged(project: ProjectStore, workspace: Workspace) -> None:
    workspace.close()
    (project.folder / "log.sqlite").write_bytes(b"no database at all" * 1000)
    for _ in range(2):  # the lock is given back after a failure
        with pytest.raises(DamagedProjectError, match=r"log\.sqlite is damaged"):
            ProjectStore.open(project.folder)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "name": "x"}'])
def test_a_description_that_is_not_understood_is_named(project: ProjectStore, content: str) -> None:
    project.close()
    (project.folder / "project.json").write_text(content)
    with pytest.raises(DamagedProjectError, match=r"format 2|project\.json"):
        ProjectStore.open(project.folder)
