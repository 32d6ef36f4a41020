"""A server of a lab and a public one in the browser: accounts by command and invite, signing in and out, visits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.pictures import RESULTS, photograph
from e2e.server_process import ServerProcess
from e2e.test_accessibility import NAMELESS

PASSWORD = "grains of nickel and light"


def run_accounts(server: ServerProcess, *arguments: str, password: str = "") -> str:
    """Run `sambaseg accounts` beside the server, and return what it prints."""
    environment = {**os.environ, "SAMBASEG_DATA_DIR": str(server.data_dir), "SAMBASEG_PORT": str(server.port)}
    command = [str(Path(sys.executable).with_name("sambaseg")), "accounts", *arguments]
    done = subprocess.run(command, env=environment, input=password, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server of a lab with one administrator, Ada, and one member, Cy."""
    server = ServerProcess(tmp_path_factory.mktemp("lab") / "projects", mode="lab")
    run_accounts(server, "add", "ada", "--admin", "--name", "Ada Grain", "--password-stdin", password=PASSWORD)
    run_accounts(server, "add", "cy", "--name", "Cy Edge", "--password-stdin", password=PASSWORD)
    server.start()
    yield server
    server.stop()


def test_somebody_signs_in_works_and_signs_out(
    lab: ServerProcess, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    page = new_context().new_page()
    page.goto(lab.address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    login, password = page.get_by_label("Login"), page.get_by_role("textbox", name="Password")
    expect(login).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.get_by_text("Type your login.")).to_be_visible()
    login.fill("ada")
    password.fill("not the password")
    page.keyboard.press("Enter")
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_be_focused()
    photograph(page, "sign-in")
    assert all("401" in complaint for complaint in complaints), complaints
    complaints.clear()

    password.fill(PASSWORD)
    page.keyboard.press("Enter")
    menu = page.get_by_role("button", name="Account of Ada Grain")
    expect(menu).to_be_visible()
    EditorPage(page).open_sample("Nickel superalloy")
    page.get_by_role("button", name="Project menu").click()
    page.get_by_role("menuitem", name="People…").click()
    sheet = page.get_by_role("dialog", name="People")
    sheet.get_by_label("Share with", exact=True).fill("cy")
    sheet.get_by_role("button", name="Share with Cy Edge").click()
    sheet.get_by_text("May change").click()
    expect(sheet.get_by_role("radio", name="May change")).to_be_checked()
    assert page.evaluate(NAMELESS) == []
    # Whoever follows the project asks anew what they may do, the owner too.
    expect(page.get_by_text("The connection to the server is lost.")).to_be_hidden()
    page.screenshot(path=RESULTS / "people.png")
    page.get_by_role("link", name="sambaseg: all projects").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()

    menu.click()
    expect(page.get_by_text("Administrator")).to_be_visible()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_invite_makes_an_account_on_a_phone(
    lab: ServerProcess, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    address = run_accounts(lab, "invite").split()[0]
    page = new_context(viewport={"width": 360, "height": 640}).new_page()
    page.goto(address)
    accept(page, "Bo Lath", "bo", "short")
    expect(page.get_by_role("textbox", name="Password")).to_have_attribute("aria-invalid", "true")
    assert all("422" in complaint for complaint in complaints), complaints
    complaints.clear()
    accept(page, "Bo Lath", "bo", PASSWORD)
    menu = page.get_by_role("button", name="Account of Bo Lath")
    expect(menu).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    menu.click()
    page.get_by_role("menuitem", name="Change password…").click()
    dialog = page.get_by_role("dialog", name="Change password")
    dialog.get_by_role("textbox", name="Password so far").fill(PASSWORD)
    dialog.get_by_role("textbox", name="New password").fill(PASSWORD + " again")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Your password is changed")
    dialog.get_by_role("button", name="Done").click()

    page.goto(address.replace("/#/", "/?again#/"))
    expect(page.get_by_role("alert")).to_be_visible()
    complaints.clear()


def test_a_visitor_of_a_public_site_works_and_is_told_how_long_it_is_kept(
    tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    server = ServerProcess(tmp_path / "projects", mode="public")
    server.start()
    try:
        page = new_context().new_page()
        page.goto(server.address)
        expect(page.get_by_role("heading", name="Samples")).to_be_visible()
        expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        EditorPage(page).open_sample("Nickel superalloy")
        page.get_by_role("button", name="Your visit").click()
        menu = page.get_by_role("menu", name="Your visit")
        for words in ("kept until", "of 2.0 GB", "0 of 500", "One training may take 30 min."):
            expect(menu).to_contain_text(words)
        page.screenshot(path=RESULTS / "visit-in-editor.png")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="sambaseg: all projects").click()
        notice = page.get_by_role("status").filter(has_text="without an account")
        expect(notice).to_contain_text("your projects are removed on")
        with page.expect_download() as download:
            notice.get_by_role("link", name="Download everything").click()
        assert download.value.path().read_bytes().startswith(b"PK")
    finally:
        server.stop()


def test_a_viewer_looks_and_follows_but_changes_nothing(
    lab: ServerProcess, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    ada, cy = new_context().new_page(), new_context().new_page()
    sign_in(ada, lab, "ada")
    owned = EditorPage(ada)
    owned.open_sample("Nickel superalloy")
    ada.get_by_role("button", name="Project menu").click()
    ada.get_by_role("menuitem", name="People…").click()
    people = ada.get_by_role("dialog", name="People")
    people.get_by_label("Share with", exact=True).fill("cy")
    people.get_by_role("button", name="Share with Cy Edge").click()
    expect(people.get_by_role("radio", name="May look")).to_be_checked()

    sign_in(cy, lab, "cy")
    changes: list[str] = []
    cy.on("request", lambda request: None if request.method == "GET" else changes.append(request.url))
    cy.goto(ada.url)
    mark = cy.get_by_role("status").filter(has_text="You may look, not change")
    expect(mark).to_be_visible()
    seen = EditorPage(cy, tool=None)
    seen.wait_until_open()
    tools = cy.get_by_role("toolbar", name="Tools").get_by_role("button")
    assert [tool.get_attribute("aria-label") for tool in tools.all()] == ["Move", "Crop"]
    for name in ("Undo", "Train", "Live", "Load", "Add class", "Classes menu", "Set the pixel size"):
        expect(cy.get_by_label(name).or_(cy.get_by_text(name, exact=True))).to_have_count(0)
    for key in ("b", "t", "i", "l", "Control+z", "1"):
        cy.keyboard.press(key)
    seen.drag([(200, 200), (260, 220)])
    cy.get_by_role("button", name="Save").click()
    expect(cy.get_by_role("menuitem", name="Image with all its layers")).to_be_visible()
    expect(cy.get_by_role("menuitem", name="Share in the gallery…")).to_have_count(0)
    cy.keyboard.press("Escape")
    photograph(cy, "viewer")
    assert changes == []
    assert cy.evaluate(NAMELESS) == []

    people.get_by_role("button", name="Close").click()
    owned.calibrate()
    owned.drag([(150, 150), (220, 160)])
    first = cy.get_by_role("listitem").filter(has_text="labelled pixels").first
    expect(first).not_to_contain_text("–")
    ada.keyboard.press("2")
    owned.drag([(300, 300), (330, 310)])
    owned.train()
    check_by_points = cy.get_by_role("button", name="Check by points…")
    expect(cy.get_by_role("button", name="Measure…")).to_be_visible()
    expect(check_by_points).to_have_count(0)

    share_with_cy(lab, ada, "editor")
    expect(mark).to_be_hidden()
    expect(check_by_points).to_be_visible()
    seen.calibrate()
    seen.choose("Brush")
    row = ada.get_by_role("listitem").filter(has_text="labelled pixels").first
    before = row.inner_text()
    seen.drag([(300, 150), (360, 160)])
    expect(row).not_to_have_text(before, use_inner_text=True)
    expect(cy.get_by_text("The connection to the server is lost.")).to_have_count(0)

    share_with_cy(lab, ada, None)
    expect(cy.get_by_role("heading", name="This project could not be opened")).to_be_visible()
    expect(cy.get_by_text("This project is not there for you any more.")).to_be_visible()
    assert all("404" in complaint or "403" in complaint for complaint in complaints), complaints
    complaints.clear()


def sign_in(page: Page, server: ServerProcess, login: str) -> None:
    """Open the start screen, and sign in by the form."""
    page.goto(server.address)
    page.get_by_label("Login").fill(login)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Samples")).to_be_visible()


def share_with_cy(server: ServerProcess, owner: Page, access: str | None) -> None:
    """Change as what Cy may open the project that its owner's page shows, or end it, by the server's interface."""
    site = server.address.rstrip("/")
    (found,) = owner.request.get(f"{site}/api/people?q=cy").json()
    address = f"{site}/api/projects/{owner.url.rsplit('/', 1)[-1]}/sharing/{found['id']}"
    headers = {"Origin": site}
    if access:
        assert owner.request.put(address, data={"access": access}, headers=headers).ok
    else:
        assert owner.request.delete(address, headers=headers).ok


def accept(page: Page, name: str, login: str, password: str) -> None:
    """Fill in the form of an invite and send it."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Login").fill(login)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Make account").click()
