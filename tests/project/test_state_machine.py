"""Any sequence of steps on several images, retries and restarts leaves the labels that a plain NumPy model has."""

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
from sambaseg.errors import NotFoundError
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass, next_class
from sambaseg.project import labelling
from sambaseg.project.check import check_log
from sambaseg.project.operations import LAYERS, Ack, LayerKey, LayerName, Operation
from sambaseg.project.tables import ImageRow

SHAPES = ((264, 261), (100, 300), (1, 1))
layers = st.sampled_from(LAYERS)
class_ids = st.integers(1, 4)
indices = st.integers(0, 20)
boxes = st.sampled_from(  # few and overlapping, so that steps meet
    [
        (0, 0, 264, 300),
        (200, 200, 260, 259),
        (10, 10, 220, 290),
        (256, 256, 264, 261),
        (255, 255, 256, 256),
        (0, 0, 0, 0),
    ]
)


@dataclass(frozen=True)
class State:
    """Everything that steps change, as plain as it can be: labels by image and layer, and the class list."""

    labels: dict[LayerKey, np.ndarray]
    classes: tuple[LabelClass, ...]

    def same(self, other: State) -> bool:
        return (self.classes, self.labels.keys()) == (other.classes, other.labels.keys()) and all(
            np.array_equal(self.labels[key], other.labels[key]) for key in self.labels
        )

    def changed(self, key: LayerKey, labels_yx: np.ndarray) -> State:
        return replace(self, labels={**self.labels, key: labels_yx})


@dataclass(frozen=True)
class ModelStep:
    """A step of the model: of which image, None for class lists, and the states before and after it."""

    image: int | None
    before: State
    after: State

    def without(self, image: int) -> ModelStep | None:
        """Return what is left of the step when an image is gone."""
        if self.image != image:
            return self
        lists = self.before.classes, self.after.classes
        return None if lists[0] == lists[1] else replace(self, image=None)


