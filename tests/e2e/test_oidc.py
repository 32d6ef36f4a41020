"""Signing in at a real provider in the browser: there and back, refusals as sentences, signing out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import Complaints
from e2e.pictures import RESULTS
from e2e.server_process import ServerProcess
from e2e.test_accessibility import NAMELESS
from oidc_provider import OidcProvider, oidc_provider, oidc_server

__all__ = ["oidc_provider", "oidc_server"]


@pytest.fixture
def lab(tmp_path: Path, oidc_provider: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    """Return a lab's server whose people sign in at the provider."""
    server = ServerProcess(tmp_path / "projects", mode="lab")
    client_id, secret = oidc_provider.register(f"http://127.0.0.1:{server.port}/sign-in/back")
    monkeypatch.setenv("SAMBASEG_OIDC_ISSUER", oidc_provider.issuer)
    monkeypatch.setenv("SAMBASEG_OIDC_CLIENT_ID", client_id)
    monkeypatch.setenv("SAMBASEG_OIDC_CLIENT_SECRET", secret)
    monkeypatch.setenv("SAMBASEG_OIDC_NAME", "Example University")
    monkeypatch.setenv("SAMBASEG_OIDC_DOMAINS", "example.edu")
    monkeypatch.setenv("SAMBASEG_ADMIN_EMAIL", "microscopy@example.edu")
    server.start()
    yield server
    server.stop()


def sign_in_at_provider(page: Page, subject: str) -> None:
    """Press the button, and sign in on the provider's own page."""
    page.get_by_role("button", name="Sign in with Example University").click()
    page.wait_for_url("**/oauth2/authorize?**")
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).first.click()


def test_somebody_signs_in_at_the_provider_and_comes_back_to_what_was_asked_for(
    lab: ServerProcess, oidc_provider: OidcProvider, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    oidc_provider.add_person("e-1", email="ada@example.edu", email_verified=True, name="Ada Grain")
    page = new_context().new_page()
    page.goto(f"{lab.address}gallery?q=steel")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    page.screenshot(path=RESULTS / "oidc-sign-in.png")
    sign_in_at_provider(page, "e-1")
    expect(page.get_by_role("button", name="Account of Ada Grain")).to_be_visible()
    assert page.url == f"{lab.address}gallery?q=steel"

    page.get_by_role("button", name="Account of Ada Grain").click()
    expect(page.get_by_role("menuitem", name="Download everything")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Change password…")).to_have_count(0)
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()  # a code in the address counts once, wherever it is found
    page.goto(lab.address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_at_provider(page, "e-1")
    expect(page.get_by_role("button", name="Account of Ada Grain")).to_be_visible()
    assert oidc_provider.last_request()["prompt"] == "login"
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_may_not_come_reads_why_and_can_try_again(
    lab: ServerProcess,
    oidc_provider: OidcProvider,
    new_context: Callable[..., BrowserContext],
    complaints: Complaints,
    scheme: str,
) -> None:
    oidc_provider.add_person("e-2", email="eve@example.org", email_verified=True, name="Eve")
    oidc_provider.add_person("e-3", email="bo@example.edu", email_verified=True, name="Bo Lath")
    page = new_context(color_scheme=scheme).new_page()
    page.goto(lab.address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.screenshot(path=RESULTS / f"oidc-sign-in-{scheme}.png")
    sign_in_at_provider(page, "e-2")
    expect(page.get_by_role("alert")).to_contain_text("verified e-mail address at example.edu")
    assert page.evaluate(NAMELESS) == []
    page.screenshot(path=RESULTS / f"oidc-refused-{scheme}.png")
    page.get_by_role("button", name="Sign in with Example University").click()
    page.wait_for_url("**/oauth2/authorize?**")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("alert")).to_contain_text("did not let you in, or you turned back there")
    sign_in_at_provider(page, "e-3")
    expect(page.get_by_role("button", name="Account of Bo Lath")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Account of Bo Lath")).to_be_visible()
    complaints.clear()


def test_a_provider_that_is_down_is_said_beside_the_button(
    tmp_path: Path,
    new_context: Callable[..., BrowserContext],
    complaints: Complaints,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = ServerProcess(tmp_path / "projects", mode="lab")
    monkeypatch.setenv("SAMBASEG_OIDC_ISSUER", "http://127.0.0.1:9")
    monkeypatch.setenv("SAMBASEG_OIDC_CLIENT_ID", "sambaseg")
    monkeypatch.setenv("SAMBASEG_OIDC_NAME", "Example University")
    server.start()
    try:
        page = new_context(viewport={"width": 360, "height": 640}).new_page()
        page.goto(server.address)
        page.get_by_role("button", name="Sign in with Example University").click()
        expect(page.get_by_role("alert")).to_contain_text("Example University does not answer.")
        expect(page.get_by_label("Login")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=RESULTS / "oidc-down.png")
        complaints.clear()
    finally:
        server.stop()
