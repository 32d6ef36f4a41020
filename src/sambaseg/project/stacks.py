"""What can be undone and redone, newest last, as it follows from the log: undo and redo are entries like all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sambaseg.errors import DamagedProjectError
from sambaseg.project.log import LogEntry
from sambaseg.project.operations import History


@dataclass(frozen=True)
class Step:
    """A step that was taken: its revision, its name in plain words, what it changed, and of which image.

    Steps on the class list belong to no image; an import belongs to one, and may change the class list too.
    """

    revision: int
    name: str
    changes_labels: bool
    changes_classes: bool
    image: int | None


@dataclass
class UndoStacks:
    """Steps that are in force, and steps that were undone and can be redone; none of images that were removed."""

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    removal: int = 0
    """Revision of the newest removal of an image that held labels."""

    @classmethod
    def replay(cls, entries: Iterable[LogEntry]) -> UndoStacks:
        """Return the stacks after `entries`, which begin at the birth of the log."""
        stacks = cls()
        for entry in entries:
            stacks.record(entry)
        return stacks

    def record(self, entry: LogEntry) -> None:
        """Follow one more entry. Raises DamagedProjectError where it undoes or redoes a step that was not on top."""
        if entry.kind == "remove":
            self._forget(entry)
        elif entry.target is not None:
            source, sink = (self.done, self.undone) if entry.kind == "undo" else (self.undone, self.done)
            if not source or source[-1].revision != entry.target:
                raise DamagedProjectError(f"Revision {entry.revision} of the log takes a step that was not on top.")
            sink.append(source.pop())
        elif entry.is_step:
            changes_classes = entry.classes is not None
            self.done.append(Step(entry.revision, entry.name, entry.changes_labels, changes_classes, entry.image))
            self.undone.clear()

    def history(self, revision: int) -> History:
        """Return where a project with these stacks stands."""
        (undo_name, undo_image), (redo_name, redo_image) = _top(self.done), _top(self.undone)
        return History(
            revision,
            can_undo=undo_name is not None,
            can_redo=redo_name is not None,
            undo_name=undo_name,
            redo_name=redo_name,
            undo_image=undo_image,
            redo_image=redo_image,
        )

    def labels_state(self) -> int:
        """Return a number that is the same whenever the labels are: the newest step in force that changed them.

        A removed image takes its labels with it, so that the same step means other labels afterwards.
        """
        newest = next((step.revision for step in reversed(self.done) if step.changes_labels), 0)
        return (self.removal << 32) + newest

    def _forget(self, entry: LogEntry) -> None:
        """Drop the steps of an image that was removed: they can be neither undone nor redone.

        Those that changed the class list too stay as steps on it alone: others that use its classes follow them.
        """
        self.done, self.undone = (
            [
                replace(step, image=None, changes_labels=False) if step.image == entry.image else step
                for step in steps
                if step.image != entry.image or step.changes_classes
            ]
            for steps in (self.done, self.undone)
        )
        if entry.changes_labels:
            self.removal = entry.revision


def _top(steps: list[Step]) -> tuple[str | None, int | None]:
    """Return name and image of the newest step."""
    return (steps[-1].name, steps[-1].image) if steps else (None, None)