class Steps(RuleBasedStateMachine):
    """The labelling of a project beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "log.sqlite"
        new_labelling(self.path, SHAPES[0], more=SHAPES[1:2]).close()
        self.real = open_labelling(self.path, synchronous="NORMAL")  # quicker; other tests prove durability
        self.client = Client()
        self.shapes = dict(enumerate(SHAPES[:2]))
        self.gone: set[int] = set()
        empty = {(image, name): np.zeros(shape, np.uint8) for image, shape in self.shapes.items() for name in LAYERS}
        self.now = State(empty, DEFAULT_CLASSES)
        self.done: list[ModelStep] = []
        self.undone: list[ModelStep] = []
        self.at_revision = [self.now]
        self.sent: list[tuple[Operation, Ack]] = []
        self.labels_of_state: dict[int, State] = {}

    def teardown(self) -> None:
        assert check_log(self.real._log).problems == ()
        self.real.close()
        shutil.rmtree(self.folder)

    def image(self, index: int) -> int:
        """Return one of the images that there are."""
        return sorted(self.shapes)[index % len(self.shapes)]

    def mask(self, image: int, corners: tuple[int, int, int, int]) -> np.ndarray:
        return box(self.shapes[image], *corners)

    def send(self, operation: Operation) -> Ack:
        ack = self.real.apply(operation)
        assert not ack.duplicate
        self.sent.append((operation, ack))
        return ack

    def take(self, image: int | None, after: State) -> None:
        """Follow a step of the model."""
        if not after.same(self.now):
            self.done.append(ModelStep(image, self.now, after))
            self.undone.clear()
            self.now = after
        self.at_revision.append(self.now)

    def locked(self, labels_yx: np.ndarray) -> np.ndarray:
        return np.isin(labels_yx, [entry.id for entry in self.now.classes if entry.locked])

    @rule(layer=layers, corners=boxes, overwrite=st.booleans(), index=indices, where=indices)
    def paint(
        self, layer: LayerName, corners: tuple[int, int, int, int], overwrite: bool, index: int, where: int
    ) -> None:
        class_id, image = self.now.classes[index % len(self.now.classes)].id, self.image(where)
        mask_yx, labels_yx = self.mask(image, corners), self.now.labels[image, layer]
        self.send(self.client.paint(mask_yx, class_id, layer=layer, overwrite=overwrite, image=image))
        free = mask_yx & ~self.locked(labels_yx) if overwrite else mask_yx & (labels_yx == 0)
        self.take(image, self.now.changed((image, layer), np.where(free, class_id, labels_yx)))

    @rule(layer=layers, corners=boxes, class_id=st.none() | class_ids, where=indices)
    def erase(self, layer: LayerName, corners: tuple[int, int, int, int], class_id: int | None, where: int) -> None:
        image = self.image(where)
        mask_yx, labels_yx = self.mask(image, corners), self.now.labels[image, layer]
        tiles = tile_runs(mask_yx)
        self.send(self.client.operation("erase", layer=layer, class_id=class_id, tiles=tiles, image=image))
        chosen = mask_yx & ~self.locked(labels_yx) & ((labels_yx == class_id) | (class_id is None))
        self.take(image, self.now.changed((image, layer), np.where(chosen, 0, labels_yx)))

    @rule(layer=layers, class_id=st.none() | class_ids, where=indices)
    def clear(self, layer: LayerName, class_id: int | None, where: int) -> None:
        image = self.image(where)
        labels_yx = self.now.labels[image, layer]
        self.send(self.client.operation("clear", layer=layer, class_id=class_id, image=image))
        chosen = ~self.locked(labels_yx) & ((labels_yx == class_id) | (class_id is None))
        self.take(image, self.now.changed((image, layer), np.where(chosen, 0, labels_yx)))

    @rule(class_id=class_ids)
    def add_class(self, class_id: int) -> None:
        if class_id not in {entry.id for entry in self.now.classes}:
            self.set_classes((*self.now.classes, next_class(self.now.classes, class_id)))

    @rule(index=indices, name=st.sampled_from(["Pores", "Matrix"]), locked=st.booleans())
    def change_class(self, index: int, name: str, locked: bool) -> None:
        index %= len(self.now.classes)
        classes = list(self.now.classes)
        classes[index] = replace(classes[index], name=name, locked=locked)
        self.set_classes(tuple(classes))

    @precondition(lambda self: any(labels_yx.any() for labels_yx in self.now.labels.values()))
    @rule(corners=boxes, overwrite=st.booleans(), where=indices)
    def lock_a_used_class_and_paint(self, corners: tuple[int, int, int, int], overwrite: bool, where: int) -> None:
        used = max(int(labels_yx.max()) for labels_yx in self.now.labels.values())
        self.set_classes(tuple(replace(entry, locked=entry.id == used) for entry in self.now.classes))
        self.paint("labels", corners, overwrite, 0, where)

    @precondition(lambda self: len(self.now.classes) > 1)
    @rule(index=indices)
    def delete_class(self, index: int) -> None:
        index %= len(self.now.classes)
        self.set_classes((*self.now.classes[:index], *self.now.classes[index + 1 :]))

    def set_classes(self, classes: tuple[LabelClass, ...]) -> None:
        ack = self.send(self.client.operation("classes", classes=classes))
        assert ack.classes == classes
        kept = [entry.id for entry in classes]
        labels = {key: np.where(np.isin(now, kept), now, 0) for key, now in self.now.labels.items()}
        self.take(None, State(labels, classes))

    @rule(seed=st.integers(0, 99), mode=st.sampled_from(["replace", "add"]), where=indices)
    def import_labels(self, seed: int, mode: str, where: int) -> None:
        image = self.image(where)
        height, width = self.shapes[image]
        imported_yx = np.repeat(np.random.default_rng(seed).integers(0, 8, (height, 1)), width, axis=1)
        report = self.real.import_labels(imported_yx, mode=mode, image=image)
        labels_yx, classes = self.now.labels[image, "labels"], self.now.classes
        kept = labels_yx != 0 if mode == "add" else self.locked(labels_yx)
        for class_id in sorted(set(imported_yx.ravel().tolist()) - {0} - {entry.id for entry in classes}):
            classes = (*classes, next_class(classes, class_id))
        after = self.now.changed((image, "labels"), np.where(kept, labels_yx, imported_yx).astype(np.uint8))
        self.take(image, replace(after, classes=classes))
        assert report.labelled_pixels == np.count_nonzero(self.now.labels[image, "labels"])

    @precondition(lambda self: len(self.shapes) < 4)
    @rule(shape=st.sampled_from(SHAPES))
    def add_image(self, shape: tuple[int, int]) -> None:
        image = self.real.next_image_id()
        assert image == len(self.shapes) + len(self.gone)
        self.real.add_images([ImageRow(image, shape)])
        self.shapes[image] = shape
        empty = {(image, name): np.zeros(shape, np.uint8) for name in LAYERS}
        self.now = replace(self.now, labels={**self.now.labels, **empty})

    @precondition(lambda self: len(self.shapes) > 1)
    @rule(where=indices)
    def remove_image(self, where: int) -> None:
        image = self.image(where)
        self.real.remove_image(image)
        del self.shapes[image]
        self.gone.add(image)
        self.now = replace(self.now, labels={key: kept for key, kept in self.now.labels.items() if key[0] != image})
        self.done, self.undone = (
            [left for step in steps if (left := step.without(image))] for steps in (self.done, self.undone)
        )
        self.at_revision.append(self.now)

    @precondition(lambda self: self.gone)
    @rule(index=indices)
    def paint_on_a_removed_image(self, index: int) -> None:
        image = sorted(self.gone)[index % len(self.gone)]
        stroke = self.client.paint(np.ones((1, 1), dtype=bool), self.now.classes[0].id, image=image)
        with pytest.raises(NotFoundError):
            self.real.apply(stroke)

    @rule()
    def undo(self) -> None:
        before = self.now
        ack = self.send(self.client.operation("undo", base_revision=len(self.at_revision) - 1))
        if self.done:
            self.undone.append(self.done.pop())
            self.now = self.follow(self.undone[-1].after, self.undone[-1].before)
        self.at_revision.append(self.now)
        self.check_changed_tiles(before, ack)

    @rule()
    def redo(self) -> None:
        before = self.now
        ack = self.send(self.client.operation("redo", base_revision=len(self.at_revision) - 1))
        if self.undone:
            self.done.append(self.undone.pop())
            self.now = self.follow(self.done[-1].before, self.done[-1].after)
        self.at_revision.append(self.now)
        self.check_changed_tiles(before, ack)

    def follow(self, left: State, reached: State) -> State:
        """Return the present state with what differs between two states of a step as in the second of them."""
        differs = {
            key: reached.labels[key]
            for key in self.now.labels.keys() & left.labels.keys() & reached.labels.keys()
            if not np.array_equal(left.labels[key], reached.labels[key])
        }
        classes = self.now.classes if left.classes == reached.classes else reached.classes
        return State({**self.now.labels, **differs}, classes)

    def check_changed_tiles(self, before: State, ack: Ack) -> None:
        """The answer to undo and redo lists exactly the tiles they restored."""
        told = {(tile.image, tile.layer, tile.ty, tile.tx) for tile in ack.changed}
        changed = {
            (*key, ty, tx)
            for key in self.now.labels
            for ty in range(2)
            for tx in range(2)
            if (before.labels[key] != self.now.labels[key])[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256].any()
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
        view, expected = self.real.view_at(revision), self.at_revision[revision]
        found = {key: view.of(key[0])[key[1]].to_array() for key in expected.labels}
        assert State(found, view.classes).same(expected)

    @invariant()
    def same_as_model(self) -> None:
        view = self.real.view()
        assert view.classes == self.now.classes
        totals = dict.fromkeys(LAYERS, np.zeros(256, int))
        for (image, name), expected_yx in self.now.labels.items():
            assert np.array_equal(view.of(image)[name].to_array(), expected_yx)
            counts = np.bincount(expected_yx.ravel(), minlength=256)
            assert view.of(image)[name].counts() == {i: int(n) for i, n in enumerate(counts) if i and n}
            totals[name] = totals[name] + counts
        for name in LAYERS:
            assert view.counts(name) == {i: int(n) for i, n in enumerate(totals[name]) if i and n}
        labelled = {image for (image, name), kept in self.now.labels.items() if name == "labels" and kept.any()}
        assert view.labelled_images() == sorted(labelled)
        assert set(view.training_input().labelled) == labelled
        seen = State({key: kept for key, kept in self.now.labels.items() if key[1] == "labels" and kept.any()}, ())
        assert self.labels_of_state.setdefault(view.labels_state, seen).same(seen)
        for image in self.gone:
            with pytest.raises(NotFoundError):
                view.of(image)

    @invariant()
    def same_history_as_model(self) -> None:
        history = self.real.history()
        assert (history.can_undo, history.can_redo) == (bool(self.done), bool(self.undone))
        assert history.undo_image == (self.done[-1].image if self.done else None)
        assert history.redo_image == (self.undone[-1].image if self.undone else None)
        assert history.revision == len(self.at_revision) - 1


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a snapshot so often that most sequences cross some."""
    monkeypatch.setattr(labelling, "SNAPSHOT_EVERY", 7)


class TestSteps(Steps.TestCase):
    settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
