"""When the power goes, what was acknowledged is on the disk: with synchronous=FULL always, with NORMAL not.

The second half shows that the first could fail: with NORMAL the same proof finds losses.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from project.recording_disk import Event, RecordingDisk, leave_after_crash
from project.strokes import Client, new_labelling, open_labelling
from sambaseg.errors import SambasegError
from sambaseg.project import labelling as labelling_module
from sambaseg.project.check import check_log
from sambaseg.project.labelling import Labelling
from sambaseg.project.tables import ImageRow

SHAPE = (256, 256)
CRASHES = 40


def record(
    folder: Path, synchronous: Literal["FULL", "NORMAL"]
) -> tuple[list[Event], dict[Path, bytes], list[dict[int, bytes]]]:
    """Draw on a recording disk; return what happened, the files before it, and the labels after each revision."""
    path = folder / "log.sqlite"
    new_labelling(path, SHAPE, more=[SHAPE]).close()
    before = {path: path.read_bytes()}
    disk = RecordingDisk(f"recording {synchronous}")
    labelling = open_labelling(path, vfs=disk.name, synchronous=synchronous)
    labelling._log.database.connection.wal_autocheckpoint(40)  # pages: several checkpoints in a short test
    chance, client = np.random.default_rng(3), Client()
    revisions = [labels_of(labelling)]
    for index in range(1, 81):
        image = index % 2 + 2 * (index // 30)  # two at a time; now and then they are exchanged for others
        if index in (30, 60):
            for older in (image - 2, image - 1):
                labelling.add_images([ImageRow(older + 2, SHAPE)])
                labelling.remove_image(older)
                disk.note()
                revisions.append(labels_of(labelling))
            continue
        if index % 10 == 0:
            operation = client.operation("undo")
        else:
            operation = client.paint(chance.random(SHAPE) < 0.03, 1 + index % 2, overwrite=True, image=image)
        labelling.apply(operation)
        disk.note()
        revisions.append(labels_of(labelling))
    labelling._log.close()
    disk.unregister()
    return disk.events, before, revisions


def labels_of(labelling: Labelling) -> dict[int, bytes]:
    """Return the labels of all images that have any."""
    view = labelling.view()
    return {image: view.of(image)["labels"].to_array().tobytes() for image in view.labelled_images()}


def count_losses(
    tmp_path: Path, events: list[Event], before: dict[Path, bytes], revisions: list[dict[int, bytes]]
) -> tuple[int, list[str]]:
    """Let the power go at random moments; return how often something acknowledged was lost, and what else broke."""
    chance, losses, problems = random.Random(7), 0, []
    drawn = next(place for place, event in enumerate(events) if event.kind == "note")
    for number in range(CRASHES):
        moment = chance.randrange(drawn if number % 8 else 0, len(events))  # sometimes while the log is opened
        acknowledged = sum(event.kind == "note" for event in events[:moment])
        folder = tmp_path / f"crash-{number}"
        folder.mkdir()
        leave_after_crash(events[:moment], before, folder, seed=number)
        try:
            labelling = open_labelling(folder / "log.sqlite")
        except SambasegError as error:
            problems.append(f"crash {number}: {error.message}")
            continue
        revision = labelling.history().revision
        losses += revision < acknowledged
        if revision > acknowledged + 1:
            problems.append(f"crash {number}: revision {revision} of {acknowledged}")
        if labels_of(labelling) != revisions[revision]:
            problems.append(f"crash {number}: other labels than at revision {revision}")
        problems += check_log(labelling._log).problems
        labelling._log.close()
    return losses, problems


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling_module, "SNAPSHOT_EVERY", 20)


def test_with_full_nothing_acknowledged_is_lost_when_the_power_goes(tmp_path: Path) -> None:
    events, before, revisions = record(tmp_path, "FULL")
    assert sum(event.kind == "sync" and event.path.suffix == ".sqlite" for event in events) > 5, "few checkpoints"
    assert count_losses(tmp_path, events, before, revisions) == (0, [])


def test_with_normal_the_same_proof_finds_losses(tmp_path: Path) -> None:
    events, before, revisions = record(tmp_path, "NORMAL")
    losses, problems = count_losses(tmp_path, events, before, revisions)
    assert losses > CRASHES // 4
    assert problems == []
