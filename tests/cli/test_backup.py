"""`backup` and `restore`: nothing acknowledged is missing, nothing is overwritten, all or nothing comes back."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import sqlalchemy as sa

from databases import empty_database, postgres_server
from gallery.samples import Sharing
from sambaseg.cli.backup_restoring import restore_backup
from sambaseg.cli.backup_taking import take_backup
from sambaseg.errors import TargetNotEmptyError
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.search import Query, Search
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.check import check_project
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace
from sambaseg.settings import Settings
from sambaseg.storage.database import Database
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.files import open_store
from sambaseg.storage.owner import LOCAL_OWNER
from sambaseg.storage.tables import AuditRecord, Entry, EntryVersion, Person, VersionFile
from server.conftest import runs_of, tiff_of, two_phases, wait_until

__all__ = ["empty_database", "postgres_server"]


@contextlib.contextmanager
def running_server(data_dir):
    """Run `sambaseg serve` as a process of its own; yield its host and its token."""
    environment = {**os.environ, "SAMBASEG_DATA_DIR": str(data_dir), "SAMBASEG_PORT": "0"}
    command = [sys.executable, "-m", "sambaseg", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"(http://\S+)/\?token=(\S+)", process.stdout.readline())
            yield urlsplit(found[1]).netloc, found[2]
        finally:
            process.terminate()
            process.wait(timeout=30)


class Caller:
    """Asks the server, on one connection of its own."""

    def __init__(self, host, token):
        self._connection = http.client.HTTPConnection(host, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None, kind="application/json"):
        self._connection.request(method, path, body, {**self._headers, "Content-Type": kind})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 300, content
        return json.loads(content)

    def close(self):
        self._connection.close()


class Painter(threading.Thread):
    """Saves strokes as fast as they are acknowledged, until it is stopped; notes which were and when."""

    def __init__(self, caller, project, name):
        super().__init__(daemon=True)
        self._caller, self._project, self._name = caller, project, name
        self.acknowledged = []
        self.stopped = threading.Event()

    def run(self):
        chance = np.random.default_rng(sum(self._name.encode()))
        while not self.stopped.is_set():
            seq = len(self.acknowledged) + 1
            mask = np.zeros((256, 256), bool)
            top, left = chance.integers(0, 200, 2)
            mask[top : top + 40, left : left + 40] = chance.random((40, 40)) < 0.7
            operation = {
                "client_id": self._name,
                "client_seq": seq,
                "base_revision": 0,
                "kind": "paint",
                "class_id": int(chance.integers(1, 3)),
                "overwrite": True,
                "tiles": [{"ty": 0, "tx": 0, "runs": runs_of(mask)}],
            }
            ack = self._caller.ask("POST", f"/api/projects/{self._project}/operations", json.dumps(operation))
            self.acknowledged.append((seq, ack["revision"]))


@pytest.fixture
def sambaseg():
    """Run a command in a process of its own, as a backup must be."""

    def run(*arguments, code=0):
        command = [sys.executable, "-m", "sambaseg", *map(str, arguments), "--json"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    return run


def make_project(data_dir):
    """Make a project with one stroke and return its id."""
    workspace = Workspace(data_dir)
    store = workspace.create_project([NewImage.of(Micrograph.from_array(two_phases()), Path(__file__))], name="Steel")
    workspace.close()
    return store.id


def make_gallery(data_dir, files=(b"an image", b"its labels")):
    """Make a database with a person and an entry of some files."""
    data_dir.mkdir(parents=True, exist_ok=True)
    database, store = Database(f"sqlite:///{data_dir / 'sambaseg.db'}"), DiskStore(data_dir / "files")
    with database.session() as session:
        session.add(Person(login="ada", name="Ada", role="admin"))
        entry = Entry()
        version = EntryVersion(number=1, state="draft", described={"title": "Öl"}, measured={}, entry=entry)
        for number, content in enumerate(files):
            stored = store.put(content)
            version.files.append(
                VersionFile(
                    kind=f"kind{number}",
                    sha256=stored.sha256,
                    size=stored.size,
                    file_name="a",
                    media_type="application/octet-stream",
                )
            )
        session.add_all([version, AuditRecord(actor="ada", action="began")])
    database.close()


def content_of(folder):
    """Return the bytes of all files in a folder but locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("lock", "access-token")
    }


