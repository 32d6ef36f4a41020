"""Kernels are compiled once, by another process, and jobs that come earlier wait for that."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from sambaseg.features.recipe import PRESETS
from sambaseg.server import kernels
from sambaseg.server.app import create_app
from sambaseg.server.kernels import Kernels, kernels_mark, part_for
from server.conftest import Person, live_server, make_project, two_phases, wait_until

LEAVE_MARK = (
    "import time; time.sleep(0.4); from sambaseg.server.kernels import kernels_mark; "
    "mark = kernels_mark(); mark.parent.mkdir(exist_ok=True); mark.touch()"
)


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    """Let nothing be compiled, and let compiling take under a second."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(kernels, "COMPILE", (sys.executable, "-c", LEAVE_MARK))


@pytest.mark.usefixtures("fresh_cache")
def test_compiling_happens_once_and_leaves_a_mark():
    first = Kernels()
    assert not first.ready
    first.prepare()
    first.prepare()
    assert not first.ready
    first.wait(stop=lambda: False)
    assert first.ready
    assert kernels_mark().exists()
    assert Kernels().ready


@pytest.mark.usefixtures("fresh_cache")
def test_waiting_can_be_given_up():
    waiting = Kernels()
    began = time.monotonic()
    waiting.wait(stop=lambda: True)
    assert time.monotonic() - began < 0.3
    assert not waiting.ready
    waiting.close()


def test_mark_is_of_this_code_and_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    before = kernels_mark()
    assert before.parent == tmp_path
    monkeypatch.setattr(kernels, "SOURCES", ("forest",))
    assert kernels_mark() != before


def test_failed_compiling_does_not_hold_up_jobs(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(kernels, "COMPILE", (sys.executable, "-c", "raise SystemExit('no compiler')"))
    failing = Kernels()
    failing.wait(stop=lambda: False)
    assert failing.ready
    assert "no compiler" in caplog.text


@pytest.mark.usefixtures("fresh_cache")
def test_job_waits_for_the_kernels_and_can_be_cancelled_meanwhile(settings, monkeypatch):
    monkeypatch.setattr(kernels, "COMPILE", (sys.executable, "-c", "import time; time.sleep(30)"))
    with live_server(settings) as client:
        assert not client.get("/api/health").json()["kernels_ready"]
        app = create_app(settings)
        project = make_project(app, two_phases(64, 64))
        app.state.services.workspace.close()
        person = Person()
        for operation in (person.paint(1, 0, 0, 9, 9), person.paint(2, 40, 40, 50, 50)):
            assert client.post(f"{project}/operations", json=operation).is_success
        job = client.post(f"{project}/train").json()
        told = wait_until(lambda: (now := client.get(f"/api/jobs/{job['id']}").json())["state"] == "running" and now)
        told = wait_until(lambda: (now := client.get(f"/api/jobs/{job['id']}").json())["stage"] != "Starting" and now)
        assert told["stage"] == "Preparing (first start only)…"
        assert client.delete(f"/api/jobs/{job['id']}").json()["state"] == "cancelled"
    assert not [thread for thread in threading.enumerate() if thread.name == "job"]


LEAVE_ONE_MARK = (
    "import sys, time; from sambaseg.server.kernels import kernels_mark; "
    "mark = kernels_mark(sys.argv[1]); mark.parent.mkdir(exist_ok=True); mark.touch(); time.sleep(30)"
)


@pytest.mark.usefixtures("fresh_cache")
@pytest.mark.parametrize("part", ["suggestions", "default"])
def test_suggestions_and_the_default_recipe_wait_for_their_own_part_only(monkeypatch, part):
    monkeypatch.setattr(kernels, "COMPILE", (sys.executable, "-c", LEAVE_ONE_MARK, part))
    first = Kernels()
    began = time.monotonic()
    first.wait(part, stop=lambda: False)
    assert time.monotonic() - began < 20
    assert first.has(part)
    assert not first.ready
    first.close()


def test_only_families_of_the_default_recipe_are_in_its_part():
    assert part_for(["identity", "gaussian"]) == "default"
    assert part_for(PRESETS["fast"].families) == "default"
    assert part_for(["identity", "median"]) == "all"
    assert part_for(PRESETS["all"].families) == "all"


CHECK_DEFAULT_PART = """
import importlib, pkgutil
import numpy as np
import sambaseg.features
from sambaseg.features.recipe import PRESETS
from sambaseg.features.stack import compute_stack
from sambaseg.server.warmup import run_kernels

names = [module.name for module in pkgutil.walk_packages(sambaseg.features.__path__, "sambaseg.features.")]
modules = [importlib.import_module(name) for name in names]

def signatures():
    found = [kernel for module in modules for kernel in vars(module).values() if hasattr(kernel, "signatures")]
    return {kernel.__name__: len(kernel.signatures) for kernel in found if kernel.signatures}

run_kernels(PRESETS["default"].families, ["uint8"])
before = signatures()
for preset in ("default", "samba", "fast"):
    compute_stack(np.zeros((1, 50, 50), np.float32), PRESETS[preset])
assert signatures() == before, (before, signatures())
"""


def test_part_of_the_default_recipe_holds_its_kernels_in_every_precision():
    subprocess.run([sys.executable, "-c", CHECK_DEFAULT_PART], check=True, timeout=100)


CHECK_MEASURING = """
import importlib

import numpy as np

from sambaseg.labels.classes import LabelClass
from sambaseg.measure.measuring import measure_segmentation
from sambaseg.measure.scale import Scale
from sambaseg.server.warmup import run_measuring_kernels

modules = [importlib.import_module(f"sambaseg.measure.{name}") for name in ("chords", "region_kernels")]

def signatures():
    found = [kernel for module in modules for kernel in vars(module).values() if hasattr(kernel, "signatures")]
    return {kernel.__name__: len(kernel.signatures) for kernel in found if kernel.signatures}

run_measuring_kernels()
before = signatures()
assert set(before) >= {"add_rows", "fold", "_count_across"}, before
classes = [LabelClass(1, "a", "#1f77b4"), LabelClass(200, "b", "#ff7f0e"), LabelClass(4, "c", "#00ff00")]
for dtype in ("uint8", "uint16", "int32"):
    pixels_yx = np.random.default_rng(0).choice([0, 1, 4, 200], (70, 50)).astype(dtype)
    measure_segmentation(pixels_yx[np.newaxis], classes, scale=Scale())
    measure_segmentation(pixels_yx.T[np.newaxis], classes, scale=Scale())
assert signatures() == before, (before, signatures())
"""


def test_kernels_of_measuring_are_compiled_for_every_segmentation():
    subprocess.run([sys.executable, "-c", CHECK_MEASURING], check=True, timeout=100)
