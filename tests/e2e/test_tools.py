"""Each tool once in a real browser, on an image in which every pixel can be told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.files import shape_image

SQUARE = (slice(60, 100), slice(80, 130))


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project of a dark image with a bright square."""
    editor = EditorPage(page)
    editor.open_file(shape_image(tmp_path)[0])
    return editor


def test_brush_covers_what_its_ring_shows_and_one_stroke_is_one_step(editor: EditorPage) -> None:
    editor.drag([(40, 40), (60, 40)])
    labels_yx = editor.stored_labels()
    rows, columns = np.nonzero(labels_yx)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(50, abs=0.6)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(40, abs=0.6)
    assert np.ptp(columns) - np.ptp(rows) == pytest.approx(20, abs=1)
    editor.page.keyboard.press("]")
    editor.click((150, 40))
    wider_yx = editor.stored_labels()[:, 100:]
    assert np.ptp(np.nonzero(wider_yx)[0]) > np.ptp(rows)
    editor.undo()
    editor.undo()
    assert not editor.stored_labels().any()
    expect(editor.page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    editor.redo()
    assert np.array_equal(editor.stored_labels(), labels_yx)


def test_stroke_covers_the_same_pixels_however_far_zoomed_out(editor: EditorPage) -> None:
    editor.click((50, 50))
    near_yx = editor.stored_labels()
    editor.undo()
    editor.hover((100, 80))  # zooming leaves the place under the mouse where it is
    for _ in range(4):
        editor.page.keyboard.press("-")
    editor.calibrate(fit=False, reach=0.1)
    editor.click((50, 50))
    far_yx = editor.stored_labels()
    assert near_yx.sum() == far_yx.sum()


def test_polygon_is_closed_by_a_right_click_and_given_up_by_escape(editor: EditorPage) -> None:
    editor.choose("Polygon")
    editor.click((20, 20))
    editor.click((100, 20))
    editor.page.keyboard.press("Escape")
    editor.click((20, 20))
    editor.click((60, 20))
    editor.click((60, 50))
    editor.click((190, 150))
    editor.page.keyboard.press("Backspace")
    editor.click((20, 50))
    editor.click((20, 50), button="right")
    labels_yx = editor.stored_labels()
    rows, columns = np.nonzero(labels_yx)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((20, 50, 20, 60), abs=1)
    assert labels_yx[21:49, 21:59].all()


def test_polygon_is_closed_by_its_first_corner(editor: EditorPage) -> None:
    editor.choose("Polygon")
    for corner in [(20, 20), (60, 20), (40, 60), (20, 20)]:
        editor.click(corner)
    assert editor.stored_labels()[25, 40] == 1


def test_rectangle_covers_from_corner_to_corner(editor: EditorPage) -> None:
    editor.page.keyboard.press("r")
    editor.drag([(10, 20), (29, 59)])
    labels_yx = editor.stored_labels()
    rows, columns = np.nonzero(labels_yx)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((20, 59, 10, 29), abs=1)
    assert labels_yx[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()


def test_fill_takes_connected_pixels_of_the_same_grey(editor: EditorPage) -> None:
    editor.choose("Fill")
    editor.click((100, 80))
    labels_yx = editor.stored_labels()
    assert labels_yx[SQUARE].all()
    assert labels_yx.sum() == labels_yx[SQUARE].sum()


def test_eraser_takes_the_chosen_class_only_unless_all_are_meant(editor: EditorPage) -> None:
    fill_both_phases(editor)
    editor.choose("Eraser")
    across = [(70, 80), (140, 80)]
    editor.page.keyboard.press("1")
    editor.drag(across)
    labels_yx = editor.stored_labels()
    assert labels_yx[80, 100] == 0
    assert labels_yx[80, 72] == 2
    editor.switch("All classes", True)
    editor.drag(across)
    assert editor.stored_labels()[80, 72] == 0


def test_oldest_label_wins_unless_overwriting(editor: EditorPage) -> None:
    fill_both_phases(editor)
    editor.choose("Brush")
    editor.drag([(90, 80), (120, 80)])
    assert editor.stored_labels()[80, 100] == 1
    editor.page.keyboard.press("o")
    editor.drag([(90, 80), (120, 80)])
    assert editor.stored_labels()[80, 100] == 2


def test_locked_class_keeps_its_pixels(editor: EditorPage) -> None:
    fill_both_phases(editor)
    before_yx = editor.stored_labels()
    editor.change_class("Class 1", "Lock")
    editor.choose("Eraser")
    editor.switch("All classes", True)
    editor.drag([(90, 80), (120, 80)])
    editor.choose("Brush")
    editor.switch("Overwrite", True)
    editor.drag([(90, 80), (120, 80)])
    assert np.array_equal(editor.stored_labels(), before_yx)


def test_number_keys_choose_classes_by_their_place(editor: EditorPage) -> None:
    for _ in range(8):
        editor.page.get_by_role("button", name="Add class").click()
    editor.choose("Rectangle")
    for place in range(1, 10):
        editor.page.keyboard.press(str(place))
        editor.drag([(20 * place - 10, 10), (20 * place, 20)])
    labels_yx = editor.stored_labels()
    assert [labels_yx[15, 20 * place - 5] for place in range(1, 10)] == list(range(1, 10))


def test_image_moves_by_tool_keys_space_and_middle_button_without_drawing(editor: EditorPage) -> None:
    middle, reach = editor.at((100, 80)), 80
    for _ in range(3):
        editor.page.keyboard.press("+")
    places = [editor.read_at(middle)]

    def drag_right(button: str = "left") -> None:
        editor.page.mouse.move(*middle)
        editor.page.mouse.down(button=button)
        editor.page.mouse.move(middle[0] + reach, middle[1], steps=3)
        editor.page.mouse.up(button=button)
        places.append(editor.read_at(middle))

    editor.choose("Move")
    drag_right()
    editor.choose("Brush")
    editor.page.mouse.move(*middle)
    editor.page.keyboard.down("Space")
    drag_right()
    editor.page.keyboard.up("Space")
    drag_right("middle")
    columns = [x for x, _ in places]
    assert columns == sorted(columns, reverse=True)
    assert len(set(columns)) == 4
    assert not editor.stored_labels().any()
    editor.page.mouse.move(*middle)
    before = editor.read_at(middle)
    editor.page.mouse.wheel(0, -300)
    assert editor.read_at(middle) == pytest.approx(before, abs=1), "the place under the mouse stays"


def test_crop_makes_a_new_project_and_keeps_the_old_one(editor: EditorPage) -> None:
    fill_both_phases(editor)
    whole_yx = editor.stored_labels()
    old = editor.page.url
    editor.choose("Crop")
    editor.drag([(70, 50), (149, 109)])
    editor.page.keyboard.press("Enter")
    expect(editor.page).not_to_have_url(old)
    details = editor.page.get_by_role("button", name="About the image file")
    expect(details).to_have_text(re.compile(r"(79|80) × (59|60)"))
    cropped_yx = editor.stored_labels()
    height, width = cropped_yx.shape
    assert np.array_equal(cropped_yx, whole_yx[50 : 50 + height, 70 : 70 + width])
    editor.page.goto(old)
    expect(details).to_have_text(re.compile("200 × 160"))


def test_v_goes_round_what_is_shown(editor: EditorPage) -> None:
    fill_both_phases(editor)
    editor.train()
    seen, pictures = [], []
    for _ in range(5):
        seen.append([layer for layer in ("Segmentation", "Labels") if editor.is_on(layer)])
        pictures.append(editor.picture())
        editor.page.keyboard.press("v")
    assert seen == [["Segmentation", "Labels"], ["Segmentation"], ["Labels"], [], ["Segmentation", "Labels"]]
    assert pictures[0] == pictures[4]
    assert len(set(pictures[:4])) == 4


def fill_both_phases(editor: EditorPage) -> None:
    """Give the square to class 1 and all around it to class 2, and leave class 2 chosen."""
    editor.choose("Fill")
    editor.click((100, 80))
    editor.page.keyboard.press("2")
    editor.click((20, 20))
    editor.wait_saved()
