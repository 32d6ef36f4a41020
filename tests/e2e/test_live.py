"""Live: the segmentation follows strokes and undo without a press of Train."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Page, expect

from e2e.editor_page import EditorPage
from e2e.files import keep
from e2e.micrographs import Mask, agreement, deepest_places, superalloy
from e2e.pictures import photograph
from sambaseg import PixelClassifier


@pytest.fixture
def islands_yx() -> Mask:
    """Return where the islands of the image are."""
    return superalloy()[1]


@pytest.fixture
def editor(page: Page, tmp_path: Path) -> EditorPage:
    """Return an open project of islands in a matrix."""
    tifffile.imwrite(tmp_path / "live.tif", superalloy()[0])
    editor = EditorPage(page)
    editor.open_file(tmp_path / "live.tif")
    return editor


def test_segmentation_follows_strokes_and_undo_while_live_is_on(
    editor: EditorPage, islands_yx: Mask, tmp_path: Path
) -> None:
    page = editor.page
    editor.set_live(True)
    stroke(editor, "1", deepest_places(islands_yx, 1)[0])
    editor.wait_saved()
    assert page.evaluate("window.sambaseg.editor.store.getState().job") is None, "one class alone trains nothing"
    stroke(editor, "2", deepest_places(~islands_yx, 1)[0])
    editor.wait_live()
    first_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "first"))
    assert agreement(first_yx, islands_yx) > 0.55

    # Matrix that is called an island changes what is learned, and undo takes that back.
    x, y = deepest_places(~islands_yx, 2)[1]
    editor.page.keyboard.press("1")
    editor.drag([(x - 15, y), (x + 15, y)])
    editor.wait_live()
    second_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "second"))
    assert not np.array_equal(first_yx, second_yx)
    editor.undo()
    editor.wait_live()
    third_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "third"))
    assert (third_yx == first_yx).mean() > 0.97 > (second_yx == first_yx).mean()
    editor.rest()
    photograph(page, "live", publish_as="manual/images/live-on.webp")

    editor.set_live(False)
    stroke(editor, "1", deepest_places(islands_yx, 2)[1])
    expect(editor.train_text).to_have_text(re.compile("^Labels changed since"))
    editor.train()
    trained_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "trained"))
    image_yx = superalloy()[0]
    alone = PixelClassifier().fit(image_yx, editor.stored_labels())
    assert np.array_equal(trained_yx, alone.predict(image_yx)), "Train keeps something of what was computed live"


def stroke(editor: EditorPage, key: str, place: tuple[int, int]) -> None:
    """Draw a short stroke of a class."""
    editor.page.keyboard.press(key)
    editor.drag([place, (place[0] + 5, place[1])])
