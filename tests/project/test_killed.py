"""A process that is killed while it draws and adds images loses nothing that it acknowledged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sambaseg.project.check import check_project
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

ROUNDS = 50
TESTS = Path(__file__).parent.parent


@pytest.mark.skipif(not hasattr(os, "fork"), reason="killed children are forked, which this system cannot")
def test_fifty_kills_lose_nothing(workspace: Workspace, make_project: Callable[..., ProjectStore]) -> None:
    folder = make_project().folder
    workspace.close()
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, str(TESTS / "project" / "killed_writer.py"), str(folder), str(ROUNDS), "11"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    acknowledged = {
        (client, int(number)): revision
        for client, numbers in json.loads(answer.stdout).items()
        for number, revision in numbers.items()
    }
    checked = check_project(folder)
    assert checked.problems == ()
    lost = {name: revision for name, revision in acknowledged.items() if checked.acknowledged.get(name) != revision}
    assert lost == {}
    assert len(acknowledged) > 2 * ROUNDS, "too few strokes were acknowledged for this to show anything"
    strokes = [name for name in checked.acknowledged if name[0].startswith("client")]
    assert len(strokes) <= len(acknowledged) + ROUNDS  # at most one a round was under way
    store = ProjectStore.open(folder)
    assert store.history().revision == checked.revision
    images = store.description().images
    assert images[-1].id > ROUNDS // 5, "too few images were added for this to show anything"
    for image in images:
        assert store.read_image_tile(0, 0, 0, image=image.id).shape[0] == 1
        store.labels_array(image=image.id)
    assert {path.name for path in (folder / "images").iterdir()} == {str(image.id) for image in images}
    store.close()
