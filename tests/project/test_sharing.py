"""Threads share a project, clients take turns, and a second process is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from project.strokes import SHAPE, Client, box
from sambaseg.errors import NotFoundError, ProjectBusyError
from sambaseg.project.check import check_project
from sambaseg.project.operations import Ack
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

OPEN = """
import sys
from pathlib import Path
from sambaseg.errors import SambasegError
from sambaseg.project.store import ProjectStore
try:
    ProjectStore.open(Path(sys.argv[1])).close()
    print("opened")
except SambasegError as error:
    print(error.code)
"""


def open_elsewhere(project: ProjectStore) -> str:
    command = [sys.executable, "-c", OPEN, str(project.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def test_a_second_process_is_refused_until_the_first_one_closes(project: ProjectStore, workspace: Workspace) -> None:
    assert open_elsewhere(project) == "project_busy"
    with pytest.raises(ProjectBusyError, match="open in another program"):
        ProjectStore.open(project.folder)
    workspace.close()
    assert open_elsewhere(project) == "opened"


def test_a_project_that_was_closed_says_so(project: ProjectStore, workspace: Workspace) -> None:
    workspace.close()
    with pytest.raises(NotFoundError, match="closed or deleted"):
        project.apply(Client().paint(box(SHAPE, 0, 0, 9, 9)))


def test_two_threads_draw_while_a_third_reads(project: ProjectStore, workspace: Workspace) -> None:
    strokes, stop = 40, threading.Event()

    def draw(client: Client, class_id: int) -> list[Ack]:
        rows = np.random.default_rng(class_id).integers(0, SHAPE[0] - 9, strokes)
        masks = [box(SHAPE, row, 0, row + 9, SHAPE[1]) for row in rows]
        return [project.apply(client.paint(mask_yx, class_id, overwrite=True)) for mask_yx in masks]

    def read() -> int:
        """Look at consistent labels: each row holds one class, whatever is drawn."""
        looks = 0
        while not stop.is_set():
            used = project.training_input()
            labels_yx = used.labelled[0].to_array() if used.labelled else np.zeros(SHAPE, np.uint8)
            assert (labels_yx == labels_yx[:, :1]).all()
            assert project.labels_at(used.revision).tobytes() == labels_yx.tobytes()
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as threads:
        reader = threads.submit(read)
        writers = [threads.submit(draw, Client(f"client-{number}"), number) for number in (1, 2)]
        acks = [ack for writer in writers for ack in writer.result(60)]
        stop.set()
        assert reader.result(60) > 0
    assert sorted(ack.revision for ack in acks) == list(range(1, 2 * strokes + 1))
    workspace.close()
    checked = check_project(project.folder)
    assert checked.problems == ()
    assert checked.revision == 2 * strokes


def test_a_project_that_takes_long_to_open_holds_up_no_other(
    workspace: Workspace, make_project: Callable[..., ProjectStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = make_project(), make_project()
    workspace.close()
    begun, go_on, real = threading.Event(), threading.Event(), ProjectStore.open

    def open_slowly(folder: Path, **values: object) -> ProjectStore:
        if folder == slow.folder:
            begun.set()
            assert go_on.wait(10)
        return real(folder, **values)

    monkeypatch.setattr(ProjectStore, "open", open_slowly)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(workspace.open_project, slow.id) for _ in range(2)]
        assert begun.wait(10)
        assert threads.submit(workspace.open_project, quick.id).result(10).id == quick.id
        go_on.set()
        assert waiting[0].result(10) is waiting[1].result(10)
