"""All of somebody's projects as one zip: what a visitor takes home before the time is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from starlette.responses import Response

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError, SambasegError
from sambaseg.project.store import ProjectStore
from sambaseg.server.downloads import safe_stem
from sambaseg.server.exports_of_many import Part, project_members, streamed_zip
from sambaseg.server.services import Services
from sambaseg.server.zip_stream import Member

PARTS: tuple[Part, ...] = tuple(part for part in get_args(Part) if part != "probabilities")
"""Probabilities are many times as large as all else, and follow from classifier and image."""


def zip_of_everything(services: Services, actor: Actor) -> Response:
    """Return a zip with a folder for each of the projects of `actor`. Raises NotFoundError where there is none."""
    own: list[str] | None = None
    if services.settings.has_accounts:
        mine = services.accounts.ownership.projects_of(actor)
        own = [project_id for project_id, owned in mine.items() if owned.owner == actor.key]
    ids = [summary.id for summary in services.workspace.list_projects(own)]
    if not ids:
        raise NotFoundError("There are no projects to save.", hint="Open an image first.")
    return streamed_zip(_members(services, ids), "sambaseg projects.zip")


def _members(services: Services, project_ids: list[str]) -> Iterator[Member | None]:
    used: set[str] = set()
    left_out: list[str] = []
    for project_id in project_ids:
        try:
            store = services.workspace.open_project(project_id)
            folder = _unused(safe_stem(store.description().name), used)
            yield from _image_files(store, folder)
            yield from project_members(store, services, PARTS, f"{folder}/")
        except NotFoundError:  # deleted meanwhile, or nothing but images so far
            continue
        except SambasegError as error:
            left_out.append(f"{project_id}: {error.message}")
    if left_out:
        yield Member("What could not be saved.txt", ("\n".join(left_out) + "\n").encode())


def _image_files(store: ProjectStore, folder: str) -> Iterator[Member]:
    """Yield the files that a project was made from, each once."""
    seen: set[str] = set()
    names: set[str] = set()
    for image in store.description().images:
        path = store.original_file(image.id)
        if str(path) not in seen and path.is_file():
            seen.add(str(path))
            stem = _unused(safe_stem(image.file_name.rpartition(".")[0] or image.file_name), names)
            yield Member(f"{folder}/images/{stem}{path.suffix}", path)


def _unused(name: str, used: set[str]) -> str:
    """Return `name`, with a number where it is used; it is used then, whatever the case."""
    candidate, number = name, 1
    while candidate.casefold() in used:
        number += 1
        candidate = f"{name} ({number})"
    used.add(candidate.casefold())
    return candidate
