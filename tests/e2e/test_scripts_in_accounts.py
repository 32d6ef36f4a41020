"""Nothing runs of what people write outside of the gallery: names, logins, passwords, invites, settings, file names.

`text_fields.FIELDS` says which test writes into which field; a field that no test writes into fails the first one here.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import Complaints
from e2e.editor_page import EditorPage
from e2e.people_beforehand import people_of
from e2e.person import PASSWORD, tiny_png
from e2e.script_texts import PAYLOADS, RUNS, expect_shown
from e2e.server_process import ServerProcess
from e2e.test_scripts_in_text import metadata_of
from e2e.text_fields import FIELDS, Written, text_fields
from e2e.watched import Watched
from sambaseg.labels.runs import encode_runs

OpenContext = Callable[..., BrowserContext]
ADMIN, OTHER, NEWCOMER, RENAMED, PROVIDER = RUNS[1], RUNS[3], RUNS[4], RUNS[2], RUNS[9]
EMAIL = "<img/src=x/onerror=ran(2)>@example.org"
FIRST_PASSWORD, LATER_PASSWORD = RUNS[6], RUNS[7]


def test_every_text_field_of_the_interface_is_written_into_by_a_test() -> None:
    """A new field belongs into the list of the test that writes strange texts into it."""
    listed = [field for fields in FIELDS.values() for field in fields]
    assert len(listed) == len(set(listed))
    assert set(listed) == text_fields()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running public site whose people, and whose provider for signing in, have strange names."""
    server = ServerProcess(tmp_path_factory.mktemp("site") / "projects", mode="public")
    with people_of(server) as people:
        people.add("root", ADMIN, PASSWORD, role="admin")
        people.set_email(people.add("other", OTHER, PASSWORD).id, EMAIL)
    provider = {"ISSUER": "http://127.0.0.1:9", "CLIENT_ID": "sambaseg", "NAME": PROVIDER}
    with mock.patch.dict(os.environ, {f"SAMBASEG_OIDC_{name}": value for name, value in provider.items()}):
        server.start()
    yield server
    server.stop()


def test_names_invites_and_settings_run_nothing(
    site: ServerProcess, new_context: OpenContext, complaints: Complaints
) -> None:
    written = Written()
    admin, newcomer, stranger = (
        Watched(new_context(user_agent=user_agent), site, written) for user_agent in (RUNS[2], RUNS[5], None)
    )
    admin.sign_in("root", PASSWORD)
    accept_invite(admin, newcomer)
    change_own_account(newcomer)
    knock_in_vain(stranger)
    project = work_and_share(newcomer)
    look_at_running_job(newcomer, admin)
    rename_as_administrator(admin)
    look_at_people(admin)
    look_at_storage(admin)
    change_settings(admin, stranger)
    look_at_log(admin)
    look_at_ended_session(newcomer, project)
    assert written.missing("accounts") == set()
    others = [complaint for complaint in complaints if "responded with a status of 4" not in complaint]
    assert others == []
    complaints.clear()


def accept_invite(admin: Watched, newcomer: Watched) -> None:
    """Make an account with a strange name and password; the login is refused in words that hold it."""
    made = admin.ask("POST", "/api/admin/invites", {"note": RUNS[0]})
    page = newcomer.page
    page.goto(made["address"])
    expect(page.get_by_role("heading", name="Make your account")).to_be_visible()
    expect_shown(page, ADMIN, exactly=1, what="who invites")
    page.get_by_label("Your name").fill(NEWCOMER)
    page.get_by_label("Login").fill(ADMIN)
    page.get_by_role("textbox", name="Password").fill(FIRST_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Login")).to_have_attribute("aria-invalid", "true")
    expect_shown(page, ADMIN, exactly=3, what="who invites, the field, and what is said of it")
    newcomer.watch.check(page)
    page.get_by_label("Login").fill("newcomer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Account of {NEWCOMER}")).to_be_visible()
    newcomer.watch.check(page)


