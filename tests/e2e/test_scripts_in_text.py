"""Whatever people write is shown as what it is: nothing of it runs, is fetched, or becomes a part of a page.

Each text of `script_texts.py` is written into every field that people can fill; then every page that shows them is
looked at in a browser that notices scripts, dialogs, violated policies, and requests to other hosts.
"""

from __future__ import annotations

import hashlib
import html.parser
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.gallery_pages import ShareSheet
from e2e.people_beforehand import people_of
from e2e.person import PASSWORD, Person, tiny_png
from e2e.script_texts import PAYLOADS, RUNS, WATCH, expect_shown
from e2e.server_process import ServerProcess
from e2e.text_fields import Written
from e2e.watched import Watched

NAMES = RUNS[:6]
"""Names of accounts are hashed slowly with their passwords, so that there are fewer."""
ON_PAGES_OF_THEIR_OWN = [*NAMES[:3], *PAYLOADS[15:33:6]]
"""The page of an entry is opened for some; the queue shows the same of all, and the gallery's cards too."""
OWN_OR_KNOWN = re.compile(r"/|https://(doi|orcid|creativecommons)\.org/")
OpenContext = Callable[..., BrowserContext]


class Markup(html.parser.HTMLParser):
    """The elements of a page as a browser without scripts reads them, and the text of those with a type."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, str] = {}
        self._type = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self._type = dict(attrs).get("type") or ""

    def handle_data(self, data: str) -> None:
        """Note the text of an element."""
        self.texts[self._type] = self.texts.get(self._type, "") + data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running public site with an administrator and people with strange names."""
    server = ServerProcess(tmp_path_factory.mktemp("site") / "projects", mode="public")
    with people_of(server) as people:
        people.add("root", NAMES[1], PASSWORD, role="admin")
        for number, name in enumerate(NAMES):
            people.add(f"person{number}", name, PASSWORD)
    server.start()
    yield server
    server.stop()


