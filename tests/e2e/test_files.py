"""Files in and out of the page: labels, classifiers, edited results, and files that are refused."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.files import description_of, keep, run_sambaseg, shape_image


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project of a dark image with a bright square."""
    editor = EditorPage(page)
    editor.open_file(shape_image(tmp_path)[0])
    return editor


def test_imported_labels_keep_their_ids(editor: EditorPage, tmp_path: Path) -> None:
    given_yx = np.zeros((160, 200), np.uint16)
    given_yx[10:30, 10:30] = 2
    given_yx[70:90, 90:110] = 4
    tifffile.imwrite(tmp_path / "labels.tif", given_yx)
    editor.load("Load labels, replacing mine", tmp_path / "labels.tif")
    expect(editor.class_button("Class 4")).to_be_visible()
    assert np.array_equal(editor.stored_labels(), given_yx)
    editor.train()
    segmentation_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path))
    assert set(np.unique(segmentation_yx)) == {2, 4}
    editor.undo()
    assert not editor.stored_labels().any()


def test_added_labels_leave_older_ones_alone(editor: EditorPage, tmp_path: Path) -> None:
    editor.page.keyboard.press("r")
    editor.drag([(10, 10), (30, 30)])
    Image.fromarray(np.full((160, 200), 2, np.uint8)).save(tmp_path / "all two.png")
    editor.load("Load labels, adding to mine", tmp_path / "all two.png")
    expect(editor.page.get_by_title("0 labelled pixels", exact=True)).to_have_count(0)
    labels_yx = editor.stored_labels()
    assert labels_yx[20, 20] == 1
    assert labels_yx[100, 100] == 2


def test_loaded_classifier_brings_its_recipe_and_classes(editor: EditorPage, tmp_path: Path) -> None:
    image, image_yx = shape_image(tmp_path)
    labels_yx = np.zeros(image_yx.shape, np.uint8)
    labels_yx[5:20, 5:20], labels_yx[70:80, 90:100] = 3, 7
    tifffile.imwrite(tmp_path / "labels.tif", labels_yx)
    recipe = {"families": ["identity", "median"], "scales_px": [2, 5], "sigma_convention": "sigma"}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    classifier = tmp_path / "two.sambaseg"
    options = ["--recipe", tmp_path / "recipe.json", "--save-classifier", classifier, "--out", tmp_path / "out.tif"]
    run_sambaseg("segment", image, "--labels", tmp_path / "labels.tif", *options)

    editor.load("Load classifier", classifier)
    expect(editor.class_button("Class 7")).to_be_visible()
    editor.page.get_by_role("button", name="Features and training settings").click()
    sheet = editor.page.get_by_role("dialog", name="Features and training")
    for group in "^Brightness", "^Edges":
        sheet.get_by_role("button", name=re.compile(group)).click()
    expect(sheet.get_by_role("checkbox", name=re.compile("^Median"))).to_be_checked()
    expect(sheet.get_by_role("checkbox", name=re.compile("^Sobel"))).not_to_be_checked()
    expect(sheet.get_by_role("radio", name="Sigma")).to_be_checked()
    with editor.page.expect_download() as download:
        sheet.get_by_role("button", name="Save recipe").click()
    assert json.loads(keep(download.value, tmp_path / "saved").read_text(encoding="utf-8")) == recipe
    sheet.get_by_role("button", name="Close").click()
    editor.page.get_by_role("button", name="Segment", exact=True).click()
    editor.wait_segmented()
    saved = keep(editor.save("Segmentation"), tmp_path)
    assert np.array_equal(tifffile.imread(saved), tifffile.imread(tmp_path / "out.tif"))
    with zipfile.ZipFile(keep(editor.save("Classifier"), tmp_path)) as file:
        assert json.loads(file.read("header.json"))["recipe"] == recipe


