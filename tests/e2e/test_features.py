"""Choosing features in the page: pictures of them over the middle of the view, and a smaller recipe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.editor_page import TRAINING_SECONDS, EditorPage
from e2e.pictures import photograph

COMPILING_MS = 1000 * TRAINING_SECONDS


@pytest.fixture
def editor(page: Page) -> EditorPage:
    """Return the open sample "Barrier coating" with labels of two classes in two places each."""
    editor = EditorPage(page)
    editor.open_sample("Barrier coating")
    for key, places in ("1", [(300, 800), (500, 900)]), ("2", [(700, 300), (300, 250)]):
        page.keyboard.press(key)
        for x, y in places:
            editor.drag([(x, y), (x + 60, y + 20)])
    editor.wait_saved()
    return editor


def open_settings(editor: EditorPage) -> Locator:
    editor.page.get_by_role("button", name="Features and training settings").click()
    return editor.page.get_by_role("dialog", name="Features and training")


def test_each_feature_is_pictured_and_one_can_be_enlarged(editor: EditorPage) -> None:
    sheet = open_settings(editor)
    sheet.get_by_role("button", name="What these features look like here").click()
    expect(sheet.get_by_text(re.compile(r"^The 96 × 96 pixels in the middle of the view, at 100 %"))).to_be_visible()
    picture = sheet.get_by_role("button", name=re.compile("^Gaussian, 4 px"))
    picture.scroll_into_view_if_needed(timeout=COMPILING_MS)
    greys = picture.locator("canvas").evaluate(
        "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    assert greys > 20
    picture.click()
    expect(sheet.get_by_text(re.compile("^Gaussian, 4 px: black is .*, white "))).to_be_visible()
    sheet.get_by_role("button", name=re.compile("^Gaussian, 64 px")).evaluate("(last) => last.scrollIntoView(false)")
    photograph(editor.page, "feature-pictures", publish_as="manual/images/feature-pictures.webp", part=sheet)
    with editor.page.expect_response(re.compile("/feature-preview")) as moved:  # the view moves on
        editor.page.evaluate("window.sambaseg.editor.panBy(-300, 0)")
    assert moved.value.ok


def test_a_smaller_recipe_is_suggested_and_taken(editor: EditorPage) -> None:
    sheet = open_settings(editor)
    sheet.get_by_role("button", name="Suggest fewer features").click()
    compared = sheet.get_by_role("table", name="Before and after")
    expect(compared).to_be_visible(timeout=COMPILING_MS)
    compared.scroll_into_view_if_needed()
    photograph(editor.page, "suggested-features", publish_as="manual/images/suggested-features.webp", part=sheet)
    before, after = (int(text) for text in compared.locator("tbody tr").first.locator("td").all_inner_texts())
    assert after < before
    sheet.get_by_role("button", name="Take the smaller recipe").click()
    expect(sheet.get_by_text(f"{after} features", exact=True)).to_be_visible()
    sheet.get_by_role("button", name="Use these").click()
    expect(sheet).to_be_hidden()
    expect(open_settings(editor).get_by_text(f"{after} features", exact=True)).to_be_visible()


def test_learned_features_are_chosen_pictured_and_trained_with(editor: EditorPage) -> None:
    sheet = open_settings(editor)
    sheet.get_by_role("combobox", name="Preset").click()
    editor.page.get_by_role("option", name="Standard and learned features").click()
    expect(sheet.get_by_text("72 features", exact=True)).to_be_visible()
    sheet.get_by_role("button", name="What these features look like here").click()
    sheet.get_by_text("Learned", exact=True).last.scroll_into_view_if_needed()  # pictures are made when they are seen
    picture = sheet.get_by_role("button", name=re.compile("^Learned 16"))
    picture.scroll_into_view_if_needed(timeout=COMPILING_MS)
    photograph(editor.page, "learned-features", part=sheet)
    sheet.get_by_role("button", name="Use these").click()
    expect(sheet).to_be_hidden()
    editor.train()
    expect(open_settings(editor).get_by_text("72 features", exact=True)).to_be_visible()
