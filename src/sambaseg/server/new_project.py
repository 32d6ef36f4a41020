"""New projects from the body of one request, and from samples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request

from sambaseg.accounts.actors import LOCAL, Actor
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.samples import find_sample
from sambaseg.server.image_uploads import shown_name
from sambaseg.server.intake import UploadedFile, images_of_upload, new_project
from sambaseg.server.present import present_project
from sambaseg.server.schemas import Project
from sambaseg.server.services import Services
from sambaseg.server.uploads import received_file


async def project_from_upload(
    request: Request, services: Services, owner: Actor, *, file_name: str, name: str | None, page: int | None
) -> Project:
    """Receive an image file, look at it in another process, and make a project of it; a refused file leaves nothing."""
    shown = shown_name(file_name)

    def make(path: Path) -> Project:
        images = images_of_upload(UploadedFile(path, shown), services.settings, page=page)
        title = (name or "").strip() or Path(shown).stem
        return present_project(new_project(services, owner, images, name=title), services, owner)

    announced = request.headers.get("content-length", "")
    await to_thread.run_sync(services.check_room, owner, int(announced) if announced.isdecimal() else 0)
    folder, max_mb = services.temporary_folder, services.settings.max_upload_mb
    async with received_file(request, folder, max_mb=max_mb, what=shown) as path:
        return await to_thread.run_sync(make, path)


def project_from_sample(services: Services, owner: Actor, sample_id: str) -> ProjectStore:
    """Make a project of a sample micrograph. Raises NotFoundError."""
    from sambaseg.images.reader import read_image

    sample = find_sample(sample_id)
    services.check_room(owner)
    return new_project(services, owner, [NewImage.of(read_image(sample.path), sample.path)], name=sample.name)


def open_sample(services: Services, sample_id: str) -> ProjectStore:
    """Return the newest project of a sample micrograph, or make one; in local mode. Raises NotFoundError."""
    sample = find_sample(sample_id)
    digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
    for summary in services.workspace.list_projects():
        if (summary.width, summary.height) == (sample.width, sample.height):
            store = services.workspace.open_project(summary.id)
            if store.description().image.sha256 == digest:
                return store
    return project_from_sample(services, LOCAL, sample_id)
