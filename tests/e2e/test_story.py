"""The main job from end to end, as a person does it: open, label, train, correct, save, come back, reuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from scipy import ndimage

from e2e.editor_page import EditorPage
from e2e.files import description_of, keep, run_sambaseg
from e2e.pictures import photograph
from e2e.server_process import ServerProcess
from sambaseg import PixelClassifier
from sambaseg.samples import find_sample

TRUTH = Path(__file__).parent / "data/superalloy-truth.png"
TRUTH_OF_CLASS = {1: 2, 2: 0, 3: 1}  # the classes as drawn below
NAMES = ("Precipitates", "Matrix", "Fine precipitates")
ISLANDS = [[(215, 110), (235, 165)], [(140, 255), (165, 290)]]
MATRIX = [(104, 160), (150, 160), (158, 188), (122, 206), (108, 196)]
MORE_ISLANDS = [
    [(204, 140), (206, 160)],
    [(100, 305), (108, 295)],
    [(40, 215), (85, 240)],
    [(330, 430), (360, 400)],
    [(305, 365), (320, 385)],
    [(375, 372), (388, 390)],
    [(305, 415), (312, 435)],
    [(250, 40), (265, 30)],
]
MORE_MATRIX = [
    [(420, 280), (480, 296)],
    [(197, 265), (197, 290)],
    [(271, 138), (273, 158)],
    [(100, 25), (125, 10)],
    [(400, 306), (500, 312)],
    [(160, 185), (165, 205)],
    [(30, 80), (40, 120)],
    [(230, 345), (240, 370)],
    [(425, 110), (440, 118)],
    [(385, 260), (390, 240)],
]
DOTS = [(306, 38), (328, 18), (433, 356), (204, 356), (173, 154), (45, 429), (365, 274), (480, 105), (243, 308)]

OpenContext = Callable[..., BrowserContext]


def intersection_over_union(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Return the Jaccard index of two masks."""
    return float((found & true).sum() / (found | true).sum())


def test_superalloy_from_the_first_stroke_to_another_image(
    own_server: ServerProcess, new_context: OpenContext, tmp_path: Path
) -> None:
    page = new_context(first_visit=True).new_page()
    page.goto(own_server.address)
    photograph(page, "home", publish_as="manual/images/first-home.webp")
    editor = EditorPage(page)
    page.get_by_role("button", name="Nickel superalloy").click()
    page.get_by_role("button", name="Skip").click()
    editor.wait_until_open()
    label_two_phases(editor)
    bare = editor.picture()
    editor.train()
    assert editor.picture() != bare, "the segmentation does not show"
    assert abs(sum(editor.fractions()) - 100) < 0.2
    photograph(page, "result-of-two-classes", publish_as="manual/images/first-result.webp")

    correct_by_a_third_class(editor)
    editor.train()
    look_at_the_uncertainty(editor)
    photograph(page, "editor", publish_as="images/editor.webp")
    segmentation_yx = check_saved_files(editor, tmp_path / "saved")

    come_back_the_next_day(editor, own_server, new_context)
    classifier = tmp_path / "saved/Nickel superalloy classifier.sambaseg"
    check_same_result_everywhere(classifier, segmentation_yx, own_server, new_context, tmp_path)


def label_two_phases(editor: EditorPage) -> None:
    """Draw strokes for class 1 and a polygon for class 2."""
    for stroke in ISLANDS[:2]:
        editor.drag(stroke)
    expect(editor.train_text).to_have_text("1 more class needs labels")
    editor.page.keyboard.press("2")
    editor.page.keyboard.press("p")
    editor.polygon(MATRIX)
    editor.wait_saved()
    photograph(editor.page, "labels", publish_as="manual/images/first-labels.webp")
    editor.calibrate()


