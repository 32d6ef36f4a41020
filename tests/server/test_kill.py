"""The real server is killed at random moments while pages save strokes: no acknowledged stroke may be gone."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SOAK = Path(__file__).parents[2] / "bench" / "soak_kill.py"
ROUNDS = 50


@pytest.fixture(scope="module")
def soak_kill():
    spec = importlib.util.spec_from_file_location("soak_kill", SOAK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak_kill"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["soak_kill"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_no_acknowledged_operation_is_lost_in_fifty_kills():
    command = [sys.executable, str(SOAK), "--rounds", str(ROUNDS)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)
    print(counts, ended.stderr)
    assert counts["rounds"] == ROUNDS
    assert counts["acknowledged"] > 3 * ROUNDS
    assert counts["resent"] > 0


def test_the_check_sees_a_loss(soak_kill):
    soak_kill.check_nothing_lost({("a", 1)}, [("a", 1), ("a", 2)])
    with pytest.raises(soak_kill.LostError, match="1 acknowledged operations are gone"):
        soak_kill.check_nothing_lost({("a", 1), ("a", 3)}, [("a", 1)])
    with pytest.raises(soak_kill.LostError, match="twice"):
        soak_kill.check_nothing_lost({("a", 1)}, [("a", 1), ("a", 1)])


def test_the_model_paints_as_people_do(soak_kill):
    def step(kind, start, length, class_id, *, overwrite=False):
        runs = np.array([[start, length - 1]], "<u2").tobytes()
        text = base64.b64encode(runs).decode()
        tiles = [{"ty": 0, "tx": 1, "runs": text}]
        return {"kind": kind, "class_id": class_id, "overwrite": overwrite, "tiles": tiles}

    steps = [step("paint", 0, 4, 1), step("paint", 2, 4, 2), step("erase", 0, 1, 1), step("erase", 5, 1, 1)]
    assert soak_kill.model_labels(steps)[0, 256:263].tolist() == [0, 1, 1, 1, 2, 2, 0]
    steps.append(step("paint", 1, 2, 2, overwrite=True))
    assert soak_kill.model_labels(steps)[0, 256:263].tolist() == [0, 2, 2, 1, 2, 2, 0]
