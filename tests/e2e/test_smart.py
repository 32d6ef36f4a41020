"""Smart labelling in a real browser: suggestions under the mouse, points, a box, learning, and what gives them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect
from scipy import ndimage

from e2e.editor_page import EditorPage, Point
from e2e.files import keep
from e2e.pictures import photograph
from e2e.server_process import ServerProcess

ANSWER_MS = 150
MODEL_MS = 400
MODELS = Path(__file__).parents[1] / "smart/models/data"
KINDS = ("sam1", "sam1_tjs", "sam2")
SAME_PIXELS = 0.999
READY_SECONDS = 90  # with kernels to be compiled first
ISLANDS = [(225, 150), (150, 280), (60, 210), (160, 90)]
MATRIX = [(430, 280), (200, 350)]
STATE = "window.sambaseg.editor.store.getState()"

OpenContext = Callable[..., BrowserContext]


class SmartEditor(EditorPage):
    """An open project with smart labelling as the tool, as it is after opening."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, tool=None)

    def wait_ready(self) -> None:
        """Wait until suggestions are there for what is on the screen."""
        self.wait_until(f"{STATE}.smart.ready && {STATE}.smart.preparing.length === 0")

    def point_at(self, point: Point) -> None:
        """Move the mouse to an image position and wait until its suggestion is drawn."""
        x, y = self.at(point)
        self.page.mouse.move(x - 2, y)
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(ANSWER_MS)

    def click(self, point: Point, *, button: str = "left") -> None:
        """Click an image position, and leave the answer the moment that it takes."""
        super().click(point, button=button)
        self.page.wait_for_timeout(ANSWER_MS)

    def wait_until(self, condition: str) -> None:
        """Wait until a condition on the editor's state holds."""
        for _ in range(READY_SECONDS * 20):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"Never {condition}: {self.page.evaluate(f'JSON.stringify({STATE}.notices)')}")

    def click_exactly(self, point: Point, *, model: str) -> Point:
        """Click a screen pixel near an image position, wait for the model's answer, and return which position it is."""
        box, zoom = self.canvas.bounding_box(), self.page.evaluate(f"{STATE}.zoom")
        width, height = self.page.evaluate(f"[{STATE}.project.image.width, {STATE}.project.image.height]")
        assert box is not None
        screen = [round(value) for value in self.at(point)]
        self.page.mouse.move(*screen)
        self.wait_until(f"{STATE}.smart.model === {model!r}")  # the first answer waits for the decoder to be loaded
        self.page.wait_for_timeout(MODEL_MS)
        self.page.mouse.click(*screen)
        self.page.wait_for_timeout(MODEL_MS)
        x = (screen[0] - box["x"] - box["width"] / 2) / zoom + width / 2
        return x, (screen[1] - box["y"] - box["height"] / 2) / zoom + height / 2

    def accept(self) -> NDArray[np.uint8]:
        """Press Enter and return the labels."""
        self.page.wait_for_timeout(ANSWER_MS)
        self.page.keyboard.press("Enter")
        self.page.wait_for_timeout(ANSWER_MS)
        return self.stored_labels()

    def shown(self) -> bytes:
        """Return the canvas as a picture, with the mouse where it is."""
        return self.canvas.screenshot()

    @property
    def scale(self) -> str:
        """The chosen scale: "Likeliest", "Small", "Medium" or "Large"."""
        scales = self.page.get_by_role("radiogroup", name="Scale of the suggestion")
        return scales.get_by_role("radio", checked=True).evaluate("radio => radio.labels[0].innerText").split()[-1]

    def choose_scale(self, name: str) -> None:
        """Press the key of the next scale until this one is chosen."""
        for _ in range(4):
            if self.scale == name:
                return
            self.page.keyboard.press("m")
        raise AssertionError(f"There is no scale {name}.")

    @property
    def held(self) -> str:
        """What holds the suggestion: "2 points"."""
        return str(self.page.get_by_label("Tool options").get_by_role("status").first.inner_text())


def open_sample(page: Page, name: str = "Nickel superalloy") -> SmartEditor:
    """Open a sample and wait for suggestions."""
    editor = SmartEditor(page)
    editor.open_sample(name)
    editor.wait_ready()
    return editor


def disc_image(folder: Path, *, side: int = 160, scale: int = 1) -> tuple[Path, NDArray[np.bool_]]:
    """Write a noisy picture with two bright discs and return which pixels they cover."""
    y, x = np.mgrid[: side * scale, : side * scale] / scale
    discs_yx = np.zeros((side * scale, side * scale), np.bool_)
    for top, left, radius in [(50, 50, 25), (110, 105, 18)]:
        discs_yx |= (y - top) ** 2 + (x - left) ** 2 < radius**2
    noise = np.random.default_rng(0).normal(0, 4, discs_yx.shape)
    image_yx = np.clip(80 + 90 * discs_yx + ndimage.gaussian_filter(noise, 0.7), 0, 255).astype(np.uint8)
    path = folder / "discs.tif"
    tifffile.imwrite(path, image_yx)
    return path, discs_yx