def correct_by_a_third_class(editor: EditorPage) -> None:
    """Add strokes where the first result was wrong, and a class of small dots."""
    editor.calibrate()
    editor.page.keyboard.press("b")
    editor.set_brush_width(8)
    for stroke in MORE_MATRIX:
        editor.drag(stroke)
    editor.page.keyboard.press("1")
    for stroke in MORE_ISLANDS:
        editor.drag(stroke)
    editor.page.get_by_role("button", name="Add class").click()
    editor.page.keyboard.press("3")
    editor.set_brush_width(4)
    for dot in DOTS:
        editor.click(dot)
    for class_id, name in enumerate(NAMES, start=1):
        editor.rename_class(f"Class {class_id}", name)
    editor.wait_saved()
    expect(editor.train_text).to_have_text("Labels changed since")


def look_at_the_uncertainty(editor: EditorPage) -> None:
    """Show the uncertainty without the segmentation, and go back."""
    editor.rest()
    segmented = editor.picture()
    editor.page.keyboard.press("u")
    editor.switch("Segmentation", False)
    assert editor.picture() != segmented
    photograph(editor.page, "uncertainty", publish_as="manual/images/viewing-uncertainty.webp")
    editor.page.keyboard.press("u")
    editor.switch("Segmentation", True)
    editor.rest()


def check_saved_files(editor: EditorPage, folder: Path) -> NDArray[np.uint8]:
    """Save everything that can be saved and look into the files; returns the segmentation."""
    segmentation = keep(editor.save("Segmentation"), folder)
    labels = keep(editor.save("Labels"), folder)
    spread = keep(editor.save("Segmentation", values="Spread over 0–255"), folder / "spread")
    uncertainty = keep(editor.save("Uncertainty"), folder)
    probabilities = keep(editor.save("Probabilities"), folder)
    keep(editor.save("Classifier"), folder)
    segmentation_yx, labels_yx = tifffile.imread(segmentation), tifffile.imread(labels)
    probabilities_kyx = tifffile.imread(probabilities)

    assert segmentation_yx.shape == labels_yx.shape == (512, 512)
    assert set(np.unique(segmentation_yx)) == {1, 2, 3}
    shown = [editor.labelled_pixels(name) for name in NAMES]
    assert shown == [int((labels_yx == class_id).sum()) for class_id in (1, 2, 3)]
    assert [row["name"] for row in description_of(segmentation)["classes"]] == list(NAMES)
    assert np.array_equal(tifffile.imread(spread), segmentation_yx * np.uint8(85))
    assert np.array_equal(probabilities_kyx.argmax(axis=0) + 1, segmentation_yx)
    expected = (1 - probabilities_kyx.max(axis=0)) * 255
    assert np.abs(tifffile.imread(uncertainty) - expected).max() <= 0.51

    truth_yx = np.asarray(Image.open(TRUTH))
    found = {k: intersection_over_union(segmentation_yx == k, truth_yx == v) for k, v in TRUTH_OF_CLASS.items()}
    assert found[1] > 0.75
    assert found[2] > 0.75
    assert found[3] > 0.15  # nine dots of a phase that has two percent
    fractions = [100 * float((segmentation_yx == class_id).mean()) for class_id in (1, 2, 3)]
    assert np.allclose(editor.fractions(), fractions, atol=0.1)
    return segmentation_yx


def come_back_the_next_day(editor: EditorPage, server: ServerProcess, new_context: OpenContext) -> None:
    """Close the browser, stop and start the server, open the project again: all is as it was, and undo works."""
    before = {name: editor.labelled_pixels(name) for name in NAMES}
    fractions = editor.fractions()
    editor.page.context.close()
    server.stop()
    server.start()
    page = new_context().new_page()
    page.goto(server.address)
    page.get_by_role("link", name="Nickel superalloy").click()
    again = EditorPage(page)
    again.wait_until_open()
    assert {name: again.labelled_pixels(name) for name in before} == before
    assert again.fractions() == fractions
    for _ in range(len(NAMES) + 1):  # the names, then the last stroke
        page.get_by_role("button", name="Undo").click()
        again.wait_saved()
    assert again.labelled_pixels("Class 3") < before["Fine precipitates"]
    for _ in range(len(NAMES) + 1):
        again.redo()
        again.wait_saved()
    assert {name: again.labelled_pixels(name) for name in NAMES} == before
    page.context.close()


