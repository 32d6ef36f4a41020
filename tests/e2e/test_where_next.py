"""Where next: N leads to places worth a label and says why, Shift+N back; before training it says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.micrographs import deepest_places, superalloy
from e2e.pictures import photograph


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project of islands in a matrix."""
    tifffile.imwrite(tmp_path / "islands.tif", superalloy()[0])
    editor = EditorPage(page)
    editor.open_file(tmp_path / "islands.tif")
    return editor


def test_n_leads_to_places_worth_a_label_and_back(editor: EditorPage) -> None:
    page, islands_yx = editor.page, superalloy()[1]
    bar = page.get_by_role("toolbar", name="Where next")
    page.keyboard.press("n")
    expect(page.get_by_text("Nothing is segmented yet")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()

    for key, mask_yx in (("1", islands_yx), ("2", ~islands_yx)):
        page.keyboard.press(key)
        x, y = deepest_places(mask_yx, 1)[0]
        editor.drag([(x, y), (x + 5, y)])
    editor.train()
    page.keyboard.press("n")
    expect(bar).to_contain_text("Uncertain between")
    expect(bar).to_contain_text("1 / ")
    places = page.get_by_role("list", name="Places worth a label").get_by_role("button")
    expect(places.first).to_have_attribute("aria-current", "true")
    first = view_of(page)
    assert first == pytest.approx(middle_of(page, 0), abs=1)
    editor.rest()
    photograph(page, "where-next", publish_as="manual/images/where-next.webp")

    page.keyboard.press("n")
    expect(bar).to_contain_text("2 / ")
    assert view_of(page) == pytest.approx(middle_of(page, 1), abs=1)
    page.keyboard.press("Shift+N")
    expect(bar).to_contain_text("1 / ")
    assert view_of(page) == pytest.approx(first, abs=1)
    places.nth(1).click()
    expect(bar).to_contain_text("2 / ")
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def view_of(page: Page) -> list[float]:
    """Return the image position in the middle of the screen, as the viewport that a training would be told."""
    view = page.evaluate("window.sambaseg.editor.viewport()")
    return [(view["top"] + view["bottom"]) / 2, (view["left"] + view["right"]) / 2]


def middle_of(page: Page, at: int) -> list[float]:
    """Return row and column of a place of the list."""
    place = page.evaluate(f"window.sambaseg.editor.store.getState().whereNext.places[{at}]")
    return [place["y"], place["x"]]
