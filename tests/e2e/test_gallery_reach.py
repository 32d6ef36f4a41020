"""The gallery by keys alone, at the width of a phone, and what a submitter sees of own entries."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.gallery_pages import GalleryPage
from e2e.micrographs import superalloy
from e2e.person import PASSWORD, Person, public_site, tiny_png
from e2e.pictures import RESULTS
from e2e.server_process import ServerProcess
from e2e.test_accessibility import NAMELESS

OpenContext = Callable[..., BrowserContext]
METADATA = {
    "title": "Grains of iron",
    "material": {"name": "Iron", "composition": "", "phases": []},
    "instrument": {"type": "SEM", "mode": "SE", "manufacturer": "", "voltage_kv": 5},
    "preparation": "Electropolished.",
    "quality": 6,
    "creators": [{"name": "Cy Edge"}],
    "licence": "CC0-1.0",
}
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a site for several tests."""
    with public_site(tmp_path_factory.mktemp("site")) as server:
        yield server


def test_gallery_is_used_by_keys_alone(site: ServerProcess, new_context: OpenContext) -> None:
    publish_some(new_context, site)
    page = new_context().new_page()
    page.goto(f"{site.address}gallery")
    gallery = GalleryPage(page)
    press_until(page, gallery.search)
    page.keyboard.type("grains of iro")
    gallery.expect_titles("Grains of iron")
    press_until(page, gallery.found.first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grains of iron", level=1)).to_be_visible()
    canvas = page.get_by_role("img", name=re.compile("arrow keys move"))
    press_until(page, canvas)
    whole = gallery.picture()
    for key in ("+", "ArrowRight"):
        page.keyboard.press(key)
        assert gallery.picture() != whole, key
    page.keyboard.press("f")
    assert gallery.picture() == whole
    press_until(page, page.get_by_role("button", name="Open in the editor"))
    page.keyboard.press("Enter")
    EditorPage(page, tool=None).wait_until_open()
    page.go_back()
    expect(page.get_by_role("heading", name="Grains of iron", level=1)).to_be_visible()
    page.go_back()
    gallery.expect_titles("Grains of iron")


def test_gallery_fits_a_phone(site: ServerProcess, new_context: OpenContext, complaints: Complaints) -> None:
    publish_some(new_context, site)
    page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto(f"{site.address}gallery")
    gallery = GalleryPage(page)
    gallery.search.fill("iron")
    gallery.expect_titles("Grains of iron")
    look_at_phone(page, "gallery")
    page.get_by_role("button", name="Filters").tap()
    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("checkbox", name=re.compile("^CC0-1.0")).check(force=True)
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
    look_at_phone(page, "gallery-filters")
    page.get_by_role("button", name="Filters (1)").tap()
    gallery.found.first.tap()
    expect(page.get_by_role("region", name="How to cite this version")).to_be_visible()
    gallery.picture()
    look_at_phone(page, "gallery-entry")
    for path in ("gallery/mine", f"gallery/{'0' * 32}"):
        page.goto(f"{site.address}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate(FITS), path
    assert all("401" in complaint or "404" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_an_own_entry_is_taken_out_only_after_a_question(
    site: ServerProcess, new_context: OpenContext, complaints: Complaints
) -> None:
    visitor, moderator = Person(new_context(), site), Person(new_context(), site)
    visitor.visit()
    moderator.sign_in("mo", PASSWORD)
    metadata = {**METADATA, "title": "Grains of tin", "material": {"name": "Tin"}}
    project = visitor.make_project("tin", "tin.png", tiny_png())
    entry = visitor.ask("POST", f"/api/projects/{project}/share", {"image": 0})["mine"]["id"]
    visitor.ask("PATCH", f"/api/gallery/drafts/{entry}", {"metadata": metadata})
    token = visitor.ask("POST", f"/api/gallery/drafts/{entry}/submit", {"consent": True})["follow_token"]
    page = visitor.open(f"/gallery/follow/{token}")
    expect(page.get_by_role("listitem")).to_have_text([re.compile("^Submitted")])
    expect(page.get_by_role("main")).to_contain_text("A moderator looks at it before it becomes public.")
    page = visitor.open("/gallery/mine")
    own = page.get_by_role("listitem").filter(has_text="Grains of tin")
    own.get_by_role("button", name="Back to a draft").click()
    own.get_by_role("button", name="Go on writing").wait_for()
    visitor.ask("POST", f"/api/gallery/drafts/{entry}/submit", {"consent": True})
    moderator.decide(entry, "accept")

    page.reload()
    own.get_by_role("button", name="Take out of the gallery…").click()
    expect(own).to_contain_text("All its versions go")
    own.get_by_role("button", name="Keep it").click()
    assert visitor.ask("GET", f"/api/gallery/entries/{entry}")["state"] == "accepted"
    own.get_by_role("button", name="Take out of the gallery…").click()
    own.get_by_role("textbox").fill("Another alloy.")
    own.get_by_role("button", name="Take it out").click()
    expect(own).to_contain_text("Withdrawn")
    assert Person(new_context(), site).send("GET", f"/api/gallery/entries/{entry}").status == 410
    log = moderator.open("/moderation").get_by_role("region", name="What was done")
    expect(log.get_by_role("link", name="Grains of tin").first).to_be_visible()
    assert all("410" in complaint for complaint in complaints), complaints
    complaints.clear()


def publish_some(new_context: OpenContext, site: ServerProcess) -> None:
    """Publish an entry without the way over the page, unless it is there."""
    visitor, moderator = Person(new_context(), site), Person(new_context(), site)
    visitor.visit()
    if visitor.ask("GET", "/api/gallery/entries?q=iron")["total"]:
        return
    buffer = io.BytesIO()
    Image.fromarray(superalloy()[0][:300, :400]).save(buffer, "PNG")
    project = visitor.make_project("iron", "iron.png", buffer.getvalue())
    entry = visitor.submit(project, METADATA)
    moderator.sign_in("mo", PASSWORD)
    moderator.decide(entry, "accept")


def press_until(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never leads there.")


def look_at_phone(page: Page, name: str) -> None:
    """Take the page in light and dark; nothing stands out at the side."""
    assert page.evaluate(FITS), name
    assert page.evaluate(NAMELESS) == []
    RESULTS.mkdir(exist_ok=True)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_have_count(1)
        page.screenshot(path=RESULTS / f"{name}-{scheme}-phone.png")
