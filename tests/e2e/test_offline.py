"""Strokes survive a server that is gone and a network that is gone: they wait in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from e2e.editor_page import EditorPage
from e2e.server_process import ServerProcess


def open_sample(page: Page, server: ServerProcess) -> EditorPage:
    """Open the smallest sample."""
    page.goto(server.address)
    editor = EditorPage(page)
    editor.open_sample("Nickel superalloy")
    return editor


def expect_kept_in_browser(editor: EditorPage, steps: int) -> None:
    """Expect the page to say that so many steps wait in this browser."""
    words = re.compile(f"Kept in this browser · {steps} steps?$")
    expect(editor.page.get_by_role("status").filter(has_text=words)).to_be_visible()


def test_strokes_drawn_while_the_server_was_killed_are_there_when_it_is_back(
    own_server: ServerProcess, new_context: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    context = new_context()
    editor = open_sample(context.new_page(), own_server)
    editor.drag([(50, 50), (80, 50)])
    before = (editor.stored_labels() > 0).sum()
    own_server.kill()
    editor.drag([(50, 150), (80, 150)])
    editor.page.keyboard.press("2")
    editor.drag([(50, 250), (80, 250)])
    expect_kept_in_browser(editor, 2)
    project = editor.page.url
    editor.page.close()  # and the browser's window is closed too

    own_server.start()
    again = EditorPage(context.new_page())
    again.page.goto(project)
    again.wait_until_open()
    labels_yx = again.stored_labels()
    assert labels_yx[150, 65] == 1
    assert labels_yx[250, 65] == 2
    assert (labels_yx > 0).sum() > 2.5 * before
    again.undo()
    assert again.stored_labels()[250, 65] == 0
    complaints.clear()


def test_strokes_drawn_offline_are_sent_when_the_network_is_back(
    server: ServerProcess, new_context: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    context = new_context()
    editor = open_sample(context.new_page(), server)
    context.set_offline(True)
    editor.drag([(50, 50), (80, 50)])
    editor.undo()
    editor.drag([(50, 150), (80, 150)])
    expect_kept_in_browser(editor, 3)
    context.set_offline(False)
    labels_yx = editor.stored_labels()
    assert labels_yx[50, 65] == 0
    assert labels_yx[150, 65] == 1
    complaints.clear()
