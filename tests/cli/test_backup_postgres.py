"""A lab's server on PostgreSQL: a backup under load comes back into another PostgreSQL as it was at one moment."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from cli.test_backup import Caller, Painter
from databases import postgres_server
from e2e.server_process import ServerProcess
from gallery.samples import WHOLE
from sambaseg.accounts.accounts import Accounts
from sambaseg.gallery.search import Query, Search
from sambaseg.project.check import check_project
from sambaseg.settings import Settings
from sambaseg.storage.database import Database
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.tables import AuditRecord, Table, VersionFile
from server.conftest import tiff_of, two_phases, wait_until

__all__ = ["postgres_server"]
PASSWORD = "grains of nickel and light"


@contextlib.contextmanager
def running(data_dir, database_url, monkeypatch):
    """Run a lab's server on a database; yield its host and an administrator's session."""
    monkeypatch.setenv("SAMBASEG_DATABASE_URL", database_url)
    server = ServerProcess(data_dir, mode="lab")
    server.start()
    database = Database(database_url)
    try:
        accounts = Accounts(database, Settings(data_dir=data_dir))
        if not accounts.people.has_admin():
            accounts.people.add("ada", "Ada", PASSWORD, role="admin")
        token = accounts.sessions.begin_for_person(accounts.people.check_password("ada", PASSWORD).id)
        yield f"127.0.0.1:{server.port}", token
    finally:
        database.close()
        server.stop()


def run(database_url, *arguments):
    """Run a command with the server's database, and return its answer."""
    command = [sys.executable, "-m", "sambaseg", *map(str, arguments), "--json"]
    environment = {**os.environ, "SAMBASEG_DATABASE_URL": database_url}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


class Sharer(threading.Thread):
    """Shares a project, again and again: each time with new files, an entry that is accepted, and what is logged."""

    def __init__(self, caller, project):
        super().__init__(daemon=True)
        self._caller, self._project = caller, project
        self.accepted, self.invited = [], []
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            ask, number = self._caller.ask, len(self.accepted)
            entry = ask("POST", f"/api/projects/{self._project}/share", json.dumps({}))["mine"]["id"]
            title = json.dumps({"metadata": {**WHOLE, "title": f"Probe{number} Öl"}})
            ask("PATCH", f"/api/gallery/drafts/{entry}", title)
            ask("POST", f"/api/gallery/drafts/{entry}/submit", json.dumps({"consent": True}))
            ask("POST", f"/api/moderation/{entry}", json.dumps({"action": "accept", "version": 1}))
            self.accepted.append(entry)
            self.invited.append(ask("POST", "/api/admin/invites", json.dumps({"note": f"{number}"}))["invite"]["id"])


def rows_of(database):
    """Return all rows of all tables."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in Table.metadata.sorted_tables
        }


def test_a_backup_of_postgresql_under_load_comes_back_into_another(postgres_server, tmp_path, monkeypatch):
    source, target = postgres_server.new_database(), postgres_server.new_database()
    data, restored = tmp_path / "data", tmp_path / "restored"
    with running(data, source, monkeypatch) as (host, token):
        caller = Caller(host, token)
        made = caller.ask("POST", "/api/projects?file_name=a.tif", tiff_of(two_phases()), "application/octet-stream")
        painter, sharer = Painter(Caller(host, token), made["id"], "ada-painter"), Sharer(caller, made["id"])
        painter.start()
        sharer.start()
        wait_until(lambda: not sharer.is_alive() or (len(sharer.invited) >= 3 and len(painter.acknowledged) >= 12), 150)
        strokes, accepted, invited = list(painter.acknowledged), list(sharer.accepted), list(sharer.invited)
        done = run(source, "backup", tmp_path / "backup", "--data-dir", data)
        later = len(sharer.invited)
        wait_until(lambda: not sharer.is_alive() or len(sharer.invited) > later, 150)
        assert sharer.is_alive(), "sharing failed"
        for worker in (painter, sharer):
            worker.stopped.set()
            worker.join(60)
            assert not worker.is_alive()
            worker._caller.close()
    assert (done["database"], done["left_out"]) == ("postgresql", [])
    assert done["files"] > 0

    run(target, "restore", tmp_path / "backup", "--data-dir", restored)
    check = check_project(restored / "projects" / made["id"])
    assert check.problems == ()
    assert {seq: revision for (_, seq), revision in check.acknowledged.items()}.items() >= dict(strokes).items()
    database, copy = Database(target), Database(f"sqlite:///{tmp_path / 'backup' / 'database' / 'sambaseg.db'}")
    try:
        assert rows_of(database) == rows_of(copy)
        cards = {card.id for card in Search(database).find(Query(text="superalloy ol"), limit=200).cards}
        assert cards >= set(accepted)
        accounts = Accounts(database, Settings(data_dir=restored))
        assert {invite.id for invite in accounts.invites.all()} >= set(invited)
        store = DiskStore(restored / "files")
        with database.session() as session:
            assert all(store.exists(sha256) for sha256 in session.scalars(sa.select(VersionFile.sha256)))
            largest = session.scalar(sa.select(sa.func.max(AuditRecord.id)))
            session.add(AuditRecord(actor="ada", action="more"))
            session.flush()
            assert session.scalar(sa.select(sa.func.max(AuditRecord.id))) == largest + 1
    finally:
        database.close()
        copy.close()

    with running(restored, target, monkeypatch) as (host, token):
        caller = Caller(host, token)
        assert caller.ask("GET", "/api/me")["person"]["login"] == "ada"
        assert [each["id"] for each in caller.ask("GET", "/api/projects")] == [made["id"]]
        assert caller.ask("GET", f"/api/gallery/entries/{accepted[0]}")["state"] == "accepted"
        caller.close()


@pytest.mark.parametrize("kind", ["rows", "projects"])
def test_a_postgresql_that_holds_something_is_left_as_it_is(postgres_server, tmp_path, kind):
    source, target = postgres_server.new_migrated(), postgres_server.new_migrated()
    (tmp_path / "data" / "projects").mkdir(parents=True)
    accounts = [Accounts(Database(url), Settings(data_dir=tmp_path)) for url in (source, target)]
    accounts[0].people.add("ada", "Ada", PASSWORD, role="admin")
    if kind == "rows":
        accounts[1].people.add("bo", "Bo", PASSWORD)
    else:
        (tmp_path / "restored" / "projects" / "one").mkdir(parents=True)
    run(source, "backup", tmp_path / "backup", "--data-dir", tmp_path / "data")
    command = [sys.executable, "-m", "sambaseg", "restore", tmp_path / "backup", "--data-dir", tmp_path / "restored"]
    environment = {**os.environ, "SAMBASEG_DATABASE_URL": target}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert [person.login for person in accounts[1].people.all()] == (["bo"] if kind == "rows" else [])
    for each in accounts:
        each._database.close()
