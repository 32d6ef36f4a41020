"""Names of saved files, made from what people call their projects."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.server.downloads import LONGEST_STEM, as_attachment, safe_stem
from sambaseg.server.uploads import LEFT_OVER_SECONDS, clear_temporary


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Nickel superalloy", "Nickel superalloy"),
        ("a/b\\c:d*e?f", "a b c d e f"),
        ("../../etc/passwd", "etc passwd"),
        ("..", "project"),
        ("CON", "project"),
        ("lpt1.txt", "project"),
        ("line\r\nbreak\x00\u202e", "line break"),
        ("5 µm – Größe", "5 µm – Größe"),
        (" . ", "project"),
        ("x" * 500, "x" * LONGEST_STEM),
    ],
)
def test_safe_names(name, stem):
    assert safe_stem(name) == stem


def test_attachment_is_named_for_old_and_new_browsers():
    assert as_attachment("Größe 5 µm labels.tif") == (
        "attachment; filename=\"Groe 5 m labels.tif\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%205%20%C2%B5m%20labels.tif"
    )
    assert as_attachment("日本").startswith('attachment; filename="file"; ')


@given(st.text(max_size=300))
def test_any_name_makes_a_file_name(name):
    stem = safe_stem(name)
    assert 1 <= len(stem) <= LONGEST_STEM
    assert not set(stem) & set('<>:"/\\|?*\r\n\0')
    assert stem == stem.strip(". ")
    assert safe_stem(stem) == stem


def test_what_a_killed_server_left_goes_after_a_day(tmp_path):
    for name in ("old", "new"):
        (tmp_path / f"{name}.zarr").mkdir()
        (tmp_path / f"{name}.zarr" / "zarr.json").write_text("{}")
        (tmp_path / f"{name}.part").write_text("x")
    yesterday = time.time() - LEFT_OVER_SECONDS - 5
    for path in (tmp_path / "old.zarr", tmp_path / "old.part"):
        os.utime(path, (yesterday, yesterday))
    clear_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.part", "new.zarr"]
