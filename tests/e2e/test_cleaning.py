"""Cleaning up in the page: steps by mouse and keyboard, a preview, the result, and the predicted classes again."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import SETTLED_MS, EditorPage
from e2e.pictures import WRITES, photograph, publish
from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import parse_steps


def speckled() -> NDArray[np.uint8]:
    """Return a micrograph (H, W) of grains in a matrix whose noise gives specks in either."""
    chance = np.random.default_rng(7)
    y, x = np.mgrid[:480, :640]
    image_yx = np.full(y.shape, 80.0)
    for _ in range(22):
        top, left, radius = chance.uniform(20, 460), chance.uniform(20, 620), chance.uniform(22, 48)
        image_yx[(y - top) ** 2 + (x - left) ** 2 < radius**2] = 165
    for grey in (165, 80):
        specks_yx = chance.random((240, 320)) < 0.02
        image_yx[np.kron(specks_yx, np.ones((2, 2), bool))] = grey
    image_yx += chance.normal(0, 14, image_yx.shape)
    return np.clip(image_yx, 0, 255).astype(np.uint8)


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project of a speckled image, segmented by its grey values alone."""
    pixels_yx = speckled()
    path = tmp_path / "grains.tif"
    tifffile.imwrite(path, pixels_yx, resolution=(200_000, 200_000), resolutionunit="CENTIMETER")
    editor = EditorPage(page)
    editor.open_file(path)
    smooth_yx = pixels_yx.astype(float)
    inside = np.argwhere(_mean_around(smooth_yx) > 150)
    outside = np.argwhere(_mean_around(smooth_yx) < 95)
    for key, places in (("1", outside), ("2", inside)):
        page.keyboard.press(key)
        for y, x in places[:: max(1, len(places) // 3)][:3]:
            editor.drag([(int(x) - 4, int(y)), (int(x) + 4, int(y))])
    editor.wait_saved()
    page.evaluate(_GREYS_ONLY)
    editor.train()
    return editor


_GREYS_ONLY = """() => {
  const { editor } = window.sambaseg;
  const { settings } = editor.store.getState().project;
  return editor.saveSettings({ ...settings, recipe: { ...settings.recipe, families: ["identity"], scales_px: [] } });
}"""


def _mean_around(image_yx: NDArray[np.float64], radius: int = 10) -> NDArray[np.float64]:
    """Return the mean of a square around each pixel; 120 where that leaves the image."""
    side = 2 * radius + 1
    windows = np.lib.stride_tricks.sliding_window_view(image_yx, (side, side))
    return np.pad(windows.mean(axis=(2, 3)), radius, constant_values=120.0)


def panel_of(editor: EditorPage) -> Locator:
    panel = editor.page.get_by_role("region", name="Clean up")
    panel.scroll_into_view_if_needed()
    return panel


def add_step(editor: EditorPage, name: str) -> None:
    panel_of(editor).get_by_role("button", name="Add step").click()
    editor.page.get_by_role("menuitem", name=name).click()


def add_step_by_keys(editor: EditorPage, name: str) -> None:
    """Go down in the menu until a step has the focus, and add it."""
    editor.page.keyboard.press("Enter")
    expect(editor.page.get_by_role("menu").locator(":focus")).to_have_count(1)
    for item in editor.page.get_by_role("menuitem").all():
        editor.page.keyboard.press("ArrowDown")
        expect(item).to_be_focused()
        if item.inner_text() == name:
            break
    editor.page.keyboard.press("Enter")
    add = editor.page.get_by_role("button", name="Add step")
    expect(add).to_be_focused()
    expect(add).to_be_in_viewport()  # where it is not seen, its menu would not be either
    expect(editor.page.get_by_role("radiogroup", name="Show")).to_be_in_viewport()
    editor.page.wait_for_timeout(SETTLED_MS)


def set_size(panel: Locator, number: int, size: int) -> None:
    field = panel.get_by_role("textbox", name=f"Size of Step {number} in pixels")
    field.fill(str(size))
    field.press("Tab")


def saved_segmentation(editor: EditorPage) -> NDArray[np.uint8]:
    return tifffile.imread(editor.save("Segmentation").path())


def test_specks_are_cleaned_away_and_come_back(editor: EditorPage) -> None:
    page, panel = editor.page, panel_of(editor)
    predicted_yx = saved_segmentation(editor)
    before = editor.picture()
    add_step(editor, "Fill holes")
    add_step(editor, "Remove small regions")
    set_size(panel, 1, 150)
    set_size(panel, 2, 60)
    expect(panel.get_by_text("≈ 0.375 µm²")).to_be_visible()
    for _ in range(2):  # folded and unfolded, the steps that are tried are still there
        panel.get_by_role("heading", name="Clean up").get_by_role("button").click()
    page.keyboard.press("v")
    page.keyboard.press("v")
    panel.get_by_text("Preview").click()  # which shows the segmentation again
    expect_shown(editor, "fill_holes:150,remove_small:60")
    preview = editor.picture()
    assert preview != before
    take_pictures(editor)
    assert not np.array_equal(saved_segmentation(editor), clean(predicted_yx, "fill_holes:150,remove_small:60"))
    panel.get_by_role("button", name="Apply").click()
    note = page.get_by_role("region", name="Result").get_by_text(re.compile("^Cleaned up: holes up to 150 px filled; "))
    expect(note).to_be_visible()
    expect(page.get_by_role("columnheader", name="Cleaned")).to_be_visible()
    note.scroll_into_view_if_needed()
    photograph(page, "cleaning-applied")
    panel.get_by_text("Result", exact=True).click()
    assert editor.picture() == preview
    np.testing.assert_array_equal(saved_segmentation(editor), clean(predicted_yx, "fill_holes:150,remove_small:60"))
    panel.get_by_text("Predicted").click()
    expect_shown(editor, "")
    assert editor.picture() == before
    panel.get_by_text("Result", exact=True).click()
    panel.get_by_role("button", name="Undo cleaning").click()
    expect(note).not_to_be_visible()
    assert editor.picture() == before
    np.testing.assert_array_equal(saved_segmentation(editor), predicted_yx)
    expect(panel.get_by_role("listitem")).to_have_count(2)  # to be applied again


def test_the_next_training_cleans_up_and_corrections_stay_on_top(editor: EditorPage) -> None:
    page, panel = editor.page, panel_of(editor)
    add_step(editor, "Smooth borders")
    panel.get_by_role("button", name="Apply").click()
    note = page.get_by_role("region", name="Result").get_by_text("Cleaned up: borders smoothed within 2 px.")
    expect(note).to_be_visible()
    editor.switch("Post-process", True)
    page.keyboard.press("2")
    editor.drag([(40, 40), (60, 40)])
    editor.wait_saved()
    corrected_yx = saved_segmentation(editor)
    assert (corrected_yx[40, 42:58] == 2).all()
    editor.train()
    expect(note).to_be_visible()
    np.testing.assert_array_equal(saved_segmentation(editor), corrected_yx)
    page.reload()
    editor.wait_until_open()
    expect(note).to_be_visible()
    expect(panel_of(editor).get_by_role("listitem", name="Step 1: Smooth borders")).to_be_visible()


def test_the_keyboard_reaches_everything(editor: EditorPage) -> None:
    page, panel = editor.page, panel_of(editor)
    panel.get_by_role("heading", name="Clean up").get_by_role("button").click()  # folds it
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search commands").fill("clean up")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Add step")).to_be_focused()
    add_step_by_keys(editor, "Fill holes")
    expect(panel.get_by_role("listitem", name="Step 1: Fill holes")).to_be_visible()
    add_step_by_keys(editor, "Smooth borders")
    expect(panel.get_by_role("listitem", name="Step 2: Smooth borders")).to_be_visible()
    panel.get_by_role("button", name="Move Step 2 up").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("listitem", name="Step 1: Smooth borders")).to_be_visible()
    chip = panel.get_by_role("group", name="Classes of Step 1").get_by_role("button", name="Class 2")
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("radiogroup", name="Show").get_by_role("radio", name="Result").focus()
    page.keyboard.press("ArrowLeft")
    expect_shown(editor, "majority:2:2,fill_holes:100")
    panel.get_by_role("button", name="Apply").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cleaned up: borders smoothed within 2 px (Class 2); holes up to")).to_be_visible()
    panel.get_by_role("button", name="Remove Step 1").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("listitem")).to_have_count(1)


