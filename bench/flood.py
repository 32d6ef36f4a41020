"""While one visitor of a public site floods it, what do the others wait? Before and during, in turn, in one run.

    python bench/flood.py [--visitors 10] [--seconds 20] [--rounds 2] [--json FILE]

The goal: the others' 99th percentile less than doubles while trainings run, as they do on a site at work. Beside it
stands the same for a site on which nobody trains, where the wait without a flood is a few milliseconds.

The real server in public mode. Ten visitors each save a stroke a second in their own projects and fetch tiles beside
it, as a page does that is panned; two more train, one training after the other. Then another visitor, with one
session, floods: many connections that ask all at once for whatever costs most (bodies of many megabytes, bodies that
are no valid operation, uploads, views prepared for suggestions, trainings, exports, searches, connections that are
opened and left). Quiet and flooded stretches alternate (ABAB), so that what else the machine does falls on both.

The flood comes from one process of its own at the lowest priority, the others from this one; what both take of the
processor is printed, as is how much the flood was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import math
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from driving.asks import Asker
from driving.page import percentiles
from driving.site import Site, add_visitors, open_accounts, running_site
from driving.strokes import Drawer, make_strokes
from lab_load import SIDE_PX, Place, keep_training, make_projects
from server_latency import fsync_alone

TRAINERS = 2
CONNECTIONS, LEFT_OPEN = 64, 300
"""Connections that ask all the time, and those on which a request is begun and not ended."""
LARGE_BYTES = 20_000_000
TILES_EACH_SECOND = 8


def prepare(data_dir: Path, visitors: int) -> list[Place]:
    """Begin visits, each with a project."""
    from sambaseg.storage.database import Database, default_url

    database = Database(default_url(data_dir))
    accounts = open_accounts(database, "public")
    places = []
    projects = make_projects(data_dir, visitors)
    for (actor, secret), project_id in zip(add_visitors(accounts, visitors), projects, strict=True):
        accounts.ownership.give(project_id, actor)
        places.append(Place(secret, project_id))
    database.close()
    return places


@dataclass(frozen=True)
class Request:
    """Something that a flood asks for."""

    name: str
    method: str
    path: str
    body: object = None


def expensive_requests(project_id: str) -> list[Request]:
    """Return what costs the server most for one request of a visitor."""
    project = f"/api/projects/{project_id}"
    runs = base64.b64encode(bytes(range(256)) * 64).decode()
    whole = {"client_id": "flood-of-one", "client_seq": 1, "base_revision": 0, "kind": "paint", "class_id": 1}
    many = whole | {"tiles": [{"ty": 0, "tx": 0, "runs": runs}] * (LARGE_BYTES // len(runs))}
    nonsense = b'{"tiles":[' + b"{}," * (LARGE_BYTES // 6) + b"{}]}"
    views = [
        f"{project}/suggestions?level=0&top={top}&left={left}&bottom={top + 900}&right={left + 900}"
        for top, left in itertools.product(range(0, 120, 8), repeat=2)
    ]
    return [
        Request("large operation", "POST", f"{project}/operations", json.dumps(many).encode()),
        Request("large nonsense", "POST", f"{project}/operations", nonsense),
        Request("upload", "POST", "/api/projects?name=x&file_name=x.tif", bytes(LARGE_BYTES)),
        Request("train", "POST", f"{project}/train"),
        Request("export", "GET", f"{project}/export/all?what=labels&form=zip"),
        Request("counts", "GET", "/api/gallery/counts?q=a"),
        Request("search", "GET", "/api/gallery/entries?q=a&sort=relevance&limit=100"),
        Request("projects", "GET", "/api/projects"),
        Request("everything", "GET", "/api/me/everything"),
        *(Request("suggestions", "GET", view) for view in views[:6]),
        *(Request("tile", "GET", f"{project}/image/0/{n % 4}/{n // 4}") for n in range(6)),
    ]


def flood(host: str, place: Place, on: Event, end: Event, counts: object) -> None:
    """Flood whenever `on` is set, until `end` is; the process of the flood."""
    os.nice(19)
    asyncio.run(_flood(host, place, on, end, counts))


async def _flood(host: str, place: Place, on: Event, end: Event, counts: object) -> None:
    requests = expensive_requests(place.project_id)
    statuses: Counter[str] = Counter()

    async def one(number: int) -> None:
        asker = Asker(host, place.secret)
        for request in itertools.islice(itertools.cycle(requests), number, None):
            while not on.is_set() and not end.is_set():
                asker.close()
                await asyncio.sleep(0.05)
            if end.is_set():
                return
            try:
                status, _ = await asyncio.wait_for(asker.ask(request.method, request.path, request.body), 30)
                statuses[f"{request.name} {status}"] += 1
            except (OSError, EOFError, TimeoutError):
                statuses[f"{request.name} broken off"] += 1
                asker.close()
                await asyncio.sleep(0.01)

    async def begin_and_leave() -> None:
        """Open connections, begin a request on each, and send no more."""
        while not end.is_set():
            opened = []
            while on.is_set() and not end.is_set() and len(opened) < LEFT_OPEN:
                asker = Asker(host, place.secret)
                with contextlib.suppress(OSError):
                    await asker.begin("POST", requests[0].path)
                    opened.append(asker)
            while on.is_set() and not end.is_set():
                await asyncio.sleep(0.2)
            for asker in opened:
                asker.close()
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(one(number)) for number in range(CONNECTIONS)]
    tasks.append(asyncio.create_task(begin_and_leave()))
    while not end.is_set():
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    counts.put((dict(statuses), time.process_time()))  # type: ignore[attr-defined]


async def live(site: Site, places: Sequence[Place], seconds: float, drawers: list[Drawer]) -> dict:
    """Let all visitors draw and pan for so long; return what they waited."""
    waits: list[float] = []
    errors: list[str] = []
    began = time.perf_counter() + 0.1
    until = began + seconds

    async def pan(place: Place, first: float) -> None:
        asker, due = Asker(site.host, place.secret), first
        for number in itertools.count():
            if due >= until:
                asker.close()
                return
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            what = "layers/labels" if number % 2 else "image/0"
            try:
                status, _ = await asker.ask("GET", f"/api/projects/{place.project_id}/{what}/{number % 4}/{number % 3}")
                waits.append((time.perf_counter() - due) * 1000)
                if status != 200:
                    errors.append(f"tile {status}")
            except (OSError, EOFError) as error:
                errors.append(repr(error))
                asker.close()
            due += 1 / TILES_EACH_SECOND

    for drawer in drawers:
        drawer.waits_ms.clear()
    server = site.cpu_seconds()
    await asyncio.gather(
        *(each.draw(began + n / len(places), until) for n, each in enumerate(drawers)),
        *(pan(place, began + n / len(places) / TILES_EACH_SECOND) for n, place in enumerate(places)),
    )
    return {
        "strokes": [wait for drawer in drawers for wait in drawer.waits_ms],
        "tiles": waits,
        "errors": errors,
        "server_cores": (site.cpu_seconds() - server) / seconds,
    }


async def alternate(
    site: Site, places: Sequence[Place], trainers: Sequence[Place], on: Event, seconds: float, rounds: int
) -> dict[str, dict]:
    """Let the others live in quiet and in flooded stretches, in turn; return what they waited in each kind."""
    strokes = make_strokes(SIDE_PX, seed=2)
    drawers = [
        Drawer(f"visitor-{n}", Asker(site.host, each.secret), each.project_id, strokes) for n, each in enumerate(places)
    ]
    for drawer in drawers:
        project = await drawer.asker.ask_json("GET", f"/api/projects/{drawer.project_id}")
        drawer.revision = project["history"]["revision"]
    stretches: dict[str, list[dict]] = {"quiet": [], "flooded": []}
    ended: list[str] = []
    training = [asyncio.create_task(keep_training(site.host, [each], math.inf, ended)) for each in trainers]
    await live(site, places, 3.0, drawers)
    for _ in range(rounds):
        for name, found in stretches.items():
            (on.set if name == "flooded" else on.clear)()
            await asyncio.sleep(2.0)
            ended.clear()
            found.append(await live(site, places, seconds, drawers) | {"trainings": len(ended)})
    for task in training:
        task.cancel()
    await asyncio.gather(*training, return_exceptions=True)
    errors = [error for drawer in drawers for error in drawer.errors]
    return {name: _joined(found) | {"drawing errors": errors} for name, found in stretches.items()}


def _joined(stretches: Sequence[dict]) -> dict:
    waits = {what: [wait for each in stretches for wait in each[what]] for what in ("strokes", "tiles")}
    return {
        "all": percentiles(waits["strokes"] + waits["tiles"]),
        **{what: percentiles(found) for what, found in waits.items()},
        "p99 of each": [percentiles(each["strokes"] + each["tiles"])["p99"] for each in stretches],
        "errors": [error for each in stretches for error in each["errors"]],
        "server_cores": round(sum(each["server_cores"] for each in stretches) / len(stretches), 2),
        "trainings": sum(each["trainings"] for each in stretches),
    }


def measure(data_dir: Path, visitors: int, trainers: int, seconds: float, rounds: int) -> dict:
    """Prepare, and measure the others with and without the flood, while so many others train all the time."""
    places = prepare(data_dir, visitors + trainers + 1)
    context = multiprocessing.get_context("spawn")
    on, end, counts = context.Event(), context.Event(), context.Queue()
    with running_site(data_dir, "public") as site:
        flooder = context.Process(target=flood, args=(site.host, places[-1], on, end, counts))
        flooder.start()
        took = time.process_time()
        try:
            figures = asyncio.run(alternate(site, places[:visitors], places[visitors:-1], on, seconds, rounds))
            took = time.process_time() - took
        finally:
            end.set()
            statuses, flood_seconds = counts.get(timeout=60)
            flooder.join(10)
    return figures | {
        "ratio": round(figures["flooded"]["all"]["p99"] / figures["quiet"]["all"]["p99"], 2),
        "flood": statuses,
        "cores of the flood": round(flood_seconds / (rounds * seconds), 2),
        "cores of the others": round(took / (2 * rounds * seconds), 2),
        "fsync alone": fsync_alone(data_dir),
    }


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = {}
    for trainers in (0, TRAINERS):
        with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
            found = measure(Path(folder), arguments.visitors, trainers, arguments.seconds, arguments.rounds)
        print(f"While {trainers} others train" if trainers else "While nobody trains")
        report(found)
        figures[f"{trainers} train"] = found
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def report(figures: dict) -> None:
    """Print the figures as a table."""
    print(f"{'ms':10}{'':9}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}{'n':>7}")
    for name in ("quiet", "flooded"):
        for what in ("all", "strokes", "tiles"):
            row = figures[name][what]
            print(f"{name:10}{what:9}" + "".join(f"{row[part]:>8}" for part in ("p50", "p95", "p99", "most", "n")))
        print(
            f"{'':10}p99 of each stretch: {figures[name]['p99 of each']}; "
            f"server {figures[name]['server_cores']} cores; {figures[name]['trainings']} trainings"
        )
    print(f"99th percentile, flooded over quiet: {figures['ratio']} (goal: below 2)")
    errors = figures["quiet"]["errors"] + figures["flooded"]["errors"] + figures["quiet"]["drawing errors"]
    print(f"Errors of the others: {len(errors)} {errors[:3]}")
    print(
        f"Cores of the flood's process {figures['cores of the flood']}, of the others' {figures['cores of the others']}"
    )
    print(f"fsync alone: p50 {figures['fsync alone']['p50']}, p99 {figures['fsync alone']['p99']}")
    print("The flood was answered:", ", ".join(f"{name}: {count}" for name, count in sorted(figures["flood"].items())))


if __name__ == "__main__":
    main()
