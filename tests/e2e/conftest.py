"""A real browser and a real server for the tests in this folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from e2e.pictures import RESULTS
from e2e.server_process import ServerProcess

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAILED = pytest.StashKey[bool]()
NO_TOUR = "if (location.protocol === 'http:') localStorage.setItem('sambaseg.tour-seen', 'yes')"
TIMEOUT_MS = 15_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the machine's own Chromium, else Playwright's.

    For one file of tests only: as long as Playwright runs, no other event loop can run in the same process.
    """
    own = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=own, args=ARGUMENTS)
        except Error as error:
            if own is None and "Executable doesn't exist" in str(error):
                pytest.skip("There is no Chromium here; `python3 dev.py test` installs one.")
            raise
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return one running server for all tests that do not stop it."""
    server = ServerProcess(tmp_path_factory.mktemp("server") / "projects")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a running server that the test may stop and start."""
    server = ServerProcess(tmp_path / "projects")
    server.start()
    yield server
    server.stop()


class Complaints(list[str]):
    """What the browser complained about: errors in the console, uncaught exceptions, violated security policies."""

    def listen(self, page: Page) -> None:
        """Collect the complaints of one page."""
        page.on("console", self._add_message)
        page.on("pageerror", lambda error: self.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: self._add_failed(request.url, request.failure))

    def _add_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"console: {message.text} {message.location['url']}")

    def _add_failed(self, url: str, failure: str | None) -> None:
        if failure != "net::ERR_ABORTED":  # the page itself gave up a tile or stream that it no longer needs
            self.append(f"request: {url} {failure}")


@pytest.fixture
def complaints() -> Complaints:
    """Return the list of the browser's complaints; a test that provokes some clears it."""
    return Complaints()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def new_context(
    browser: Browser, complaints: Complaints, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a fresh browser profile; at the end no page may have complained.

    Unless it is the `first_visit`, the profile knows the tour already. Where the test failed, what its pages show goes
    to `test-results/`.
    """
    contexts: list[BrowserContext] = []

    def open_context(*, first_visit: bool = False, **options: object) -> BrowserContext:
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        context.on("page", complaints.listen)
        if not first_visit:
            context.add_init_script(NO_TOUR)
        contexts.append(context)
        return context

    yield open_context
    failed = request.node.stash.get(FAILED, True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages if failed else []):
        page.screenshot(path=RESULTS / f"failed-{request.node.name}-{number}.png")
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], server: ServerProcess) -> Page:
    """Return a page of a fresh browser on the start screen of the shared server."""
    page = new_context().new_page()
    page.goto(server.address)
    return page