def test_a_backup_under_load_has_every_stroke_acknowledged_before_it_and_is_consistent(sambaseg, tmp_path):
    data = tmp_path / "data"
    with running_server(data) as (host, token):
        caller = Caller(host, token)
        upload = caller.ask("POST", "/api/projects?file_name=a.tif", tiff_of(two_phases()), "application/octet-stream")
        project = upload["id"]
        painters = [Painter(Caller(host, token), project, name) for name in ("ada-painter", "bob-painter")]
        for painter in painters:
            painter.start()
        for number in range(2):
            wait_until(lambda: min(len(painter.acknowledged) for painter in painters) >= 12 * (number + 1))  # noqa: B023
            before = [list(painter.acknowledged) for painter in painters]
            done = sambaseg("backup", tmp_path / f"backup-{number}", "--data-dir", data)
            assert done["left_out"] == []
            assert [each["id"] for each in done["projects"]] == [project]
            sambaseg("restore", tmp_path / f"backup-{number}", "--data-dir", tmp_path / f"restored-{number}")
            folder = tmp_path / f"restored-{number}" / "projects" / project
            check = check_project(folder)
            assert check.problems == ()
            for painter, strokes in zip(painters, before, strict=True):
                found = {seq: revision for (name, seq), revision in check.acknowledged.items() if name == painter._name}
                assert found.items() >= dict(strokes).items()
                assert sorted(found) == list(range(1, len(found) + 1)), "strokes within are missing"
        for painter in painters:
            painter.stopped.set()
            painter.join(30)
            assert not painter.is_alive()
            painter._caller.close()
        caller.close()
        assert min(len(painter.acknowledged) for painter in painters) > len(before[0]), "the server stood still"
    assert check_project(data / "projects" / project).problems == ()
    store = ProjectStore.open(folder)
    assert np.array_equal(store.micrograph().array()[0], two_phases())
    store.close()


def test_what_is_restored_is_what_was_there_and_can_be_backed_up_again(sambaseg, tmp_path):
    data = tmp_path / "data"
    project = make_project(data)
    make_gallery(data)
    done = sambaseg("backup", tmp_path / "backup", "--data-dir", data)
    assert (done["database"], done["files"]) == ("sqlite", 2)
    assert (
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "backup", check=False).returncode
        == 0
    )
    sambaseg("restore", tmp_path / "backup", "--data-dir", tmp_path / "again")
    database = Database(f"sqlite:///{tmp_path / 'again' / 'sambaseg.db'}")
    with database.reading() as session:
        assert session.scalars(sa.select(Person.login)).all() == ["ada"]
        (version,) = session.scalars(sa.select(EntryVersion)).all()
        assert version.described == {"title": "Öl"}
        store = DiskStore(tmp_path / "again" / "files")
        contents = []
        for file in version.files:
            with store.open(file.sha256) as stream:
                contents.append(stream.read())
        assert contents == [b"an image", b"its labels"]
    database.close()
    workspace = Workspace(tmp_path / "again")
    assert [(each.id, each.modified) for each in workspace.list_projects()] == [
        (each.id, each.modified) for each in Workspace(data).list_projects()
    ]
    workspace.close()
    sambaseg("backup", tmp_path / "second", "--data-dir", tmp_path / "again")
    first, second = content_of(tmp_path / "backup"), content_of(tmp_path / "second")
    assert first.keys() == second.keys()
    own = {name for name in first if first[name] != second[name]}
    assert own <= {"backup.json", "SHA256SUMS", "database/sambaseg.db", f"projects/{project}/log.sqlite"}


