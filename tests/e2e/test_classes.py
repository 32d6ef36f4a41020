"""The class list: add, rename, recolour, delete, and take each back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.files import description_of, keep, shape_image


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project with a rectangle of class 1."""
    editor = EditorPage(page)
    editor.open_file(shape_image(tmp_path)[0])
    editor.page.keyboard.press("r")
    editor.drag([(10, 10), (40, 40)])
    editor.wait_saved()
    return editor


def test_names_and_colours_are_kept_shown_and_saved(editor: EditorPage, tmp_path: Path) -> None:
    editor.rename_class("Class 1", "Pores & cracks (β)")
    editor.page.get_by_role("button", name="Colour of Pores").click()
    editor.page.get_by_role("button", name="#009e73").click()
    editor.page.get_by_role("button", name="Add class").click()
    editor.wait_saved()
    editor.page.reload()
    editor.wait_until_open()
    expect(editor.class_button("Pores & cracks (β)")).to_be_visible()
    saved = description_of(keep(editor.save("Labels"), tmp_path))["classes"]
    assert [(row["id"], row["name"], row["colour"]) for row in saved] == [
        (1, "Pores & cracks (β)", "#009e73"),
        (2, "Class 2", "#ff7f0e"),
        (3, "Class 3", "#1f77b4"),
    ]


def test_deleted_class_comes_back_with_its_labels(editor: EditorPage) -> None:
    labelled = editor.labelled_pixels("Class 1")
    assert labelled > 0
    editor.change_class("Class 1", "Delete")
    expect(editor.class_button("Class 1")).to_have_count(0)
    assert not editor.stored_labels().any()
    editor.page.get_by_role("status").filter(has_text="Deleted Class 1").get_by_role("button", name="Undo").click()
    expect(editor.class_button("Class 1")).to_be_visible()
    editor.wait_saved()
    assert (editor.stored_labels() == 1).sum() == labelled == editor.labelled_pixels("Class 1")


def test_rename_is_one_step_of_undo(editor: EditorPage) -> None:
    editor.rename_class("Class 2", "Matrix")
    editor.undo()
    expect(editor.class_button("Class 2")).to_be_visible()
    editor.redo()
    expect(editor.class_button("Matrix")).to_be_visible()
    assert editor.labelled_pixels("Class 1") > 0