def test_what_is_refused_is_said_beside_the_steps(editor: EditorPage, complaints: Complaints) -> None:
    page, panel = editor.page, panel_of(editor)
    add_step(editor, "Fill holes")
    answer = '{"error": {"code": "storage", "message": "There is no room.", "hint": "Free some space on the disk."}}'
    page.route("**/cleaning", lambda route: route.fulfill(status=507, content_type="application/json", body=answer))
    panel.get_by_role("button", name="Apply").click()
    expect(panel.get_by_role("alert")).to_have_text("There is no room. Free some space on the disk.")
    complaints.clear()  # the browser tells of the refusal as well
    page.unroute("**/cleaning")
    panel.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Cleaned up: holes up to 100 px filled.")).to_be_visible()


def take_pictures(editor: EditorPage) -> None:
    """Take the page with the whole panel; the manual's picture is predicted on the left, cleaned on the right."""
    page, panel = editor.page, panel_of(editor)
    sections = [page.get_by_role("button", name=name, exact=True) for name in ("Classes", "Overlays", "Contrast")]
    folds = [*sections, page.get_by_role("heading", name="Result").get_by_role("button")]
    for fold in folds:
        fold.click()
    look = page.evaluate(
        "() => { const { editor } = window.sambaseg; const { opacity, overlayView } = editor.store.getState();"
        " editor.set({ opacity: { ...opacity, segmentation: 0.8 }, overlayView: 'segmentation' });"
        " return { opacity, overlayView }; }"
    )
    editor.rest()
    photograph(page, "cleaning")
    cleaned = Image.open(io.BytesIO(page.screenshot()))
    panel.get_by_text("Predicted").click()
    expect_shown(editor, "")
    editor.rest()
    predicted = Image.open(io.BytesIO(page.screenshot()))
    box = editor.canvas.bounding_box()
    assert box is not None
    half = (int(box["x"]), int(box["y"]), int(box["x"] + box["width"] / 2), int(box["y"] + box["height"]))
    cleaned.paste(predicted.crop(half), half[:2])
    if WRITES:
        picture = io.BytesIO()
        cleaned.save(picture, "PNG")
        publish(picture.getvalue(), "manual/images/cleaning.webp")
    panel.get_by_text("Preview").click()
    page.evaluate("(look) => window.sambaseg.editor.set(look)", look)
    for fold in folds:
        fold.click()


def expect_shown(editor: EditorPage, steps: str) -> None:
    """Wait until the canvas shows what steps would make of the result, all of what is in view."""
    shown = f"window.sambaseg.editor.store.getState().cleaningPreview?.steps === {json.dumps(steps)}"
    progress = "window.sambaseg.editor.viewProgress()"
    deadline = time.monotonic() + 30
    while not editor.page.evaluate(f"() => {shown} && {progress}.done === {progress}.all"):
        assert time.monotonic() < deadline, steps
        editor.page.wait_for_timeout(30)


def clean(predicted_yx: NDArray[np.uint8], steps: str) -> NDArray[np.integer]:
    return clean_classes(predicted_yx, [1, 2], parse_steps(steps))