def overlap(labels_yx: NDArray[np.uint8], disc: int, discs_yx: NDArray[np.bool_], class_id: int = 1) -> float:
    """Return the intersection over union of a class's labels with one of the discs."""
    parts_yx, _ = ndimage.label(discs_yx)
    disc_yx = parts_yx == disc
    labelled_yx = labels_yx == class_id
    return float((labelled_yx & disc_yx).sum() / (labelled_yx | disc_yx).sum())


@pytest.fixture
def discs(page: Page, tmp_path: Path) -> tuple[SmartEditor, NDArray[np.bool_]]:
    """Return an open project with two bright discs, and which pixels they cover."""
    path, discs_yx = disc_image(tmp_path)
    editor = SmartEditor(page)
    editor.open_file(path)
    editor.wait_ready()
    return editor, discs_yx


def test_superalloy_by_suggestions_from_the_first_hover_to_the_saved_labels(page: Page, tmp_path: Path) -> None:
    editor = open_sample(page)
    button = page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Smart labelling")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert editor.scale == "Likeliest"
    look_at_the_scales(editor)
    look_at_points(editor)

    editor.choose_scale("Medium")
    before = 0
    for place in ISLANDS[:3]:
        editor.click(place)
        editor.rest()
        after = int((editor.stored_labels() == 1).sum())
        assert after > before, f"Nothing was labelled at {place}"
        before = after
    page.keyboard.press("2")
    editor.choose_scale("Medium")
    for place in MATRIX:
        editor.click(place)
    labels_yx = editor.stored_labels()
    assert all(labels_yx[y, x] == 1 for x, y in ISLANDS[:3])
    assert all(labels_yx[y, x] == 2 for x, y in MATRIX)
    photograph(page, "smart-labels")
    editor.calibrate()

    editor.train()
    with_result = re.compile(r"/suggestions\?.*result=")
    editor.wait_ready()
    editor.point_at(ISLANDS[3])
    expect(page.get_by_role("button", name="Suggestions: Built in, learning. Choose")).to_be_visible()
    urls = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any(with_result.search(url) for url in urls)
    page.keyboard.press("1")
    editor.click(ISLANDS[3])
    assert editor.stored_labels()[ISLANDS[3][1], ISLANDS[3][0]] == 1
    photograph(page, "smart-after-training")
    saved_yx = tifffile.imread(keep(editor.save("Labels"), tmp_path))
    assert np.array_equal(saved_yx, editor.stored_labels())


def look_at_the_scales(editor: SmartEditor) -> None:
    """See that the suggestion follows the mouse, and that a right click goes round the scales."""
    page = editor.page
    editor.point_at((480, 500))
    elsewhere = editor.shown()
    editor.choose_scale("Small")
    pictures, scales = [], []
    for name in ("small", "medium", "large"):
        editor.point_at(ISLANDS[0])
        scales.append(editor.scale)
        pictures.append(editor.shown())
        photograph(page, f"smart-{name}", publish_as=f"manual/images/smart-{name}.webp", part=editor.canvas)
        editor.calibrate()
        editor.point_at(ISLANDS[0])
        page.mouse.down(button="right")
        page.mouse.up(button="right")
    assert scales == ["Small", "Medium", "Large"]
    assert editor.scale == "Small"
    assert len({elsewhere, *pictures}) == 4


def look_at_points(editor: SmartEditor) -> None:
    """Hold a suggestion by three points, and give it up again."""
    editor.choose_scale("Medium")
    for key, place in [("Shift", ISLANDS[1]), ("Shift", ISLANDS[2]), ("Alt", ISLANDS[0])]:
        editor.page.keyboard.down(key)
        editor.click(place)
        editor.page.keyboard.up(key)
    assert editor.held == "3 points"
    picture = {"publish_as": "manual/images/smart-points.webp", "part": editor.canvas}
    photograph(editor.page, "smart-three-points", **picture)
    editor.calibrate()
    editor.page.keyboard.press("Escape")
    assert not editor.stored_labels().any()


def test_click_labels_what_is_suggested_as_one_step(discs: tuple[SmartEditor, NDArray[np.bool_]]) -> None:
    editor, discs_yx = discs
    overlaps = []
    for _ in range(3):
        editor.click((50, 50))
        overlaps.append(overlap(editor.stored_labels(), 1, discs_yx))
        editor.undo()
        assert not editor.stored_labels().any()
        editor.page.keyboard.press("m")
    assert max(overlaps) > 0.85
    editor.redo()
    assert editor.stored_labels().any()


