"""Labels from a file."""

from __future__ import annotations

from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Request

from sambaseg.server.declare import FileName, ImageChoice, raw_body
from sambaseg.server.image_uploads import read_uploaded_labels
from sambaseg.server.present import present_import
from sambaseg.server.schemas import EventBody, LabelsImport, OperationAck
from sambaseg.server.services import EditableProject, ServicesHere, asked_image
from sambaseg.server.uploads import received_file

router = APIRouter(tags=["labels"])


@router.post("/api/projects/{pid}/labels", openapi_extra=raw_body("An image file of class ids; 0 is unlabelled."))
async def import_labels(
    store: EditableProject,
    request: Request,
    services: ServicesHere,
    image: ImageChoice = None,
    mode: Literal["replace", "add"] = "replace",
    file_name: FileName = "labels",
) -> LabelsImport:
    """Take an image's labels from an image file of the same size; ids stay as they are."""
    folder, limit = services.temporary_folder, services.settings.max_upload_mb
    async with received_file(request, folder, max_mb=limit, what="label image") as path:

        def take_labels() -> LabelsImport:
            described = store.image(asked_image(store, image))
            labels_yx = read_uploaded_labels(path, file_name, (described.height, described.width), services.settings)
            return present_import(store, store.import_labels(labels_yx, mode=mode, image=described.id))

        report = await to_thread.run_sync(take_labels)
    ack = OperationAck(
        client_seq=0,
        revision=report.revision,
        duplicate=False,
        history=report.history,
        classes=report.classes,
        changed=report.changed,
    )
    services.events.publish(store.id, "revision", EventBody(revision=ack))
    services.live.labels_changed(store)
    return report
