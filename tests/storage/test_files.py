"""One contract for stores of files, on disk and on a real S3-compatible server."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sambaseg.errors import DamagedFileError, FileStoreUnavailableError, NotFoundError, ParameterError, StorageError
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.files import FileStore, Stored, key_of, open_store
from sambaseg.storage.s3 import PART_BYTES, S3Store, _md5

ABSENT = "0" * 64


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class FileStoreContract(ABC):
    """What every store of files does."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> FileStore: ...

    @abstractmethod
    def change(self, store, name: str, content: bytes) -> None:
        """Change what lies under a name, behind the store's back."""

    def test_a_file_comes_back_as_it_was(self, store, tmp_path):
        content = os.urandom(300_000)
        (tmp_path / "file").write_bytes(content)
        stored = store.put(tmp_path / "file")
        assert stored == Stored(sha256(content), len(content))
        with store.open(stored.sha256) as stream:
            assert stream.read() == content
        with store.as_file(stored.sha256) as path:
            assert path.read_bytes() == content
        assert store.size(stored.sha256) == len(content)
        assert store.exists(stored.sha256)

    @pytest.mark.parametrize("content", [b"", b"x", b"a" * 5000])
    def test_paths_streams_and_bytes_are_one(self, store, tmp_path, content):
        (tmp_path / "file").write_bytes(content)
        assert store.put(tmp_path / "file") == store.put(io.BytesIO(content)) == store.put(content)
        assert [listed.sha256 for listed in store.list()] == [sha256(content)]
        with store.open(sha256(content)) as stream:
            assert stream.read() == content

    def test_a_file_of_many_parts(self, store):
        content = os.urandom(1 << 20) * (2 * PART_BYTES >> 20) + b"end"
        stored = store.put(io.BytesIO(content))
        assert stored == Stored(sha256(content), len(content))
        with store.open(stored.sha256) as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == stored.sha256
        assert store.read_range(stored.sha256, PART_BYTES - 2, PART_BYTES + 2) == content[PART_BYTES - 2 :][:4]

    def test_ranges(self, store):
        name = store.put(b"0123456789").sha256
        assert store.read_range(name, 2, 5) == b"234"
        assert store.read_range(name, 8, 50) == b"89"
        assert store.read_range(name, 10, 20) == b""
        assert store.read_range(name, 5, 5) == b""

    def test_what_is_not_there_is_an_error_by_name(self, store):
        for name in (ABSENT, "../../etc/passwd", "A" * 64, ""):
            assert not store.exists(name)
            for read in (store.open, store.size, lambda name: store.read_range(name, 0, 1)):
                with pytest.raises(NotFoundError):
                    read(name)
            with pytest.raises(NotFoundError), store.as_file(name):
                pass

    def test_removing(self, store):
        name = store.put(b"content").sha256
        store.delete(name)
        store.delete(name)
        assert not store.exists(name)
        assert list(store.list()) == []
        assert store.put(b"content").sha256 == name
        assert store.exists(name)

    def test_only_what_was_taken_in_before_a_moment_is_removed(self, store):
        name, moment = store.put(b"content").sha256, datetime.now(UTC)
        assert not store.delete_older(name, moment - timedelta(hours=1))
        assert store.exists(name)
        assert store.delete_older(name, moment + timedelta(hours=1))
        assert not store.exists(name)
        assert not store.delete_older(name, moment + timedelta(hours=1))

    def test_the_list_is_in_order_with_sizes_and_times(self, store):
        contents = [bytes([number]) * number for number in range(12)]
        for content in contents:
            store.put(content)
        listed = list(store.list())
        assert [(item.sha256, item.size) for item in listed] == sorted((sha256(it), len(it)) for it in contents)
        for item in listed:
            assert abs(datetime.now(UTC) - item.modified) < timedelta(minutes=5)

    def test_damage_is_found_when_a_file_is_read(self, store):
        name = store.put(b"0123456789").sha256
        self.change(store, name, b"0123x56789")
        with pytest.raises(DamagedFileError), store.open(name) as stream:
            stream.read()

    def test_a_file_of_another_size_is_mended_by_putting_it_again(self, store):
        name = store.put(b"0123456789").sha256
        self.change(store, name, b"0123")
        with pytest.raises(DamagedFileError), store.open(name) as stream:
            list(iter(lambda: stream.read(3), b""))
        store.put(b"0123456789")
        with store.open(name) as stream:
            assert stream.read() == b"0123456789"

    def test_many_threads_put_the_same(self, store):
        content = os.urandom(200_000)
        stored = []
        threads = [threading.Thread(target=lambda: stored.append(store.put(content))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stored == [Stored(sha256(content), len(content))] * 6
        assert len(list(store.list())) == 1

    def test_a_source_that_fails_leaves_nothing(self, store):
        class Broken(io.RawIOBase):
            def read(self, _size=-1):
                raise KeyError

        with pytest.raises(KeyError):
            store.put(Broken())
        assert list(store.list()) == []

    def test_it_can_be_checked(self, store):
        store.check()


class TestDiskStore(FileStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return DiskStore(tmp_path / "store")

    def change(self, store, name, content):
        (store.folder / key_of(name)).write_bytes(content)

    def test_the_default_lies_beside_the_projects(self, tmp_path):
        store = open_store("", data_dir=tmp_path)
        name = store.put(b"content").sha256
        assert (tmp_path / "files" / name[:2] / name[2:4] / name).read_bytes() == b"content"
        assert list((tmp_path / "files" / "temporary").iterdir()) == []

    def test_what_is_taken_in_while_it_is_looked_at_for_removal_stays(self, store, monkeypatch):
        name, past = self.put_long_ago(store, b"content")
        look, waits = Path.stat, [True]

        def looked(path, **options):
            facts = look(path, **options)
            if waits and stat.S_ISREG(facts.st_mode):
                waits.clear()
                store.put(b"content")
            return facts

        monkeypatch.setattr(Path, "stat", looked)
        store.delete_older(name, past + timedelta(days=1))
        assert not waits
        assert store.exists(name)
        assert list((store.folder / "temporary").iterdir()) == []

    def test_what_is_removed_while_it_is_taken_in_again_is_stored_anew(self, store, monkeypatch):
        name, past = self.put_long_ago(store, b"content")
        note, removed = os.utime, []

        def noted(path, *times):
            removed.append(store.delete_older(name, past + timedelta(days=1)))
            note(path, *times)

        monkeypatch.setattr(os, "utime", noted)
        store.put(b"content")
        assert removed == [True]
        with store.open(name) as stream:
            assert stream.read() == b"content"

    @staticmethod
    def put_long_ago(store, content):
        """Store something as if three days ago; return its name and that time."""
        name, past = store.put(content).sha256, datetime.now(UTC) - timedelta(days=3)
        os.utime(store.folder / key_of(name), (past.timestamp(), past.timestamp()))
        return name, past

    def test_a_folder_that_cannot_be_made_is_said(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        store = DiskStore(tmp_path / "file" / "store")
        with pytest.raises(StorageError, match="could not be stored"):
            store.put(b"content")
        with pytest.raises(StorageError):
            store.check()


class TestS3Store(FileStoreContract):
    @pytest.fixture
    def store(self, object_server, tmp_path):
        store = open_store(object_server.new_url(), data_dir=tmp_path)
        assert isinstance(store, S3Store)
        return store

    def change(self, store, name, content):
        store._client.put_object(Bucket=store.bucket, Key=store._key(name), Body=content)

    def test_what_comes_out_changed_is_refused_by_the_server(self, store):
        with pytest.raises(FileStoreUnavailableError, match="BadDigest"), store._named_errors():
            store._client.put_object(Bucket=store.bucket, Key="k", Body=b"changed", ContentMD5=_md5(b"content"))

    def test_without_a_prefix(self, object_server, tmp_path):
        store = open_store(object_server.url(object_server.new_bucket()), data_dir=tmp_path)
        name = store.put(b"content").sha256
        assert [item.sha256 for item in store.list()] == [name]

    def test_a_bucket_that_is_not_there_is_said(self, object_server, tmp_path):
        store = open_store(object_server.url("nothing-here"), data_dir=tmp_path)
        with pytest.raises(FileStoreUnavailableError, match="nothing-here"):
            store.check()
        with pytest.raises(FileStoreUnavailableError):
            store.put(b"content")

    @pytest.mark.usefixtures("object_server")
    def test_a_server_that_is_not_there_is_said(self, tmp_path):
        store = open_store("s3://bucket?endpoint=http://127.0.0.1:9", data_dir=tmp_path)
        with pytest.raises(FileStoreUnavailableError, match="cannot be reached"):
            store.check()


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "s3://bucket?secret=x", "/a/folder"])
def test_addresses_that_are_none_are_refused(url, tmp_path):
    with pytest.raises(ParameterError):
        open_store(url, data_dir=tmp_path)