def test_post_process_edits_what_is_saved_and_leaves_labels_alone(editor: EditorPage, tmp_path: Path) -> None:
    fill_and_train(editor)
    before_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path))
    labels_yx = editor.stored_labels()
    editor.page.keyboard.press("x")
    expect(editor.page.get_by_role("switch", name="Post-process")).to_be_checked()
    editor.page.keyboard.press("1")
    editor.choose("Rectangle")
    editor.drag([(10, 10), (29, 29)])
    editor.wait_saved()
    edited_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path))
    changed_yx = edited_yx != before_yx
    assert before_yx[20, 20] == 2
    assert edited_yx[20, 20] == 1
    assert changed_yx.sum() == changed_yx[9:31, 9:31].sum()
    assert np.array_equal(editor.stored_labels(), labels_yx)
    expect(editor.page.get_by_role("columnheader", name="Edited")).to_be_visible()
    editor.train()
    again_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path))
    assert np.array_equal(again_yx, edited_yx), "edits stay on top of a new segmentation"
    editor.choose("Eraser")
    editor.switch("All classes", True)
    editor.drag([(5, 20), (35, 20)])
    editor.wait_saved()
    erased_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path))
    assert erased_yx[20, 20] == 2, "erasing brings back what the classifier said"
    for _ in range(2):
        editor.undo()
    editor.wait_saved()
    assert np.array_equal(tifffile.imread(keep(editor.save("Segmentation"), tmp_path)), before_yx)


def test_refused_files_are_explained_and_change_nothing(
    editor: EditorPage, complaints: list[str], tmp_path: Path
) -> None:
    fill_and_train(editor)
    page, address = editor.page, editor.page.url
    labels_yx, shown = editor.stored_labels(), editor.picture()
    whole = shape_image(tmp_path)[0].read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.fromarray(np.ones((10, 10), np.uint8)).save(tmp_path / "small.png")
    (tmp_path / "no.sambaseg").write_text("not a classifier", encoding="utf-8")

    editor.load("Load labels, replacing mine", tmp_path / "small.png")
    expect(page.get_by_text("The labels in small.png have 10 by 10 pixels")).to_be_visible()
    editor.load("Load classifier", tmp_path / "no.sambaseg")
    expect(page.get_by_text(re.compile("no.sambaseg|classifier file", re.IGNORECASE)).last).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Project menu").click()
        page.get_by_role("menuitem", name="Open another image").click()
    chooser.value.set_files(tmp_path / "half.png")
    expect(page.get_by_role("alert")).to_contain_text("half.png is truncated")

    for dismiss in page.get_by_role("button", name="Dismiss").all()[::-1]:
        dismiss.click()
    assert page.url == address
    assert np.array_equal(editor.stored_labels(), labels_yx)
    assert editor.picture() == shown
    assert all("Failed to load resource" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_dropped_files_are_opened_or_loaded(page: Page, tmp_path: Path) -> None:
    image, _ = shape_image(tmp_path)
    expect(page.get_by_role("button", name="Choose files…")).to_be_visible()
    drop(page, image, "as a new project")
    editor = EditorPage(page)
    editor.wait_until_open()
    Image.fromarray(np.full((160, 200), 5, np.uint8)).save(tmp_path / "labels.png")
    drop(page, tmp_path / "labels.png", "added to those here")
    expect(editor.class_button("Class 5")).to_be_visible()
    assert (editor.stored_labels() == 5).all()


def drop(page: Page, path: Path, target: str) -> None:
    """Drag a file over the page and let it go over the target that says `target`."""
    make = "([name, bytes]) => { const data = new DataTransfer();"
    make += " data.items.add(new File([new Uint8Array(bytes)], name)); return data; }"
    carried = page.evaluate_handle(make, [path.name, list(path.read_bytes())])
    page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    page.get_by_text(target).dispatch_event("drop", {"dataTransfer": carried})


def fill_and_train(editor: EditorPage) -> None:
    """Give the square to class 1 and all around it to class 2, and train."""
    editor.choose("Fill")
    editor.click((100, 80))
    editor.page.keyboard.press("2")
    editor.click((20, 20))
    editor.wait_saved()
    editor.train()


def test_names_of_saved_files_follow_the_project(editor: EditorPage, tmp_path: Path) -> None:
    editor.page.keyboard.press("r")
    editor.drag([(10, 10), (30, 30)])
    editor.page.get_by_role("button", name=re.compile("^Rename project")).click()
    field = editor.page.get_by_role("textbox", name="Project name")
    field.fill("Alloy 718/12: étched")
    field.press("Enter")
    expect(editor.page).to_have_title(re.compile("^Alloy 718/12: étched"))
    labels = keep(editor.save("Labels"), tmp_path)
    assert labels.name == "Alloy 718 12 étched labels.tif"
    assert description_of(labels)["kind"] == "labels"
