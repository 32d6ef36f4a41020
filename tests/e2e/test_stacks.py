"""Stacks and sets: many images in one project, labelled here and there, segmented all, saved all."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from playwright.sync_api import BrowserContext, Page, expect

from e2e.editor_page import EditorPage
from e2e.files import keep, shape_image
from e2e.micrographs import Grey, Mask, agreement, alloy, deepest_places, write_slices, write_stack
from e2e.pictures import photograph
from e2e.server_process import ServerProcess
from sambaseg import PixelClassifier

SHAPE_YX = (300, 380)
SLICES = 12
OpenContext = Callable[..., BrowserContext]


def label_phases(editor: EditorPage, bright_yx: Mask, count: int = 4) -> None:
    """Put strokes into both phases of the image that is shown: class 1 precipitates, class 2 the rest."""
    editor.set_brush_width(8)
    for key, phase_yx in (("1", bright_yx), ("2", ~bright_yx)):
        editor.page.keyboard.press(key)
        for x, y in deepest_places(phase_yx, count):
            editor.drag([(x, y), (x + 3, y)])
    editor.wait_saved()


def test_folder_becomes_a_stack_that_is_labelled_here_and_segmented_everywhere(page: Page, tmp_path: Path) -> None:
    bright = write_slices(tmp_path / "series", SLICES, SHAPE_YX)
    editor = EditorPage(page)
    editor.open_folder(tmp_path / "series")
    assert editor.image_names() == [f"slice {number}.tif" for number in range(1, SLICES + 1)], "natural order"
    assert editor.slice_shown() == (1, SLICES)

    label_phases(editor, bright[0])
    for _ in range(5):
        page.keyboard.press("PageDown")
    editor.wait_for_slice(6)
    assert not editor.stored_labels().any(), "labels of another slice are shown"
    label_phases(editor, bright[5])
    editor.train()
    assert editor.slice_shown() == (6, SLICES)
    editor.start_apply_to_all()
    editor.wait_applied()
    editor.go_to_slice(9)
    photograph(page, "stack", publish_as="manual/images/stack-strip.webp")

    with zipfile.ZipFile(keep(editor.save_all("Segmentation", "Labels", "Classifier"), tmp_path / "saved")) as saved:
        names = saved.namelist()
        assert any(name.endswith("README.txt") for name in names)
        explained = saved.read(next(name for name in names if name.endswith("README.txt"))).decode("utf-8")
        assert "Class 2" in explained
        segmented = sorted(name for name in names if "segmentation/" in name)
        assert len(segmented) == SLICES
        by_slice = {int(re.search(r"slice (\d+)", name)[1]): name for name in segmented}
        saved.extract(next(name for name in names if name.endswith(".sambaseg")), tmp_path)
        for number in (1, 6, 12):
            classes_yx = tifffile.imread(io.BytesIO(saved.read(by_slice[number])))
            assert np.array_equal(classes_yx, predicted(tmp_path, tmp_path / f"series/slice {number}.tif"))
            assert agreement(classes_yx, bright[number - 1]) > 0.8

    editor.undo()
    editor.wait_for_slice(6)
    before = editor.stored_labels().sum()
    assert before > 0
    editor.undo()
    editor.wait_saved()
    assert editor.stored_labels().sum() < before


def predicted(folder: Path, image: Path) -> Grey:
    """Return what the classifier somewhere in a folder says of an image, in Python."""
    classifier = PixelClassifier.load(next(folder.rglob("*.sambaseg")))
    return classifier.predict(tifffile.imread(image))


def test_stack_in_one_file_is_cancelled_and_goes_on(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "tomogram.tif"
    bright = write_stack(path, 30, (400, 500))
    editor = EditorPage(page)
    editor.open_path(path)
    assert editor.slice_shown() == (1, 30)
    label_phases(editor, bright[0])
    editor.go_to_slice(20)
    label_phases(editor, bright[19])
    editor.train()
    editor.start_apply_to_all()
    expect(editor.train_text).to_contain_text(re.compile(r"Image ([4-9]|1\d) of 30"))
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    done = editor.images_segmented()
    assert 2 <= done < 30
    editor.start_apply_to_all("remaining")
    editor.wait_applied()
    stack = tifffile.imread(keep(editor.save_stack("Segmentation"), tmp_path))
    assert stack.shape == (30, 400, 500)
    keep(editor.save("Classifier"), tmp_path / "saved")
    for z in (0, 14, 29):
        tifffile.imwrite(tmp_path / "slice.tif", tifffile.imread(path, key=z))
        assert np.array_equal(stack[z], predicted(tmp_path / "saved", tmp_path / "slice.tif"))
        assert agreement(stack[z], bright[z]) > 0.8


def test_images_of_different_sizes_are_a_set_that_can_be_rearranged(page: Page, tmp_path: Path) -> None:
    shapes = {"a.tif": (200, 300), "b.tif": (260, 240), "c.tif": (180, 200)}
    for name, shape in shapes.items():
        tifffile.imwrite(tmp_path / name, alloy(shape, z=shape[1])[0])
    editor = EditorPage(page)
    editor.open_file(tmp_path / "a.tif", tmp_path / "b.tif")
    editor.drag([(100, 100), (120, 100)])
    of_a = editor.stored_labels()
    editor.open_images()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add images…").click()
    chooser.value.set_files(tmp_path / "c.tif")
    rows = page.get_by_role("list", name="Images in their order").get_by_role("listitem")
    expect(rows).to_have_count(3)
    with page.expect_response(re.compile("/order$")):
        page.get_by_role("button", name="Move c.tif").press("Home")
    expect(rows.first).to_contain_text("c.tif")
    page.get_by_role("button", name="Show a.tif").dblclick()
    page.get_by_role("textbox", name="Name of a.tif").fill("renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Show renamed")).to_be_visible()
    page.get_by_role("button", name="More for b.tif").click()
    page.get_by_role("menuitem", name="Remove…").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Show renamed").click()
    page.get_by_role("button", name="Close").click()
    editor.wait_until_open()
    assert np.array_equal(editor.stored_labels(), of_a), "labels follow the image, not its place"
    assert editor.image_names() == ["c.tif", "renamed"]
    page.keyboard.press("PageUp")
    editor.wait_for_slice(1)
    assert editor.stored_labels().shape == shapes["c.tif"]


def test_ome_zarr_that_was_saved_can_be_read_with_its_labels(page: Page, tmp_path: Path) -> None:
    image, image_yx = shape_image(tmp_path)
    editor = EditorPage(page)
    editor.open_file(image)
    editor.choose("Fill")
    editor.click((100, 80))
    labels_yx = editor.stored_labels()
    with zipfile.ZipFile(keep(editor.save("Image with all its layers"), tmp_path)) as saved:
        saved.extractall(tmp_path / "zarr")
    roots = [path.parent for path in (tmp_path / "zarr").rglob("zarr.json") if is_image(path)]
    assert roots
    import zarr

    group = zarr.open_group(roots[0], mode="r")
    finest = group.attrs["ome"]["multiscales"][0]["datasets"][0]["path"]
    assert np.array_equal(np.squeeze(group[finest][:]), image_yx)
    names = group["labels"].attrs["ome"]["labels"]
    assert "labels" in names
    drawn = group["labels/labels"]
    path = drawn.attrs["ome"]["multiscales"][0]["datasets"][0]["path"]
    assert np.array_equal(np.squeeze(drawn[path][:]), labels_yx)


def is_image(metadata: Path) -> bool:
    """Return whether a `zarr.json` is that of an OME-Zarr image that holds labels."""
    ome = json.loads(metadata.read_text(encoding="utf-8")).get("attributes", {}).get("ome", {})
    return "multiscales" in ome and "image-label" not in ome and (metadata.parent / "labels").is_dir()


def test_files_dropped_on_an_open_project_are_added_to_it(
    own_server: ServerProcess, new_context: OpenContext, tmp_path: Path
) -> None:
    image, _ = shape_image(tmp_path)
    tifffile.imwrite(tmp_path / "second.tif", alloy((160, 200))[0])
    page = new_context().new_page()
    page.goto(own_server.address)
    editor = EditorPage(page)
    editor.open_file(image)
    make = "([name, bytes]) => { const data = new DataTransfer();"
    make += " data.items.add(new File([new Uint8Array(bytes)], name)); return data; }"
    second = tmp_path / "second.tif"
    carried = page.evaluate_handle(make, [second.name, list(second.read_bytes())])
    page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    page.get_by_text("to this project").dispatch_event("drop", {"dataTransfer": carried})
    expect(page.get_by_role("textbox", name="Image number, of 2")).to_be_visible()
    assert editor.image_names() == ["shape.png", "second.tif"]
