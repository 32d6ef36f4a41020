"""Names of saved files, made from what people call their projects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.server.downloads import LONGEST_STEM, as_attachment, safe_stem


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
