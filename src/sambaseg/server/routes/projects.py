"""Projects: list, make, look at, change, crop, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sambaseg.errors import ParameterError
from sambaseg.project.crop import Rectangle
from sambaseg.server.declare import FileName, ProjectId, file_answer, raw_body
from sambaseg.server.new_project import project_from_sample, project_from_upload
from sambaseg.server.present import checked_settings, present_project
from sambaseg.server.schemas import CropBody, Project, ProjectPatch, ProjectSummary, SampleChoice
from sambaseg.server.services import OpenProject, ServicesHere

router = APIRouter(tags=["projects"])
ProjectName = Annotated[str, Query(min_length=1, max_length=120, description="The file's name where it is left out.")]
Page = Annotated[int, Query(ge=0, le=2**31 - 1, description="Which image of a file with several, from 0.")]


@router.get("/api/projects")
def list_projects(services: ServicesHere) -> list[ProjectSummary]:
    """List all projects, the last changed first."""
    summaries = services.workspace.list_projects()
    return [ProjectSummary.model_validate(summary, from_attributes=True) for summary in summaries]


@router.post("/api/projects", status_code=201, openapi_extra=raw_body("The image file itself."))
async def create_project(
    request: Request, services: ServicesHere, file_name: FileName, name: ProjectName | None = None, page: Page = 0
) -> Project:
    """Make a project of an uploaded image file; nothing is stored when it cannot be read."""
    return await project_from_upload(request, services, file_name=file_name, name=name, page=page)


@router.post("/api/projects/from-sample", status_code=201)
def create_project_from_sample(choice: SampleChoice, services: ServicesHere) -> Project:
    """Make a project of a sample micrograph."""
    store = project_from_sample(services, choice.sample)
    services.suggestions.prepare_ahead(store)
    return present_project(store, services)


@router.get("/api/projects/{pid}")
def get_project(store: OpenProject, services: ServicesHere) -> Project:
    """Tell all about one project."""
    services.suggestions.prepare_ahead(store)
    services.kernels.load()  # a person opens it, and will soon train
    return present_project(store, services)


@router.patch("/api/projects/{pid}")
def change_project(store: OpenProject, patch: ProjectPatch, services: ServicesHere) -> Project:
    """Rename a project, or change its settings or pixel size; what is left out stays.

    A pixel size of null says that it is unknown; name and settings cannot be null.
    """
    settings = patch.settings and checked_settings(patch.settings)
    for field in ("name", "settings"):
        if field in patch.model_fields_set and getattr(patch, field) is None:
            raise ParameterError(f"The {field} cannot be null.", hint="Leave it out to keep it as it is.")
    if patch.name is not None:
        store.rename(patch.name)
    if settings is not None:
        store.set_settings(settings.model_dump())
    if "pixel_size" in patch.model_fields_set:
        size = patch.pixel_size
        store.set_pixel_size(None if size is None else (size.y_um, size.x_um))
    return present_project(store, services)


@router.delete("/api/projects/{pid}", status_code=204)
def delete_project(pid: ProjectId, services: ServicesHere) -> None:
    """Delete a project with all its files; a running job is cancelled."""
    services.jobs.end_project(pid)
    services.workspace.delete_project(pid)
    services.events.close_project(pid)


@router.post("/api/projects/{pid}/crop", status_code=201)
def crop_project(store: OpenProject, body: CropBody, services: ServicesHere) -> Project:
    """Make a new project of a rectangle, labels included; the old one stays."""
    rectangle = Rectangle(top=body.top, left=body.left, bottom=body.bottom, right=body.right)
    return present_project(services.workspace.crop_project(store.id, rectangle), services)


@router.get(
    "/api/projects/{pid}/thumbnail",
    response_class=Response,
    responses=file_answer("image/png", "A small picture of the image, at most 256 px a side."),
)
def get_thumbnail(pid: ProjectId, services: ServicesHere) -> Response:
    """Draw a project's image small."""
    return Response(
        services.workspace.thumbnail(pid), media_type="image/png", headers={"Cache-Control": "private, max-age=86400"}
    )
