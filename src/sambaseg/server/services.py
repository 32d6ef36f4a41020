"""What the routes share: settings, projects, events, jobs, kernels. One object for one application."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from sambaseg.errors import NotFoundError
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace
from sambaseg.server.access import read_or_make_token
from sambaseg.server.declare import ProjectId
from sambaseg.server.events import EventHub
from sambaseg.server.image_uploads import build_settings
from sambaseg.server.jobs import JobRunner
from sambaseg.server.kernels import Kernels
from sambaseg.server.resumable import Uploads
from sambaseg.server.schemas import EventBody
from sambaseg.server.smart_models import SmartModels
from sambaseg.server.suggestions import Suggestions
from sambaseg.server.uploads import clear_temporary
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.server.live import Live


class Services:
    """Settings, and everything that lives as long as the server. Nothing touches the disk before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.events = EventHub()
        self.jobs = JobRunner(self.events)
        self.kernels = Kernels()
        self.smart_models = SmartModels(settings.data_dir, threads=settings.threads, mirror=settings.models_mirror)
        self.suggestions = Suggestions(self.events, self.kernels, self.smart_models, max_mb=settings.prepared_mb)
        self.uploads = Uploads(settings.data_dir / "uploads", max_mb=settings.max_upload_mb)
        self._opening = threading.Lock()

    @property
    def temporary_folder(self) -> Path:
        """Where uploads and downloads lie while they are on their way."""
        return self.settings.data_dir / "temporary"

    @cached_property
    def live(self) -> Live:
        """Projects whose labels train as they change. Made at first use: it needs the services itself."""
        from sambaseg.server.live import Live

        return Live(self)

    @cached_property
    def token(self) -> str:
        """What lets a person or program in. Made at first use."""
        return read_or_make_token(self.settings.data_dir)

    @cached_property
    def _workspace(self) -> Workspace:
        clear_temporary(self.temporary_folder)
        self.uploads.remove_left_overs()
        workspace = Workspace(self.settings.data_dir, building=build_settings(self.settings))
        workspace.on_image_change(partial(self._tell_image, workspace))
        return workspace

    @property
    def workspace(self) -> Workspace:
        """All projects."""
        with self._opening:
            return self._workspace

    def tell_images(self, store: ProjectStore, images: Sequence[int]) -> None:
        """Tell a project's followers how some of its images are now."""
        from sambaseg.server.present import summarise_images

        for image in images:
            with contextlib.suppress(NotFoundError):  # taken out meanwhile
                changed = summarise_images(store, [store.image(image)])[0]
                self.events.publish(store.id, "image", EventBody(image_changed=changed))

    def _tell_image(self, workspace: Workspace, project_id: str, image: int) -> None:
        """Tell that the state of an image is another now."""
        store = workspace.find_open(project_id)
        if store is not None:  # else it is being closed
            self.tell_images(store, [image])

    def start(self) -> None:
        """Get ready in the background for what people will ask for."""
        self.kernels.prepare()
        self.kernels.load("suggestions")

    def stop(self) -> None:
        """End event streams and jobs, so that open requests end."""
        self.events.close()
        if "live" in self.__dict__:
            self.live.stop()
        self.jobs.stop()
        self.suggestions.stop()
        self.smart_models.stop()
        self.kernels.close()

    def close(self) -> None:
        """Close the projects, when no request runs any more."""
        self.stop()
        self.jobs.wait()
        self.suggestions.wait()
        self.smart_models.wait()
        with self._opening:
            if "_workspace" in self.__dict__:
                self._workspace.close()


async def services_of(request: Request) -> Services:
    """Return the services of the application that answers `request`."""
    services: Services = request.app.state.services
    return services


ServicesHere = Annotated[Services, Depends(services_of)]


def _open_project(pid: ProjectId, services: ServicesHere) -> ProjectStore:
    """Return the project of the path. The one place where a project is looked up, and refused where it is not yours."""
    return services.workspace.open_project(pid)


OpenProject = Annotated[ProjectStore, Depends(_open_project)]


def asked_image(store: ProjectStore, image: int | None) -> int:
    """Return the image that a request is about: the first in order where none is named. Raises NotFoundError."""
    return store.description().image.id if image is None else store.image(image).id
