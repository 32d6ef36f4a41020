"""The site as administrators see and change it: settings, health, and what was done."""

from __future__ import annotations

import re
import shutil
from dataclasses import asdict, fields
from datetime import UTC, datetime

from sqlalchemy import select

import sambaseg
from sambaseg.accounts.actors import Actor
from sambaseg.errors import SambasegError
from sambaseg.server.account_schemas import AuditEntry, AuditLog, ServerHealth, SettingChange, SettingInfo
from sambaseg.server.services import Services
from sambaseg.settings import variable_of
from sambaseg.storage.tables import AuditRecord

_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")


def settings(services: Services) -> list[SettingInfo]:
    """Return the settings as they are, without secrets and passwords in addresses."""
    now, shown = services.settings_now, []
    for row in fields(now):
        change = row.metadata["change"] if services.settings.has_accounts else None
        shown.append(
            SettingInfo(
                name=row.name,
                variable=variable_of(row),
                value=_shown(getattr(now, row.name), is_secret=not row.repr),
                start_value=_shown(getattr(services.settings, row.name), is_secret=not row.repr),
                help=str(row.metadata["help"]),
                change=None if change is None else SettingChange(**asdict(change)),
            )
        )
    return shown


def change_setting(services: Services, actor: Actor, name: str, value: str | None) -> list[SettingInfo]:
    """Set a setting; None sets it to what the server was started with. Raises NotFoundError, ParameterError."""
    site = services.accounts.settings
    if value is None:
        site.reset(name, by=actor)
    else:
        site.change(name, value, by=actor)
    return settings(services)


def health(services: Services) -> ServerHealth:
    """Return how the server is."""
    active = services.jobs.active()
    has_accounts = services.settings.has_accounts
    works, counts = _counts(services) if has_accounts else (True, (None, None, None))
    disk = shutil.disk_usage(services.settings.data_dir)
    kind = services.database.kind if has_accounts else None
    return ServerHealth(
        version=sambaseg.__version__,
        mode=services.settings.mode,
        started=services.started,
        uptime_seconds=round((datetime.now(UTC) - services.started).total_seconds()),
        kernels_ready=services.kernels.ready,
        database=services.database.address if has_accounts else "",
        database_kind="none" if kind is None else "SQLite" if kind == "sqlite" else "PostgreSQL",
        database_works=works,
        files="S3" if services.settings.files_url else "disk",
        files_work=not has_accounts or _files_work(services),
        disk_total=disk.total,
        disk_free=disk.free,
        jobs_running=sum(job.state == "running" for job in active),
        jobs_waiting=sum(job.state == "queued" for job in active),
        followers=services.events.followers(),
        memory_mb=services.settings.memory_mb,
        threads=services.settings.threads,
        people=counts[0],
        visitors=counts[1],
        waiting_entries=counts[2],
    )


def audit_log(services: Services, *, before: int | None, limit: int) -> AuditLog:
    """Return what was done, the newest first. Raises WrongModeError where there are no accounts."""
    query = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRecord.id < before)
    names = services.accounts.people.names
    with services.database.reading() as session:
        rows = list(session.scalars(query))
        people = {row.object_id for row in rows if row.object_kind == "person"}
    called = names(sorted(people)) if people else {}
    records = [
        AuditEntry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            object_kind=row.object_kind,
            object=called.get(row.object_id, row.object_id),
            detail=", ".join(f"{name}: {value}" for name, value in row.detail.items()),
        )
        for row in rows
    ]
    return AuditLog(records=records, before=rows[-1].id if len(rows) == limit else None)


def _counts(services: Services) -> tuple[bool, tuple[int | None, int | None, int | None]]:
    """Return whether the database works, and how many people, visitors and waiting entries it has."""
    try:
        return True, services.accounts.counts()
    except SambasegError:
        return False, (None, None, None)


def _files_work(services: Services) -> bool:
    try:
        services.gallery.files.check()
    except SambasegError:
        return False
    return True


def _shown(value: object, *, is_secret: bool) -> str:
    return "…" if is_secret and value else _PASSWORD.sub("…", str(value))
