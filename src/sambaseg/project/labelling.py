"""The labels of a project with their whole history: two layers an image and a class list, changed only through a log.

Each step is planned against the state in memory, appended to the log, and only then made so in memory: what is shown is
what is stored, and a step that could not be stored leaves everything as it was.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import ParameterError, RevisionConflictError, StorageError
from sambaseg.labels.classes import LabelClass, check_classes, next_class, unknown_class
from sambaseg.labels.delta import TileKey
from sambaseg.labels.layer import ArrayLabels, LabelLayer, LabelSource, Plan
from sambaseg.labels.runs import TILE_SIDE
from sambaseg.project.label_view import LabelView, no_such_image
from sambaseg.project.log import LogEntry, OperationLog
from sambaseg.project.operations import (
    LAYERS,
    Ack,
    EntryKind,
    History,
    ImportReport,
    LayerKey,
    LayerName,
    LayerTile,
    Operation,
)
from sambaseg.project.replay import replay_log, write_snapshot
from sambaseg.project.stacks import UndoStacks
from sambaseg.project.tables import ImageRow, ImageTable

SNAPSHOT_EVERY = 256
"""Operations between two snapshots: opening a project replays fewer than these."""

_SERVER = "server"  # shorter than the id of any client
_PREDICTED: tuple[EntryKind, ...] = ("paint", "erase", "clear")


@dataclass(frozen=True)
class _Step:
    """What an operation would do: plans by image and layer, the new class list, the step it undoes or redoes.

    ``image`` is the image that the step belongs to.
    """

    name: str
    plans: Mapping[LayerKey, Plan] = field(default_factory=dict)
    classes: tuple[LabelClass, ...] | None = None
    target: int | None = None
    image: int | None = None

    @property
    def changes_anything(self) -> bool:
        return self.classes is not None or any(plan.delta.tiles for plan in self.plans.values())


class Labelling:
    """Labels, edits, class list, undo and redo over one operation log. All methods may be called from any thread."""

    def __init__(self, log: OperationLog) -> None:
        self._log = log
        self._images = ImageTable(log.database)
        self._writing = threading.RLock()  # one step at a time, also while the disk is waited for
        self._reading = threading.Lock()  # held only while the state in memory is looked at or changes
        self._revision = log.last_revision()
        self._classes = log.classes_at(self._revision)
        self._stacks = UndoStacks.replay(log.entries())
        self._layers = replay_log(log, self._revision)
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the log at `path`. Raises DamagedProjectError, ProjectBusyError and StorageError."""
        log = OperationLog.open(path)
        try:
            return cls(log)
        except BaseException:
            log.close()
            raise

    def close(self) -> None:
        """Take a snapshot, so that the next opening is quick, and close the log; doing so twice does no harm."""
        with self._writing:
            if self._closed:
                return
            self._closed = True
            self._write_snapshot()
            self._log.close()

    def view(self) -> LabelView:
        """Return the labels as they are now."""
        with self._reading:
            return LabelView(self._revision, self._classes, self._stacks.labels_state(), self._layers.share())

    def view_at(self, revision: int) -> LabelView:
        """Return the labels as they were after `revision`, also of images that were removed since then.

        Raises RevisionConflictError where the log has none such.
        """
        if not 0 <= revision <= self._revision:
            raise RevisionConflictError(f"The project has revisions 0 to {self._revision}, not {revision}.")
        layers = replay_log(self._log, revision)
        stacks = UndoStacks.replay(self._log.entries(revision))
        return LabelView(revision, self._log.classes_at(revision), stacks.labels_state(), layers.share())

    def labels_state(self) -> int:
        """Return that of `LabelView`."""
        with self._reading:
            return self._stacks.labels_state()

    def classes(self) -> tuple[LabelClass, ...]:
        """Return the class list."""
        return self._classes

    def tile(self, layer: LayerName, ty: int, tx: int, *, image: int = 0) -> NDArray[np.uint8]:
        """Return one tile, shape (h, w), uint8. Raises NotFoundError, ParameterError where there is no such tile."""
        with self._reading:
            try:
                return self._layer(image, layer).tile((ty, tx))
            except IndexError as error:
                raise ParameterError(f"There is no such tile: {error}.") from None

    def keys(self, layer: LayerName, *, image: int = 0) -> list[TileKey]:
        """Return the tiles of an image's layer that hold anything. Raises NotFoundError."""
        with self._reading:
            return self._layer(image, layer).keys

    def history(self) -> History:
        """Return the revision, and what undo and redo would do."""
        with self._reading:
            return self._stacks.history(self._revision)

    def fact(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return a fact that is stored beside the operations, a JSON value; None where there is none."""
        return self._log.read_fact(name)

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        """Store facts durably. Raises StorageError."""
        with self._writing:
            self._log.write_facts(facts)

    def apply(self, operation: Operation) -> Ack:
        """Take a step and return what the log holds then, after COMMIT; a retry is answered as the first time.

        Raises UnknownClassError, LabelRunsError and ParameterError for what makes no sense, RevisionConflictError for a
        base revision of the future, a sequence number that went back or that belongs to another step, and StorageError
        where the disk fails. Nothing changes then.
        """
        with self._writing:
            known = self._log.find(operation.client_id, operation.client_seq)
            if known is not None:
                return self._repeat_ack(operation, known)
            self._check_order(operation)
            step = self._plan(operation)
            entry = LogEntry(
                revision=self._revision + 1,
                client_id=operation.client_id,
                client_seq=operation.client_seq,
                base_revision=operation.base_revision,
                kind=operation.kind,
                digest=operation.digest(),
            )
            entry = self._record(entry, step)
            history = self._stacks.history(self._revision)
            return self._ack(entry, history, self._classes, duplicate=False)

    def import_labels(
        self, labels: NDArray[np.integer] | LabelSource, *, mode: Literal["replace", "add"], image: int = 0
    ) -> ImportReport:
        """Take labels, an integer array (H, W) or a source of tiles, as one step; new ids join the class list.

        "replace" puts them in place of all labels, "add" only where there are none; pixels of locked classes stay.
        Raises LabelsSizeMismatchError, LabelsFileError, NotFoundError and StorageError; nothing changes then.
        """
        with self._writing:
            layer = self._layer(image, "labels")
            plan = layer.plan_replace(labels, keep_labelled=mode == "add", locked=self._locked())
            class_ids = _ids_in(ArrayLabels(labels) if isinstance(labels, np.ndarray) else labels)
            classes = self._classes
            for class_id in sorted(set(class_ids) - {entry.id for entry in classes}):
                classes = (*classes, next_class(classes, class_id))
            changed_classes = None if classes == self._classes else classes
            step = _Step("imported labels", {(image, "labels"): plan}, changed_classes, image=image)
            entry = self._record(self._own_entry("import"), step)
            self._write_snapshot()  # many tiles at once would make a stroke wait later
            return ImportReport(
                revision=entry.revision,
                class_ids=class_ids,
                labelled_pixels=sum(self._layer(image, "labels").counts().values()),
                history=self._stacks.history(self._revision),
                classes=self._classes,
                changed=_in_order(self._log.tiles_of(entry.revision)),
            )

    def next_image_id(self) -> int:
        """Return an id that no image ever had."""
        return self._images.next_id()

    def add_images(self, rows: Iterable[ImageRow]) -> None:
        """Add images, whose ids no image ever had, behind the others. Raises StorageError."""
        added = list(rows)
        with self._writing:
            self._images.add(added)
            with self._reading:
                self._layers.shapes.update({row.id: row.shape_yx for row in added})

    def remove_image(self, image: int) -> None:
        """Remove an image with its labels and edits; its steps stay in the log, but cannot be undone or redone.

        Raises NotFoundError and StorageError.
        """
        with self._writing:
            held = self._layer(image, "labels").is_labelled
            entry = replace(self._own_entry("remove"), image=image, changes_labels=held, name="removed image")
            self._log.append_removal(entry)
            with self._reading:
                self._layers.remove(image)
                self._stacks.record(entry)
                self._revision = entry.revision

    def take_classifier(self, classes: tuple[LabelClass, ...], facts: Mapping[str, Any]) -> None:
        """Make a classifier's classes the project's, together with `facts`, as one step.

        Classes of the project that the classifier does not know stay where they hold labels or edits.
        Raises StorageError; nothing changes then.
        """
        with self._writing:
            known = {entry.id for entry in classes}
            used = {class_id for _, layer in self._layers.items() for class_id in layer.counts()}
            kept = [entry for entry in self._classes if entry.id in used - known]
            merged = check_classes((*classes, *kept))
            step = _Step("classes of the classifier", classes=None if merged == self._classes else merged)
            self._record(self._own_entry("classifier"), step, facts)

    def _own_entry(self, kind: EntryKind) -> LogEntry:
        revision = self._revision + 1
        return LogEntry(
            revision=revision, client_id=_SERVER, client_seq=revision, base_revision=self._revision, kind=kind
        )

    def _check_order(self, operation: Operation) -> None:
        if operation.base_revision > self._revision:
            raise RevisionConflictError(
                f"The operation follows revision {operation.base_revision}, but the newest is {self._revision}.",
                hint="Load the project again.",
            )
        last = self._log.last_seq(operation.client_id)
        if operation.client_seq <= last:
            raise RevisionConflictError(
                f"Operation {operation.client_seq} of this client came after its operation {last}.",
                hint="Send operations one at a time, in order.",
            )

    def _layer(self, image: int, layer: LayerName) -> LabelLayer:
        if image not in self._layers.shapes:
            raise no_such_image(image)
        return self._layers.layer(image, layer)

    def _plan(self, operation: Operation) -> _Step:
        if operation.kind == "classes":
            return self._plan_classes(check_classes(operation.classes or ()))
        if operation.kind in ("undo", "redo"):
            return self._plan_history(operation.kind)
        layer = self._layer(operation.image, operation.layer)
        if operation.kind == "paint":
            return self._on_image(operation, "painting", self._plan_paint(operation, layer))
        if operation.kind == "erase":
            plan = layer.plan_erase(operation.tiles, operation.class_id, locked=self._locked())
            return self._on_image(operation, "erasing", plan)
        plan = layer.plan_clear(operation.class_id, locked=self._locked())
        return self._on_image(operation, "clearing", plan)

    def _on_image(self, operation: Operation, verb: str, plan: Plan) -> _Step:
        key = (operation.image, operation.layer)
        return _Step(self._name(operation, verb), {key: plan}, image=operation.image)

    def _plan_paint(self, operation: Operation, layer: LabelLayer) -> Plan:
        class_id = operation.class_id
        if class_id is None or class_id not in {entry.id for entry in self._classes}:
            raise unknown_class(class_id, self._classes)
        return layer.plan_paint(operation.tiles, class_id, overwrite=operation.overwrite, locked=self._locked())

    def _plan_classes(self, classes: tuple[LabelClass, ...]) -> _Step:
        if classes == self._classes:
            return _Step("class list")
        kept = frozenset(entry.id for entry in classes)
        gone = {entry.id for entry in self._classes} - kept
        plans = {key: layer.plan_keep_only(kept) for key, layer in self._layers.items()} if gone else {}
        return _Step("class list", plans, classes)

    def _plan_history(self, kind: Literal["undo", "redo"]) -> _Step:
        steps = self._stacks.done if kind == "undo" else self._stacks.undone
        if not steps:
            return _Step("")
        target = steps[-1].revision
        plans = {}
        for key, delta in self._log.deltas_of(target).items():
            if key[0] in self._layers.shapes:  # a step on the class list outlives images that it changed
                layer = self._layers.layer(*key)
                plans[key] = layer.plan_revert(delta) if kind == "undo" else layer.plan_reapply(delta)
        classes = None
        if self._log.entry(target).classes is not None:
            classes = self._log.classes_at(target - 1 if kind == "undo" else target)
        return _Step("", plans, classes, target)

    def _record(self, entry: LogEntry, step: _Step, facts: Mapping[str, Any] | None = None) -> LogEntry:
        """Append the step to the log, then make it so in memory; return the entry as stored."""
        deltas = {key: plan.delta for key, plan in step.plans.items() if plan.delta.tiles}
        entry = replace(
            entry,
            name=step.name,
            is_step=step.target is None and step.changes_anything,
            changes_labels=any(name == "labels" for _, name in deltas),
            target=step.target,
            classes=step.classes,
            image=step.image,
        )
        self._log.append(entry, {} if step.target is not None else deltas, facts)
        with self._reading:
            for key, plan in step.plans.items():
                self._layers.commit(key, plan)
            self._classes = self._classes if step.classes is None else step.classes
            self._stacks.record(entry)
            self._revision = entry.revision
        if self._revision - self._layers.snapshot >= SNAPSHOT_EVERY:
            self._write_snapshot()
        return entry

    def _write_snapshot(self) -> None:
        if not self._layers.unsaved:
            return
        with contextlib.suppress(StorageError):  # the steps themselves are stored; the next one tries again
            write_snapshot(self._log, self._layers, self._revision)

    def _repeat_ack(self, operation: Operation, known: LogEntry) -> Ack:
        if known.digest != operation.digest():
            raise RevisionConflictError(
                f"Operation {operation.client_seq} of this client is stored already, and was another one.",
                hint="Each operation needs a sequence number of its own.",
            )
        history = UndoStacks.replay(self._log.entries(known.revision)).history(known.revision)
        return self._ack(known, history, self._log.classes_at(known.revision), duplicate=True)

    def _ack(self, entry: LogEntry, history: History, classes: tuple[LabelClass, ...], *, duplicate: bool) -> Ack:
        client, base, revision = entry.client_id, entry.base_revision, entry.revision
        changed = self._log.tiles_unknown_to(client, base, revision)
        if entry.kind not in _PREDICTED or self._log.class_list_changed(client, base, revision):
            changed |= self._log.tiles_of(revision)
        return Ack(
            client_seq=entry.client_seq,
            revision=revision,
            duplicate=duplicate,
            history=history,
            classes=classes,
            changed=_in_order(changed),
        )

    def _locked(self) -> frozenset[int]:
        return frozenset(entry.id for entry in self._classes if entry.locked)

    def _name(self, operation: Operation, verb: str) -> str:
        names = {entry.id: entry.name for entry in self._classes}
        if operation.class_id is None:
            what = "all classes"
        else:
            what = names.get(operation.class_id, f"class {operation.class_id}")
        joint = " " if verb == "clearing" else " in "
        return f"{verb}{joint}{what}" + (" of the segmentation" if operation.layer == "edits" else "")


def _in_order(tiles: set[LayerTile]) -> tuple[LayerTile, ...]:
    return tuple(sorted(tiles, key=lambda tile: (tile.image, LAYERS.index(tile.layer), tile.ty, tile.tx)))


def _ids_in(labels: LabelSource) -> tuple[int, ...]:
    """Return the class ids that occur, ascending, without 0; values are 0 to 255."""
    rows, columns = (-(-size // TILE_SIDE) for size in labels.shape_yx)
    tiles = (labels.tile((ty, tx)) for ty in range(rows) for tx in range(columns))
    counts = sum((np.bincount(tile.ravel(), minlength=256) for tile in tiles), np.zeros(256, dtype=np.int64))
    return tuple(int(class_id) for class_id in np.flatnonzero(counts) if class_id)
