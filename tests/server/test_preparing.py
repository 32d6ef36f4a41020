"""Views are prepared once however many ask, the newest first, and not at all when nobody waits any more."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError as FutureCancelledError

import pytest

from sambaseg.errors import CancelledError, ParameterError
from sambaseg.server.prepared import PreparedCache, PreparedView, ViewKey
from sambaseg.server.preparing import PreparationQueue
from sambaseg.server.views import View
from server.conftest import wait_until


def key_of(number):
    return ViewKey("image", View(0, number, 0, number + 10, 10), "builtin", None, "1")


def view_of(size=100):
    return PreparedView(bytes(size), prepared=None)


@pytest.fixture
def queue():
    queue = PreparationQueue(PreparedCache(10_000), at_once=1)
    yield queue
    queue.stop()
    queue.wait()


class Held:
    """Work that begins, and ends when it is let go or cancelled."""

    def __init__(self):
        self.begun = []
        self.go = threading.Event()

    def work(self, number):
        def work(token):
            self.begun.append(number)
            while not self.go.wait(0.005):
                token.raise_if_cancelled()
            return view_of()

        return work


def test_two_who_ask_at_once_share_one_preparation(queue):
    held = Held()
    first, second = (queue.join(key_of(1), held.work(1)) for _ in range(2))
    assert first is second
    held.go.set()
    assert first.future.result(10) is second.future.result(10)
    assert held.begun == [1]


def test_one_who_leaves_does_not_end_what_another_waits_for(queue):
    held = Held()
    first = queue.join(key_of(1), held.work(1))
    wait_until(lambda: held.begun)
    second = queue.join(key_of(1), held.work(1))
    queue.leave(first)
    assert not first.token.cancelled
    held.go.set()
    assert second.future.result(10).content


def test_last_one_who_leaves_ends_it_and_the_next_begins_anew(queue):
    held = Held()
    first = queue.join(key_of(1), held.work(1))
    wait_until(lambda: held.begun)
    queue.leave(first)
    assert first.token.cancelled
    with pytest.raises(CancelledError):
        first.future.result(10)
    again = queue.join(key_of(1), held.work(2))
    held.go.set()
    assert again.future.result(10).content
    assert held.begun == [1, 2]


def test_newest_comes_first_what_is_ahead_last_and_what_was_left_never(queue):
    held = Held()
    running = queue.join(key_of(0), held.work(0))
    wait_until(lambda: held.begun)
    waiting = [queue.join(key_of(number), held.work(number)) for number in (1, 2, 3)]
    waiting.append(queue.join(key_of(4), held.work(4), ahead=True))
    queue.leave(waiting[1])
    held.go.set()
    for preparation in (running, waiting[0], waiting[2], waiting[3]):
        assert preparation.future.result(10).content
    assert held.begun == [0, 3, 1, 4]


def test_asking_again_brings_a_waiting_one_to_the_front(queue):
    held = Held()
    running = queue.join(key_of(0), held.work(0))
    wait_until(lambda: held.begun)
    ahead = queue.join(key_of(1), held.work(1), ahead=True)
    other = queue.join(key_of(2), held.work(2))
    assert queue.join(key_of(1), held.work(1)) is ahead
    held.go.set()
    for preparation in (running, ahead, other):
        preparation.future.result(10)
    assert held.begun == [0, 1, 2]


def test_error_reaches_everybody_and_is_not_kept(queue):
    def fail(_token):
        raise ParameterError("No.")

    with pytest.raises(ParameterError):
        queue.join(key_of(1), fail).future.result(10)
    held = Held()
    held.go.set()
    assert queue.join(key_of(1), held.work(1)).future.result(10).content


def test_what_was_prepared_is_kept(queue):
    held = Held()
    held.go.set()
    for _ in range(3):
        preparation = queue.join(key_of(1), held.work(1))
        preparation.future.result(10)
        queue.leave(preparation)
    assert held.begun == [1]


def test_stop_ends_what_runs_and_what_waits():
    queue, held = PreparationQueue(PreparedCache(1000), at_once=1), Held()
    begun = [queue.join(key_of(number), held.work(number)) for number in (1, 2)]
    wait_until(lambda: held.begun)
    queue.stop()
    queue.wait()
    for preparation in begun:
        with pytest.raises((CancelledError, FutureCancelledError)):
            preparation.future.result(1)
    with pytest.raises(CancelledError):
        queue.join(key_of(3), held.work(3))
    assert len(held.begun) == 1


def test_room_is_bounded_and_the_longest_unused_goes_first():
    cache = PreparedCache(1000)
    for number in range(4):
        cache.put(key_of(number), view_of(120))
    assert cache.get(key_of(0)) is not None
    cache.put(key_of(4), view_of(120))
    kept = [number for number in range(5) if cache.get(key_of(number)) is not None]
    assert kept == [0, 2, 3, 4]
    cache.put(key_of(5), view_of(600))
    assert cache.get(key_of(5)) is None
    assert cache.get(key_of(0)) is not None


def test_each_part_of_a_key_makes_another_tag():
    tags = {
        ViewKey(image, View(level, 0, 0, 10, 10), model, result, version).etag
        for image in "ab"
        for level in (0, 1)
        for model in ("builtin", "mobile_sam")
        for result in (None, "r")
        for version in "12"
    }
    assert len(tags) == 32
