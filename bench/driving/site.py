"""The real server as a site with people or visitors, as a process of its own, and secrets that let requests in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from sambaseg.accounts.accounts import Accounts
from sambaseg.accounts.actors import Actor
from sambaseg.settings import Settings
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Person
from soak_kill import SERVE

ADDRESS = re.compile(r"sambaseg runs at http://([^/\s]+)/")


@dataclass(frozen=True)
class Site:
    """A running server: its `HOST:PORT`, and its process."""

    host: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Return the processor time that the server took until now."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running_site(data_dir: Path, mode: str, variables: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Start a server in a mode, wait until its kernels are ready, and end it."""
    environment = {**os.environ, "SAMBASEG_DATA_DIR": str(data_dir), "SAMBASEG_PORT": "0", "SAMBASEG_MODE": mode}
    environment |= variables or {}
    process = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = ADDRESS.search(line)
        if found is None:
            raise RuntimeError(f"The server printed no address but {line!r}.")
        _wait_for_kernels(found[1])
        yield Site(found[1], psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def _wait_for_kernels(host: str) -> None:
    import httpx

    while not httpx.get(f"http://{host}/api/health").json()["kernels_ready"]:
        time.sleep(0.5)
    time.sleep(1)


def open_accounts(database: Database, mode: str) -> Accounts:
    """Return the accounts of a site, to prepare people and visitors while its server does not run."""
    return Accounts(database, replace(Settings(), mode=mode))


def add_people(accounts: Accounts, database: Database, count: int) -> list[tuple[Actor, str]]:
    """Make accounts without passwords; return who they are, with the secrets of their sessions."""
    people = [Person(login=f"person-{number}", name=f"Person {number}", role="member") for number in range(count)]
    with database.session() as session:
        session.add_all(people)
    return [
        (Actor("person", each.id, each.name, "member"), accounts.sessions.begin_for_person(each.id)) for each in people
    ]


def add_visitors(accounts: Accounts, count: int) -> list[tuple[Actor, str]]:
    """Begin visits; return who they are, with the secrets of their sessions."""
    found = []
    for _ in range(count):
        secret = accounts.sessions.begin_for_visitor()
        actor = accounts.sessions.actor_of(secret)
        assert actor is not None
        found.append((actor, secret))
    return found
