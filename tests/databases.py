"""Databases for tests: SQLite in a file, and a real PostgreSQL that is started for the test run.

`conftest.py` files take the fixtures from here: ``from databases import database, empty_database, postgres_server``.
A test that uses `database` runs on both; on PostgreSQL it is skipped where that is not installed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sambaseg.storage.database import Database, default_url

KINDS = ("sqlite", "postgresql")


class NoPostgresError(Exception):
    """There is no PostgreSQL here that could be started."""


class PostgresServer:
    """A PostgreSQL of its own folder, reached through a socket in it."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._programs, self.folder, self._user = programs, folder, user
        self._made = threading.Lock()
        self._template = ""

    def start(self) -> None:
        """Make the cluster and start it."""
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-A", "trust", "-U", "tests", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c max_connections=60"
        self._run("pg_ctl", "-D", data, "-o", options, "-l", self.folder / "log", "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Stop it at once; its folder is thrown away anyway."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://tests@/{name}?host={self.folder}"

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database and return its address."""
        name = f"t{secrets.token_hex(6)}"
        self._run("createdb", "-h", self.folder, "-U", "tests", "-T", template, name)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database."""
        name = url.partition("@/")[2].partition("?")[0]
        self._run("dropdb", "-h", self.folder, "-U", "tests", "--force", name)

    def new_migrated(self) -> str:
        """Make a database with all tables, copied from one that was migrated once."""
        with self._made:
            if not self._template:
                url = self.new_database()
                made = Database(url)
                made.prepare()
                made.close()
                self._template = url.partition("@/")[2].partition("?")[0]
        return self.new_database(template=self._template)

    def _run(self, program: str, *arguments: str | Path) -> None:
        said = self.folder / "errors"
        with said.open("ab") as errors:  # a file: a server that keeps a pipe open would never let `run` end
            done = subprocess.run(
                [self._programs / program, *arguments],
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)},
                check=False,
                timeout=120,
            )
        assert done.returncode == 0, f"{program}: {said.read_text(errors='replace')[-2000:]}"


def find_postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return debian[-1].parent if debian else Path(on_path).parent if on_path else None


def _unprivileged() -> str | None:
    """Return the user that PostgreSQL runs as, since it refuses to run as root; None for whoever runs the tests."""
    import pwd

    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPostgresError("PostgreSQL does not run as root, and there is no user postgres")


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL, and end it with its folder. Raises NoPostgresError where that is not possible."""
    programs = find_postgres()
    if programs is None:
        raise NoPostgresError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 characters
    if user is not None:
        shutil.chown(folder, user)
    server = PostgresServer(programs, folder, user)
    try:
        server.start()
        yield server
    finally:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except NoPostgresError as error:
            pytest.skip(str(error))
        yield server


@contextlib.contextmanager
def open_database(kind: str, folder: Path, request: pytest.FixtureRequest, *, migrated: bool) -> Iterator[Database]:
    """Yield a new database of a kind."""
    if kind == "sqlite":
        url, drop = default_url(folder), _nothing
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url, drop = server.new_migrated() if migrated else server.new_database(), server.drop
    made = Database(url)
    try:
        yield made
    finally:
        made.close()
        drop(url)


def _nothing(_url: str) -> None:
    """SQLite's file goes with its folder."""


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables, on SQLite and on PostgreSQL."""
    with open_database(request.param, tmp_path, request, migrated=True) as made:
        yield made


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in which nothing was made yet, on SQLite and on PostgreSQL."""
    with open_database(request.param, tmp_path, request, migrated=False) as made:
        yield made
