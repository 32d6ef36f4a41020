"""The page without a mouse and without eyes, and what the browser itself complains about."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from e2e.editor_page import EditorPage
from e2e.pictures import photograph
from e2e.server_process import ServerProcess

NAMELESS = """
() => [...document.querySelectorAll(
  "button, a[href], input, select, textarea, [role=button], [role=slider], [role=switch], [role=tab], [role=menuitem]"
)].filter((element) => {
  if (element.type === "hidden" || element.closest("[aria-hidden=true], [inert]")) return false;
  const ids = (element.getAttribute("aria-labelledby") ?? "").split(" ");
  const name = element.getAttribute("aria-label")
    || ids.map((id) => document.getElementById(id)?.textContent ?? "").join("")
    || [...(element.labels ?? [])].map((label) => label.textContent).join("") || element.textContent || element.title;
  return !name.trim();
}).map((element) => element.outerHTML.slice(0, 200))
"""


def test_every_control_has_a_name(page: Page) -> None:
    assert page.evaluate(NAMELESS) == []
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    assert page.evaluate(NAMELESS) == []
    for opener in ("Load", "Save", "Help", "Project menu", "Classes menu"):
        page.get_by_role("button", name=opener, exact=True).click()
        assert page.evaluate(NAMELESS) == [], opener
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Features and training settings").click()
    sheet = page.get_by_role("dialog", name="Features and training")
    sheet.get_by_role("button", name=re.compile("^Edges")).click()
    expect(sheet.get_by_role("checkbox").first).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    editor.rest()
    photograph(page, "settings", publish_as="manual/images/training-settings.webp", part=sheet)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_page_is_isolated_so_that_threads_may_share_memory(page: Page) -> None:
    assert page.evaluate("crossOriginIsolated") is True


def test_question_mark_opens_the_keys_and_the_palette_finds_commands(page: Page) -> None:
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_contain_text("Narrower brush")
    photograph(page, "keys")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search commands").fill("polyg")
    page.keyboard.press("Enter")
    polygon = page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Polygon")
    expect(polygon).to_have_attribute("aria-pressed", "true")


def test_manual_opens_inside_the_page_and_its_links_and_pictures_work(page: Page) -> None:
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_role("menuitem", name="Manual").click()
    manual = page.get_by_role("dialog", name="Manual")
    manual.get_by_role("article").get_by_role("button", name="Features").click()
    expect(manual.get_by_role("heading", name="Hessian", exact=True)).to_be_visible()
    picture = manual.get_by_role("img", name=re.compile("^All outlines shine"))
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 320
    photograph(page, "manual")
    manual.get_by_role("button", name="Close").click()
    expect(manual).to_be_hidden()


def test_tour_of_the_first_visit_goes_on_by_keys_and_never_comes_back(
    new_context: Callable[..., BrowserContext], server: ServerProcess
) -> None:
    page = new_context(first_visit=True).new_page()
    page.goto(server.address)
    page.get_by_role("button", name="Nickel superalloy").click()
    for step in range(1, 6):
        expect(page.get_by_role("dialog").get_by_text(f"{step} of 5")).to_be_visible()
        if step == 3:
            photograph(page, "tour")
        expect(page.get_by_role("dialog")).to_be_focused()
        if step == 1:  # It says that a number key chooses a class.
            page.keyboard.press("2")
            expect(page.get_by_label("Tool options")).to_contain_text("Class 2")
        page.get_by_role("button", name=re.compile("^(Next|Start)$")).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="About the image file")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_ends_the_tour(new_context: Callable[..., BrowserContext], server: ServerProcess) -> None:
    page = new_context(first_visit=True).new_page()
    page.goto(server.address)
    page.get_by_role("button", name="Nickel superalloy").click()
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_keyboard_alone_leads_from_the_start_page_to_training(page: Page, tmp_path: Path) -> None:
    page.on("filechooser", lambda chooser: chooser.set_files(two_labels(tmp_path)))
    tab_to(page, "Nickel superalloy")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="About the image file")).to_be_visible()
    tab_to(page, "Fill")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Fill")).to_have_attribute("aria-pressed", "true")
    tab_to(page, "Rename Class 1")
    page.keyboard.press("Enter")
    page.keyboard.type("Islands")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Colour of Islands")).to_be_visible()
    tab_to(page, "Load", backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu").locator(":focus")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Load labels, replacing mine")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    tab_to(page, "Train", backwards=True)
    page.keyboard.press("Enter")
    EditorPage(page).wait_segmented()


def two_labels(folder: Path) -> Path:
    """Write labels of two classes for the sample "superalloy"."""
    labels_yx = np.zeros((512, 512), np.uint8)
    labels_yx[120:150, 220:240] = 1
    labels_yx[170:190, 115:150] = 2
    Image.fromarray(labels_yx).save(folder / "labels.png")
    return folder / "labels.png"


def tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(80):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        focused = page.evaluate("(document.activeElement.ariaLabel || document.activeElement.textContent).trim()")
        if focused == name or focused.startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name}")
