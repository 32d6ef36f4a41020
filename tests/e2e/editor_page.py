"""The editor as a person meets it: image positions instead of screen positions, controls by their names."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from playwright.sync_api import APIResponse, Download, Locator, Page, expect

Point = tuple[float, float]
SETTLED_MS = 200
STATE_SECONDS, POLL_MS = 30, 30
TRAINING_SECONDS = 90  # with kernels to be compiled first
READOUT = re.compile(r"x (-?\d+) y (-?\d+)")


class EditorPage:
    """One open project. Positions are (x, y) in image pixels; the whole image must be in view to use them.

    Most tests draw with the brush, which is chosen after opening; with `tool` None the editor's own choice stays.
    """

    def __init__(self, page: Page, *, tool: str | None = "Brush") -> None:
        self.page = page
        self._tool = tool
        self.canvas = page.get_by_role("application", name="Micrograph")
        self.status_bar = page.get_by_role("contentinfo", name="Status")
        self._scale = (1.0, 1.0)
        self._origin = (0.0, 0.0)

    # ---- opening

    def open_sample(self, name: str) -> None:
        """Open a sample from the start screen."""
        self.page.get_by_role("button", name=name).click()
        self.wait_until_open()

    def open_segmented_sample(self) -> None:
        """Open the sample "Barrier coating", label two classes by a stroke each, and train."""
        self.open_sample("Barrier coating")
        self.drag([(300, 800), (340, 820)])
        self.page.keyboard.press("2")
        self.drag([(700, 300), (740, 320)])
        self.wait_saved()
        self.train()

    def open_file(self, *paths: Path) -> None:
        """Open one image file, or several as one project, from the start screen."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose files…").click()
        chooser.value.set_files(list(paths))
        self.wait_until_open()

    def open_folder(self, folder: Path) -> None:
        """Choose a folder on the start screen, whose images become one project."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose a folder…").click()
        chooser.value.set_files(folder)
        self.wait_until_open()

    def open_path(self, path: Path) -> None:
        """Open a file, or all images of a folder, where they lie."""
        self.page.get_by_role("button", name="Open from this computer…").click()
        self.enter_path(path)
        if path.is_dir() and path.suffix != ".zarr":
            self.page.get_by_role("button", name=re.compile("^Open all")).click()
        self.wait_until_open()

    def enter_path(self, path: Path) -> None:
        """Type a path into the browser of this computer's files, and press Enter."""
        field = self.page.get_by_role("textbox", name="Path of a folder or file")
        expect(field).not_to_have_value("")
        field.fill(str(path))
        field.press("Enter")

    def wait_until_open(self) -> None:
        """Wait for the editor with its image, and learn where image positions are on the screen."""
        expect(self.canvas).to_be_visible()
        expect(self.page.get_by_role("button", name="About the image file")).to_be_visible()
        if self._tool:
            self.choose(self._tool)
        self.calibrate()

    # ---- positions

    def calibrate(self, *, fit: bool = True, reach: float = 0.35) -> None:
        """Fit the image into the view and learn the mapping from the status bar's readout at two places.

        The places lie `reach` of the view's smaller side from its middle, and must be over the image.
        """
        if fit:
            self.page.keyboard.press("f")
        box = self.canvas.bounding_box()
        assert box is not None
        centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        reach_px = min(box["width"], box["height"]) * reach
        first_px, last_px = (centre[0] - reach_px, centre[1] - reach_px), (centre[0] + reach_px, centre[1] + reach_px)
        first, last = self.read_at(first_px), self.read_at(last_px)
        self._scale = tuple((last_px[axis] - first_px[axis]) / (last[axis] - first[axis]) for axis in (0, 1))
        self._origin = tuple(
            (first_px[axis] + last_px[axis]) / 2 - (first[axis] + last[axis] + 1) / 2 * self._scale[axis]
            for axis in (0, 1)
        )

    def show(self, point: Point, *, zoom: float) -> None:
        """Bring an image position into the middle of the view, and learn where positions are now."""
        x, y = point
        self.page.evaluate(f"window.sambaseg.editor.zoomTo({zoom}); window.sambaseg.editor.centreOn({x}, {y})")
        self.page.wait_for_timeout(SETTLED_MS)
        self.calibrate(fit=False, reach=0.25)

    def read_at(self, screen: Point) -> tuple[int, int]:
        """Return the image pixel that the status bar tells for a place on the screen."""
        self.page.mouse.move(screen[0] - 1, screen[1])
        self.page.mouse.move(*screen)
        self.page.wait_for_timeout(60)
        expect(self.status_bar).to_contain_text(READOUT)
        found = READOUT.search(self.status_bar.inner_text())
        assert found
        return int(found[1]), int(found[2])

    def at(self, point: Point) -> Point:
        """Return where the middle of an image pixel is on the screen."""
        return tuple(self._origin[axis] + (point[axis] + 0.5) * self._scale[axis] for axis in (0, 1))

    def hover(self, point: Point) -> str:
        """Move the mouse to an image pixel and return the status bar's text."""
        x, y = self.at(point)
        self.page.mouse.move(x - 2, y)
        self.page.mouse.move(x, y)
        expect(self.status_bar).to_contain_text(f"x {point[0]:g} y {point[1]:g}")
        return self.status_bar.inner_text()

    def rest(self) -> None:
        """Move the mouse away from the canvas and from everything that has a tooltip."""
        box = self.status_bar.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def picture(self) -> bytes:
        """Return the canvas as a picture, with the mouse away from it."""
        self.rest()
        self.page.wait_for_timeout(SETTLED_MS)
        return self.canvas.screenshot()

    # ---- drawing

    def drag(self, points: Sequence[Point], *, button: str = "left") -> None:
        """Press at the first position, move along the others, and let go."""
        self.page.mouse.move(*self.at(points[0]))
        self.page.mouse.down(button=button)
        for point in points[1:]:
            self.page.mouse.move(*self.at(point), steps=4)
        self.page.mouse.up(button=button)

    def click(self, point: Point, *, button: str = "left") -> None:
        """Click an image position."""
        self.page.mouse.click(*self.at(point), button=button)

    def polygon(self, corners: Sequence[Point]) -> None:
        """Click the corners and close the polygon by a right click."""
        for corner in corners:
            self.click(corner)
        self.click(corners[-1], button="right")

    def choose(self, tool: str) -> None:
        """Choose a tool from the rail."""
        button = self.page.get_by_role("toolbar", name="Tools").get_by_role("button", name=tool)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def set_brush_width(self, width_px: int) -> None:
        """Press `[` until the brush is so narrow, or `]` until it is so wide."""
        shown = self.page.get_by_label("Tool options").get_by_role("status")
        for _ in range(60):
            now = int(shown.inner_text().removesuffix(" px"))
            if now == width_px:
                return
            self.page.keyboard.press("[" if now > width_px else "]")
        raise AssertionError(f"The brush is never {width_px} px wide.")

    def switch(self, name: str, on: bool) -> None:
        """Turn a switch on or off."""
        self.page.get_by_role("switch", name=name, exact=True).set_checked(on, force=True)

    def is_on(self, name: str) -> bool:
        """Return whether a switch is on."""
        return self.page.get_by_role("switch", name=name, exact=True).is_checked()

    # ---- several images

    def open_images(self) -> None:
        """Open the list of the project's images."""
        self.page.get_by_role("button", name="Project menu").click()
        self.page.get_by_role("menuitem", name=re.compile("^Images")).click()
        expect(self.page.get_by_role("dialog", name=re.compile("^Images"))).to_be_visible()

    def image_names(self) -> list[str]:
        """Return the names of all images in their order."""
        return [image["name"] for image in self._state("images")]

    def images_segmented(self) -> int:
        """Return how many images have a complete result of the labels as they are."""
        return sum(image["result"] == "complete" for image in self._state("images"))

    def slice_shown(self) -> tuple[int, int]:
        """Return the place of the image that is shown, from 1, and how many there are, as the navigator says."""
        field = self._place_field
        count = re.search(r"of (\d+)", field.get_attribute("aria-label") or "")
        assert count
        return int(field.input_value()), int(count[1])

    def go_to_slice(self, number: int) -> None:
        """Type the number of an image into the navigator."""
        self._place_field.fill(str(number))
        self._place_field.press("Enter")
        self.wait_for_slice(number)

    def wait_for_slice(self, number: int) -> None:
        """Wait until an image is shown, and learn where its positions are."""
        expect(self._place_field).to_have_value(str(number))
        self._wait_for_state("!state.switching")
        self.calibrate()

    def start_apply_to_all(self, words: str = "Apply to all") -> None:
        """Choose what is to be done with all images from the menu beside "Train"."""
        self.page.get_by_role("button", name="All images", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile(words)).click()
        expect(self.train_text).to_contain_text(re.compile("^(Image|Waiting)"))

    def wait_applied(self) -> None:
        """Wait until every image is segmented with the newest classifier."""
        expect(self.page.get_by_role("button", name="Train", exact=True)).to_be_enabled(timeout=TRAINING_SECONDS * 1000)
        count = len(self._state("images"))
        self._wait_for_state(f"state.images.filter((image) => image.result === 'complete').length === {count}")

    def set_live(self, on: bool) -> None:
        """Turn live segmentation on or off."""
        self.switch("Live", on)
        self._wait_for_state(f"state.live === {str(on).lower()}")

    def wait_live(self) -> None:
        """Wait until the segmentation has followed the last step everywhere."""
        self.wait_saved()
        self.page.wait_for_timeout(SETTLED_MS)
        expect(self.train_text).to_have_text("Live: up to date", timeout=TRAINING_SECONDS * 1000)
        self._wait_for_state("state.result?.outdated === false")

    def _wait_for_state(self, condition: str) -> None:
        """Wait until a condition on the editor's `state` holds; the page itself may not evaluate text (its policy)."""
        deadline = time.monotonic() + STATE_SECONDS
        while not self.page.evaluate(
            f"() => {{ const state = window.sambaseg.editor.store.getState(); return {condition}; }}"
        ):
            assert time.monotonic() < deadline, f"The page's state did not come to: {condition}"
            self.page.wait_for_timeout(POLL_MS)

    @property
    def _place_field(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("^Image number"))

    def _state(self, name: str) -> Any:
        return self.page.evaluate(f"window.sambaseg.editor.store.getState().{name}")

    # ---- states

    def wait_saved(self) -> None:
        """Wait until every step is on disk."""
        expect(self.page.get_by_role("status").filter(has_text=re.compile("^Saved$"))).to_be_visible()

    def train(self) -> None:
        """Press `T` and wait for the whole segmentation."""
        with self.page.expect_response(re.compile("/train$")) as started:
            self.page.keyboard.press("t")
        job = f"jobs/{started.value.json()['id']}"
        deadline = time.monotonic() + TRAINING_SECONDS
        while self._ask(job).json()["state"] != "done":
            assert time.monotonic() < deadline, self._ask(job).text()
            self.page.wait_for_timeout(50)
        self.wait_segmented()

    def wait_segmented(self) -> None:
        """Wait until the last training has segmented the whole image."""
        expect(self.train_text).to_have_text(re.compile("^Segmented in"), timeout=TRAINING_SECONDS * 1000)

    @property
    def train_text(self) -> Locator:
        """The sentence beside the button "Train"."""
        return self.page.locator("[data-tour=train]").get_by_role("status")

    def class_button(self, class_name: str) -> Locator:
        """The button in the class list that chooses a class."""
        panel = self.page.get_by_role("region", name="Classes")
        return panel.get_by_role("button", name=re.compile(rf"^\d? ?{re.escape(class_name)}$"))

    def rename_class(self, old: str, new: str) -> None:
        """Rename a class by a double click on its name."""
        self.class_button(old).dblclick()
        field = self.page.get_by_role("textbox", name="Class name")
        field.fill(new)
        field.press("Enter")
        expect(self.class_button(new)).to_be_visible()

    def change_class(self, class_name: str, action: str) -> None:
        """Press one of the buttons that appear in a class's row under the mouse: "Rename", "Lock", "Delete"."""
        self.page.get_by_role("button", name=f"Colour of {class_name}").hover()
        self.page.get_by_role("button", name=f"{action} {class_name}").click()

    def labelled_pixels(self, class_name: str) -> int:
        """Return how many labelled pixels the class list shows."""
        row = self.page.get_by_role("listitem").filter(
            has=self.page.get_by_role("button", name=f"Colour of {class_name}")
        )
        title = row.get_by_title(re.compile("labelled pixels$")).get_attribute("title") or ""
        return int(re.sub(r"\D", "", title))

    def undo(self) -> None:
        """Take the newest step back."""
        self.page.keyboard.press("Control+z")

    def redo(self) -> None:
        """Do the step again that was taken back."""
        self.page.keyboard.press("Control+Shift+z")

    def fractions(self) -> list[float]:
        """Return the predicted shares of the classes, in percent, as the panel lists them.

        Their intervals, which come when strokes have been held out, are left aside.
        """
        rows = self.page.get_by_role("table", name="Phase fractions").get_by_role("row").all()[1:]
        return [float(row.get_by_role("cell").nth(0).inner_text().split(" %")[0]) for row in rows]

    def stored_labels(self) -> NDArray[np.uint8]:
        """Return the shown image's labels as the server holds them, once all is saved; (H, W), 0 is unlabelled."""
        self.wait_saved()
        project_id = self.page.url.rsplit("/", 1)[1]
        path = f"projects/{project_id}/export/labels?image={self._state('image')}"
        return tifffile.imread(io.BytesIO(self._ask(path).body()))

    def _ask(self, path: str) -> APIResponse:
        """Ask the server for something, as this browser."""
        server = self.page.url.partition("#")[0]
        answer = self.page.request.get(f"{server}api/{path}")
        assert answer.ok, answer.text()
        return answer

    # ---- files

    def save(self, what: str, *, values: str | None = None) -> Download:
        """Download one of the files of the menu "Save", of the image that is shown."""
        self.page.get_by_role("button", name="Save", exact=True).click()
        if len(self._state("images")) > 1:
            self.page.get_by_role("radiogroup", name="Which images").get_by_text("This image").click()
        if values:
            self.page.get_by_role("radiogroup", name=re.compile("^Pixel values")).get_by_text(values).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("menuitem", name=re.compile(f"^{what}")).click()
        return download.value

    def save_all(self, *kinds: str) -> Download:
        """Download a zip with the ticked kinds of files of all images."""
        self._open_save_all("TIFFs in a zip")
        for item in self.page.get_by_role("menuitemcheckbox").all():
            is_wanted = item.inner_text().strip() in kinds
            if (item.get_attribute("aria-checked") == "true") != is_wanted and item.is_enabled():
                item.click()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Save the zip").click()
        return download.value

    def save_stack(self, kind: str) -> Download:
        """Download one file with a page for each image."""
        self._open_save_all("One stack")
        self.page.get_by_role("menuitemradio", name=kind).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Save the stack").click()
        return download.value

    def _open_save_all(self, form: str) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.get_by_role("radiogroup", name="Which images").get_by_text(re.compile("^All")).click()
        self.page.get_by_role("radiogroup", name="Form of the file").get_by_text(form).click()

    def load(self, item: str, path: Path) -> None:
        """Choose an item of the menu "Load" and give it a file."""
        self.page.get_by_role("button", name="Load", exact=True).click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("menuitem", name=re.compile(f"^{item}")).click()
        chooser.value.set_files(path)
