"""Zips that are sent while they are made are whole zips, and never held whole."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.server import zip_stream
from sambaseg.server.zip_stream import Member, stream_zip

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=3000), max_size=6))
def test_any_files_come_out_as_they_went_in(files):
    content = b"".join(stream_zip(Member(f"folder/{name}", data) for name, data in files.items()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(f"folder/{name}") for name in files} == files


def test_files_on_disk_are_stored_and_removed_where_they_were_temporary(tmp_path):
    data = os.urandom(3_000_000)
    kept, temporary = tmp_path / "kept.tif", tmp_path / "temporary.tif"
    kept.write_bytes(data)
    temporary.write_bytes(data[::-1])
    members = [Member("a.tif", kept), Member("b.tif", temporary, temporary=True), Member("c.txt", b"text")]
    content = b"".join(stream_zip(members))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [archive.read(name) for name in ["a.tif", "b.tif", "c.txt"]] == [data, data[::-1], b"text"]
        assert archive.getinfo("a.tif").compress_type == zipfile.ZIP_STORED
    assert (kept.exists(), temporary.exists()) == (True, False)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="a peer that reads zips")
def test_other_programs_read_it(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"".join(stream_zip([Member("x/ä.txt", b"1" * 5000), Member("y.txt", b"")])))
    assert subprocess.run(["unzip", "-t", tmp_path / "a.zip"], capture_output=True, check=False).returncode == 0


def test_zip64_only_where_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    (tmp_path / "large").write_bytes(bytes(5000))
    content = b"".join(stream_zip([Member("small", b"x"), Member("large", tmp_path / "large")]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("small").extract_version < 45 <= archive.getinfo("large").extract_version


def test_nothing_is_held_whole(tmp_path):
    """The next member is made when the one before it was sent; 100 MB pass through in a few."""

    def members():
        for number in range(10):
            path = tmp_path / f"{number}.tif"
            path.write_bytes(bytes(10_000_000))
            yield Member(path.name, path, temporary=True)
            assert not path.exists()

    sent = 0
    tracemalloc.start()
    try:
        for part in stream_zip(members()):
            sent += len(part)
            assert len(list(tmp_path.iterdir())) <= 1
        assert sent > 100_000_000
        assert tracemalloc.get_traced_memory()[1] < 15 * zip_stream.READ_BYTES
    finally:
        tracemalloc.stop()


def test_stream_that_is_left_leaves_nothing(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(bytes(5_000_000))
    stream = stream_zip([Member("a.tif", path, temporary=True)])
    next(stream)
    stream.close()
    assert not path.exists()


def test_member_that_cannot_be_made_ends_the_stream():
    def members():
        yield Member("a.txt", b"a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(stream_zip(members()))