def test_labels_of_another_class_are_left_alone(discs: tuple[SmartEditor, NDArray[np.bool_]]) -> None:
    editor, _ = discs
    editor.choose("Rectangle")
    editor.drag([(50, 20), (80, 80)])
    right_half_yx = editor.stored_labels() == 1
    editor.choose("Smart labelling")
    editor.page.keyboard.press("2")
    editor.wait_ready()
    editor.click((35, 50))
    labels_yx = editor.stored_labels()
    assert (labels_yx == 2).any()
    assert (labels_yx[right_half_yx] == 1).all()
    editor.undo()
    editor.switch("Overwrite", True)
    editor.choose_scale("Large")
    editor.click((35, 50))
    assert (editor.stored_labels()[right_half_yx] == 2).any()


def test_points_hold_the_suggestion_until_enter_and_escape_clears_them(
    discs: tuple[SmartEditor, NDArray[np.bool_]],
) -> None:
    editor, discs_yx = discs
    editor.choose_scale("Large")
    editor.page.keyboard.down("Shift")
    editor.click((50, 50))
    editor.click((105, 110))
    editor.page.keyboard.up("Shift")
    assert editor.held == "2 points"
    editor.page.keyboard.down("Alt")
    editor.click((140, 20))
    editor.page.keyboard.up("Alt")
    assert editor.held == "3 points"
    photograph(editor.page, "smart-points")
    editor.calibrate()
    editor.page.keyboard.press("Backspace")
    editor.page.keyboard.press("Backspace")
    assert editor.held == "1 point"
    editor.page.keyboard.press("Escape")
    assert not editor.stored_labels().any()
    editor.page.keyboard.down("Shift")
    editor.click((50, 50))
    editor.click((105, 110))
    editor.page.keyboard.up("Shift")
    labels_yx = editor.accept()
    assert labels_yx[50, 50] == labels_yx[110, 105] == 1
    editor.undo()
    assert not editor.stored_labels().any(), "one step"
    assert discs_yx[50, 50]


def test_box_is_drawn_by_dragging(discs: tuple[SmartEditor, NDArray[np.bool_]]) -> None:
    editor, discs_yx = discs
    editor.drag([(86, 91), (124, 129)])
    assert editor.held == "box"
    assert not editor.stored_labels().any()
    overlaps = []
    for _ in range(3):
        overlaps.append(overlap(editor.accept(), 2, discs_yx))
        editor.undo()
        editor.page.keyboard.press("m")
        editor.drag([(86, 91), (124, 129)])
    assert max(overlaps) > 0.8


def test_large_image_is_suggested_at_the_zoom_s_scale_and_labelled_at_full_resolution(
    page: Page, tmp_path: Path
) -> None:
    path, discs_yx = disc_image(tmp_path, scale=16)
    editor = SmartEditor(page)
    editor.open_file(path)
    editor.wait_ready()
    overlaps = []
    for _ in range(3):
        editor.click((50 * 16, 50 * 16))
        overlaps.append(overlap(editor.stored_labels(), 1, discs_yx))
        editor.undo()
        editor.page.keyboard.press("m")
    assert max(overlaps) > 0.85
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    levels = {int(found[1]) for url in asked if (found := re.search(r"/suggestions\?.*level=(\d)", url))}
    assert levels <= {1, 2}
    for _ in range(8):
        page.keyboard.press("+")
    asked_finely = r"({ name }) => /\/suggestions\?.*level=0/.test(name)"
    editor.wait_until(f"performance.getEntriesByType('resource').some({asked_finely})")


def test_click_before_suggestions_are_there_labels_nothing_and_says_so(
    own_server: ServerProcess, new_context: OpenContext
) -> None:
    page = new_context().new_page()
    page.route("**/suggestions?*", lambda _: None)  # never answered
    page.goto(own_server.address)
    editor = SmartEditor(page)
    editor.open_sample("Nickel superalloy")
    expect(page.get_by_role("button", name="Suggestions: Built in. Choose")).to_contain_text("preparing…")
    editor.click((100, 100))
    expect(page.get_by_text("The suggestions are being prepared.")).to_be_visible()
    assert not editor.stored_labels().any()


