"""What administrators see and change of others: people, storage, jobs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import Literal, cast

from sqlalchemy import func, select

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.audit import record
from sambaseg.accounts.people import PersonRecord
from sambaseg.errors import ParameterError
from sambaseg.server.account_schemas import (
    AccountRole,
    JobOverview,
    PersonInfo,
    PersonPatch,
    ProjectStorage,
    QuotaState,
    SessionInfo,
    StorageInfo,
)
from sambaseg.server.removing import remove_project
from sambaseg.server.schemas import JobInfo
from sambaseg.server.services import Services
from sambaseg.server.storage_use import folder_size
from sambaseg.storage.tables import VersionFile

OwnerKind = Literal["person", "visitor", "local", "nobody"]


def people(services: Services) -> list[PersonInfo]:
    """Return everybody with an account."""
    sessions = services.accounts.sessions.counts()
    return [_present_person(services, person, sessions.get(person.id, 0)) for person in services.accounts.people.all()]


def change_person(services: Services, actor: Actor, person_id: str, patch: PersonPatch) -> PersonInfo:
    """Change what is given of a person. Raises NotFoundError, ParameterError."""
    accounts, given = services.accounts, patch.model_fields_set
    for field in ("name", "role", "disabled"):
        if field in given and getattr(patch, field) is None:
            raise ParameterError(f"The {field} cannot be null.", hint="Leave it out to keep it as it is.")
    person = accounts.people.change(person_id, name=patch.name, role=patch.role, disabled=patch.disabled, by=actor)
    if given & {"quota_mb", "jobs_a_day"}:
        accounts.quotas.set_own(
            person_id,
            by=actor,
            **{
                name: getattr(patch, field)
                for field, name in (("quota_mb", "megabytes"), ("jobs_a_day", "jobs_a_day"))
                if field in given
            },
        )
    if patch.disabled:
        accounts.sessions.end_all(person_id, by=actor)
        disabled = Actor("person", person.id, person.name, person.role)
        for project_id in accounts.ownership.projects_of(disabled):
            services.events.close_project(project_id)  # others follow it again at once
    accounts.sessions.forget_all()
    return _present_person(services, person, len(accounts.sessions.of_person(person_id)))


def sessions_of(services: Services, actor: Actor, person_id: str) -> list[SessionInfo]:
    """Return the browsers in which a person is signed in. Raises NotFoundError."""
    services.accounts.people.get(person_id)
    return [
        SessionInfo(**vars(session), is_this=session.id == actor.session_id)
        for session in services.accounts.sessions.of_person(person_id)
    ]


def end_sessions(services: Services, actor: Actor, person_id: str) -> None:
    """Sign a person out everywhere, but not whoever asks in this browser. Raises NotFoundError."""
    services.accounts.people.get(person_id)
    services.accounts.sessions.end_all(person_id, but=actor.session_id, by=actor)


def storage(services: Services) -> StorageInfo:
    """Return what takes the disk."""
    settings = services.settings
    summaries = services.workspace.list_projects()
    owners = services.accounts.ownership.owners() if settings.has_accounts else {}
    named = _names(services, owners.values())
    projects = []
    for summary in summaries:
        owner = owners.get(summary.id, "")
        kind, name = _owner(services, owner, named)
        size = services.size_of(summary.id)
        projects.append(
            ProjectStorage(
                id=summary.id,
                bytes_used=size,
                modified=summary.modified,
                owner=name,
                owner_id=owner.partition(":")[2],
                owner_kind=kind,
            )
        )
    disk = shutil.disk_usage(settings.data_dir)
    return StorageInfo(
        disk_total=disk.total,
        disk_free=disk.free,
        projects_bytes=sum(project.bytes_used for project in projects),
        uploads_bytes=folder_size(settings.data_dir / "uploads"),
        gallery_bytes=_gallery_bytes(services) if settings.has_accounts else 0,
        projects=sorted(projects, key=lambda project: -project.bytes_used),
    )


def remove_any_project(services: Services, actor: Actor, project_id: str) -> None:
    """Delete a project, whosever it is, and write that down. Raises as `remove_project` does."""
    owner = services.owner_of(project_id)
    remove_project(services, project_id)
    if services.settings.has_accounts:
        with services.database.session() as session:
            record(session, actor, "project deleted", "project", project_id, owner=owner)


def jobs(services: Services) -> list[JobOverview]:
    """Return the jobs that run or wait."""
    active = services.jobs.active()
    owners = {job.project_id: services.owner_of(job.project_id) for job in active}
    named = _names(services, owners.values())
    shown = []
    for job in active:
        kind, name = _owner(services, owners[job.project_id], named)
        shown.append(JobOverview(job=job, owner=name, owner_kind=kind))
    return shown


def cancel_job(services: Services, actor: Actor, job_id: str) -> JobInfo:
    """Cancel a job, whosever it is, and write that down. Raises NotFoundError."""
    cancelled = services.jobs.cancel(job_id)
    if services.settings.has_accounts:
        with services.database.session() as session:
            record(session, actor, "job cancelled", "project", cancelled.project_id, kind=cancelled.kind)
    return cancelled


def _gallery_bytes(services: Services) -> int:
    """Return what the files of all entries take; one that several have counts once."""
    files = select(VersionFile.sha256, func.max(VersionFile.size).label("size")).group_by(VersionFile.sha256)
    with services.database.reading() as session:
        return int(session.scalar(select(func.sum(files.subquery().c.size))) or 0)


def _present_person(services: Services, person: PersonRecord, sessions: int) -> PersonInfo:
    actor = Actor("person", person.id, person.name, person.role)
    services.measure(actor)
    return PersonInfo(
        id=person.id,
        login=person.login,
        name=person.name,
        email=person.email,
        role=cast("AccountRole", person.role),
        disabled=person.disabled,
        created=person.created,
        last_seen=person.last_seen,
        sessions=sessions,
        quota=QuotaState(**vars(services.accounts.quotas.state(actor))),
    )


def _names(services: Services, owners: Iterable[str]) -> dict[str, str]:
    ids = sorted({key.partition(":")[2] for key in owners if key.startswith("person:")})
    return services.accounts.people.names(ids) if ids else {}


def _owner(services: Services, key: str, names: dict[str, str]) -> tuple[OwnerKind, str]:
    """Return the kind and the name of an owner."""
    if not services.settings.has_accounts:
        return "local", ""
    kind, _, owner_id = key.partition(":")
    if kind == "person":
        return "person", names.get(owner_id, "")
    return ("visitor", "") if kind == "visitor" else ("nobody", "")