def test_payloads_do_run_where_they_are_taken_for_html(browser: Browser) -> None:
    """The control: a page without defence runs each of them, so that the tests below would notice."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    for payload in RUNS:
        page.goto("about:blank")
        page.set_content(f"<title>a</title><textarea>b</textarea><p>{payload}</p>")
        expect(page.locator("body")).to_have_js_property("nodeName", "BODY")
        page.wait_for_function("window.alarms.length > 0", timeout=5000)
    context.close()


def test_nothing_that_people_write_runs(site: ServerProcess, new_context: OpenContext, complaints: Complaints) -> None:
    written = Written()
    visitor, admin = Watched(new_context(), site, written), Watched(new_context(user_agent=RUNS[2]), site, written)
    visitor.visit()
    admin.sign_in("root", PASSWORD)
    entries = [share(visitor, payload) for payload in PAYLOADS]
    look_at_queue(admin)
    shared = dict(zip(PAYLOADS, entries, strict=True))
    links = {payload: submit_twice(visitor, admin, entry, payload) for payload, entry in shared.items()}
    look_at_own_entries(visitor, links)
    for entry in entries:
        admin.decide(entry, "accept")
    look_at_gallery(visitor)
    for payload, entry in shared.items():
        look_at_what_is_made_of_entry(visitor, entry, payload)
    for payload in ON_PAGES_OF_THEIR_OWN:
        look_at_entry(visitor, shared[payload], payload)
    look_at_data_set(visitor)
    look_at_editor(visitor)
    look_at_administration(admin)
    look_at_strange_addresses(visitor)
    look_at_what_was_taken_out(visitor, shared)
    assert written.missing("gallery") == set()
    assert all(re.search("404|410|422", complaint) for complaint in complaints), complaints
    complaints.clear()


def share(person: Person, payload: str) -> str:
    """Submit an entry in which all that can be written is `payload`; return its id."""
    project = person.make_project(payload, payload, tiny_png())
    person.name_classes(project, [payload, f"{payload} 2"])
    return person.submit(project, metadata_of(payload))


def metadata_of(payload: str) -> dict[str, Any]:
    """Return metadata with `payload` in every field that takes any text."""
    return {
        "title": payload,
        "material": {"name": payload, "composition": payload, "phases": [payload]},
        "instrument": {"type": payload, "mode": payload, "manufacturer": payload, "voltage_kv": 5},
        "preparation": payload,
        "notes": f"{payload}\n{payload}",
        "sample_id": payload,
        "quality": 5,
        "keywords": [payload],
        "creators": [{"name": payload, "affiliation": payload, "orcid": "0000-0002-1825-0097"}],
        "licence": "CC-BY-4.0",
        "doi": "10.1000/" + "".join(payload.split()),
    }


def submit_twice(visitor: Watched, admin: Watched, entry: str, payload: str) -> str:
    """Ask for changes with a strange reason, and submit again; return the token of the link to follow."""
    admin.decide(entry, "ask_for_changes", payload)
    submission = visitor.ask("POST", f"/api/gallery/drafts/{entry}/submit", {"consent": True})
    return str(submission["follow_token"])


def look_at_queue(admin: Watched) -> None:
    """Look at all that waits."""
    page = admin.open("/moderation")
    expect(page.get_by_role("article")).to_have_count(len(PAYLOADS))
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=14)
    admin.watch.check(page)


def look_at_own_entries(visitor: Watched, links: dict[str, str]) -> None:
    """Look at the lists of a submitter, and at what links tell."""
    page = visitor.open("/gallery/mine")
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(len(PAYLOADS))
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=1)
    visitor.watch.check(page)
    for payload in NAMES[:2]:
        page = visitor.open(f"/gallery/follow/{links[payload]}")
        expect(page.get_by_role("heading", level=1)).to_have_text(payload)
        expect_shown(page, payload, at_least=2, what="the reason")
        visitor.watch.check(page)


def look_at_gallery(person: Watched) -> None:
    """Look at the cards, the filters, and a search for each."""
    page = person.open("/gallery?show=segmentations")
    cards = page.get_by_role("region", name="Entries").get_by_role("list").get_by_role("link")
    expect(cards).to_have_count(len(PAYLOADS))
    expect(page.get_by_role("checkbox", name="CC-BY-4.0")).to_be_attached()
    filters = page.get_by_role("complementary", name="Filters")
    more = filters.get_by_role("button", name=re.compile("^All "))
    while more.count() > 0:
        more.first.click()
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=4)
    person.watch.check(page)
    for payload in NAMES[:2]:
        query = "&".join(
            f"{name}={quote(payload)}" for name in ("q", "material", "instrument", "class_name", "licence")
        )
        page = person.open(f"/gallery?{query}")
        expect(page.get_by_role("searchbox")).to_have_value(payload)
        expect(page.get_by_text("Nothing was found")).to_be_visible()
        person.watch.check(page)
        assert person.send("GET", f"/api/gallery/dataset?{query}").status == 404


def look_at_entry(person: Watched, entry: str, payload: str) -> None:
    """Look at the page of an entry with its citation."""
    page = person.open(f"/gallery/{entry}")
    expect(page.get_by_role("heading", level=1)).to_have_text(payload)
    expect(page.get_by_role("region", name="How to cite this version")).to_be_visible()
    expect_shown(page, payload, at_least=14)
    assert page.title() == f"{' '.join(payload.split())} – sambaseg"
    person.watch.check(page)
    addresses = [str(link.get_attribute("href")) for link in page.get_by_role("link").all()]
    assert [address for address in addresses if not OWN_OR_KNOWN.match(address)] == []


def look_at_what_is_made_of_entry(person: Watched, entry: str, payload: str) -> None:
    """Read what search engines and programs read: the HTML that the server sends, and the zip."""
    told, bare = Markup(person.ask("GET", f"/gallery/{entry}")), Markup(person.ask("GET", "/"))
    added = [tag for tag in told.tags if tag not in bare.tags]
    assert sorted(told.tags) == sorted([*bare.tags, "link", "script"]), added
    described = json.loads(told.texts["application/ld+json"])
    assert described["name"] == payload
    assert described["creator"][0]["name"] == payload
    with zipfile.ZipFile(io.BytesIO(person.send("GET", f"/api/gallery/entries/{entry}/zip").body())) as archive:
        assert payload in archive.read("README.txt").decode()
        assert json.loads(archive.read("metadata.json"))["metadata"]["notes"] == f"{payload}\n{payload}"
        assert all(re.fullmatch(r"[^/\\<>:\"|?*\x00-\x1f]+", name) for name in archive.namelist()), archive.namelist()


def look_at_data_set(person: Watched) -> None:
    """Read the descriptions of the whole data set."""
    with zipfile.ZipFile(io.BytesIO(person.send("GET", "/api/gallery/dataset").body())) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if re.search("(json|csv|txt)$", name)}
    croissant = next(text for name, text in texts.items() if name.endswith("croissant.json"))
    assert json.loads(croissant)["@type"].endswith("Dataset")
    told = [json.loads(text) for name, text in texts.items() if name.endswith("entry.json")]
    titles = [entry["versions"][0]["metadata"]["title"] for entry in told]
    assert sorted(titles) == sorted(PAYLOADS)


def look_at_editor(person: Watched) -> None:
    """Open a project whose images and classes have such names, and share from it."""
    uploads = [upload(person, f"{number} {payload}") for number, payload in enumerate(PAYLOADS)]
    project = person.ask("POST", "/api/projects/from-uploads", {"uploads": uploads, "name": RUNS[1]})["id"]
    person.name_classes(project, PAYLOADS)
    page = person.open("/")
    expect(page.get_by_role("main").get_by_text(RUNS[0]).first).to_be_visible()
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=1)
    person.watch.check(page)
    page = person.open(f"/#/project/{project}")
    editor = EditorPage(page, tool=None)
    editor.wait_until_open()
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=1)
    editor.open_images()
    expect(page.get_by_role("dialog", name=re.compile("^Images"))).to_contain_text(RUNS[2])
    person.watch.check(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Project menu").click()
    person.watch.check(page)
    page.keyboard.press("Escape")
    ShareSheet(page).begin()
    ShareSheet(page).write(title=RUNS[1], keywords=RUNS[1], notes=RUNS[0])
    ShareSheet(page).wait_kept()
    expect(ShareSheet(page).preview()).to_contain_text(RUNS[0])
    person.watch.check(page)


def upload(person: Person, name: str) -> str:
    """Send a tiny image under a name; return the upload's id."""
    content = tiny_png()
    begun = person.ask("POST", "/api/uploads", {"file_name": name, "size": len(content)})["id"]
    headers = {"X_Chunk_SHA256": hashlib.sha256(content).hexdigest(), "content_type": "application/octet-stream"}
    person.ask("PATCH", f"/api/uploads/{begun}?offset=0", data=content, **headers)
    return str(begun)


