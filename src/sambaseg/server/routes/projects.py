"""Projects: list, make, look at, change, crop, delete."""

from __future__ import annotations

import contextlib
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sambaseg.errors import ParameterError, SambasegError
from sambaseg.project.crop import Rectangle
from sambaseg.server.declare import FileName, ImageChoice, file_answer, raw_body
from sambaseg.server.folders import require_local
from sambaseg.server.intake import project_from_sources
from sambaseg.server.intake_schemas import FromPaths, FromUploads
from sambaseg.server.new_project import project_from_sample, project_from_upload
from sambaseg.server.present import checked_settings, present_project, summarise_projects
from sambaseg.server.removing import remove_project
from sambaseg.server.schemas import CropBody, Project, ProjectPatch, ProjectSummary, SampleChoice
from sambaseg.server.services import (
    EditableProject,
    OpenProject,
    OwnProjectId,
    SeenProjectId,
    ServicesHere,
    asked_image,
)
from sambaseg.server.who import Me

router = APIRouter(tags=["projects"])
ProjectName = Annotated[str, Query(min_length=1, max_length=120, description="The file's name where it is left out.")]
Page = Annotated[
    int | None, Query(ge=0, le=2**31 - 1, description="Which image of a file with several, from 0; all if left out.")
]


@router.get("/api/projects")
def list_projects(services: ServicesHere, actor: Me) -> list[ProjectSummary]:
    """List all projects that one may see, the last changed first."""
    return summarise_projects(services, actor)


@router.post("/api/projects", status_code=201, openapi_extra=raw_body("The image file itself."))
async def create_project(
    request: Request,
    services: ServicesHere,
    actor: Me,
    file_name: FileName,
    name: ProjectName | None = None,
    page: Page = None,
) -> Project:
    """Make a project of an uploaded image file; nothing is stored when it cannot be read."""
    return await project_from_upload(request, services, actor, file_name=file_name, name=name, page=page)


@router.post("/api/projects/from-sample", status_code=201)
def create_project_from_sample(choice: SampleChoice, services: ServicesHere, actor: Me) -> Project:
    """Make a project of a sample micrograph."""
    return present_project(project_from_sample(services, actor, choice.sample), services, actor)


@router.post("/api/projects/from-uploads", status_code=201)
def create_project_from_uploads(body: FromUploads, services: ServicesHere, actor: Me) -> Project:
    """Make a project of complete uploads: one image, a stack of images of one size, or a set; a bad file makes none."""
    store = project_from_sources(services, actor, uploads=body.uploads, name=body.name)
    return present_project(store, services, actor)


@router.post("/api/projects/from-paths", status_code=201)
def create_project_from_paths(body: FromPaths, services: ServicesHere, actor: Me) -> Project:
    """Make a project of files and folders of this machine, which stay where they are; local mode only."""
    require_local(services.settings)
    store = project_from_sources(services, actor, paths=body.paths, name=body.name)
    return present_project(store, services, actor)


@router.get("/api/projects/{pid}")
def get_project(store: OpenProject, services: ServicesHere, actor: Me, image: ImageChoice = None) -> Project:
    """Tell all about one project, and about one of its images; the first in order where none is named."""
    chosen = asked_image(store, image)
    with contextlib.suppress(SambasegError):  # said by the image's state
        store.ensure_image(chosen, wait=False)
    services.suggestions.prepare_ahead(store, chosen)
    services.kernels.load()  # a person opens it, and will soon train
    return present_project(store, services, actor, image=chosen)


@router.patch("/api/projects/{pid}")
def change_project(
    store: EditableProject, patch: ProjectPatch, services: ServicesHere, actor: Me, image: ImageChoice = None
) -> Project:
    """Rename a project, or change its settings or the pixel size of an image; what is left out stays.

    Results stay as they are cleaned up until the next training, or until that is asked for.

    A pixel size of null says that it is unknown; name and settings cannot be null.
    """
    chosen = asked_image(store, image)
    settings = patch.settings and checked_settings(patch.settings, store)
    for field in ("name", "settings"):
        if field in patch.model_fields_set and getattr(patch, field) is None:
            raise ParameterError(f"The {field} cannot be null.", hint="Leave it out to keep it as it is.")
    if patch.name is not None:
        store.rename(patch.name)
    if settings is not None:
        store.set_settings(settings.model_dump())
    if "pixel_size" in patch.model_fields_set:
        size = patch.pixel_size
        store.set_pixel_size(None if size is None else (size.y_um, size.x_um), image=chosen)
    return present_project(store, services, actor, image=chosen)


@router.delete("/api/projects/{pid}", status_code=204)
def delete_project(pid: OwnProjectId, services: ServicesHere) -> None:
    """Delete a project with all its files; a running job is cancelled."""
    remove_project(services, pid)


@router.post("/api/projects/{pid}/crop", status_code=201)
def crop_project(
    store: OpenProject, body: CropBody, services: ServicesHere, actor: Me, image: ImageChoice = None
) -> Project:
    """Make a new project of a rectangle of an image, labels included; the old one stays."""
    rectangle = Rectangle(top=body.top, left=body.left, bottom=body.bottom, right=body.right)
    services.check_room(actor)
    part = services.workspace.crop_project(store.id, rectangle, image=asked_image(store, image))
    services.give(part, actor)
    return present_project(part, services, actor)


@router.get(
    "/api/projects/{pid}/thumbnail",
    response_class=Response,
    responses=file_answer("image/png", "A small picture of the image, at most 256 px a side."),
)
def get_thumbnail(pid: SeenProjectId, services: ServicesHere, image: ImageChoice = None) -> Response:
    """Draw an image small, the first in order where none is named; its tiles are made where they are not yet."""
    picture = services.workspace.thumbnail(pid, image)
    caching = "private, no-cache" if image is None else "private, max-age=86400"  # which is first may change
    return Response(picture, media_type="image/png", headers={"Cache-Control": caching})
