"""Deleting a project, whoever asks for it: its jobs end first, its followers hear of it, it is nobody's afterwards."""

from __future__ import annotations

import contextlib
import logging

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError, SambasegError
from sambaseg.server.gallery_desk import owner_of
from sambaseg.server.services import Services

log = logging.getLogger("sambaseg.server")


def remove_project(services: Services, project_id: str) -> None:
    """Delete a project with all its files. Raises NotFoundError, ProjectBusyError and StorageError."""
    services.live.forget(project_id)
    services.jobs.end_project(project_id)
    services.workspace.delete_project(project_id)
    services.storage_use.forget([project_id])
    services.events.close_project(project_id)
    if services.settings.has_accounts:
        services.accounts.ownership.remove(project_id)


def remove_visitor(services: Services, visitor_id: str) -> None:
    """Remove a visitor with all projects, uploads and drafts. Raises what keeps a project from being removed."""
    visitor = Actor("visitor", visitor_id, "", "visitor")
    ownership = services.accounts.ownership
    for project_id in ownership.projects_of(visitor):
        with contextlib.suppress(NotFoundError):
            remove_project(services, project_id)
        ownership.remove(project_id)
    services.uploads.remove_all_of(visitor.key)
    services.gallery.gallery.delete_drafts_of(owner_of(visitor))  # what was submitted stays
    services.accounts.sessions.remove_visitor(visitor_id)


def remove_expired_visitors(services: Services) -> int:
    """Remove the visitors whose time is over, and sessions that have ended; return how many visitors went."""
    removed = 0
    for visitor_id in services.accounts.sessions.expired_visitors():
        try:
            remove_visitor(services, visitor_id)
            removed += 1
        except SambasegError as error:  # it is tried again the next time
            log.warning("A visitor whose time is over could not be removed: %s", error.message)
    services.accounts.sessions.remove_expired()
    return removed
