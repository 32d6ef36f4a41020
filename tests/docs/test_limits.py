"""The table of promises and their tests names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/decisions/055-each-limit-has-its-test.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_promise_names_tests_that_exist() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith(("| ---", "| promise", "| threat"))]
    assert len(promises) > 20
    for row in promises:
        named = NAMED.findall(row)
        assert named, row
        assert len(named) == row.count("tests/"), row
        for file, test in named:
            assert re.search(rf"^\s*(async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (
                test
            )
