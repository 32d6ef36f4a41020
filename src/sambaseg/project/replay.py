"""Label layers as the log has them at a revision: the newest verified snapshot, and the operations after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sambaseg.errors import DamagedProjectError, LabelRunsError
from sambaseg.labels.delta import Delta, TileDelta, TileKey
from sambaseg.labels.layer import LabelLayer, Plan
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import LAYERS, LayerName


@dataclass
class Layers:
    """Both layers, and which of their tiles changed since the last snapshot, at revision ``snapshot``."""

    by_name: dict[LayerName, LabelLayer]
    snapshot: int = 0
    unsaved: set[tuple[LayerName, TileKey]] = field(default_factory=set)

    @classmethod
    def empty(cls, shape_yx: tuple[int, int]) -> Layers:
        """Return layers without labels."""
        return cls({name: LabelLayer(shape_yx) for name in LAYERS})

    def commit(self, name: LayerName, plan: Plan) -> None:
        """Make a planned step of one layer so."""
        self.by_name[name].commit(plan)
        self.unsaved.update((name, key) for key in plan.tiles)

    def counts(self) -> dict[LayerName, dict[int, int]]:
        """Return the pixels of each class in each layer."""
        return {name: layer.counts() for name, layer in self.by_name.items()}


def replay_log(log: OperationLog, shape_yx: tuple[int, int], revision: int, *, snapshots: bool = True) -> Layers:
    """Return the layers at `revision`; `snapshots` False follows all operations from the first.

    A snapshot that cannot be verified is passed over. Raises DamagedProjectError where an operation is damaged.
    """
    for snapshot in log.snapshot_revisions(revision) if snapshots else []:
        layers = _read_snapshot(log, shape_yx, snapshot)
        if layers is not None:
            break
    else:
        layers = Layers.empty(shape_yx)
    try:
        for change in log.changes_between(layers.snapshot, revision):
            delta = change.delta.reversed() if change.reverted else change.delta
            layers.commit(change.layer, layers.by_name[change.layer].plan_reapply(Delta((delta,))))
    except (LabelRunsError, IndexError, ValueError) as error:
        raise DamagedProjectError(f"An operation in {log.path.name} is damaged: {error}") from error
    return layers


def write_snapshot(log: OperationLog, layers: Layers, revision: int) -> None:
    """Store the tiles that changed since the last snapshot as they are at `revision`. Raises StorageError."""
    tiles = [(name, layers.by_name[name].delta_from_empty(key)) for name, key in sorted(layers.unsaved)]
    log.write_snapshot(revision, previous=layers.snapshot, counts=layers.counts(), tiles=tiles)
    layers.snapshot = revision
    layers.unsaved.clear()


def _read_snapshot(log: OperationLog, shape_yx: tuple[int, int], revision: int) -> Layers | None:
    """Return the layers of a snapshot, None where it is damaged or lacks tiles."""
    layers = Layers.empty(shape_yx)
    try:
        counts, tiles = log.read_snapshot(revision)
        by_layer: dict[LayerName, list[TileDelta]] = {name: [] for name in LAYERS}
        for name, delta in tiles:
            by_layer[name].append(delta)
        for name, layer in layers.by_name.items():
            layer.commit(layer.plan_reapply(Delta(tuple(by_layer[name]))))
    except (LabelRunsError, DamagedProjectError, IndexError, KeyError, ValueError):
        return None
    if layers.counts() != counts:
        return None
    layers.snapshot = revision
    return layers
