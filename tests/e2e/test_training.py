"""Training as the page shows it: what is missing, progress, cancel, settings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.pictures import photograph

WATCH_TRAIN_TEXT = """
() => {
  const text = document.querySelector("[data-tour=train] [role=status]");
  window.trainTexts = [];
  new MutationObserver(() => window.trainTexts.push(text.textContent))
    .observe(text, { childList: true, characterData: true, subtree: true });
}
"""


@pytest.fixture
def editor(page: Page) -> EditorPage:
    """Return the open sample "Barrier coating" with labels of two classes."""
    editor = EditorPage(page)
    editor.open_sample("Barrier coating")
    expect(editor.train_text).to_have_text("2 classes need labels")
    editor.drag([(300, 800), (340, 820)])
    expect(editor.train_text).to_have_text("1 more class needs labels")
    page.keyboard.press("2")
    editor.drag([(700, 300), (740, 320)])
    editor.wait_saved()
    return editor


def test_training_without_labels_says_what_is_missing(page: Page, complaints: list[str]) -> None:
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    page.keyboard.press("t")
    expect(page.get_by_role("log").get_by_text(re.compile("labels", re.IGNORECASE)).first).to_be_visible()
    photograph(page, "nothing-labelled")
    complaints.clear()  # of the refused request


def test_training_tells_its_stages_and_what_mattered(editor: EditorPage) -> None:
    editor.page.evaluate(WATCH_TRAIN_TEXT)
    editor.train()
    texts = editor.page.evaluate("window.trainTexts")
    assert any(re.match("(Computing features|Training|Segmenting|Waiting)…", text) for text in texts), texts
    expect(editor.page.get_by_text(re.compile("^86 near, 57 middle, 57 wide$"))).to_be_visible()  # one stroke a class
    photograph(editor.page, "trees-by-reach")
    editor.page.get_by_text("Which features mattered").click()
    expect(editor.page.get_by_text(re.compile("^(Gaussian|Hessian|Sobel|Image)")).last).to_be_visible()


def test_cancelled_training_leaves_the_last_result(editor: EditorPage, complaints: list[str]) -> None:
    for key, shift in ("2", 0), ("1", 80):  # across all phases: what cannot be told apart takes deep trees
        editor.page.keyboard.press(key)
        editor.drag([(60, 60 + shift), (500, 400 + shift), (900, 900 + shift)])
    editor.wait_saved()
    editor.train()
    shares = editor.fractions()
    editor.page.get_by_role("button", name="Features and training settings").click()
    sheet = editor.page.get_by_role("dialog", name="Features and training")
    sheet.get_by_role("combobox", name="Preset").click()
    editor.page.get_by_role("option", name="As in Trainable Weka Segmentation").click()
    sheet.get_by_role("button", name=re.compile("^Lines")).click()
    expect(sheet.get_by_role("checkbox", name=re.compile("^Membrane"))).to_be_checked()
    expect(sheet.get_by_text(re.compile(r"^\d+ features$"))).not_to_have_text("56 features")
    for name, most in ("Trees", "1000"), ("Depth", "32"):  # it must not be done before it is cancelled
        sheet.get_by_role("textbox", name=name).fill(most)
    sheet.get_by_role("button", name="Use these").click()
    expect(sheet).to_be_hidden()

    editor.page.keyboard.press("t")
    editor.page.get_by_role("button", name="Cancel", exact=True).click()
    expect(editor.page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    expect(editor.page.get_by_role("table", name="Phase fractions")).to_have_text(re.compile("Class 1"))
    assert editor.fractions() == shares
    editor.page.reload()
    editor.wait_until_open()
    assert editor.fractions() == shares
    # A tile may have been asked for in the moment in which its result was given up.
    complaints[:] = [each for each in complaints if "404" not in each or "/batch/" not in each]
