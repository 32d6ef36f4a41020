"""What the routes share: settings, projects, events, jobs, kernels. One object for one application."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import Depends, Request

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.oidc_config import OidcConfig
from sambaseg.accounts.ownership import Access
from sambaseg.errors import AccessDeniedError, NotFoundError, WrongModeError
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace
from sambaseg.server.access import AccessPolicy, read_or_make_token
from sambaseg.server.caretaker import Caretaker, Chore
from sambaseg.server.cleaning_previews import CleaningPreviews
from sambaseg.server.declare import ProjectId
from sambaseg.server.events import EventHub
from sambaseg.server.feature_previews import FeaturePreviews
from sambaseg.server.found_suggestions import FoundSuggestions
from sambaseg.server.front_door import SignInLimits, access_policy
from sambaseg.server.image_uploads import build_settings
from sambaseg.server.jobs import JobRunner, Turns
from sambaseg.server.kernels import Kernels
from sambaseg.server.measured import Measured
from sambaseg.server.resumable import Uploads
from sambaseg.server.schemas import EventBody
from sambaseg.server.smart_models import SmartModels
from sambaseg.server.storage_use import StorageUse
from sambaseg.server.suggestions import Suggestions
from sambaseg.server.uploads import clear_temporary
from sambaseg.server.who import Me
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.accounts.accounts import Accounts
    from sambaseg.accounts.oidc import OidcSignIn
    from sambaseg.server.gallery_desk import GalleryDesk
    from sambaseg.server.live import Live
    from sambaseg.storage.database import Database


class Services:
    """Settings, and everything that lives as long as the server. Nothing touches the disk before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = datetime.now(UTC)
        self.events = EventHub()
        self.jobs = JobRunner(self.events, self._turns() if settings.has_accounts else None)
        self.kernels = Kernels()
        self.measured = Measured()
        self.feature_previews = FeaturePreviews(self.kernels)
        self.cleaning_previews = CleaningPreviews()
        self.found_suggestions = FoundSuggestions()
        self.smart_models = SmartModels(settings.data_dir, threads=settings.threads, mirror=settings.models_mirror)
        self.suggestions = Suggestions(self.events, self.kernels, self.smart_models, max_mb=settings.prepared_mb)
        self.uploads = Uploads(settings.data_dir / "uploads", max_mb=settings.max_upload_mb)
        self.storage_use = StorageUse(settings.data_dir)
        self._caretaker = Caretaker(*self._chores())
        self.sign_in_limits = SignInLimits()
        self.oidc_config = OidcConfig.of(settings, self.page_address)
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
    def database(self) -> Database:
        """Accounts and gallery. Local mode makes it only when the gallery is first used."""
        from sambaseg.storage.database import Database

        return Database(self.settings.database_address)

    @cached_property
    def _gallery(self) -> GalleryDesk:
        from sambaseg.server.gallery_desk import GalleryDesk

        return GalleryDesk(self)

    @property
    def gallery(self) -> GalleryDesk:
        """What is shared with everybody. Made at first use: it needs the services itself."""
        with self._opening:
            return self._gallery

    @cached_property
    def _accounts(self) -> Accounts:
        from sambaseg.accounts.accounts import Accounts

        return Accounts(self.database, self.settings)

    @property
    def settings_now(self) -> Settings:
        """The settings with what administrators changed since the start."""
        return self.accounts.settings.now() if self.settings.has_accounts else self.settings

    @property
    def accounts(self) -> Accounts:
        """People, sessions and what they own. Raises WrongModeError in local mode, which has none of it."""
        if not self.settings.has_accounts:
            raise WrongModeError(
                "There are no accounts where one person has everything.", hint="`sambaseg serve --mode lab` has them."
            )
        return self._accounts

    @cached_property
    def _oidc(self) -> OidcSignIn:
        from sambaseg.accounts.oidc import OidcSignIn

        assert self.oidc_config is not None
        return OidcSignIn(self.database, self.oidc_config)

    @property
    def oidc(self) -> OidcSignIn:
        """Signing in at a provider. Raises WrongModeError where none is configured; its libraries are loaded here."""
        if self.oidc_config is None:
            raise WrongModeError("One does not sign in elsewhere here.", hint="Sign in with a password.")
        with self._opening:
            return self._oidc

    def access_to(self, project_id: str, actor: Actor) -> Access | None:
        """Return what `actor` may do with a project; None where it is not theirs, or not there."""
        if not self.settings.has_accounts:
            return "owner"
        return self.accounts.ownership.of(project_id).access(actor)

    def knows(self, project_id: str) -> bool:
        """Return whether a project is open, and whose it is known without asking the database."""
        if "_workspace" not in self.__dict__ or self._workspace.find_open(project_id) is None:
            return False
        return not self.settings.has_accounts or self.accounts.ownership.is_known(project_id)

    def _turns(self) -> Turns:
        def seconds_of(owner: str) -> float | None:
            return float(self.settings_now.quota_job_seconds) if owner.startswith("visitor:") else None

        return Turns(self.owner_of, seconds_of, each=1)

    def owner_of(self, project_id: str) -> str:
        """Return whose a project is, as `Actor.key`; "" where there is no owner, as in local mode."""
        return self.accounts.ownership.of(project_id).owner if self.settings.has_accounts else ""

    @cached_property
    def policy(self) -> AccessPolicy:
        """Who is let in."""
        return access_policy(self)

    @property
    def page_address(self) -> str:
        """The start of all addresses of the page, as people write it, without a slash at the end."""
        host = self.settings.host
        return self.settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    def give(self, store: ProjectStore, owner: Actor) -> None:
        """Make a new project somebody's. Where that cannot be noted, the project goes."""
        if self.settings.has_accounts:
            try:
                self.accounts.ownership.give(store.id, owner)
            except BaseException:
                self.workspace.delete_project(store.id)
                raise

    def check_room(self, actor: Actor, more: int = 0) -> None:
        """Raise QuotaError unless `actor` may keep `more` bytes."""
        if self.settings.has_accounts:
            self.measure(actor)
            self.accounts.quotas.check_room(actor, more, elsewhere=self.uploads.bytes_of(actor.key))

    def count_job(self, actor: Actor) -> None:
        """Count work that `actor` begins. Raises QuotaError where today's is used up."""
        if self.settings.has_accounts:
            self.accounts.quotas.count_job(actor)

    def measure(self, actor: Actor) -> None:
        """Note what the projects of `actor` take on the disk now."""
        for project_id, owned in self.accounts.ownership.projects_of(actor).items():
            if owned.owner == actor.key:
                self.size_of(project_id)

    def size_of(self, project_id: str) -> int:
        """Return what a project takes on the disk, and note it where it was measured just now, whoever asks."""
        size, is_new = self.storage_use.of(project_id)
        if is_new and self.settings.has_accounts:
            self.accounts.ownership.note_size(project_id, size)
        return size

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

    def remove_expired(self) -> int:
        """Remove visitors whose time is over with all they have; return how many."""
        from sambaseg.server.removing import remove_expired_visitors

        return remove_expired_visitors(self)

    def remove_unused_files(self) -> int:
        """Remove files of the gallery that no entry has for a day; return how many. Makes no gallery where none is."""
        with self._opening:
            path = self.database.path
        if path is not None and not path.exists():
            return 0
        return self.gallery.gallery.remove_unused_files()

    def _chores(self) -> list[Chore]:
        chores = [Chore(self.remove_unused_files, "Files that no entry has could not be removed", 86_400.0, 600.0)]
        if self.settings.has_accounts:
            chores.append(Chore(self.remove_expired, "What has expired could not be removed", 300.0))
        return chores

    def start(self) -> None:
        """Get ready in the background for what people will ask for."""
        self._caretaker.start()
        self.kernels.prepare()
        self.kernels.load("suggestions")

    def stop(self) -> None:
        """End event streams and jobs, so that open requests end."""
        self.events.close()
        self._caretaker.stop()
        if "live" in self.__dict__:
            self.live.stop()
        self.jobs.stop()
        self.suggestions.stop()
        self.feature_previews.stop()
        self.cleaning_previews.stop()
        self.smart_models.stop()
        self.kernels.close()

    def close(self) -> None:
        """Close the projects, when no request runs any more."""
        self.stop()
        self.jobs.wait()
        self._caretaker.wait()
        self.suggestions.wait()
        self.feature_previews.wait()
        self.cleaning_previews.wait()
        self.smart_models.wait()
        with self._opening:
            if "_workspace" in self.__dict__:
                self._workspace.close()
        if "_gallery" in self.__dict__:
            self._gallery.close()
        if "database" in self.__dict__:
            self.database.close()