def change_own_account(newcomer: Watched) -> None:
    """Change one's name and password, and look at the menu of one's account."""
    newcomer.ask("PATCH", "/api/me", {"name": RENAMED})
    newcomer.ask("POST", "/api/me/password", {"old": FIRST_PASSWORD, "new": LATER_PASSWORD})
    page = newcomer.open("/")
    page.get_by_role("button", name=f"Account of {RENAMED}").click()
    expect(page.get_by_role("menuitem", name="Change password…")).to_be_visible()
    expect_shown(page, RENAMED, exactly=2)
    newcomer.watch.check(page)


def knock_in_vain(stranger: Watched) -> None:
    """Try to sign in by strange words, and follow links that somebody else may have made."""
    page = stranger.open("/#/sign-in")
    page.get_by_label("Login").fill(RUNS[1])
    page.get_by_role("textbox", name="Password").fill(RUNS[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Password")).to_have_attribute("aria-invalid", "true")
    expect_shown(page, PROVIDER, exactly=1, what="the button of the provider")
    stranger.watch.check(page)
    strange = quote(RUNS[1], safe="")
    for address in (
        f"/sign-in/back?code={strange}&state={strange}",
        f"/sign-in/back?error={strange}&error_description={strange}",
        f"/#/invite/{strange}",
    ):
        page.goto("about:blank")
        page = stranger.open(address)
        expect(page.get_by_role("alert")).to_be_visible()
        stranger.watch.check(page)


def work_and_share(newcomer: Watched) -> str:
    """Work on a project of strange names, load strange files, share it with somebody; return its id."""
    project = newcomer.make_project("a", "a.png", tiny_png())
    newcomer.ask("PATCH", f"/api/projects/{project}", {"name": RUNS[10]})
    newcomer.ask("PATCH", f"/api/projects/{project}/images/0", {"name": RUNS[8]})
    page = newcomer.open(f"/#/project/{project}")
    EditorPage(page, tool=None).wait_until_open()
    for item, name in (("Load labels, replacing mine…", f"{RUNS[1]}.png"), ("Load classifier…", f"{RUNS[8]}.sambaseg")):
        page.get_by_role("button", name="Load", exact=True).click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("menuitem", name=item).click()
        chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": b"neither"})
        expect(page.get_by_role("log", name="Messages").filter(has_text=name)).to_be_visible()
    expect_shown(page, RUNS[10], at_least=1)
    newcomer.watch.check(page)
    page.get_by_role("button", name="Project menu").click()
    page.get_by_role("menuitem", name="People…").click()
    sheet = page.get_by_role("dialog", name="People")
    sheet.get_by_label("Share with", exact=True).fill(OTHER)
    sheet.get_by_role("button", name=f"Share with {OTHER}").click()
    expect(sheet.get_by_role("list", name="People with access")).to_contain_text(OTHER)
    newcomer.watch.check(page)
    return project


def look_at_running_job(newcomer: Watched, admin: Watched) -> None:
    """Look at a training of somebody with a strange name, and cancel it."""
    project = newcomer.make_project("large", "large.png", noise_png())
    corner = np.zeros((256, 256), bool)
    for seq, (class_id, rows) in enumerate({1: slice(0, 100), 2: slice(100, 200)}.items()):
        mask = corner.copy()
        mask[rows] = True
        tile = {"ty": 0, "tx": 0, "runs": base64.b64encode(encode_runs(mask)).decode()}
        step = {"client_id": "newcomer-1", "client_seq": seq + 1, "base_revision": seq, "kind": "paint"}
        newcomer.ask("POST", f"/api/projects/{project}/operations", {**step, "class_id": class_id, "tiles": [tile]})
    settings = newcomer.ask("GET", f"/api/projects/{project}")["settings"]
    slow = {**settings["training"], "trees": 1000, "points": None}
    newcomer.ask("PATCH", f"/api/projects/{project}", {"settings": {**settings, "training": slow}})
    newcomer.ask("POST", f"/api/projects/{project}/train")
    page = admin.open("/admin/jobs")
    row = page.get_by_role("row").filter(has_text=RENAMED)
    expect(row).to_be_visible()
    admin.watch.check(page)
    row.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(row).to_have_count(0)


def noise_png() -> bytes:
    """Return an image that takes a quarter of a minute to train on, so that there is time to look at it."""
    buffer = io.BytesIO()
    pixels_yx = np.random.default_rng(0).integers(0, 255, (4000, 4000)).astype(np.uint8)
    Image.fromarray(pixels_yx).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def rename_as_administrator(admin: Watched) -> None:
    """Give somebody strange names."""
    (person,) = (each for each in admin.ask("GET", "/api/admin/people") if each["login"] == "other")
    for name in (*RUNS[5:8], OTHER):
        admin.ask("PATCH", f"/api/admin/people/{person['id']}", {"name": name})


def look_at_people(admin: Watched) -> None:
    """Look at the list of people, and at the dialogs about each."""
    page = admin.open("/admin/people")
    expect(page.get_by_role("row").filter(has_text=EMAIL)).to_have_count(1)
    of_all, of_others = ("Browsers…", "Quotas…", "Sign out everywhere…"), ("Disable…", "New password…")
    for name in (ADMIN, OTHER, RENAMED):
        expect_shown(page, name, at_least=1)
        for item in (*of_all, *(of_others if name != ADMIN else ())):
            page.get_by_role("button", name=f"More about {name}").click()
            page.get_by_role("menuitem", name=item).click()
            expect(page.get_by_role("dialog")).to_contain_text(name)
            admin.watch.check(page)
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)


def look_at_storage(admin: Watched) -> None:
    """Look at whose the projects are, and at the question before one is deleted."""
    page = admin.open("/admin/storage")
    expect(page.get_by_role("row").filter(has_text=RENAMED).first).to_be_visible()
    for inside in (RUNS[8], RUNS[10]):
        expect_shown(page, inside, exactly=0, what="names of projects and images stay with their owners")
    page.get_by_role("row").filter(has_text=RENAMED).get_by_role("button", name=re.compile("^Delete")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text(RENAMED)
    admin.watch.check(page)


def change_settings(admin: Watched, stranger: Watched) -> None:
    """Set what people are told to write to, and look where they are told."""
    for number, payload in enumerate(PAYLOADS[::4]):
        admin.ask("PUT", "/api/admin/settings/admin_email", {"value": payload})
        page = stranger.open(f"/?{number}#/sign-in")
        address = page.get_by_role("link", name=payload, exact=True)
        expect(address).to_be_visible()
        assert str(address.get_attribute("href")).startswith("mailto:")
        stranger.watch.check(page)
    page = admin.open("/admin/settings")
    expect(page.get_by_role("textbox", name="Address to write to")).to_have_value(PAYLOADS[::4][-1])
    expect(page.get_by_role("row").filter(has_text="SAMBASEG_OIDC_NAME")).to_contain_text(PROVIDER)
    admin.watch.check(page)


def look_at_log(admin: Watched) -> None:
    """Look at all that was written down."""
    page = admin.open("/admin/log")
    expect(page.get_by_role("listitem").first).to_contain_text("Address to write to")
    for name in (ADMIN, OTHER, RENAMED, *PAYLOADS[::4]):
        expect_shown(page, name, at_least=1)
    admin.watch.check(page)


def look_at_ended_session(newcomer: Watched, project: str) -> None:
    """Look at what somebody is asked whose session has ended."""
    page = newcomer.open(f"/#/project/{project}")
    EditorPage(page, tool=None).wait_until_open()
    page.get_by_role("button", name="Project menu").click()
    page.get_by_role("menuitem", name="People…").click()
    page.context.clear_cookies()
    page.get_by_role("button", name=f"Take the project away from {OTHER}").click()
    expect(page.get_by_role("dialog", name="You are signed out")).to_contain_text(f"Sign in as {RENAMED}")
    newcomer.watch.check(page)


def test_strange_texts_are_refused_as_json(site: ServerProcess, new_context: OpenContext) -> None:
    """Where one of a list is expected, or what the server made itself, a refusal may quote what came: as JSON only."""
    person = Watched(new_context(), site)
    person.visit()
    project = f"/api/projects/{person.make_project('a', 'a.png', tiny_png())}"
    draft = f"/api/gallery/drafts/{person.ask('POST', f'{project}/share', {'image': 0})['mine']['id']}"
    settings = person.ask("GET", project)["settings"]
    for payload in RUNS:
        strange = quote(payload, safe="")
        recipe = {**settings["recipe"], "families": [payload]}
        metadata = metadata_of("a")
        requests: list[tuple[str, str, Any]] = [
            (
                "POST",
                "/api/invitation/accept",
                {"token": payload, "login": "ada.b", "name": "Ada", "password": PASSWORD},
            ),
            ("POST", "/api/oidc/begin", {"return_to": f"//{payload}"}),
            ("GET", f"/api/samples/{strange}/thumbnail", None),
            ("POST", "/api/projects/from-sample", {"sample": payload}),
            ("POST", "/api/features/cost", {**recipe, "channels": 1, "width": 8, "height": 8}),
            ("GET", f"{project}/feature-preview?families={strange}&top=0&left=0&bottom=8&right=8", None),
            ("POST", f"{project}/feature-suggestions", {**settings, "recipe": recipe}),
            ("PATCH", project, {"settings": {**settings, "recipe": recipe}}),
            ("GET", f"{project}/results/none/cleaned/0?steps={strange}&tiles=0.0", None),
            ("GET", f"/api/gallery/entries?cursor={strange}", None),
            ("PATCH", draft, {"metadata": {**metadata, "creators": [{"name": "A", "orcid": payload}]}}),
            ("PATCH", draft, {"metadata": {**metadata, "licence": payload}}),
        ]
        for method, path, body in requests:
            answer = person.send(method, path, body)
            assert 400 <= answer.status < 500, (method, path, answer.status)
            assert answer.headers["content-type"] == "application/json", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
    assert person.written.missing("refusals") == set()


def test_names_of_files_on_this_computer_run_nothing(
    own_server: ServerProcess, new_context: OpenContext, complaints: Complaints, tmp_path: Path
) -> None:
    names = [f"{payload}.png" for payload in PAYLOADS if "/" not in payload]
    folder = tmp_path / RUNS[1]
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(tiny_png())
    person = Watched(new_context(), own_server)
    page: Page = person.page
    page.goto(own_server.address)
    person.address = own_server.address.partition("/?")[0]
    page.get_by_role("button", name="Open from this computer…").click()
    EditorPage(page).enter_path(folder)
    rows = page.get_by_role("listbox", name="Folders and images").or_(page.get_by_label("Folders and images"))
    for name in names[:4]:
        expect(rows).to_contain_text(name)
    person.watch.check(page)
    page.get_by_role("button", name=re.compile("^Open all")).click()
    EditorPage(page, tool=None).wait_until_open()
    person.watch.check(page)

    path = str(folder / names[0])
    made = person.ask("POST", "/api/projects/from-paths", {"paths": [path], "name": RUNS[2]})
    project = f"/api/projects/{made['id']}"
    person.ask("POST", f"{project}/images", {"paths": [str(folder / names[1])]})
    (folder / names[0]).rename(folder / "moved.png")
    (folder / "moved.png").rename(folder / f"b{names[0]}")
    person.ask("POST", f"{project}/images/0/source", {"path": str(folder / f"b{names[0]}")})
    page = person.open(f"/#/project/{made['id']}")
    EditorPage(page, tool=None).wait_until_open()
    expect_shown(page, RUNS[2], at_least=1)
    person.watch.check(page)
    page.get_by_role("button", name="About the image file").click()
    person.watch.check(page)
    assert person.written.missing("files") == set()
    complaints.clear()
