"""A check of a log from end to end: is it whole, do snapshots and replay agree, which operations does it hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sambaseg.errors import DamagedProjectError, LabelRunsError
from sambaseg.labels.delta import Delta
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.log import LogEntry, OperationLog
from sambaseg.project.replay import Layers, replay_log
from sambaseg.project.stacks import UndoStacks


@dataclass(frozen=True)
class LogCheck:
    """What a log holds: its newest revision, the revision of each ``(client_id, client_seq)``, and what is wrong."""

    revision: int
    acknowledged: dict[tuple[str, int], int]
    problems: tuple[str, ...]


def check_project(folder: Path) -> LogCheck:
    """Check the log of the project in `folder`, which no process may have open.

    Raises ProjectBusyError where one has, and DamagedProjectError where the log cannot be opened at all.
    """
    lock = FolderLock(folder)
    try:
        log = OperationLog.open(folder / "log.sqlite")
        try:
            return check_log(log)
        finally:
            log.close()
    finally:
        lock.release()


def check_log(log: OperationLog) -> LogCheck:
    """Check an open log."""
    problems = [f"SQLite: {complaint}" for complaint in log.database.find_damage()]
    entries = log.entries()
    revisions = [entry.revision for entry in entries]
    if revisions != list(range(len(entries))):
        problems.append("Revisions are missing.")
    problems += _check_steps(entries)
    try:
        problems += _check_layers(log, revisions[-1])
    except (DamagedProjectError, LabelRunsError) as error:
        problems.append(error.message)
    acknowledged = {(entry.client_id, entry.client_seq): entry.revision for entry in entries}
    return LogCheck(revisions[-1], acknowledged, tuple(problems))


def _check_steps(entries: list[LogEntry]) -> list[str]:
    try:
        UndoStacks.replay(entries)
    except DamagedProjectError as error:
        return [error.message]
    return []


def _check_layers(log: OperationLog, revision: int) -> list[str]:
    """Follow all operations from the first, and compare with what snapshot and rest give."""
    full = Layers(log.image_shapes())
    problems = []
    for change in log.changes_between(0, revision):
        delta = change.delta.reversed() if change.reverted else change.delta
        plan = full.layer(change.image, change.layer).plan_reapply(Delta((delta,)))
        if plan.delta.pixels != delta.runs.pixels:
            problems.append(f"A change of tile {delta.key} of {change.layer} does not fit what was there before it.")
        full.commit((change.image, change.layer), plan)
    for image in log.removed_images(revision):
        full.remove(image)
    quick = replay_log(log, revision)
    if quick.shapes != full.shapes:
        problems.append("Snapshot and operations differ in the images that there are.")
    keys = {key for layers in (full, quick) for key, _ in layers.items()}
    problems += [
        f"Snapshot and operations differ in {name} of image {image}."
        for image, name in sorted(keys)
        if image in quick.shapes
        and not np.array_equal(full.layer(image, name).to_array(), quick.layer(image, name).to_array())
    ]
    return problems
