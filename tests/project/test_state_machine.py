"""Any sequence of steps, retries and restarts leaves the labels that a plain NumPy model has."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from project.strokes import Client, box, new_labelling, open_labelling, tile_runs
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass, next_class
from sambaseg.project import labelling
from sambaseg.project.check import check_log
from sambaseg.project.operations import LAYERS, Ack, LayerName, Operation

SHAPE = (264, 261)
layers = st.sampled_from(LAYERS)
class_ids = st.integers(1, 4)
boxes = st.sampled_from(  # few and overlapping, so that steps meet
    [
        (0, 0, 264, 261),
        (200, 200, 260, 259),
        (10, 10, 220, 220),
        (256, 256, 264, 261),
        (255, 255, 256, 256),
        (0, 0, 0, 0),
    ]
)


@dataclass(frozen=True)
class State:
    """Everything that steps change, as plain as it can be."""

    labels: dict[LayerName, np.ndarray]
    classes: tuple[LabelClass, ...]

    def same(self, other: State) -> bool:
        return self.classes == other.classes and all(
            np.array_equal(self.labels[name], other.labels[name]) for name in LAYERS
        )

    def changed(self, layer: LayerName, labels_yx: np.ndarray) -> State:
        return replace(self, labels={**self.labels, layer: labels_yx})


class Steps(RuleBasedStateMachine):
    """The labelling of a project beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "log.sqlite"
        new_labelling(self.path, SHAPE).close()
        self.real = open_labelling(self.path, synchronous="NORMAL")  # quicker; other tests prove durability
        self.client = Client()
        empty = {name: np.zeros(SHAPE, dtype=np.uint8) for name in LAYERS}
        self.now = State(empty, DEFAULT_CLASSES)
        self.done: list[State] = []
        self.undone: list[State] = []
        self.at_revision = [self.now]
        self.sent: list[tuple[Operation, Ack]] = []
        self.labels_of_state: dict[int, np.ndarray] = {}

    def teardown(self) -> None:
        assert check_log(self.real._log).problems == ()
        self.real.close()
        shutil.rmtree(self.folder)

    def send(self, operation: Operation) -> Ack:
        ack = self.real.apply(operation)
        assert not ack.duplicate
        self.sent.append((operation, ack))
        return ack

    def take(self, after: State) -> None:
        """Follow a step of the model."""
        if not after.same(self.now):
            self.done.append(self.now)
            self.undone.clear()
            self.now = after
        self.at_revision.append(self.now)

    def locked(self, labels_yx: np.ndarray) -> np.ndarray:
        return np.isin(labels_yx, [entry.id for entry in self.now.classes if entry.locked])

    @rule(layer=layers, corners=boxes, overwrite=st.booleans(), index=st.integers(0, 20))
    def paint(self, layer: LayerName, corners: tuple[int, int, int, int], overwrite: bool, index: int) -> None:
        class_id = self.now.classes[index % len(self.now.classes)].id
        mask_yx, labels_yx = box(SHAPE, *corners), self.now.labels[layer]
        self.send(self.client.paint(mask_yx, class_id, layer=layer, overwrite=overwrite))
        free = mask_yx & ~self.locked(labels_yx) if overwrite else mask_yx & (labels_yx == 0)
        self.take(self.now.changed(layer, np.where(free, class_id, labels_yx)))

    @rule(layer=layers, corners=boxes, class_id=st.none() | class_ids)
    def erase(self, layer: LayerName, corners: tuple[int, int, int, int], class_id: int | None) -> None:
        mask_yx, labels_yx = box(SHAPE, *corners), self.now.labels[layer]
        self.send(self.client.operation("erase", layer=layer, class_id=class_id, tiles=tile_runs(mask_yx)))
        chosen = mask_yx & ~self.locked(labels_yx) & ((labels_yx == class_id) | (class_id is None))
        self.take(self.now.changed(layer, np.where(chosen, 0, labels_yx)))

    @rule(layer=layers, class_id=st.none() | class_ids)
    def clear(self, layer: LayerName, class_id: int | None) -> None:
        labels_yx = self.now.labels[layer]
        self.send(self.client.operation("clear", layer=layer, class_id=class_id))
        chosen = ~self.locked(labels_yx) & ((labels_yx == class_id) | (class_id is None))
        self.take(self.now.changed(layer, np.where(chosen, 0, labels_yx)))

    @rule(class_id=class_ids)
    def add_class(self, class_id: int) -> None:
        if class_id not in {entry.id for entry in self.now.classes}:
            self.set_classes((*self.now.classes, next_class(self.now.classes, class_id)))

    @rule(index=st.integers(0, 20), name=st.sampled_from(["Pores", "Matrix"]), locked=st.booleans())
    def change_class(self, index: int, name: str, locked: bool) -> None:
        index %= len(self.now.classes)
        classes = list(self.now.classes)
        classes[index] = replace(classes[index], name=name, locked=locked)
        self.set_classes(tuple(classes))

    @precondition(lambda self: self.now.labels["labels"].any())
    @rule(corners=boxes, overwrite=st.booleans())
    def lock_a_used_class_and_paint(self, corners: tuple[int, int, int, int], overwrite: bool) -> None:
        used = int(self.now.labels["labels"].max())
        self.set_classes(tuple(replace(entry, locked=entry.id == used) for entry in self.now.classes))
        self.paint("labels", corners, overwrite, 0)

    @precondition(lambda self: len(self.now.classes) > 1)
    @rule(index=st.integers(0, 20))
    def delete_class(self, index: int) -> None:
        index %= len(self.now.classes)
        self.set_classes((*self.now.classes[:index], *self.now.classes[index + 1 :]))

    def set_classes(self, classes: tuple[LabelClass, ...]) -> None:
        ack = self.send(self.client.operation("classes", classes=classes))
        assert ack.classes == classes
        kept = [entry.id for entry in classes]
        labels = {name: np.where(np.isin(now, kept), now, 0) for name, now in self.now.labels.items()}
        self.take(State(labels, classes))

    @rule(seed=st.integers(0, 99), mode=st.sampled_from(["replace", "add"]))
    def import_labels(self, seed: int, mode: str) -> None:
        imported_yx = np.repeat(np.random.default_rng(seed).integers(0, 8, (SHAPE[0], 1)), SHAPE[1], axis=1)
        report = self.real.import_labels(imported_yx, mode=mode)
        labels_yx, classes = self.now.labels["labels"], self.now.classes
        kept = labels_yx != 0 if mode == "add" else self.locked(labels_yx)
        for class_id in sorted(set(imported_yx.ravel().tolist()) - {0} - {entry.id for entry in classes}):
            classes = (*classes, next_class(classes, class_id))
        after = self.now.changed("labels", np.where(kept, labels_yx, imported_yx).astype(np.uint8))
        self.take(replace(after, classes=classes))
        assert report.labelled_pixels == np.count_nonzero(self.now.labels["labels"])

    @rule()
    def undo(self) -> None:
        before = self.now
        ack = self.send(self.client.operation("undo", base_revision=len(self.at_revision) - 1))
        if self.done:
            self.undone.append(self.now)
            self.now = self.done.pop()
        self.at_revision.append(self.now)
        self.check_changed_tiles(before, ack)

    @rule()
    def redo(self) -> None:
        before = self.now
        ack = self.send(self.client.operation("redo", base_revision=len(self.at_revision) - 1))
        if self.undone:
            self.done.append(self.now)
            self.now = self.undone.pop()
        self.at_revision.append(self.now)
        self.check_changed_tiles(before, ack)

    def check_changed_tiles(self, before: State, ack: Ack) -> None:
        """The answer to undo and redo lists exactly the tiles they restored."""
        told = {(tile.layer, tile.ty, tile.tx) for tile in ack.changed}
        changed = {
            (name, ty, tx)
            for name in LAYERS
            for ty in range(2)
            for tx in range(2)
            if (before.labels[name] != self.now.labels[name])[
                ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256
            ].any()
        }
        assert told == changed

    @rule()
    def restart(self) -> None:
        self.real.close()
        self.real = open_labelling(self.path, synchronous="NORMAL")

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0, 1000))
    def send_again(self, index: int) -> None:
        operation, ack = self.sent[index % len(self.sent)]
        assert self.real.apply(operation) == replace(ack, duplicate=True)

    @rule(index=st.integers(0, 1000))
    def look_back(self, index: int) -> None:
        revision = index % len(self.at_revision)
        view = self.real.view_at(revision)
        then = State({name: view.layers[name].to_array() for name in LAYERS}, view.classes)
        assert then.same(self.at_revision[revision])

    @invariant()
    def same_as_model(self) -> None:
        view = self.real.view()
        assert view.classes == self.now.classes
        for name in LAYERS:
            expected_yx = self.now.labels[name]
            assert np.array_equal(view.layers[name].to_array(), expected_yx)
            counts = np.bincount(expected_yx.ravel(), minlength=256)
            assert view.layers[name].counts() == {i: int(n) for i, n in enumerate(counts) if i and n}
        labels_yx = self.now.labels["labels"]
        assert np.array_equal(self.labels_of_state.setdefault(view.labels_state, labels_yx), labels_yx)
        history = self.real.history()
        assert (history.can_undo, history.can_redo) == (bool(self.done), bool(self.undone))
        assert history.revision == len(self.at_revision) - 1


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a snapshot so often that most sequences cross some."""
    monkeypatch.setattr(labelling, "SNAPSHOT_EVERY", 7)


class TestSteps(Steps.TestCase):
    settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
