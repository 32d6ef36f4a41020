"""Archives that were made to harm: nothing is written outside, nothing appears, every refusal is one by name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import stat
import zipfile

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gallery.samples import Sharing
from sambaseg.errors import SambasegError
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.export import export_archive
from sambaseg.gallery.importing import import_archive
from sambaseg.storage.database import Database
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.owner import LOCAL_OWNER
from sambaseg.storage.tables import Entry

PARTS = ["..", "...", ".", "", "a", "entries", "etc", "C:", "~", "\0", "CON", "\u202e", "%2e%2e", "SHA256SUMS"]
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).flatmap(
    lambda parts: st.sampled_from(["/", "\\", "//", "/../"]).map(lambda joint: joint.join(parts))
)
FOLDED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The bytes of a good archive of one entry."""
    folder = tmp_path_factory.mktemp("good")
    database = Database(f"sqlite:///{folder / 'a.db'}")
    gallery = Gallery(database, DiskStore(folder / "files"), moderated=False)
    entry = Sharing(gallery).submit(LOCAL_OWNER)
    export_archive(gallery, [entry], folder / "a.zip", name="Steels")
    database.close()
    return (folder / "a.zip").read_bytes()


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """An empty gallery in a folder, beside which nothing may appear."""
    folder = tmp_path_factory.mktemp("outside") / "one" / "two"
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'b.db'}")
    yield Gallery(database, DiskStore(folder / "files"), moderated=False), folder
    database.close()


def is_taken(target, content):
    """Import an archive; return whether it was taken. Nothing may be outside the gallery, nor in it if it was not."""
    gallery, folder = target
    path = folder / "sent.zip"
    path.write_bytes(content)
    taken = []
    with contextlib.suppress(SambasegError):
        taken = import_archive(gallery, path)
    top = folder.parent.parent
    assert [each.name for each in top.iterdir()] == ["one"]
    assert [each.name for each in folder.parent.iterdir()] == ["two"]
    assert {each.name for each in folder.iterdir()} <= {"b.db", "b.db-wal", "b.db-shm", "files", "sent.zip"}
    with gallery.database.session() as session:
        assert [entry.id for entry in session.query(Entry)] == taken
        session.execute(sa.delete(Entry))
    return bool(taken)


def with_members(archive, members, *, listed):
    """Return the archive with more members, (ZipInfo, bytes), named in its checksums where they are `listed`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if listed and name == "SHA256SUMS":
                lines = (f"{hashlib.sha256(data).hexdigest()}  {info.filename}\n" for info, data in members)
                content += "".join(lines).encode()
            new.writestr(name, content)
        for info, data in members:
            new.writestr(info, data)
    return buffer.getvalue()


def test_the_archive_is_taken_as_it_is(archive, target):
    """The control: what is refused below is refused for what was changed."""
    assert is_taken(target, archive)


@FOLDED
@given(names=st.lists(NAMES, min_size=1, max_size=3, unique=True), listed=st.booleans(), link=st.booleans())
def test_names_of_any_kind_never_become_paths(archive, target, names, listed, link):
    members = []
    for name in names:
        info = zipfile.ZipInfo("x")
        info.filename = f"../{name}/x"
        info.external_attr = (stat.S_IFLNK | 0o777) << 16 if link else 0
        members.append((info, b"/etc/passwd"))
    taken = is_taken(target, with_members(archive, members, listed=listed))
    is_named = all("\0" not in name for name in names)  # a zip's names end there, and may be those of folders then
    assert listed or not is_named or not taken, "what the checksums do not name is refused"


@FOLDED
@given(data=st.data())
def test_changed_bytes_are_refused_or_mean_nothing(archive, target, data):
    content = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    is_taken(target, content)


@FOLDED
@given(cut=st.floats(0, 0.999))
def test_an_archive_cut_anywhere_is_refused(archive, target, cut):
    assert not is_taken(target, archive[: int(len(archive) * cut)])


def test_what_would_unpack_to_far_more_is_refused_before_it_is_unpacked(target, monkeypatch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("SHA256SUMS", b"0" * (8 << 20))
    monkeypatch.setattr("sambaseg.gallery.importing.UNPACKED_SLACK_BYTES", 1 << 20)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert not is_taken(target, buffer.getvalue())


def test_a_file_of_another_size_than_stated_is_refused(archive, target):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        sums = old.read("SHA256SUMS").decode()
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("entry.json"):
                told = json.loads(content)
                told["versions"][0]["files"][0]["size"] += 1
                before, content = hashlib.sha256(content).hexdigest(), json.dumps(told).encode()
                sums = sums.replace(before, hashlib.sha256(content).hexdigest())
            if name != "SHA256SUMS":
                new.writestr(name, content)
        new.writestr("SHA256SUMS", sums)
    assert not is_taken(target, buffer.getvalue())
