"""Measuring a segmentation in the page: plots, numbers, what is said without a pixel size, and CSV files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.editor_page import EditorPage
from e2e.pictures import photograph


@pytest.fixture
def editor(page: Page) -> EditorPage:
    """Return the open sample "Barrier coating", segmented."""
    editor = EditorPage(page)
    editor.open_segmented_sample()
    return editor


def open_sheet(editor: EditorPage) -> Locator:
    editor.page.get_by_role("button", name="Measure…").click()
    sheet = editor.page.get_by_role("dialog", name="Measure")
    expect(sheet.get_by_role("table", name="Measurements")).to_be_visible(timeout=60_000)
    return sheet


def number(sheet: Locator, name: str, column: int) -> str:
    row = sheet.get_by_role("row", name=re.compile(f"^{name}"))
    return row.get_by_role("cell").nth(column).inner_text()


def test_a_segmentation_is_measured_and_saved(editor: EditorPage, tmp_path: Path) -> None:
    page, sheet = editor.page, open_sheet(editor)
    for name in ("Distribution of equivalent diameters by number", "Two-point correlation, all directions"):
        expect(sheet.get_by_role("img", name=name)).to_be_visible()
    sheet.get_by_role("img", name="Two-point correlation, all directions").hover()
    expect(sheet.get_by_text(re.compile(r"^Class 1: 0\.\d+$"))).to_be_visible()
    page.mouse.move(5, 5)
    photograph(page, "measure", publish_as="manual/images/measuring.webp")
    with page.expect_download() as download:
        sheet.get_by_role("button", name="Save CSV").click()
        page.get_by_role("menuitem", name="Numbers of each class").click()
    assert download.value.suggested_filename == "Barrier coating classes.csv"
    download.value.save_as(tmp_path / "classes.csv")
    with (tmp_path / "classes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["Class 1", "Class 2"]
    assert f"{float(rows[0]['area fraction']):.2%}" == number(sheet, "Area fraction", 0).replace(" %", "%")


def test_settings_measure_anew_and_the_keyboard_reaches_everything(editor: EditorPage) -> None:
    page, sheet = editor.page, open_sheet(editor)
    joined = number(sheet, "Regions", 0), number(sheet, "Regions", 1)
    sheet.get_by_text("two regions").click()
    expect(sheet.get_by_role("row", name=re.compile("^Regions"))).not_to_contain_text(joined[1])
    apart = number(sheet, "Regions", 0), number(sheet, "Regions", 1)
    assert all(int(a.replace(",", "")) >= int(j.replace(",", "")) for a, j in zip(apart, joined, strict=True))
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search commands").fill("measure the")
    page.keyboard.press("Enter")
    expect(sheet.get_by_role("table", name="Measurements")).to_be_visible()


def test_the_sheet_fits_a_phone(editor: EditorPage) -> None:
    sheet = open_sheet(editor)
    editor.page.set_viewport_size({"width": 390, "height": 800})
    expect(sheet.get_by_role("img", name=re.compile("^Two-point"))).to_be_visible()
    editor.page.wait_for_timeout(200)
    body = sheet.get_by_role("table", name="Measurements")
    expect(body).to_be_visible()
    box = sheet.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    plot = sheet.get_by_role("img", name=re.compile("^Two-point")).bounding_box()
    assert plot is not None
    assert plot["x"] + plot["width"] <= 390
