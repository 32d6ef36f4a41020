"""What is done in the background: chores at their times, and files of the gallery that nothing has."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace

import pytest

from gallery.samples import Sharing
from sambaseg.server.app import create_app
from sambaseg.server.caretaker import Caretaker, Chore
from sambaseg.storage.files import key_of
from sambaseg.storage.owner import LOCAL_OWNER
from server.conftest import wait_until


def test_each_chore_is_done_again_and_again_though_another_fails(caplog):
    done = []

    def fail():
        done.append("fail")
        raise ValueError

    caretaker = Caretaker(
        Chore(fail, "That failed", 0.01), Chore(lambda: done.append("often"), "", 0.01), Chore(pytest.fail, "", 1, 1e6)
    )
    caretaker.start()
    wait_until(lambda: done.count("often") >= 3 and done.count("fail") >= 3)
    caretaker.stop()
    caretaker.wait()
    assert {record.message for record in caplog.records} == {"That failed"}


def test_it_stops_at_once_while_it_waits_and_ends_what_it_does():
    began, ended = threading.Event(), []

    def work():
        began.set()
        time.sleep(0.2)
        ended.append(True)

    caretaker = Caretaker(Chore(work, "", 1e6))
    caretaker.start()
    assert began.wait(10)
    caretaker.stop()
    caretaker.wait()
    assert ended == [True]


def test_nothing_is_made_where_there_is_no_gallery(app):
    assert app.state.services.remove_unused_files() == 0
    assert not app.state.services.settings.data_dir.exists()


@pytest.mark.parametrize("mode", ["local", "lab"])
def test_files_that_no_entry_has_for_a_day_go(settings, mode):
    app = create_app(replace(settings, mode=mode))
    services = app.state.services
    try:
        gallery = services.gallery.gallery
        draft = gallery.create_draft(LOCAL_OWNER, Sharing(gallery).snapshot())
        old, new, used_again = (gallery.files.put(text).sha256 for text in (b"old", b"new", b"used again"))
        long_ago = time.time() - 2 * 86_400
        for sha256 in (old, used_again, *(file.sha256 for file in draft.files)):
            os.utime(settings.data_dir / "files" / key_of(sha256), (long_ago, long_ago))
        gallery.files.put(b"used again")
        assert services.remove_unused_files() == 1
        assert {file.sha256 for file in gallery.files.list()} == {file.sha256 for file in draft.files} | {
            new,
            used_again,
        }
    finally:
        services.close()
