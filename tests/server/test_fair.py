"""Nobody fills the server: turns of jobs, places of requests, the end of jobs that take too long."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sambaseg.accounts.actors import Actor
from sambaseg.server.events import EventHub
from sambaseg.server.fair_queue import FairQueue
from sambaseg.server.fair_share import FairShare
from sambaseg.server.jobs import JobRunner, Turns
from sambaseg.server.pace import Pace
from sambaseg.server.storage_use import folder_size
from sambaseg.server.who import note_actor
from server.conftest import wait_until


def test_owners_take_turns_and_have_one_task_each_at_a_time():
    order, running, most = [], [], {}
    access, go_on = threading.Lock(), threading.Event()

    def task(owner, number):
        def run():
            with access:
                running.append(owner)
                most[owner] = max(most.get(owner, 0), running.count(owner))
                order.append((owner, number))
            go_on.wait(10)
            with access:
                running.remove(owner)

        return run

    with ThreadPoolExecutor(2) as pool:
        queue = FairQueue(pool, at_once=2, each=1)
        for number in range(20):
            queue.submit("flood", task("flood", number))
        for owner in ("a", "b"):
            queue.submit(owner, task(owner, 0))
        wait_until(lambda: len(order) == 2)
        go_on.set()
        wait_until(lambda: len(order) == 22 and not running)
    assert most == {"flood": 1, "a": 1, "b": 1}
    assert {owner for owner, _ in order[:4]} == {"flood", "a", "b"}
    assert [number for owner, number in order if owner == "flood"] == list(range(20))


def test_one_owner_may_have_all_threads_where_each_has_all():
    both = threading.Barrier(2, timeout=10)
    with ThreadPoolExecutor(2) as pool:
        queue = FairQueue(pool, at_once=2, each=2)
        for _ in range(2):
            queue.submit("", both.wait)
        wait_until(lambda: both.n_waiting == 0)
    assert not both.broken


def test_task_that_fails_gives_its_turn_on():
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        queue = FairQueue(pool, at_once=1, each=1)
        queue.submit("a", lambda: 1 / 0)
        queue.submit("a", done.set)
        assert done.wait(10)
        queue.stop()
        queue.submit("a", lambda: pytest.fail("begun after the end"))


def test_pace_lets_a_store_through_at_once_and_then_so_many_a_second():
    now = 100.0
    pace = Pace(a_second=10, stored=20, clock=lambda: now)
    assert [pace.wait_of("a", 1, longest=60) for _ in range(20)] == [0] * 20
    assert [pace.wait_of("a", 1, longest=60) for _ in range(3)] == pytest.approx([0.1, 0.2, 0.3])
    assert pace.wait_of("a", 50, longest=60) == pytest.approx(5.3)
    assert pace.wait_of("b", 1, longest=60) == 0, "others have a store of their own"
    assert pace.wait_of("a", 1000, longest=60) is None
    assert pace.wait_of("a", 1, longest=60) == pytest.approx(5.4), "what was refused costs nothing"
    now += 5.4 + 2.0
    assert [pace.wait_of("a", 1, longest=60) for _ in range(21)] == pytest.approx([0] * 20 + [0.1], abs=1e-9)


@pytest.mark.anyio
async def test_only_who_has_no_account_keeps_a_pace(monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    share = FairShare(app)
    monkeypatch.setattr("sambaseg.server.fair_share.asyncio.sleep", sleep)

    async def ask(actor, size=0):
        statuses = []
        headers = [(b"content-length", str(size).encode())]
        scope = {"type": "http", "method": "GET", "path": "/api/projects", "headers": headers, "client": ("1.2.3.4", 5)}
        note_actor(scope, actor)

        async def send(message):
            statuses.append(message.get("status"))

        await share(scope, lambda: None, send)
        return statuses[0]

    visitor, person = Actor("visitor", "a" * 32, "", "visitor"), Actor("person", "b" * 32, "Bob", "member")
    for actor in (visitor, None, person):
        assert {await ask(actor) for _ in range(590)} == {200}
    assert slept == [], "nobody waits for what a page asks for"
    assert {await ask(person, 400_000_000) for _ in range(20)} == {200}
    assert slept == []
    assert await ask(visitor, 400_000_000) == 200
    assert len(slept) == 1
    assert 5 < slept[0] < 14
    assert {await ask(visitor, 400_000_000) for _ in range(3)} == {429}, "more than one may wait for"
    slept.clear()
    assert await ask(visitor) == 200, "what was refused costs nothing"
    assert 5 < slept[0] < 14


@pytest.mark.anyio
async def test_who_keeps_a_pace_while_the_server_ends_is_answered(monkeypatch):
    statuses = []

    async def end(_seconds):
        raise asyncio.CancelledError

    async def send(message):
        statuses.append(message.get("status"))

    monkeypatch.setattr("sambaseg.server.fair_share.asyncio.sleep", end)
    headers = [(b"content-length", b"400000000")]
    scope = {"type": "http", "method": "POST", "path": "/api/projects", "headers": headers, "client": ("1.2.3.4", 5)}
    await FairShare(lambda *_: pytest.fail("answered"))(scope, lambda: None, send)
    assert statuses[0] == 429


@pytest.mark.anyio
async def test_job_of_a_visitor_ends_after_its_time():
    runner = JobRunner(EventHub(), Turns(lambda _: "visitor:1", lambda _: 0.05, each=1))

    def work(job):
        while True:
            job.token.raise_if_cancelled()
            threading.Event().wait(0.01)

    job = runner.start("0" * 32, "train", work)
    for _ in range(200):
        await asyncio.sleep(0.02)
        if runner.get(job.id).state == "failed":
            break
    info = runner.get(job.id)
    assert (info.state, info.error.code) == ("failed", "quota")
    runner.stop()
    runner.wait()


def test_jobs_that_run_at_once_share_the_threads():
    runner, shares = JobRunner(EventHub()), []
    begun, go_on = threading.Barrier(3, timeout=10), threading.Event()

    def work(_job):
        begun.wait()
        shares.append([runner.share_of(threads) for threads in (1, 2, 3, 8)])
        go_on.wait(10)

    assert runner.share_of(2) == 2
    for project in ("a", "b"):
        runner.start(project * 32, "train", work)
    begun.wait()
    wait_until(lambda: len(shares) == 2)
    go_on.set()
    runner.stop()
    runner.wait()
    assert shares == [[1, 1, 2, 4]] * 2


class Door:
    """Counts who is inside; a request stays until it is let out."""

    def __init__(self):
        self.inside = []
        self.let_out = asyncio.Event()

    async def __call__(self, scope, _receive, send):
        self.inside.append(scope["path"])
        await self.let_out.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(app, who, path="/api/projects", kind="visitor", headers=()):
    """Begin a request; return the task whose result is the status."""

    async def request():
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "client": ("192.0.2.1", 1)}
        note_actor(scope, Actor(kind, who, "", "visitor") if who else None)
        await app(scope, None, send)
        return sent[0]["status"]

    return asyncio.create_task(request())


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_who_asks_too_much_waits_for_themselves_only():
    door = Door()
    app = FairShare(door, for_visitors=2, waiting=3, streams=1)
    flood = [ask(app, "flood") for _ in range(7)]
    other = ask(app, "other", "/api/other")
    await settle()
    assert sorted(door.inside) == ["/api/other", "/api/projects", "/api/projects"]
    assert [task.done() for task in flood] == [False] * 5 + [True] * 2
    door.let_out.set()
    assert [await task for task in flood] == [200] * 5 + [429] * 2
    assert await other == 200
    assert app._shares == {}


@pytest.mark.anyio
async def test_who_goes_away_gives_the_place_on():
    door = Door()
    app = FairShare(door, for_visitors=1)
    tasks = [ask(app, "a", f"/api/{number}") for number in range(4)]
    await settle()
    tasks[1].cancel()
    tasks[0].cancel()
    await settle()
    assert door.inside == ["/api/0", "/api/2"]
    tasks[2].cancel()
    tasks[3].cancel()
    await settle()
    door.let_out.set()
    assert await ask(app, "a", "/api/4") == 200
    await asyncio.gather(*tasks, return_exceptions=True)
    assert app._shares == {}


@pytest.mark.anyio
async def test_streams_and_pages_have_places_of_their_own():
    door = Door()
    app = FairShare(door, for_visitors=1, streams=1)
    tasks = [
        ask(app, "", path) for path in ("/api/projects/1/events", "/api/a", "/assets/x.js", "/api/projects/2/events")
    ]
    await settle()
    assert len(door.inside) == 3
    door.let_out.set()
    assert [await task for task in tasks] == [200, 200, 200, 429]


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "at_once"), [("visitor", 1), ("person", 2)])
async def test_what_takes_long_leaves_places_for_the_rest(kind, at_once):
    door = Door()
    app = FairShare(door)
    project = "/api/projects/1"
    large = [(b"content-length", b"600000")]
    tasks = [ask(app, "a", f"{project}/operations", kind, large) for _ in range(4)]
    tasks += [ask(app, "a", f"{project}/operations", kind, [(b"transfer-encoding", b"chunked")])]
    tasks += [ask(app, "a", f"{project}/suggestions", kind) for _ in range(4)]
    await settle()
    assert sorted(door.inside) == [f"{project}/operations"] * at_once + [f"{project}/suggestions"] * at_once
    tasks += [ask(app, "a", f"{project}/image/0/0/0", kind), ask(app, "a", "/api/me/everything", kind)]
    tasks += [ask(app, "b", f"{project}/suggestions", kind)]
    await settle()
    assert len(door.inside) == 2 * at_once + 3
    door.let_out.set()
    assert [await task for task in tasks] == [200] * len(tasks)
    assert app._shares == {}


def test_what_a_project_takes_is_without_its_write_ahead_log(tmp_path):
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer/shard").write_bytes(bytes(100))
    (tmp_path / "log.sqlite").write_bytes(bytes(10))
    (tmp_path / "log.sqlite-wal").write_bytes(bytes(5000))
    assert folder_size(tmp_path) == 110


def test_a_job_that_takes_the_place_of_an_older_one_has_all_threads():
    runner, shares = JobRunner(EventHub()), []

    def work(job):
        shares.append(runner.share_of(2))
        while not job.token.cancelled:
            threading.Event().wait(0.001)
        job.token.raise_if_cancelled()

    for count in range(1, 21):
        runner.start("a" * 32, "live", work)
        wait_until(lambda count=count: len(shares) == count)
    assert shares == [2] * 20
    runner.stop()
    runner.wait()
