"""New projects from uploaded files and from samples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request

from sambaseg.project.store import ProjectStore
from sambaseg.samples import find_sample
from sambaseg.server.image_uploads import read_uploaded_image, shown_name
from sambaseg.server.present import present_project
from sambaseg.server.schemas import Project
from sambaseg.server.services import Services
from sambaseg.server.uploads import received_file

LONGEST_NAME = 120


async def project_from_upload(
    request: Request, services: Services, *, file_name: str, name: str | None, page: int
) -> Project:
    """Receive an image file, decode it in another process, and make a project of it; a refused file leaves nothing."""

    def make(path: Path) -> Project:
        micrograph = read_uploaded_image(path, file_name, services.settings, page=page)
        title = (name or "").strip() or Path(shown_name(file_name)).stem.strip()[:LONGEST_NAME] or "Image"
        store = services.workspace.create_project(micrograph, path, name=title)
        services.suggestions.prepare_ahead(store)
        return present_project(store, services)

    async with received_file(
        request, services.temporary_folder, max_mb=services.settings.max_upload_mb, what=shown_name(file_name)
    ) as path:
        return await to_thread.run_sync(make, path)


def project_from_sample(services: Services, sample_id: str) -> ProjectStore:
    """Make a project of a sample micrograph. Raises NotFoundError."""
    from sambaseg.images.reader import read_image

    sample = find_sample(sample_id)
    micrograph = read_image(sample.path)
    return services.workspace.create_project(micrograph, sample.path, name=sample.name)


def open_sample(services: Services, sample_id: str) -> ProjectStore:
    """Return the newest project of a sample micrograph, or make one. Raises NotFoundError."""
    sample = find_sample(sample_id)
    digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
    for summary in services.workspace.list_projects():
        if (summary.width, summary.height) == (sample.width, sample.height):
            store = services.workspace.open_project(summary.id)
            if store.description().image.sha256 == digest:
                return store
    return project_from_sample(services, sample_id)
