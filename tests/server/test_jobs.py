"""Jobs: one a project, the newest counts, a bounded number at a time, and each tells how it ends."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sambaseg.errors import ClassifierMismatchError, NotFoundError
from sambaseg.server import events as events_module
from sambaseg.server.background import NICENESS
from sambaseg.server.events import EventHub
from sambaseg.server.jobs import JOBS_AT_ONCE, JobRunner
from sambaseg.server.remaining import TimeLeft
from sambaseg.server.schemas import EventBody, TileIndex, Viewport
from sambaseg.server.segmenting import TileNews
from sambaseg.server.tile_order import WINDOW_GRAIN, TileOrder, order_tiles, tiles_in_view, windows_in_view
from server.conftest import wait_until


class Listening(EventHub):
    """A hub that keeps what is published."""

    def __init__(self):
        super().__init__()
        self.published = []

    def publish(self, project_id, name, body):
        self.published.append((time.monotonic(), project_id, name, body))

    def jobs(self):
        return [body.job for _, _, name, body in self.published if name == "job"]


@pytest.fixture
def hub():
    return Listening()


@pytest.fixture
def runner(hub):
    runner = JobRunner(hub)
    yield runner
    runner.stop()


def until_cancelled(job):
    """Work that goes on until it is cancelled, looking now and then."""
    job.report("Working", 0.1)
    while True:
        job.token.raise_if_cancelled()
        time.sleep(0.005)


def ended(runner, job):
    return wait_until(lambda: (info := runner.get(job.id)).state in ("done", "failed", "cancelled") and info)


def test_job_tells_its_way_to_the_end(runner, hub):
    def work(job):
        job.report("Computing features", 0.2)
        job.writes_to("result-1")
        job.report("Segmenting", 0.7)

    started = runner.start("project", "train", work)
    assert ended(runner, started).state == "done"
    stages = [(job.state, job.stage, job.progress, job.result_id) for job in hub.jobs()]
    assert stages == [
        ("running", "Starting", 0.0, None),
        ("running", "Computing features", 0.2, None),
        ("running", "Computing features", 0.2, "result-1"),
        ("running", "Segmenting", 0.7, "result-1"),
        ("done", "Done", 1.0, "result-1"),
    ]
    assert runner.running("project") is None


def test_newer_job_cancels_the_older_and_waits_for_its_end(runner):
    order = []

    def first(job):
        try:
            until_cancelled(job)
        finally:
            time.sleep(0.05)
            order.append("first ended")

    older = runner.start("project", "train", first)
    wait_until(lambda: runner.get(older.id).state == "running")
    newer = runner.start("project", "train", lambda _: order.append("second began"))
    assert ended(runner, newer).state == "done"
    assert runner.get(older.id).state == "cancelled"
    assert order == ["first ended", "second began"]


def test_cancel_is_quick_and_told(runner, hub):
    job = runner.start("project", "apply", until_cancelled)
    wait_until(lambda: runner.get(job.id).state == "running")
    began = time.monotonic()
    assert runner.cancel(job.id).state == "cancelled"
    assert time.monotonic() - began < 0.2
    assert hub.jobs()[-1].state == "cancelled"
    assert runner.cancel(job.id).state == "cancelled"


def test_only_so_many_jobs_run_at_once_and_waiting_ones_can_be_cancelled(runner):
    running = [runner.start(f"project {index}", "train", until_cancelled) for index in range(JOBS_AT_ONCE)]
    wait_until(lambda: all(runner.get(job.id).state == "running" for job in running))
    ran = threading.Event()
    waiting = runner.start("another", "train", lambda _: ran.set())
    assert runner.get(waiting.id).state == "queued"
    assert runner.cancel(waiting.id).state == "cancelled"
    for job in running:
        runner.cancel(job.id)
    later = runner.start("another", "train", lambda _: None)
    assert ended(runner, later).state == "done"
    assert not ran.is_set()


def test_error_on_purpose_is_told_with_its_words(runner):
    def work(_):
        raise ClassifierMismatchError("The classifier was trained on 3 channels, the image has 1.", hint="Train anew.")

    info = ended(runner, runner.start("project", "apply", work))
    assert (info.state, info.error.code) == ("failed", "classifier_mismatch")
    assert info.error.hint == "Train anew."


def test_unexpected_error_is_a_plain_sentence_and_a_log_entry(runner, caplog):
    def work(_):
        raise ZeroDivisionError("secret detail")

    with caplog.at_level(logging.ERROR):
        info = ended(runner, runner.start("project", "apply", work))
    assert info.state == "failed"
    assert "secret" not in info.error.message
    assert "secret detail" in caplog.text


def test_reports_are_told_ten_times_a_second_at_most_and_never_go_back(runner, hub):
    def work(job):
        for step in range(300):
            job.report("Working", (step % 100) / 100)
            time.sleep(0.001)

    ended(runner, runner.start("project", "train", work))
    times = [when for when, *_ in hub.published]
    assert len(times) <= (times[-1] - times[0]) / 0.1 + 3
    progress = [job.progress for job in hub.jobs()]
    assert progress == sorted(progress)


def test_project_that_is_deleted_has_no_job_running_any_more(runner):
    still_running = threading.Event()

    def work(job):
        still_running.set()
        try:
            until_cancelled(job)
        finally:
            time.sleep(0.05)
            still_running.clear()

    runner.start("project", "train", work)
    assert still_running.wait(5)
    runner.end_project("project")
    assert not still_running.is_set()
    runner.end_project("project")


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own there")
def test_threads_of_jobs_let_requests_go_first(runner):
    seen = []

    def work(_):
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result())

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    ended(runner, runner.start("project", "train", work))
    assert seen == [NICENESS]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_job_that_is_cancelled_before_it_began_is_skipped_once_and_knows_who_took_its_place(runner):
    first = runner.start("project", "live", until_cancelled)
    wait_until(lambda: runner.get(first.id).state == "running")
    seen, may_end = [], threading.Event()
    holding = [runner.start(f"other {n}", "train", lambda _: may_end.wait(5)) for n in range(JOBS_AT_ONCE - 1)]
    wait_until(lambda: all(runner.get(job.id).state == "running" for job in holding))
    skipped = runner.start("project", "live", lambda _: seen.append("work"), skipped=seen.append)
    last = runner.start("project", "live", lambda _: seen.append("last"))
    may_end.set()
    assert ended(runner, last).state == "done"
    assert runner.get(skipped.id).state == "cancelled"
    wait_until(lambda: len(seen) == 2)
    (job,) = (entry for entry in seen if entry != "last")
    assert job.id == skipped.id
    assert job.superseded.id == last.id


def test_job_over_several_images_tells_where_it_is(runner, hub):
    def work(job):
        for done, image in enumerate((4, 9)):
            job.begin_image(image, done=done, total=2)
            job.writes_to(f"result {image}")

    started = runner.start("project", "apply_all", work)
    ended(runner, started)
    told = [(job.image, job.images_done, job.images_total, job.result_id) for job in hub.jobs()]
    assert told == [(None, 0, 1, None), (4, 0, 2, "result 4"), (9, 1, 2, "result 9"), (9, 2, 2, "result 9")]


def test_unknown_job_is_not_found(runner):
    with pytest.raises(NotFoundError):
        runner.get("nothing")


def test_time_left_is_smooth_and_right():
    left = TimeLeft()
    assert left.after(0.0, 10.0) is None
    assert left.after(0.0, 100.0) is None
    assert left.after(0.01, 101.0) is None
    assert left.after(0.1, 101.0) == pytest.approx(9.0)
    assert left.after(0.2, 102.0) == pytest.approx(8.0)
    slower = left.after(0.25, 104.0)
    assert 6.0 < slower < 12.0
    times = [left.after(0.25 + step / 100, 104.0 + step / 5) for step in range(1, 75)]
    assert all(abs(b - a) < 1.0 for a, b in itertools.pairwise(times))
    assert left.after(1.0, 119.0) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (256, 257), (1000, 2000)])
@pytest.mark.parametrize("viewport", [None, (300, 300, 400, 1400), (-500, -500, -10, -10), (5, 5, 5, 5)])
def test_every_tile_comes_once_and_the_visible_ones_first(height, width, viewport):
    seen = viewport and Viewport(**dict(zip(("top", "left", "bottom", "right"), viewport, strict=True)))
    tiles = order_tiles(height, width, seen)
    assert sorted(tiles) == [(ty, tx) for ty in range(-(-height // 256)) for tx in range(-(-width // 256))]
    if viewport is None:
        assert tiles == sorted(tiles)
        return
    top, left, bottom, right = viewport
    visible = [
        ty * 256 < min(bottom, height)
        and ty * 256 + 256 > top
        and tx * 256 < min(right, width)
        and tx * 256 + 256 > left
        for ty, tx in tiles
    ]
    assert visible == sorted(visible, reverse=True)


def test_tiles_go_outwards_from_the_middle_of_the_view():
    tiles = order_tiles(1280, 1280, Viewport(top=512, left=512, bottom=768, right=768))
    assert tiles[0] == (2, 2)
    assert set(tiles[1:5]) == {(1, 2), (2, 1), (2, 3), (3, 2)}


def test_tiles_out_of_view_go_block_by_block_as_they_are_stored():
    tiles = order_tiles(4096, 4096, Viewport(top=1500, left=1500, bottom=1600, right=1600))
    blocks = [(ty // 4, tx // 4) for ty, tx in tiles[1:]]
    assert len([block for block, _ in itertools.groupby(blocks)]) == 16
    assert blocks[0] == (1, 1)
    assert set(blocks[15:31]) <= {(0, 1), (1, 0), (1, 2), (2, 1)}


@pytest.mark.parametrize("size", [(1, 1), (256, 257), (1000, 2000)])
@pytest.mark.parametrize("corners", [(300, 300, 400, 1400), (-500, -500, -10, -10), (5, 5, 5, 5), (0, 0, 9999, 9999)])
def test_tiles_in_view_are_those_that_come_first(size, corners):
    viewport = Viewport(**dict(zip(("top", "left", "bottom", "right"), corners, strict=True)))
    seen = tiles_in_view(*size, viewport)
    assert seen == order_tiles(*size, viewport)[: len(seen)]
    assert tiles_in_view(*size, None) == []
    if corners == (0, 0, 9999, 9999):
        assert len(seen) == len(order_tiles(*size, None))


def test_windows_hold_what_is_in_view_of_tiles_that_are_not_all_in_view():
    viewport = Viewport(top=250, left=-5, bottom=600, right=520)
    windows = windows_in_view(1000, 2000, viewport)
    assert windows[0, 0] == (slice(240, 256), slice(0, 256))
    assert windows[1, 2] == (slice(0, 256), slice(0, 16))
    assert windows[2, 2] == (slice(0, 96), slice(0, 16))
    assert (1, 0) not in windows
    assert windows_in_view(1000, 2000, None) == {}


@pytest.mark.parametrize("corners", [(3, 777, 401, 803), (-40, 100, 999, 1999), (0, 0, 1000, 2000), (990, 1990, 2, 3)])
def test_tiles_and_windows_together_cover_the_view(corners):
    viewport = Viewport(**dict(zip(("top", "left", "bottom", "right"), corners, strict=True)))
    covered = np.zeros((1000, 2000), bool)
    windows = windows_in_view(1000, 2000, viewport)
    for ty, tx in tiles_in_view(1000, 2000, viewport):
        rows, columns = windows.get((ty, tx), (slice(0, 256), slice(0, 256)))
        assert rows.start % WINDOW_GRAIN == columns.start % WINDOW_GRAIN == 0
        covered[ty * 256 :, tx * 256 :][rows, columns] = True
    top, left, bottom, right = np.clip(corners, 0, (1000, 2000, 1000, 2000))
    assert covered[top:bottom, left:right].all()


def test_a_person_who_looks_elsewhere_is_served_there_and_every_tile_comes_once():
    here = Viewport(top=0, left=0, bottom=256, right=256)
    there = Viewport(top=1500, left=1500, bottom=1900, right=1900)
    order = TileOrder(2048, 2048, here, without={(7, 7)})
    assert len(order) == 63
    first = [next(order) for _ in range(3)]
    assert first[0] == (0, 0)
    order.look_at(there)
    second = [next(order) for _ in range(3)]
    assert {ty for ty, _ in second} | {tx for _, tx in second} <= {5, 6, 7}
    order.look_at(None)
    with ThreadPoolExecutor(3) as pool:
        rest = [tile for part in pool.map(lambda _: list(order), range(3)) for tile in part]
    wanted = {(ty, tx) for ty in range(8) for tx in range(8)} - {(7, 7)}
    assert sorted(first + second + rest) == sorted(wanted)


def test_new_tiles_are_told_together(hub):
    news = TileNews(hub, "project", "result", 7)
    began = time.monotonic()
    threads = [threading.Thread(target=lambda n=n: [news.add(n, tx) for tx in range(200)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    news.flush()
    bodies = [body for *_, body in hub.published]
    assert all((body.result_id, body.image) == ("result", 7) for body in bodies)
    told = [(tile.ty, tile.tx) for body in bodies for tile in body.tiles]
    assert sorted(told) == [(ty, tx) for ty in range(4) for tx in range(200)]
    assert len(bodies) <= seconds / 0.1 + 6


@pytest.mark.anyio
async def test_followers_hear_only_of_their_project_in_order():
    hub = EventHub()
    with hub.subscribe("mine") as mine, hub.subscribe("mine") as also_mine:
        hub.publish("other", "tiles", EventBody(tiles=[]))
        for ty in range(5):
            await asyncio.to_thread(hub.publish, "mine", "tiles", EventBody(tiles=[TileIndex(ty=ty, tx=0)]))
        hub.close()
        for follower in (mine, also_mine):
            assert [body.tiles[0].ty async for _, body in follower] == [0, 1, 2, 3, 4]
    with hub.subscribe("mine") as late:
        assert [event async for event in late] == []


@pytest.mark.anyio
async def test_follower_that_does_not_keep_up_is_let_go(monkeypatch):
    monkeypatch.setattr(events_module, "LONGEST_QUEUE", 10)
    hub = EventHub()
    with hub.subscribe("mine") as slow:
        for _ in range(50):
            hub.publish("mine", "tiles", EventBody(tiles=[]))
        assert len([event async for event in slow]) == 10


def test_event_after_the_loop_has_ended_does_no_harm():
    hub = EventHub()

    async def follow():
        return hub.subscribe("mine")

    async def enter():
        context = await follow()
        context.__enter__()
        return context

    context = asyncio.run(enter())
    hub.publish("mine", "tiles", EventBody(tiles=[]))
    context.__exit__(None, None, None)
