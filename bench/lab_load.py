"""Fifty people of a lab save a stroke a second while trainings run: what they wait, and whether anything is lost.

    python bench/lab_load.py [--people 50] [--seconds 30] [--full] [--json FILE]

The goal is 300 seconds (`--full`): no error, no lost stroke, acknowledgement within 100 ms for 99 of 100.

The real server in lab mode on a folder of its own. Forty people of fifty draw in a project of their own, the others in
groups of five in a shared one; everybody follows the events of the project, as the page does. All the time as many
trainings run as the server lets run at once, of one project after the other. A wait counts from the moment that a
stroke was due until its acknowledgement (after COMMIT and fsync). Afterwards the server is ended, and every stroke that
was acknowledged is looked for in the logs of the projects, which are checked to be whole.

Beside it stand the fsync of this disk alone, and the same fifty people on the server while nothing else runs.

People are simulated by one thread over plain streams rather than by locust, which brings 38 packages and patches the
standard library: on two cores, what a generator takes is missing to the server, so that it is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driving.asks import Asker
from driving.page import percentiles
from driving.site import Site, add_people, open_accounts, running_site
from driving.strokes import Drawer, make_strokes
from server_latency import fsync_alone

SHARED_BY = 5
SIDE_PX = 1024
FULL_SECONDS = 300


@dataclass(frozen=True)
class Place:
    """One who draws: the secret of the session, the project."""

    secret: str
    project_id: str


def prepare(data_dir: Path, people: int) -> list[Place]:
    """Make accounts and projects; a fifth of the people share projects, five each."""
    from sambaseg.storage.database import Database, default_url

    database = Database(default_url(data_dir))
    accounts = open_accounts(database, "lab")
    found = add_people(accounts, database, people)
    sharing = people // 5 // SHARED_BY * SHARED_BY
    projects = make_projects(data_dir, people - sharing + sharing // SHARED_BY)
    places = []
    for number, (actor, secret) in enumerate(found):
        alone = number - sharing
        project_id = projects[number // SHARED_BY] if alone < 0 else projects[sharing // SHARED_BY + alone]
        if alone >= 0 or number % SHARED_BY == 0:
            accounts.ownership.give(project_id, actor)
        else:
            owner = found[number // SHARED_BY * SHARED_BY][0]
            accounts.ownership.share(project_id, actor.id, "editor", by=owner)
        places.append(Place(secret, project_id))
    database.close()
    return places


def make_projects(data_dir: Path, count: int) -> list[str]:
    """Make projects of a sample micrograph, each with labels of two classes; return their ids."""
    from sambaseg.images.reader import read_image
    from sambaseg.project.new_image import NewImage
    from sambaseg.project.workspace import Workspace
    from sambaseg.samples.table import find_sample

    path = find_sample("coating").path
    labels_yx = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    labels_yx[100:130, 100:400], labels_yx[800:830, 100:400] = 1, 2
    workspace, ids = Workspace(data_dir), []
    for number in range(count):
        store = workspace.create_project([NewImage.of(read_image(path), path)], name=f"Coating {number}")
        store.import_labels(labels_yx, mode="replace")
        ids.append(store.id)
    workspace.close()
    return ids


async def keep_training(host: str, places: Sequence[Place], until: float, ended: list[str]) -> None:
    """Train the projects of `places` one after the other until `until`; note how each training ended."""
    asker, at = Asker(host, places[0].secret), 0
    while time.perf_counter() < until:
        place = places[at % len(places)]
        asker.secret = place.secret
        job = await asker.ask_json("POST", f"/api/projects/{place.project_id}/train")
        while job["state"] in ("queued", "running") and time.perf_counter() < until:
            await asyncio.sleep(0.25)
            job = await asker.ask_json("GET", f"/api/jobs/{job['id']}")
        ended.append(job["state"])
        at += 1
    asker.close()


async def draw_all(site: Site, places: Sequence[Place], seconds: float, *, training: bool, round_: str) -> dict:
    """Let everybody draw for so long; return what they waited, and who drew what."""
    strokes = make_strokes(SIDE_PX, seed=1)
    drawers = [
        Drawer(f"{round_}-person-{n}", Asker(site.host, each.secret), each.project_id, strokes)
        for n, each in enumerate(places)
    ]
    followers = [
        asyncio.create_task(Asker(site.host, each.secret).follow(f"/api/projects/{each.project_id}/events"))
        for each in places
    ]
    for drawer in drawers:  # as a page that is open already: connected, and the project loaded
        project = await drawer.asker.ask_json("GET", f"/api/projects/{drawer.project_id}")
        drawer.revision = project["history"]["revision"]
    began, took, server = time.perf_counter() + 0.5, time.process_time(), site.cpu_seconds()
    until, ended = began + seconds, []
    trainers = [
        asyncio.create_task(keep_training(site.host, places[half::2], until, ended)) for half in (0, 1) if training
    ]
    await asyncio.gather(*(each.draw(began + n / len(places), until) for n, each in enumerate(drawers)))
    elapsed = time.perf_counter() - began
    await asyncio.gather(*trainers)
    for task in followers:
        task.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    waits = [wait for drawer in drawers for wait in drawer.waits_ms]
    return {
        "waits_ms": percentiles(waits),
        "strokes": sum(len(drawer.acknowledged) for drawer in drawers),
        "errors": [error for drawer in drawers for error in drawer.errors],
        "trainings": len(ended),
        "generator_cores": round((time.process_time() - took) / elapsed, 3),
        "server_cores": round((site.cpu_seconds() - server) / elapsed, 3),
        "acknowledged": [(drawer.project_id, *each) for drawer in drawers for each in drawer.acknowledged],
    }


def count_lost(data_dir: Path, acknowledged: Sequence[tuple[str, str, int]]) -> int:
    """Return how many acknowledged strokes are not in the logs. Raises where a log is not whole."""
    from sambaseg.project.check import check_project
    from sambaseg.project.workspace import Workspace

    workspace, lost = Workspace(data_dir), 0
    wanted: dict[str, set[tuple[str, int]]] = {}
    for project_id, name, number in acknowledged:
        wanted.setdefault(project_id, set()).add((name, number))
    folders = {project_id: workspace.open_project(project_id).folder for project_id in wanted}
    workspace.close()
    for project_id, names in wanted.items():
        stored = list(check_project(folders[project_id]).acknowledged)
        lost += len(names - set(stored)) + len(stored) - len(set(stored))
    return lost


def measure(data_dir: Path, people: int, seconds: float) -> dict:
    """Prepare, let people draw without and with trainings, and look for every stroke."""
    places = prepare(data_dir, people)
    with running_site(data_dir, "lab") as site:
        quiet = asyncio.run(draw_all(site, places, min(seconds, 30.0), training=False, round_="quiet"))
        busy = asyncio.run(draw_all(site, places, seconds, training=True, round_="busy"))
    acknowledged = quiet.pop("acknowledged") + busy.pop("acknowledged")
    lost = count_lost(data_dir, acknowledged)
    return {"nothing else": quiet, "trainings": busy, "lost": lost, "fsync alone": fsync_alone(data_dir)}


def main() -> None:
    """Measure, print a table, end with 1 where something was lost or refused."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--full", action="store_true", help=f"{FULL_SECONDS} seconds, as the goal says")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    seconds = FULL_SECONDS if arguments.full else arguments.seconds
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        figures = measure(Path(folder), arguments.people, seconds)
    print(f"{arguments.people} people with a stroke a second each, {seconds:.0f} s, {os.cpu_count()} cores")
    report(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    failed = [error for name in ("nothing else", "trainings") for error in figures[name]["errors"]]
    if failed or figures["lost"]:
        raise SystemExit(f"{len(failed)} errors, such as {failed[:3]}")


def report(figures: dict) -> None:
    """Print the figures as a table."""
    print(
        f"{'acknowledged':14}{'p50':>8}{'p95':>8}{'p99':>8}{'most ms':>9}{'strokes':>9}{'errors':>8}{'trainings':>11}"
    )
    for name in ("nothing else", "trainings"):
        row = figures[name]
        waits = "".join(f"{row['waits_ms'][part]:>8}" for part in ("p50", "p95", "p99"))
        counts = f"{row['strokes']:>9}{len(row['errors']):>8}{row['trainings']:>11}"
        print(f"{name:14}{waits}{row['waits_ms']['most']:>9}{counts}")
        print(f"{'':14}cores taken: server {row['server_cores']}, simulated people {row['generator_cores']}")
    print(f"{'fsync alone':14}{figures['fsync alone']['p50']:>8}{'':8}{figures['fsync alone']['p99']:>8}")
    print(f"Acknowledged and not found afterwards: {figures['lost']}")


if __name__ == "__main__":
    main()