def check_same_result_everywhere(
    classifier: Path,
    segmentation_yx: NDArray[np.uint8],
    server: ServerProcess,
    new_context: OpenContext,
    folder: Path,
) -> None:
    """Apply the saved classifier in the page, on the command line and in Python, to the same and to another image."""
    first, second = folder / "first.png", folder / "second.png"
    image_yx = np.asarray(Image.open(find_sample("superalloy").path))
    Image.fromarray(image_yx).save(first)
    Image.fromarray(image_yx[::-1, 40:]).save(second)
    page = new_context().new_page()
    page.goto(server.address)
    editor = EditorPage(page)
    editor.open_file(second)
    editor.load("Load classifier", classifier)
    page.get_by_role("button", name="Segment", exact=True).click()
    editor.wait_segmented()
    of_page = tifffile.imread(keep(editor.save("Segmentation"), folder / "page"))

    run_sambaseg("apply", classifier, first, second, "--out", folder / "results")
    written = sorted((folder / "results").glob("*.tif"))
    assert [path.name.split(".")[0].split("-")[0].split(" ")[0] for path in written] == ["first", "second"]
    assert np.array_equal(tifffile.imread(written[0]), segmentation_yx)
    assert np.array_equal(tifffile.imread(written[1]), of_page)

    loaded = PixelClassifier.load(classifier)
    assert np.array_equal(loaded.predict(image_yx), segmentation_yx)
    assert np.array_equal(loaded.predict(image_yx[::-1, 40:]), of_page)


def test_16_bit_image_is_segmented_by_its_stored_values(page: Page, tmp_path: Path) -> None:
    # Both phases are below 256 of 65,536 levels apart: read as 8 bits, the image would be even.
    rng = np.random.default_rng(0)
    phase_yx = ndimage.gaussian_filter(rng.normal(size=(400, 500)), 12) > 0
    image_yx = (30_000 + 200 * phase_yx + rng.normal(0, 60, phase_yx.shape)).astype(np.uint16)
    path = tmp_path / "sixteen bits.tif"
    tifffile.imwrite(path, image_yx, resolution=(1e4 / 0.05, 1e4 / 0.05), resolutionunit="CENTIMETER")

    editor = EditorPage(page)
    editor.open_file(path)
    expect(page.get_by_role("button", name="About the image file")).to_have_text(re.compile("^16-bit 500 × 400"))
    expect(page.get_by_role("button", name="Pixel size 50 nm")).to_be_visible()
    assert f"value {image_yx[200, 250]}" in editor.hover((250, 200))
    for key, phase in (("1", phase_yx), ("2", ~phase_yx)):
        page.keyboard.press(key)
        for point in deepest_places(phase, 5):
            editor.drag([point, (point[0] + 5, point[1])])
    editor.wait_saved()
    editor.train()
    first = tifffile.imread(keep(editor.save("Segmentation"), tmp_path / "first"))
    assert ((first == 1) == phase_yx).mean() > 0.9
    photograph(page, "sixteen-bits")

    shown = editor.picture()
    black = page.get_by_role("textbox", name="Shown black")
    black.fill("30100")
    black.press("Enter")
    assert editor.picture() != shown, "the contrast does not change what is seen"
    editor.train()
    second = keep(editor.save("Segmentation"), tmp_path / "second")
    assert np.array_equal(tifffile.imread(second), first)
    with tifffile.TiffFile(second) as file:
        assert description_of(second)["pixel_size_um"] == pytest.approx([0.05, 0.05])
        assert file.pages.first.tags["XResolution"].value[0] / file.pages.first.tags["XResolution"].value[1] == 200_000


def deepest_places(mask_yx: NDArray[np.bool_], count: int) -> list[tuple[int, int]]:
    """Return (x, y) of the places farthest from the mask's border, well apart from each other."""
    depth_yx = ndimage.distance_transform_edt(np.pad(mask_yx, 1))[1:-1, 1:-1]
    places = []
    for _ in range(count):
        y, x = np.unravel_index(depth_yx.argmax(), depth_yx.shape)
        places.append((int(x), int(y)))
        depth_yx[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40] = 0
    return places