def test_sheet_tells_what_gives_the_suggestions(page: Page) -> None:
    open_sample(page)
    page.get_by_role("button", name="Suggestions: Built in. Choose").click()
    sheet = page.get_by_role("dialog", name="Smart labelling")
    rows = sheet.get_by_role("list", name="What gives the suggestions").get_by_role("listitem")
    expect(rows.first).to_contain_text("Built in")
    expect(rows.first).to_contain_text("In use")
    page.mouse.move(640, 790)
    photograph(page, "smart-models")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_model_from_disk_gives_the_same_masks_here_as_in_python(
    own_server: ServerProcess, new_context: OpenContext, tmp_path: Path
) -> None:
    page = new_context().new_page()
    page.goto(own_server.address)
    editor = SmartEditor(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path, _ = disc_image(tmp_path)
    editor.open_file(path)
    editor.wait_ready()
    for kind in KINDS:
        name = f"tiny_{kind}"
        add_model(page, name, MODELS / kind)
        page.keyboard.press("Escape")
        editor.wait_ready()
        for number, scale in enumerate(("Small", "Medium", "Large")):
            editor.choose_scale(scale)
            for place in [(50, 50), (100, 120), (20, 90)]:  # decoded in the page and on the server in turn
                point = editor.click_exactly(place, model=name)
                mask_yx = masks_in_python(own_server, name, path, point)[number]
                same = (editor.stored_labels() == 1) == mask_yx
                assert same.mean() >= SAME_PIXELS, (kind, scale, place)
                editor.undo()
                editor.wait_saved()
    assert any(url.endswith(".wasm") for url in asked)
    assert 0 < sum(url.endswith("/decode") for url in asked) <= 9 * len(KINDS) // 2 + len(KINDS), (
        "both ways were measured, in turn"
    )


def add_model(page: Page, name: str, folder: Path) -> None:
    """Give the page the files of a model of one's own, and choose it."""
    page.get_by_role("button", name=re.compile("^Suggestions: .*Choose$")).click()
    own = page.get_by_role("dialog", name="Smart labelling").get_by_role("region", name="Your own model")
    own.get_by_label("Name").fill(name)
    with page.expect_file_chooser() as chooser:
        own.get_by_role("button", name="Choose files…").click()
    chooser.value.set_files([folder / "encoder.onnx", folder / "decoder.onnx"])
    page.get_by_role("button", name=f"Use {name}").click()


def masks_in_python(server: ServerProcess, name: str, image: Path, point: Point) -> NDArray[np.bool_]:
    """Return the three masks of a point as the Python package gives them from the server's files."""
    from sambaseg.images.reader import read_image
    from sambaseg.smart.models.runtime import Runtime
    from sambaseg.smart.models.store import ModelStore
    from sambaseg.smart.models.suggester import SamSuggester
    from sambaseg.smart.prompt import Prompt, PromptPoint
    from sambaseg.smart.view_image import ViewImage

    micrograph = read_image(image)
    view = ViewImage.from_pixels(micrograph.pixels_cyx, is_rgb=False)
    suggester = SamSuggester(ModelStore(server.data_dir).find(name), Runtime(threads=1))
    prompt = Prompt((PromptPoint(point[1], point[0]),))
    return suggester.prepare(view).suggest(prompt).masks_3yx


def test_all_like_this_is_pruned_and_accepted_as_one_step(page: Page) -> None:
    editor = open_sample(page)
    button = page.get_by_role("button", name="Label all like this")
    expect(button).to_have_attribute("aria-disabled", "true")
    for scale, place in [("Medium", ISLANDS[1]), ("Small", ISLANDS[2])]:
        editor.choose_scale(scale)
        editor.click(place)
    before_yx = editor.stored_labels()
    page.keyboard.press("l")
    options = page.get_by_label("Tool options")
    expect(options.get_by_role("button", name="Label all", exact=True)).to_be_visible()
    assert regions_proposed(editor) >= 1
    editor.rest()
    photograph(page, "smart-alike", publish_as="manual/images/smart-alike.webp", part=editor.canvas)
    page.keyboard.press("Escape")
    expect(button).to_be_visible()
    assert np.array_equal(editor.stored_labels(), before_yx)

    button.click()
    expect(options.get_by_role("button", name="Label all", exact=True)).to_be_visible()
    proposed = regions_proposed(editor)
    threshold = options.get_by_role("slider", name="How alike at least")
    threshold.focus()
    threshold.press("Home")
    assert regions_proposed(editor) >= proposed
    options.get_by_role("button", name="Label all", exact=True).click()
    labels_yx = editor.stored_labels()
    assert (labels_yx > 0).sum() > (before_yx > 0).sum()
    assert np.array_equal(labels_yx[before_yx > 0], before_yx[before_yx > 0])
    editor.undo()
    assert np.array_equal(editor.stored_labels(), before_yx)


def regions_proposed(editor: SmartEditor) -> int:
    """Return how many regions would be labelled."""
    status = editor.page.get_by_label("Tool options").get_by_role("status")
    return int(re.sub(r"\D", "", status.inner_text()))
