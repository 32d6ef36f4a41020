"""Projects: list, make, look at, change, crop, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sambaseg.server.declare import FileName, ProjectId, file_answer, raw_body
from sambaseg.server.schemas import CropBody, Project, ProjectPatch, ProjectSummary, SampleChoice

router = APIRouter(tags=["projects"])
ProjectName = Annotated[str, Query(min_length=1, max_length=120)]


@router.get("/api/projects")
def list_projects() -> list[ProjectSummary]:
    """List all projects, the last changed first."""
    raise NotImplementedError


@router.post("/api/projects", status_code=201, openapi_extra=raw_body("The image file itself."))
async def create_project(
    request: Request,
    file_name: FileName,
    name: ProjectName | None = None,
    page: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Project:
    """Make a project of an uploaded image file; nothing is stored when it cannot be read."""
    raise NotImplementedError


@router.post("/api/projects/from-sample", status_code=201)
def create_project_from_sample(choice: SampleChoice) -> Project:
    """Make a project of a sample micrograph."""
    raise NotImplementedError


@router.get("/api/projects/{pid}")
def get_project(pid: ProjectId) -> Project:
    """Tell all about one project."""
    raise NotImplementedError


@router.patch("/api/projects/{pid}")
def change_project(pid: ProjectId, patch: ProjectPatch) -> Project:
    """Rename a project, or change its settings or pixel size; what is left out stays."""
    raise NotImplementedError


@router.delete("/api/projects/{pid}", status_code=204)
def delete_project(pid: ProjectId) -> None:
    """Delete a project with all its files; a running job is cancelled."""
    raise NotImplementedError


@router.post("/api/projects/{pid}/crop", status_code=201)
def crop_project(pid: ProjectId, rectangle: CropBody) -> Project:
    """Make a new project of a rectangle, labels included; the old one stays."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/thumbnail",
    response_class=Response,
    responses=file_answer("image/png", "A small picture of the image, at most 256 px a side."),
)
def get_thumbnail(pid: ProjectId) -> Response:
    """Draw a project's image small."""
    raise NotImplementedError
