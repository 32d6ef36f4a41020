"""Steps of labelling."""

from __future__ import annotations

import base64
import binascii

from fastapi import APIRouter, BackgroundTasks

from sambaseg.errors import ParameterError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.runs import TileRuns
from sambaseg.project import operations
from sambaseg.project.store import ProjectStore
from sambaseg.server.present import present_ack
from sambaseg.server.schemas import EventBody, LayerTile, Operation, OperationAck
from sambaseg.server.services import EditableProject, ServicesHere

router = APIRouter(tags=["operations"])


@router.post("/api/projects/{pid}/operations")
def append_operation(
    store: EditableProject, operation: Operation, services: ServicesHere, afterwards: BackgroundTasks
) -> OperationAck:
    """Append one step to the project's log; answered after it is on disk. Sending it again does no harm."""
    touched, before = _touched_tiles(store, operation), store.labels().labels_state
    ack = present_ack(store, store.apply(_from_json(operation)))
    if not ack.duplicate:
        for_others = {(tile.image, tile.layer, tile.ty, tile.tx): tile for tile in (*ack.changed, *touched)}
        news = ack.model_copy(update={"changed": list(for_others.values())})
        body = EventBody(revision=news, client_id=operation.client_id)
        services.events.publish(store.id, "revision", body)
        if store.labels().labels_state != before:
            afterwards.add_task(services.live.labels_changed, store)  # the person's stroke is acknowledged first
    return ack


def _touched_tiles(store: ProjectStore, operation: Operation) -> list[LayerTile]:
    """Return the tiles that a paint, erase or clear may change: its sender knows them, others do not."""
    if operation.kind in ("paint", "erase"):
        tiles = [(tile.ty, tile.tx) for tile in operation.tiles]
    elif operation.kind == "clear":
        tiles = store.layer_tiles(operation.image)[operation.layer]
    else:
        return []
    return [LayerTile(image=operation.image, layer=operation.layer, ty=ty, tx=tx) for ty, tx in tiles]


def _from_json(body: Operation) -> operations.Operation:
    classes = body.classes and tuple(LabelClass(**entry.model_dump()) for entry in body.classes)
    tiles = tuple(TileRuns(tile.ty, tile.tx, _runs(tile.runs)) for tile in body.tiles)
    return operations.Operation(**{**body.model_dump(exclude={"tiles", "classes"}), "tiles": tiles, "classes": classes})


def _runs(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ParameterError(f"The runs of a tile should be base64, but could not be decoded: {error}.") from None
