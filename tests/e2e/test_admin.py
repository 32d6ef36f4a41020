"""The administration of a lab in the browser, and what happens to somebody who is signed out while at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.pictures import RESULTS, photograph
from e2e.server_process import ServerProcess
from e2e.test_accessibility import NAMELESS
from e2e.test_lab import PASSWORD, run_accounts

PHONE = {"width": 390, "height": 844}
SECTIONS = ("Overview", "People", "Storage", "Jobs", "Settings", "Log")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server of a lab with an administrator, a moderator and two members."""
    server = ServerProcess(tmp_path_factory.mktemp("lab") / "projects", mode="lab")
    for login, name, role in (
        ("ada@example.org", "Ada Grain", "admin"),
        ("bo@example.org", "Bo Lath", "moderator"),
        ("cy@example.org", "Cy Edge", "member"),
        ("di@example.org", "Di Twin", "member"),
    ):
        run_accounts(server, "add", login, "--name", name, "--role", role, "--password-stdin", password=PASSWORD)
    server.start()
    yield server
    server.stop()


def sign_in(page: Page, login: str) -> None:
    """Fill in the form that is shown, and send it."""
    page.get_by_label("Login").fill(login)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def at_work(new_context: Callable[..., BrowserContext], lab: ServerProcess, login: str) -> EditorPage:
    """Return the editor of somebody who has opened a sample."""
    page = new_context().new_page()
    page.goto(lab.address)
    sign_in(page, login)
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    return editor


def go_to(page: Page, section: str) -> None:
    """Go to a section of the administration."""
    page.get_by_role("navigation", name="Administration").get_by_role("link", name=section).click()


def set_storage(page: Page, megabytes: str) -> None:
    """Change what a person's projects may take."""
    page.get_by_role("textbox", name="Storage of a person").fill(megabytes)
    page.get_by_role("button", name="Save: Storage of a person").click()
    expect(page.get_by_role("button", name="Storage of a person: back to 50,000")).to_be_visible()


def test_an_administrator_looks_after_a_lab(lab: ServerProcess, new_context: Callable[..., BrowserContext]) -> None:
    cy = at_work(new_context, lab, "cy@example.org")
    page = new_context().new_page()
    page.goto(f"{lab.address}admin/people")
    sign_in(page, "ada@example.org")

    people = page.get_by_role("table")
    expect(people.get_by_role("row")).to_have_count(5)
    invite = page.get_by_label("For whom")
    invite.fill("for Eve")
    page.get_by_role("button", name="Make an invite").click()
    expect(page.get_by_label("Link of the invite")).to_have_value(re.compile(r"/#/invite/\S{20,}$"))
    expect(page.get_by_role("list", name="Open invites")).to_contain_text("for Eve")
    people.get_by_role("combobox", name="Role of Di Twin").click()
    page.get_by_role("option", name="Moderator").click()
    expect(people.get_by_role("combobox", name="Role of Di Twin")).to_have_value("Moderator")
    photograph(page, "admin-people", publish_as="images/admin-people.webp")

    go_to(page, "Storage")
    expect(page.get_by_role("row").filter(has_text="Cy Edge").first).to_be_visible()
    photograph(page, "admin-storage")
    go_to(page, "Settings")
    set_storage(page, "80000")
    now = page.get_by_role("region", name="While the server runs")
    photograph(page, "admin-settings", publish_as="images/admin-settings.webp", part=now)
    set_storage(page, "0")
    cy.page.get_by_role("button", name="Account of Cy Edge").click()
    expect(cy.page.get_by_text("of 0 bytes")).to_be_visible()
    expect(cy.page.get_by_role("button", name="Account of Cy Edge: storage used up")).to_be_visible()
    photograph(cy.page, "account-in-editor")
    cy.page.keyboard.press("Escape")
    page.get_by_role("button", name="Storage of a person: back to 50,000").click()
    expect(page.get_by_role("textbox", name="Storage of a person")).to_have_value("50,000 MB")

    go_to(page, "Log")
    expect(page.get_by_role("listitem").first).to_contain_text("Setting reset: Storage of a person")
    go_to(page, "Jobs")
    expect(page.get_by_text("Nothing runs.")).to_be_visible()
    go_to(page, "Overview")
    expect(page.get_by_text("SQLite, works")).to_be_visible()
    photograph(page, "admin-overview", publish_as="images/admin-overview.webp")
    page.set_viewport_size(PHONE)
    for section in SECTIONS:
        go_to(page, section)
        expect(page.get_by_role("link", name=section)).to_have_attribute("aria-current", "page")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
        assert page.evaluate(NAMELESS) == [], section
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=RESULTS / f"admin-{section.lower()}-phone-{scheme}.png")


def test_who_is_signed_out_goes_on_where_they_were(
    lab: ServerProcess, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    di = at_work(new_context, lab, "di@example.org")
    page = new_context().new_page()
    page.goto(f"{lab.address}admin/people")
    sign_in(page, "ada@example.org")
    page.get_by_role("button", name="More about Di Twin").click()
    page.get_by_role("menuitem", name="Sign out everywhere…").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("row").filter(has_text="Di Twin")).to_contain_text("0")

    di.drag([(200, 200), (260, 260)])
    notice = di.page.get_by_role("dialog", name="You are signed out")
    expect(notice).to_be_visible()
    with di.page.expect_response(lambda answer: answer.status == 401 and "/operations" in answer.url):
        photograph(di.page, "signed-out")
    expect(di.page.get_by_text("You are not signed in.")).to_have_count(0)
    assert di.page.evaluate(NAMELESS) == []
    sign_in(di.page, "di@example.org")
    expect(notice).to_be_hidden()
    di.wait_saved()
    expect(di.page.get_by_text("You are not signed in.")).to_have_count(0)
    assert di.stored_labels().any()

    page.context.clear_cookies()
    go_to(page, "Storage")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
    expect(page.get_by_text("You are not signed in.")).to_be_hidden()
    sign_in(page, "ada@example.org")
    expect(page.get_by_role("row").filter(has_text="Di Twin").first).to_be_visible()
    assert all("401" in complaint for complaint in complaints), complaints
    complaints.clear()
