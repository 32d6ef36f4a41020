"""The queue of images whose tiles are made: two at once, the newest first, each once however many wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from sambaseg.errors import BrokenImageError, CancelledError, SambasegError
from sambaseg.images.building import BuiltImage
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.builds import Build, BuildQueue

BUILT = BuiltImage(Micrograph.from_array(np.zeros((9, 9))).info, ((0, 1),), ((0, 1),), "ab" * 32)


class Work:
    """Makes tiles when it is told to; notes in ``begun`` that it was begun."""

    def __init__(self, name: int, begun: list[int]) -> None:
        self.name, self.begun = name, begun
        self.progress = 0.5
        self.started, self.may_end, self.tile = threading.Event(), threading.Event(), threading.Event()
        self.error: SambasegError | None = None

    def start(self) -> None:
        self.begun.append(self.name)
        self.started.set()

    def wait_for_tile(self, level: int, ty: int, tx: int, seconds: float) -> bool:
        assert (level, ty, tx) == (0, 0, 0)
        return self.tile.wait(seconds)

    def result(self) -> BuiltImage:
        assert self.may_end.wait(10)
        if self.error is not None:
            raise self.error
        return BUILT

    def cancel(self) -> None:
        self.error = CancelledError("cancelled")
        self.may_end.set()


class Bench:
    """A queue, and work for it by name."""

    def __init__(self) -> None:
        self.queue = BuildQueue()
        self.begun: list[int] = []
        self.outcomes: list[object] = []
        self.works = {name: Work(name, self.begun) for name in range(6)}

    def request(self, name: int) -> Build:
        return self.queue.request(name, lambda: self.works[name], self.outcomes.append)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.queue.cancel(lambda _: True)


def test_two_are_made_at_once_and_then_the_newest(bench: Bench) -> None:
    for name in (0, 1):
        bench.request(name)
        assert bench.works[name].started.wait(10)
    waiting = [bench.request(name) for name in (2, 3, 4)]
    bench.request(2)  # asked for again: it is wanted most
    assert bench.begun == [0, 1]
    for ended, begins in ((0, 2), (1, 4), (2, 3)):
        bench.works[ended].may_end.set()
        assert bench.works[begins].started.wait(10)
    assert bench.begun == [0, 1, 2, 4, 3]
    assert waiting[0].wait(10)


def test_all_who_ask_wait_for_the_same(bench: Bench) -> None:
    build = bench.request(0)
    assert bench.request(0) is build
    bench.works[0].may_end.set()
    assert build.wait(10)
    assert bench.outcomes == [BUILT]
    assert bench.queue.find(0) is None


def test_a_tile_is_there_before_all_are(bench: Bench) -> None:
    build = bench.request(0)
    assert not build.wait_for_tile(0, 0, 0, 0.02)
    bench.works[0].tile.set()
    assert build.wait_for_tile(0, 0, 0, 10)
    assert not build.wait(0)
    assert build.progress == 0.5


def test_a_tile_of_one_that_waits_takes_its_time(bench: Bench) -> None:
    for name in (0, 1):
        bench.request(name)
        assert bench.works[name].started.wait(10)
    build = bench.request(2)
    assert not build.wait_for_tile(0, 0, 0, 0.02)
    assert build.progress == 0.0


def test_all_who_wait_hear_what_went_wrong(bench: Bench) -> None:
    build = bench.request(0)
    bench.works[0].error = BrokenImageError("broken", hint="mend it")
    bench.works[0].may_end.set()
    assert build.wait(10)
    for _ in range(2):
        with pytest.raises(BrokenImageError, match="broken") as caught:
            build.wait_for_tile(0, 0, 0, 1)
        assert caught.value.hint == "mend it"
    assert bench.outcomes == [bench.works[0].error]


def test_what_cannot_even_begin_is_told_and_holds_up_nobody(bench: Bench) -> None:
    def no_work() -> Work:
        raise OSError("no process")

    for name in range(3):
        build = bench.queue.request(f"bad {name}", no_work, bench.outcomes.append)
        assert build.wait(10)
        with pytest.raises(SambasegError, match="could not be made: no process"):
            build.raise_if_failed()
    bench.request(0)
    assert bench.works[0].started.wait(10)


def test_one_that_cannot_be_kept_has_failed(bench: Bench) -> None:
    def no_room(_: object) -> None:
        raise OSError("no room")

    build = bench.queue.request(0, lambda: bench.works[0], no_room)
    bench.works[0].may_end.set()
    assert build.wait(10)
    with pytest.raises(SambasegError, match="could not be kept: no room"):
        build.raise_if_failed()


def test_cancelled_ones_end_whether_they_were_begun_or_not(bench: Bench) -> None:
    builds = []
    for name in range(4):
        builds.append(bench.request(name))
        assert name > 1 or bench.works[name].started.wait(10)
    bench.queue.cancel(lambda key: key in (0, 3))
    for name in (0, 3):
        with pytest.raises(CancelledError):
            builds[name].raise_if_failed()
    assert bench.works[2].started.wait(10)
    assert 3 not in bench.begun


def test_waiting_ends_when_it_is_told_to(bench: Bench) -> None:
    assert not bench.request(0).wait(stop=lambda: True)
    assert not bench.request(0).wait(0.01)
