"""Kernels in numba's cache: what is compiled into them from other files counts as theirs."""

import os
import subprocess
import sys

CALLER = """
from sambaseg.compiled import compiled

from steel.middle import {names}


@compiled
def answer(value):
    return {expression}
"""
MIDDLE = """
from steel.inner import FACTOR, step
"""
INNER = """
from sambaseg.compiled import compiled

FACTOR = {factor}


@compiled
def step(value):
    return value + {step}
"""
ASK = """
from steel.caller import answer

print(answer(1), sum(answer.stats.cache_hits.values()))
"""


def ask(folder):
    """Return what the kernel answers in another process, and how often it came from the cache."""
    environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")}
    printed = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, check=True, capture_output=True, text=True, timeout=100
    ).stdout
    return tuple(int(word) for word in printed.split())


def package(folder, caller):
    (folder / "steel").mkdir()
    (folder / "steel" / "__init__.py").touch()
    (folder / "steel" / "caller.py").write_text(caller)
    (folder / "steel" / "middle.py").write_text(MIDDLE)
    (folder / "steel" / "inner.py").write_text(INNER.format(factor=10, step=1))


def test_a_changed_kernel_that_is_called_compiles_its_callers_anew(tmp_path):
    package(tmp_path, CALLER.format(names="step", expression="step(value)"))
    assert ask(tmp_path) == (2, 0)
    assert ask(tmp_path) == (2, 1)
    (tmp_path / "steel" / "inner.py").write_text(INNER.format(factor=10, step=5))
    assert ask(tmp_path) == (6, 0)
    assert ask(tmp_path) == (6, 1)


def test_a_changed_constant_of_another_file_compiles_those_that_read_it_anew(tmp_path):
    package(tmp_path, CALLER.format(names="FACTOR", expression="value * FACTOR"))
    assert ask(tmp_path) == (10, 0)
    (tmp_path / "steel" / "inner.py").write_text(INNER.format(factor=30, step=1))
    assert ask(tmp_path) == (30, 0)


def test_a_changed_file_that_is_not_imported_compiles_nothing(tmp_path):
    package(tmp_path, CALLER.format(names="FACTOR", expression="value * FACTOR"))
    (tmp_path / "steel" / "apart.py").write_text("one = 1")
    assert ask(tmp_path) == (10, 0)
    (tmp_path / "steel" / "apart.py").write_text("one = 2")
    assert ask(tmp_path) == (10, 1)


def test_a_kernel_of_a_script_is_compiled_whatever_lies_around(tmp_path):
    (tmp_path / "script.py").write_text(
        "from sambaseg.compiled import compiled\n\n\n@compiled\ndef one():\n    return 1\n\n\nprint(one())\n"
    )
    (tmp_path / "broken.py").write_bytes(b"\xff")
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "script.py"]
    answer = subprocess.run(
        command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True, timeout=100
    )
    assert answer.stdout.split() == ["1"]
