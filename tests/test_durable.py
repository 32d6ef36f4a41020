"""A file is either the old one or the whole new one."""

import os
import stat

import pytest

from sambaseg.durable import replace_durably
from sambaseg.errors import StorageError


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replace_durably(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def write_half():
        with replace_durably(path) as temporary:
            temporary.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_and_its_folder_are_brought_to_the_disk_before_and_after_renaming(tmp_path, monkeypatch):
    steps = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: (steps.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)), sync(descriptor))
    )
    monkeypatch.setattr(os, "replace", lambda *names: (steps.append("rename"), replace(*names)))
    with replace_durably(tmp_path / "file") as temporary:
        temporary.write_text("new")
    assert steps == [False, "rename", True]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_the_file_has_the_permissions_of_other_new_files(tmp_path):
    with replace_durably(tmp_path / "file") as temporary:
        temporary.write_text("new")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_long_name_and_a_missing_folder(tmp_path):
    long = tmp_path / ("a" * 200)
    with replace_durably(long) as temporary:
        temporary.write_text("new")
    assert long.read_text() == "new"
    with pytest.raises(StorageError, match="missing"), replace_durably(tmp_path / "missing/file"):
        pass
