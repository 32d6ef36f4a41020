"""What can be undone and redone, newest last, as it follows from the log: undo and redo are entries like all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sambaseg.errors import DamagedProjectError
from sambaseg.project.log import LogEntry
from sambaseg.project.operations import History


@dataclass(frozen=True)
class Step:
    """A step that was taken: its revision, its name in plain words, and whether it changed the labels."""

    revision: int
    name: str
    changes_labels: bool


@dataclass
class UndoStacks:
    """Steps that are in force, and steps that were undone and can be redone."""

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    @classmethod
    def replay(cls, entries: Iterable[LogEntry]) -> UndoStacks:
        """Return the stacks after `entries`, which begin at the birth of the log."""
        stacks = cls()
        for entry in entries:
            stacks.record(entry)
        return stacks

    def record(self, entry: LogEntry) -> None:
        """Follow one more entry. Raises DamagedProjectError where it undoes or redoes a step that was not on top."""
        if entry.target is not None:
            source, sink = (self.done, self.undone) if entry.kind == "undo" else (self.undone, self.done)
            if not source or source[-1].revision != entry.target:
                raise DamagedProjectError(f"Revision {entry.revision} of the log takes a step that was not on top.")
            sink.append(source.pop())
        elif entry.is_step:
            self.done.append(Step(entry.revision, entry.name, entry.changes_labels))
            self.undone.clear()

    def history(self, revision: int) -> History:
        """Return where a project with these stacks stands."""
        undo, redo = (steps[-1].name if steps else None for steps in (self.done, self.undone))
        return History(revision, undo is not None, redo is not None, undo, redo)

    def labels_state(self) -> int:
        """Return a number that is the same whenever the labels are: the newest step in force that changed them."""
        return next((step.revision for step in reversed(self.done) if step.changes_labels), 0)
