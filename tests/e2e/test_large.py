"""Large images: opened where they lie, looked at as a whole, labelled far apart; and files that arrive in pieces."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from playwright.sync_api import BrowserContext, Page, Route, expect

from e2e.editor_page import EditorPage
from e2e.files import keep, run_sambaseg
from e2e.micrographs import TILED, agreement, alloy, deepest_places
from e2e.pictures import photograph
from e2e.server_process import ServerProcess

SHAPE_YX = (2600, 3400)
CORNER = 500
PIXEL_SIZE = {"resolution": (1e4 / 0.02, 1e4 / 0.02), "resolutionunit": "CENTIMETER"}
OpenContext = Callable[..., BrowserContext]


def sizes_of_files(folder: Path) -> list[int]:
    """Return the sizes of all files below a folder."""
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def test_large_file_is_opened_where_it_lies_and_segmented_without_seams(
    own_server: ServerProcess, new_context: OpenContext, tmp_path: Path
) -> None:
    image_yx, bright_yx = alloy(SHAPE_YX)
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, image_yx, **TILED, **PIXEL_SIZE)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    page = new_context().new_page()
    page.goto(own_server.address)
    editor = EditorPage(page)
    editor.open_path(path)
    expect(page.get_by_role("button", name="About the image file")).to_have_text(re.compile("^8-bit 3,?400 × 2,?600"))

    for top, left in ((0, 0), (0, SHAPE_YX[1] - CORNER), (SHAPE_YX[0] - CORNER, SHAPE_YX[1] - CORNER)):
        label_corner(editor, bright_yx, top, left)
    assert f"value {image_yx[-200, -300]}" in editor.hover((SHAPE_YX[1] - 300, SHAPE_YX[0] - 200))
    photograph(page, "large-corner", publish_as="manual/images/large-corner.webp")
    labels_yx = editor.stored_labels()
    assert set(np.unique(labels_yx[:CORNER, :CORNER])) == {0, 1, 2}
    assert set(np.unique(labels_yx[-CORNER:, -CORNER:])) == {0, 1, 2}
    assert not labels_yx[CORNER:-CORNER].any()
    editor.train()
    segmentation_yx = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "saved"))
    classifier = keep(editor.save("Classifier"), tmp_path / "saved")

    assert segmentation_yx.shape == SHAPE_YX
    assert agreement(segmentation_yx, bright_yx) > 0.85
    run_sambaseg("apply", classifier, path, "--out", tmp_path / "line.tif")
    assert np.array_equal(tifffile.imread(tmp_path / "line.tif"), segmentation_yx)
    assert path.stat().st_size not in sizes_of_files(own_server.data_dir), "the file was copied"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def label_corner(editor: EditorPage, bright_yx: np.ndarray, top: int, left: int) -> None:
    """Show a corner one to one, and put strokes into precipitates and into what is around them."""
    editor.show((left + CORNER // 2, top + CORNER // 2), zoom=1)
    editor.set_brush_width(8)
    part_yx = bright_yx[top : top + CORNER, left : left + CORNER]
    for key, phase_yx in (("1", part_yx), ("2", ~part_yx)):
        editor.page.keyboard.press(key)
        for x, y in deepest_places(phase_yx[50:-50, 50:-50], 5):
            place = (left + 50 + x, top + 50 + y)
            editor.drag([place, (place[0] + 4, place[1])])
    editor.wait_saved()


def test_moved_file_is_missing_until_the_same_file_is_found(
    own_server: ServerProcess, new_context: OpenContext, complaints: list[str], tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    first, second, moved = (tmp_path / name for name in ("here/first.tif", "here/second.tif", "moved.tif"))
    image_yx, _ = alloy((300, 400), z=5)
    tifffile.imwrite(first, alloy((300, 400))[0], **TILED)
    tifffile.imwrite(second, image_yx, **TILED)
    page = new_context().new_page()
    page.goto(own_server.address)
    editor = EditorPage(page)
    editor.open_path(tmp_path / "here")
    editor.go_to_slice(2)
    editor.drag([(100, 100), (120, 100)])
    labels_yx = editor.stored_labels()
    page.goto("about:blank")
    own_server.stop()
    second.rename(moved)
    own_server.start()
    page.goto(own_server.address)
    page.get_by_role("link", name="here").click()
    editor.wait_until_open()

    editor.open_images()
    find = page.get_by_role("button", name="Find the file of second.tif")
    find.click()
    editor.enter_path(first)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(re.compile("second.tif|another|content"))
    complaints.clear()  # of what was refused
    find.click()
    editor.enter_path(moved)
    expect(find).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    editor.go_to_slice(2)
    assert f"value {image_yx[150, 200]}" in editor.hover((200, 150))
    assert np.array_equal(editor.stored_labels(), labels_yx)


def test_upload_goes_on_where_it_stopped_when_the_connection_comes_back(
    own_server: ServerProcess, new_context: OpenContext, complaints: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "sent.tif"
    tifffile.imwrite(path, alloy((4400, 5000))[0])  # 22 MB
    context = new_context()
    page = context.new_page()
    sent: list[int] = []

    def lose_some(route: Route) -> None:
        offset = int(re.search(r"offset=(\d+)", route.request.url)[1])
        sent.append(offset)
        if len(sent) in (3, 4):
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(re.compile(r"/api/uploads/\w+\?offset="), lose_some)
    page.goto(own_server.address)
    editor = EditorPage(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files…").click()
    chooser.value.set_files(path)
    expect(page.get_by_text("It goes on by itself from where it stopped.")).to_be_visible()
    editor.wait_until_open()
    complaints.clear()  # of the lost connection
    assert sent[2] == sent[3] == sent[4] > 0, "it begins anew, or leaves a gap"
    assert sorted(set(sent)) == sorted(range(0, path.stat().st_size, sent[1]))
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in own_server.data_dir.rglob("*.tif")]
    assert hashlib.sha256(path.read_bytes()).hexdigest() in hashes


def test_path_that_holds_no_image_is_refused_by_name(page: Page, complaints: list[str], tmp_path: Path) -> None:
    (tmp_path / "notes.tif").write_text("no image at all", encoding="utf-8")
    page.get_by_role("button", name="Open from this computer…").click()
    EditorPage(page).enter_path(tmp_path / "notes.tif")
    expect(page.get_by_role("alert")).to_contain_text("notes.tif")
    complaints.clear()
