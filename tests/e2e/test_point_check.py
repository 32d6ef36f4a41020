"""Checking by points: blind, by keys alone, across a reload, and with the numbers that follow from the answers."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.micrographs import deepest_places, superalloy
from e2e.pictures import photograph
from e2e.test_accessibility import NAMELESS
from sambaseg.trust.point_check import UNSURE, CheckPoint, PointCheck
from sambaseg.trust.point_estimate import Interval, estimate_by_points

COUNT = 30
ISLAND, MATRIX = 1, 2
SETTLED_MS = 250
GREYISH = 12
"""The micrograph is grey, and the page around it nearly so; overlays are not."""
CHECK = "window.sambaseg.editor.store.getState().pointCheck"


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return a segmented project of islands in a matrix, named."""
    image_yx, islands_yx = superalloy()
    tifffile.imwrite(tmp_path / "islands.tif", image_yx)
    editor = EditorPage(page)
    editor.open_file(tmp_path / "islands.tif")
    for key, mask_yx in (("1", islands_yx), ("2", ~islands_yx)):
        page.keyboard.press(key)
        x, y = deepest_places(mask_yx, 1)[0]
        editor.drag([(x, y), (x + 5, y)])
    editor.rename_class("Class 1", "Precipitate")
    editor.rename_class("Class 2", "Matrix")
    editor.wait_saved()
    editor.train()
    return editor


def bar_of(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Check by points")


def sheet_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Check by points")


def open_sheet(page: Page) -> None:
    """Open the sheet by the command palette."""
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search commands").fill("check by points")
    page.keyboard.press("Enter")
    expect(sheet_of(page)).to_be_focused()


def press_button(page: Page, name: str | re.Pattern[str]) -> None:
    """Go to a button of the sheet with Tab, and press it."""
    button = sheet_of(page).get_by_role("button", name=name)
    expect(button).to_be_visible()
    for _ in range(10):
        if button.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}.")