async def services_of(request: Request) -> Services:
    """Return the services of the application that answers `request`."""
    services: Services = request.app.state.services
    return services


ServicesHere = Annotated[Services, Depends(services_of)]


def check_access(services: Services, project_id: str, actor: Actor, wanted: Access) -> None:
    """Refuse what `actor` may not do with a project. The one place where that is decided.

    Raises NotFoundError where it is not theirs, as if it were not there, and AccessDeniedError where they may see it.
    """
    access = services.access_to(project_id, actor)
    if access is None:
        raise NotFoundError("There is no such project.", hint="It may have been deleted.")
    if wanted == "editor" and access == "viewer":
        raise AccessDeniedError(
            "You may look at this project, but not change it.", hint="Ask its owner, or work on a copy."
        )
    if wanted == "owner" and access != "owner":
        raise AccessDeniedError("Only its owner may do this with a project.", hint="Ask the owner.")


def _seen_id(pid: ProjectId, services: ServicesHere, actor: Me) -> str:
    check_access(services, pid, actor, "viewer")
    return pid


def _own_id(pid: ProjectId, services: ServicesHere, actor: Me) -> str:
    check_access(services, pid, actor, "owner")
    return pid


async def _project(services: Services, project_id: str, actor: Actor, wanted: Access) -> ProjectStore:
    """Look a project up; in this thread where that takes no disk, as each change of threads waits for its turn."""

    def look_up() -> ProjectStore:
        check_access(services, project_id, actor, wanted)
        return services.workspace.open_project(project_id)

    return look_up() if services.knows(project_id) else await to_thread.run_sync(look_up)


async def _open_project(pid: ProjectId, services: ServicesHere, actor: Me) -> ProjectStore:
    return await _project(services, pid, actor, "viewer")


async def _editable_project(pid: ProjectId, services: ServicesHere, actor: Me) -> ProjectStore:
    return await _project(services, pid, actor, "editor")


SeenProjectId = Annotated[str, Depends(_seen_id)]
"""The id in the path, of a project that whoever asks may see; it is not opened."""
OwnProjectId = Annotated[str, Depends(_own_id)]
"""The id in the path, of a project that whoever asks owns; it is not opened."""
OpenProject = Annotated[ProjectStore, Depends(_open_project)]
"""The project of the path, for who may see it."""
EditableProject = Annotated[ProjectStore, Depends(_editable_project)]
"""The project of the path, for who may change it."""


def asked_image(store: ProjectStore, image: int | None) -> int:
    """Return the image that a request is about: the first in order where none is named. Raises NotFoundError."""
    return store.description().image.id if image is None else store.image(image).id
