"""The sheet for sharing and the gallery's screens as a person meets them: controls by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

TEXTS = {
    "title": "Title",
    "notes": "Notes",
    "material": "Material",
    "composition": "Composition",
    "instrument": "Type",
    "mode": "Mode",
    "manufacturer": "Manufacturer",
    "voltage_kv": "Voltage in kV",
    "sample": "Name of the sample",
    "preparation": "Preparation",
    "doi": "DOI of a publication",
}
LISTS = {"keywords": "Keywords", "phases": "Phases"}
PERSON = {"name": "Name", "orcid": "ORCID iD, if any", "affiliation": "Affiliation"}


def address_of(page: Page, path: str) -> str:
    """Return the address of a path of the site that a page shows."""
    here = urlsplit(page.url)
    return f"{here.scheme}://{here.netloc}{path}"


def entry_in(address: str) -> str:
    """Return the id of the entry that an address shows."""
    found = re.search(r"/gallery/([0-9a-f]{32})", address)
    assert found, address
    return found[1]


class ShareSheet:
    """The sheet "Share in the gallery" of the open editor."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sheet = page.get_by_role("dialog", name="Share in the gallery")

    def open(self) -> None:
        """Open the sheet from the menu "Save"."""
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.get_by_role("menuitem", name="Share in the gallery…").click()
        expect(self.sheet).to_be_visible()

    def begin(self) -> None:
        """Open the sheet and begin a draft."""
        self.open()
        self.sheet.get_by_role("button", name="Begin a draft").click()
        expect(self.field("title")).to_be_visible()

    def field(self, name: str) -> Locator:
        """Return a field by the name of what is written into it."""
        label = (TEXTS | LISTS)[name]
        return self.sheet.get_by_role("textbox", name=label, exact=True)

    def write(self, **texts: str) -> None:
        """Write into fields, each named as in `TEXTS` and `LISTS`."""
        for name, text in texts.items():
            self.field(name).fill(text)

    def add_person(self, **texts: str) -> None:
        """Add one who made the image."""
        self.sheet.get_by_role("button", name="Add a person").click()
        person = self.sheet.get_by_role("group", name=re.compile("^Person")).last
        for name, text in texts.items():
            person.get_by_label(PERSON[name], exact=True).fill(text)

    def give_score(self, score: int) -> None:
        """Say how good the segmentation is."""
        self.sheet.get_by_role("switch", name="Give it a score").set_checked(True, force=True)
        slider = self.sheet.get_by_role("slider", name="Score, 0 to 10")
        slider.focus()
        slider.press("Home")
        for _ in range(score):
            slider.press("ArrowRight")
        expect(self.sheet.get_by_text(f"{score} of 10")).to_be_visible()

    def choose_licence(self, licence: str) -> None:
        """Choose a licence by its id."""
        self.sheet.get_by_role("radio", name=f"({licence})").check(force=True)

    def wait_kept(self) -> None:
        """Wait until the draft is stored as it is written."""
        expect(self.sheet.get_by_text("Draft is kept")).to_be_visible()

    def preview(self) -> Locator:
        """Go on to what will be public, and return it."""
        self.sheet.get_by_role("button", name="Preview…").click()
        preview = self.sheet.get_by_role("article", name="Preview")
        expect(preview).to_be_visible()
        return preview

    def submit(self) -> str:
        """Agree and submit from the preview; return the link that tells how far the entry is."""
        share = self.sheet.get_by_role("button", name="Share", exact=True)
        expect(share).to_be_disabled()
        agreed = self.sheet.get_by_role("checkbox", name=re.compile("^I may share this"))
        agreed.press("Space")  # pictures above it may still arrive, and move it
        expect(agreed).to_be_checked()
        share.click()
        link = self.sheet.get_by_role("link", name="Follow it")
        expect(link).to_be_visible()
        return address_of(self.page, str(link.get_attribute("href")))


class ModerationPage:
    """The queue of a moderator."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def item(self, title: str) -> Locator:
        """Return what waits under a title."""
        return self.page.get_by_role("article", name=title, exact=True)

    def decide(self, title: str, action: str, reason: str = "") -> None:
        """Decide on what waits under a title, and wait until it waits no longer."""
        item = self.item(title)
        if reason:
            item.get_by_label(re.compile("^Reason")).fill(reason)
        item.get_by_role("button", name=action, exact=True).click()
        expect(item).to_have_count(0)


class GalleryPage:
    """The search, the cards, and the page of an entry."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.search = page.get_by_role("searchbox", name="Search the gallery")
        self.found = page.get_by_role("region", name="Entries").get_by_role("list").get_by_role("link")

    def open(self, query: str = "") -> None:
        """Open the gallery, with a search that is already in the address."""
        self.page.goto(address_of(self.page, f"/gallery{query}"))
        expect(self.page.get_by_role("heading", name="Gallery", exact=True)).to_be_visible()

    def expect_titles(self, *titles: str) -> None:
        """Wait until the cards are these, in this order."""
        expect(self.found.locator("strong")).to_have_text(list(titles))

    def open_card(self, title: str) -> str:
        """Open an entry by its card; return its id."""
        self.found.filter(has_text=title).click()
        expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        return entry_in(self.page.url)

    def fact(self, name: str) -> Locator:
        """Return what a line of the entry's page says."""
        row = self.page.locator("dl > div").filter(has=self.page.get_by_role("term").get_by_text(name, exact=True))
        return row.get_by_role("definition")

    def picture(self) -> bytes:
        """Return the entry's canvas once it is at rest."""
        canvas = self.page.get_by_role("img", name=re.compile("arrow keys move"))
        expect(canvas).to_be_visible()
        last = b""
        for _ in range(50):
            now = canvas.screenshot()
            if now == last:
                return now
            last = now
            self.page.wait_for_timeout(120)
        raise AssertionError("The image never comes to rest.")

    @contextmanager
    def asked_for(self, path: str) -> Iterator[list[Any]]:
        """Collect the addresses below a path that the page asks the server for meanwhile."""
        asked: list[Any] = []

        def note(request: Any) -> None:
            if path in request.url:
                asked.append(request.url)

        self.page.on("request", note)
        yield asked
        self.page.remove_listener("request", note)