def look_at_administration(admin: Watched) -> None:
    """Look at people, invites, storage and what was done, and at the menu of somebody with such a name."""
    for payload in PAYLOADS:
        admin.ask("POST", "/api/admin/invites", {"note": payload})
    page = admin.open("/admin/people")
    expect(page.get_by_text(PAYLOADS[-1])).to_be_visible()
    for payload in PAYLOADS:
        expect_shown(page, payload, at_least=1)
    admin.watch.check(page)
    for section in ("overview", "storage", "jobs", "settings", "log"):
        page = admin.open(f"/admin/{section}")
        expect(page.get_by_role("heading").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        admin.watch.check(page)
    page = admin.open("/moderation")
    log = page.get_by_role("region", name="What was done")
    expect(log.get_by_role("listitem")).to_have_count(50)
    log.get_by_role("button", name="Show more").click()
    expect(log.get_by_role("listitem")).to_have_count(100)
    for payload in PAYLOADS[1:]:
        expect_shown(page, payload, at_least=1)
    admin.watch.check(page)
    page.get_by_role("button", name=re.compile("^Account of")).click()
    expect_shown(page, NAMES[1], at_least=1)
    admin.watch.check(page)


def look_at_strange_addresses(person: Watched) -> None:
    """Follow links that others may have made."""
    for payload in RUNS[1:2]:
        for path in ("/gallery/", "/gallery/follow/", "/#/project/", "/#/invite/", "/#/manual/", "/admin/"):
            page = person.open(f"{path}{quote(payload, safe='')}")
            page.wait_for_load_state("networkidle")
            person.watch.check(page)


def look_at_what_was_taken_out(person: Watched, shared: dict[str, str]) -> None:
    """Take some out of the gallery with a strange reason, and look at what stays at their addresses."""
    for payload in NAMES[:3]:
        entry = shared[payload]
        person.ask("POST", f"/api/gallery/entries/{entry}/withdraw", {"reason": payload})
        page = person.open(f"/gallery/{entry}")
        expect(page.get_by_role("heading", level=1)).to_have_text(payload)
        expect_shown(page, payload, at_least=3, what="title, person, reason")
        person.watch.check(page)


@pytest.mark.parametrize("broken", ["\ud800", "a\udc00<b>", "\x00", "a\u202eb", "\u2028"])
def test_broken_and_turning_text_is_refused_by_its_field(
    site: ServerProcess, new_context: OpenContext, broken: str
) -> None:
    person = Person(new_context(), site)
    person.visit()
    project = person.make_project("a", "a.png", tiny_png())
    entry = person.ask("POST", f"/api/projects/{project}/share", {"image": 0})["mine"]["id"]
    for field in ("title", "notes", "preparation", "sample_id"):
        written = {**metadata_of("a"), field: f"x{broken}y"}
        body = json.dumps({"metadata": written}).encode()
        answer = person.send("PATCH", f"/api/gallery/drafts/{entry}", data=body, content_type="application/json")
        assert answer.status == 422, (field, answer.text())
        assert re.match(rf"(metadata\.)?{field}\b", answer.json()["error"]["message"]), answer.text()
    raw = b'{"metadata": {"title": "\xff\xfe\xc0\xaf"}}'
    answer = person.send("PATCH", f"/api/gallery/drafts/{entry}", data=raw, content_type="application/json")
    assert answer.status in (400, 422), answer.text()
    assert person.ask("GET", f"/api/gallery/drafts/{entry}")["metadata"]["title"] == ""
