"""What administrators see and change: people, storage, jobs, settings, health."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import fields
from typing import Literal, cast

import sambaseg
from sambaseg.accounts.actors import Actor
from sambaseg.accounts.audit import record
from sambaseg.accounts.people import PersonRecord
from sambaseg.errors import ParameterError, SambasegError
from sambaseg.server.account_schemas import (
    AccountRole,
    JobOverview,
    PersonInfo,
    PersonPatch,
    ProjectStorage,
    QuotaState,
    ServerHealth,
    SettingInfo,
    StorageInfo,
)
from sambaseg.server.removing import remove_project
from sambaseg.server.services import Services
from sambaseg.server.storage_use import folder_size
from sambaseg.settings import variable_of

OwnerKind = Literal["person", "visitor", "local", "nobody"]
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")


def people(services: Services) -> list[PersonInfo]:
    """Return everybody with an account."""
    return [_present_person(services, person) for person in services.accounts.people.all()]


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
    return _present_person(services, person)


def storage(services: Services) -> StorageInfo:
    """Return what takes the disk."""
    settings = services.settings
    summaries = services.workspace.list_projects()
    owners = services.accounts.ownership.owners() if settings.has_accounts else {}
    named = _names(services, owners.values())
    projects = []
    for summary in summaries:
        kind, name = _owner(services, owners.get(summary.id, ""), named)
        size, _ = services.storage_use.of(summary.id)
        projects.append(
            ProjectStorage(id=summary.id, bytes_used=size, modified=summary.modified, owner=name, owner_kind=kind)
        )
    disk = shutil.disk_usage(settings.data_dir)
    return StorageInfo(
        disk_total=disk.total,
        disk_free=disk.free,
        projects_bytes=sum(project.bytes_used for project in projects),
        uploads_bytes=folder_size(settings.data_dir / "uploads"),
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


def settings(services: Services) -> list[SettingInfo]:
    """Return the settings, without passwords in addresses."""
    return [
        SettingInfo(
            name=row.name,
            variable=variable_of(row),
            value=_PASSWORD.sub("…", str(getattr(services.settings, row.name))),
            help=str(row.metadata["help"]),
        )
        for row in fields(services.settings)
    ]


def health(services: Services) -> ServerHealth:
    """Return how the server is."""
    active = services.jobs.active()
    has_accounts = services.settings.has_accounts
    works = True
    counts: tuple[int | None, int | None, int | None] = (None, None, None)
    if has_accounts:
        try:
            counts = services.accounts.counts()
        except SambasegError:
            works = False
    return ServerHealth(
        version=sambaseg.__version__,
        mode=services.settings.mode,
        started=services.started,
        kernels_ready=services.kernels.ready,
        database=services.database.address if has_accounts else "",
        database_works=works,
        jobs_running=sum(job.state == "running" for job in active),
        jobs_waiting=sum(job.state == "queued" for job in active),
        followers=services.events.followers(),
        memory_mb=services.settings.memory_mb,
        threads=services.settings.threads,
        people=counts[0],
        visitors=counts[1],
        waiting_entries=counts[2],
    )


def _present_person(services: Services, person: PersonRecord) -> PersonInfo:
    actor = Actor("person", person.id, person.name, person.role)
    return PersonInfo(
        id=person.id,
        login=person.login,
        name=person.name,
        email=person.email,
        role=cast("AccountRole", person.role),
        disabled=person.disabled,
        created=person.created,
        last_seen=person.last_seen,
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