def start(page: Page) -> None:
    """Choose 30 points and start, by keys alone."""
    open_sheet(page)
    expect(sheet_of(page).get_by_role("radio", name="60")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(sheet_of(page).get_by_role("radio", name="30")).to_be_checked()
    press_button(page, "Start")
    expect(bar_of(page)).to_contain_text(f"Point 1 of {COUNT}")


def state_of_check(page: Page) -> dict[str, Any]:
    state: dict[str, Any] = page.evaluate(CHECK)
    return state


def answer_truly(page: Page, until: int) -> None:
    """Answer by the truth, key by key, as soon as a point is asked, until so many are answered."""
    islands_yx = superalloy()[1]
    while (at := state_of_check(page)["at"]) is not None and at < until:
        point = state_of_check(page)["points"][at]
        page.keyboard.press(str(ISLAND if islands_yx[point["y"], point["x"]] else MATRIX))


def colours(part: bytes) -> int:
    """Return by how much red, green and blue of a pixel differ at most."""
    rgb_yxc = np.asarray(Image.open(io.BytesIO(part)).convert("RGB"), np.int16)
    return int(np.ptp(rgb_yxc, axis=2).max())


def colours_of_canvas(page: Page) -> int:
    """Return how colourful the middle of the micrograph is, where nothing else lies over it."""
    box = page.get_by_role("application", name="Micrograph").bounding_box()
    assert box
    middle = {"x": box["x"] + box["width"] / 2 - 100, "y": box["y"] + box["height"] / 2 - 100}
    page.wait_for_timeout(SETTLED_MS)
    return colours(page.screenshot(clip={**middle, "width": 200, "height": 200}))


def colours_of_map(page: Page) -> int:
    """Return how colourful the map of the whole image is."""
    return colours(page.get_by_label("Map of the whole image").screenshot())


def shown(interval: Interval) -> list[str]:
    return [f"{interval.value:.2f}", f"{interval.low:.2f} – {interval.high:.2f}"]


def cells(sheet: Locator, table: str, row: str) -> list[str]:
    found = sheet.get_by_role("table", name=table).get_by_role("row", name=re.compile(f"^{row}"))
    return [cell.inner_text() for cell in found.get_by_role("cell").all()]


def assert_holds(interval: Interval, true: float) -> None:
    """Of 95 % intervals one in twenty misses: one twice as wide hardly ever does."""
    half = (interval.high - interval.low) / 2
    assert interval.low - half <= true <= interval.high + half, (interval, true)


def test_a_person_checks_thirty_points_by_keys(editor: EditorPage) -> None:
    page, islands_yx = editor.page, superalloy()[1]
    segmented_yx = tifffile.imread(editor.save("Segmentation").path())
    assert colours_of_canvas(page) > 2 * GREYISH
    x, y = deepest_places(islands_yx, 1)[0]
    assert "labelled Precipitate" in editor.hover((x, y))

    start(page)
    expect(bar_of(page)).to_be_focused()
    expect(bar_of(page).get_by_role("status")).to_contain_text("Which class is under the cross?")
    answer_truly(page, 4)
    # Another answer than the true one, and back to it.
    page.keyboard.press("u")
    expect(bar_of(page)).to_contain_text("Point 6 of 30")
    page.keyboard.press("Backspace")
    expect(bar_of(page).get_by_role("button", name="Can’t tell")).to_have_attribute("aria-pressed", "true")
    answer_truly(page, 7)
    page.keyboard.press("u")
    answer_truly(page, 14)

    # Nothing of what was labelled or predicted is to be seen, and keys draw and choose nothing.
    box = editor.canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    expect(editor.status_bar).to_contain_text("value")
    assert "Matrix" not in editor.status_bar.inner_text()
    assert "Precipitate" not in editor.status_bar.inner_text()
    for key in ("v", "b", "n"):
        page.keyboard.press(key)
    assert colours_of_canvas(page) < GREYISH
    assert page.evaluate(NAMELESS) == []
    photograph(page, "point-check", publish_as="manual/images/point-check.webp")
    if page.get_by_label("Map of the whole image").is_visible():
        assert colours_of_map(page) < GREYISH

    # A reload loses nothing.
    editor._wait_for_state("state.pointCheck.unstored === 0")
    page.reload()
    editor.wait_until_open()
    open_sheet(page)
    expect(sheet_of(page)).to_contain_text("14 of 30 points are answered; 1 could not be told and counts for nothing.")
    press_button(page, "Go on (14 of 30 answered)")
    expect(bar_of(page)).to_contain_text("Point 15 of 30")
    points = state_of_check(page)["points"]
    answer_truly(page, COUNT)

    sheet = sheet_of(page)
    expect(sheet).to_contain_text("30 of 30 points are answered")
    expect(bar_of(page)).to_have_count(0)
    assert colours_of_canvas(page) > 2 * GREYISH
    photograph(page, "point-check-result", publish_as="manual/images/point-check-result.webp")

    truth_yx = np.where(islands_yx, ISLAND, MATRIX)
    assert points[7]["answer"] == "unsure"
    estimate = estimate_of(segmented_yx, truth_yx, points, unsure=7)
    value, interval = shown(estimate.overlap)
    expect(page.get_by_text(f"Mean overlap {value} ({interval}) by 29 points")).to_be_visible()
    assert cells(sheet, "Accuracy by points", "Accuracy") == shown(estimate.accuracy)
    assert cells(sheet, "Accuracy by points", "Mean overlap") == shown(estimate.overlap)
    overlaps = []
    for row, entry in zip(("Precipitate", "Matrix"), estimate.classes, strict=True):
        said = cells(sheet, "Classes by points", row)
        assert int(said[0]) == entry.answered
        assert said[1] == f"{(segmented_yx == entry.class_id).mean():.1%}".replace("%", " %")
        assert said[4:] == shown(entry.overlap)
        true_yx, found_yx = truth_yx == entry.class_id, segmented_yx == entry.class_id
        overlaps.append(float((true_yx & found_yx).sum() / (true_yx | found_yx).sum()))
        assert_holds(entry.share, float(true_yx.mean()))
        assert_holds(entry.overlap, overlaps[-1])
    assert_holds(estimate.accuracy, float((segmented_yx == truth_yx).mean()))
    assert_holds(estimate.overlap, float(np.mean(overlaps)))


def estimate_of(
    segmented_yx: NDArray[np.uint8], truth_yx: NDArray[np.int_], points: list[dict[str, Any]], *, unsure: int
) -> Any:
    """Return what follows from true answers at all points but one, computed without server and page."""
    areas = {class_id: int((segmented_yx == class_id).sum()) for class_id in (ISLAND, MATRIX)}
    at = [(point["y"], point["x"]) for point in points]
    answers = [UNSURE if number == unsure else int(truth_yx[place]) for number, place in enumerate(at)]
    predicted = [int(segmented_yx[place]) for place in at]
    checked = [CheckPoint(*place, now, said) for place, now, said in zip(at, predicted, answers, strict=True)]
    return estimate_by_points(PointCheck(areas, tuple(checked)), predicted, areas)


def test_answers_that_are_not_stored_are_asked_again(editor: EditorPage, complaints: Complaints) -> None:
    page = editor.page
    start(page)
    page.route("**/point-check/**", lambda route: route.abort())
    bar_of(page).get_by_role("button", name="Matrix").click()
    expect(page.get_by_text("The answer was not stored. The server cannot be reached.")).to_be_visible()
    expect(bar_of(page)).to_contain_text("Point 1 of 30")
    page.unroute("**/point-check/**")
    complaints.clear()
    bar_of(page).get_by_role("button", name="Matrix").click()
    expect(bar_of(page)).to_contain_text("Point 2 of 30")
    expect(page.get_by_text("The answer was not stored.")).to_have_count(0)

    # A drag moves the image; a tool from the rail ends the check, and the tool draws again.
    before = page.evaluate("window.sambaseg.editor.viewport()")
    labelled = editor.labelled_pixels("Matrix")
    box = editor.canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 400)
    page.mouse.down()
    page.mouse.move(box["x"] + 350, box["y"] + 400, steps=3)
    page.mouse.up()
    assert page.evaluate("window.sambaseg.editor.viewport()") != before
    assert editor.labelled_pixels("Matrix") == labelled
    editor.choose("Brush")
    expect(bar_of(page)).to_have_count(0)