def test_nothing_is_ever_overwritten(sambaseg, tmp_path):
    data = tmp_path / "data"
    make_project(data)
    make_gallery(data)
    sambaseg("backup", tmp_path / "backup", "--data-dir", data)
    before = content_of(data)
    assert sambaseg("backup", tmp_path / "backup", "--data-dir", data, code=4)["error"]["code"] == "target_not_empty"
    refused = sambaseg("restore", tmp_path / "backup", "--data-dir", data, code=4)
    assert "projects" in refused["error"]["message"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sambaseg.db").write_bytes(b"")
    sambaseg("restore", tmp_path / "backup", "--data-dir", tmp_path / "other", code=4)
    assert content_of(data) == before
    assert content_of(tmp_path / "other") == {"sambaseg.db": b""}


@pytest.mark.parametrize("harm", ["changed", "missing", "added", "link", "shortened list", "no list", "other format"])
def test_a_backup_that_is_not_whole_restores_nothing(sambaseg, tmp_path, harm):
    data, backup, target = tmp_path / "data", tmp_path / "backup", tmp_path / "target"
    make_project(data)
    make_gallery(data)
    sambaseg("backup", backup, "--data-dir", data)
    victim = next((backup / "projects").rglob("log.sqlite"))
    sums = backup / "SHA256SUMS"
    if harm == "changed":
        content = bytearray(victim.read_bytes())
        content[len(content) // 2] ^= 1
        victim.write_bytes(content)
    elif harm == "missing":
        victim.unlink()
    elif harm == "added":
        (victim.parent / "more").write_text("x")
    elif harm == "link":
        victim.rename(tmp_path / "elsewhere")
        victim.symlink_to(tmp_path / "elsewhere")
    elif harm == "shortened list":
        sums.write_text("".join(sums.read_text().splitlines(keepends=True)[:-1]))
    elif harm == "no list":
        sums.unlink()
    else:
        facts = json.loads((backup / "backup.json").read_text())
        (backup / "backup.json").write_text(json.dumps({**facts, "format": 2}))
    refused = sambaseg("restore", backup, "--data-dir", target, code=3)
    assert refused["error"]["code"] in ("archive", "missing_file")
    assert not target.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "something was left behind"


def test_a_folder_in_use_by_a_started_server_gets_its_parts_one_by_one(sambaseg, tmp_path):
    data, target = tmp_path / "data", tmp_path / "target"
    project = make_project(data)
    make_gallery(data)
    sambaseg("backup", tmp_path / "backup", "--data-dir", data)
    Workspace(target).close()  # as a server leaves it that was started once
    (target / "access-token").write_text("x" * 40)
    sambaseg("restore", tmp_path / "backup", "--data-dir", target)
    assert (target / "access-token").read_text() == "x" * 40
    assert check_project(target / "projects" / project).problems == ()
    assert (target / "sambaseg.db").is_file()
    assert not list(target.glob(".restoring-*"))


def test_damaged_projects_and_files_are_left_out_by_name_and_the_rest_is_saved(sambaseg, tmp_path):
    data = tmp_path / "data"
    good, bad = make_project(data), make_project(data)
    make_gallery(data)
    (data / "projects" / bad / "log.sqlite").write_bytes(b"no database" * 1000)
    lost = next(path for path in (data / "files").rglob("*") if path.is_file())
    lost.unlink()
    done = sambaseg("backup", tmp_path / "backup", "--data-dir", data, code=3)
    assert [each["what"] for each in done["left_out"]] == [f"project {bad}", f"file {lost.name} of the gallery"]
    sambaseg("restore", tmp_path / "backup", "--data-dir", tmp_path / "target")
    assert [path.name for path in (tmp_path / "target" / "projects").iterdir()] == [good]


def test_what_a_killed_backup_left_is_removed_by_the_next(sambaseg, tmp_path):
    data = tmp_path / "data"
    make_project(data)
    (data / "backup-0123").mkdir()
    (data / "backup-0123" / "x").write_text("x")
    done = sambaseg("backup", tmp_path / "backup", "--data-dir", data)
    assert done["database"] is None
    assert not list(data.glob("backup-*"))


def test_there_is_nothing_to_back_up_where_there_is_no_data_folder(sambaseg, tmp_path):
    assert (
        sambaseg("backup", tmp_path / "b", "--data-dir", tmp_path / "none", code=3)["error"]["code"] == "missing_file"
    )
    assert not (tmp_path / "b").exists()


@pytest.fixture
def settings_of(tmp_path):
    """Makes the settings of a data folder and a database."""
    return lambda name, url: Settings(data_dir=tmp_path / name, database_url=url)


def fill_gallery(settings):
    """Make a public entry, a person and a project in what `settings` name."""
    settings.data_dir.mkdir(exist_ok=True)
    database = Database(settings.database_address)
    with database.session() as session:
        session.add(Person(login="ada", name="Ada", role="admin"))
        session.add_all(AuditRecord(actor="ada", action=f"did {number}") for number in range(3))
    gallery = Gallery(database, open_store("", data_dir=settings.data_dir), moderated=False)
    Sharing(gallery).submit(LOCAL_OWNER, title="Härtegefüge")
    database.close()
    make_project(settings.data_dir)


def seen(settings):
    """Return people, log and cards that are found, as the pages show them; and add one more to the log."""
    database = Database(settings.database_address)
    with database.session() as session:
        people = session.scalars(sa.select(Person.login)).all()
        session.add(AuditRecord(actor="ada", action="more"))
    with database.reading() as session:
        log = session.scalars(sa.select(AuditRecord.action).order_by(AuditRecord.id)).all()
    cards = Search(database).find(Query(text="hartege")).cards
    store = open_store("", data_dir=settings.data_dir)
    for file in Gallery(database, store, moderated=False).get(cards[0].id).files:
        with store.open(file.sha256) as stream:
            assert stream.read()
    database.close()
    return people, log, cards, [path.name for path in (settings.data_dir / "projects").iterdir()]


@pytest.mark.parametrize("way", ["from", "to"])
def test_a_backup_goes_from_each_kind_of_database_to_each(empty_database, tmp_path, settings_of, way):
    other = settings_of("other", empty_database.engine.url.render_as_string(hide_password=False))
    sqlite = settings_of("sqlite", "")
    source, target = (other, sqlite) if way == "from" else (sqlite, other)
    fill_gallery(source)
    facts = take_backup(tmp_path / "backup", source)
    assert (facts.left_out, len(facts.projects)) == ([], 1)
    restore_backup(tmp_path / "backup", target)
    before, after = seen(source), seen(target)
    assert after == before
    with pytest.raises(TargetNotEmptyError):
        restore_backup(tmp_path / "backup", target)
    (target.data_dir / "projects").rename(target.data_dir / "away")
    with pytest.raises(TargetNotEmptyError):
        restore_backup(tmp_path / "backup", target)
