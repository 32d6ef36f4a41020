"""How far a result can be trusted, in the page: the estimate after a training, the warning, and the sheet."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.pictures import photograph


def test_a_training_says_how_far_it_can_be_trusted(page: Page) -> None:
    editor = EditorPage(page)
    editor.open_segmented_sample()
    expect(page.get_by_text(re.compile(r"Estimated agreement 0\.\d\d ± 0\.\d\d from held-out strokes"))).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text(re.compile("Class 2 has one stroke only"))).to_be_visible()
    page.get_by_role("button", name="How sure is this?").click()
    sheet = page.get_by_role("dialog", name="How sure is this?")
    for table in ("Agreement by class", "Confusion", "Phase fractions with intervals"):
        expect(sheet.get_by_role("table", name=table)).to_be_visible()
    photograph(page, "trust", publish_as="manual/images/trusting-numbers.webp")
