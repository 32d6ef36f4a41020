"""The images of a project: add, rename, remove, put in order, find again."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import ImageId
from sambaseg.server.folders import checked_path, require_local
from sambaseg.server.intake import add_sources
from sambaseg.server.intake_schemas import ImagePatch, OrderBody, SourceBody, Sources
from sambaseg.server.present import present_project
from sambaseg.server.schemas import Project
from sambaseg.server.services import EditableProject, ServicesHere
from sambaseg.server.who import Me

router = APIRouter(tags=["images"])


@router.post("/api/projects/{pid}/images")
def add_images(store: EditableProject, body: Sources, services: ServicesHere, actor: Me) -> Project:
    """Add images to a project, from complete uploads and, in local mode, from paths; a bad one adds none."""
    first = add_sources(store, services, actor, uploads=body.uploads, paths=body.paths)
    return present_project(store, services, actor, image=first)


@router.patch("/api/projects/{pid}/images/{image}")
def rename_image(
    store: EditableProject, image: ImageId, patch: ImagePatch, services: ServicesHere, actor: Me
) -> Project:
    """Give an image another name; its labels stay with it."""
    store.rename_image(image, patch.name)
    services.tell_images(store, [image])
    return present_project(store, services, actor, image=image)


@router.delete("/api/projects/{pid}/images/{image}")
def remove_image(store: EditableProject, image: ImageId, services: ServicesHere, actor: Me) -> Project:
    """Take an image out of the project with its labels and results; the last one cannot be taken out."""
    services.jobs.end_project(store.id)
    store.remove_image(image)
    return present_project(store, services, actor)


@router.put("/api/projects/{pid}/order")
def order_images(store: EditableProject, body: OrderBody, services: ServicesHere, actor: Me) -> Project:
    """Put the images in another order: each exactly once."""
    store.reorder(body.images)
    return present_project(store, services, actor)


@router.post("/api/projects/{pid}/images/{image}/source")
def relink_image(
    store: EditableProject, image: ImageId, body: SourceBody, services: ServicesHere, actor: Me
) -> Project:
    """Say where the file of a linked image lies now; its content must be the same. Local mode only."""
    require_local(services.settings)
    store.relink(image, checked_path(body.path))
    return present_project(store, services, actor, image=image)