def test_the_numbers_follow_the_segmentation_and_the_check_ends_with_it(editor: EditorPage) -> None:
    page = editor.page
    start(page)
    answer_truly(page, 12)
    page.keyboard.press("Escape")
    expect(bar_of(page)).to_have_count(0)
    page.get_by_role("button", name="Check by points…").click()
    sheet = sheet_of(page)
    expect(sheet.get_by_role("table", name="Classes by points")).to_be_visible()
    with page.expect_response(re.compile(r"/point-check\?image=0$"), timeout=60_000) as asked:
        page.evaluate("void window.sambaseg.editor.train()")
    assert asked.value.json()["estimate"]["answered"] == 12
    expect(sheet.get_by_role("table", name="Classes by points")).to_be_visible()
    sheet.get_by_role("button", name="Start anew…").click()
    expect(sheet).to_contain_text("the 12 answers that you gave are gone")
    sheet.get_by_role("button", name="Keep the answers").click()
    expect(sheet.get_by_role("button", name="Go on (12 of 30 answered)")).to_be_visible()

    # Without its segmentation the image cannot be checked: the check ends, and labels are to be seen again.
    sheet.get_by_role("button", name="Go on (12 of 30 answered)").click()
    expect(bar_of(page)).to_contain_text("Point 13 of 30")
    x, y = deepest_places(superalloy()[1], 1)[0]
    page.evaluate(f"window.sambaseg.editor.centreOn({x}, {y})")
    assert colours_of_canvas(page) < GREYISH
    page.evaluate("window.sambaseg.editor.store.setState({ result: null })")
    expect(bar_of(page)).to_have_count(0)
    assert colours_of_canvas(page) > 2 * GREYISH
