"""A classifier from a file."""

from __future__ import annotations

from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Request

from sambaseg.server.classifier_fit import check_classifier_fits
from sambaseg.server.declare import FileName, raw_body
from sambaseg.server.present import present_project
from sambaseg.server.schemas import Project
from sambaseg.server.services import EditableProject, ServicesHere
from sambaseg.server.uploads import received_file
from sambaseg.server.who import Me

router = APIRouter(tags=["classifier"])
LARGEST_CLASSIFIER_MB = 256


@router.post("/api/projects/{pid}/classifier", openapi_extra=raw_body("A .sambaseg classifier file."))
async def load_project_classifier(
    store: EditableProject, request: Request, services: ServicesHere, actor: Me, file_name: FileName = "classifier"
) -> Project:
    """Take a classifier: its recipe, steps of cleaning, classes, names and colours become the project's."""

    def take(path: Path) -> Project:
        from sambaseg.forest.classifier_file import classifier_from_bytes

        classifier = classifier_from_bytes(path.read_bytes(), name=file_name)
        check_classifier_fits(classifier, store.description().image)
        store.set_classifier(classifier, source="loaded")
        return present_project(store, services, actor)

    what = f"classifier file {file_name}"
    async with received_file(request, services.temporary_folder, max_mb=LARGEST_CLASSIFIER_MB, what=what) as path:
        return await to_thread.run_sync(take, path)
