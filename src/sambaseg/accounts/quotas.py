"""What people and visitors may keep on the disk, and how much work they may begin in a day."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.audit import record
from sambaseg.errors import QuotaError
from sambaseg.settings import Settings
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import ProjectOwner, Quota, UsageDay

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class QuotaState:
    """What is used and what may be used; None is as much as there is. ``job_seconds`` is how long one job may run."""

    bytes_used: int
    bytes_limit: int | None
    jobs_today: int
    jobs_limit: int | None
    job_seconds: int | None


class Quotas:
    """What everybody uses. All methods may be called from any thread."""

    def __init__(self, database: Database, settings: Callable[[], Settings]) -> None:
        self._database = database
        self._settings = settings
        self._counting = threading.Lock()

    def state(self, actor: Actor) -> QuotaState:
        """Return what `actor` uses of what there is; sizes are those that were measured last."""
        settings = self._settings()
        column = ProjectOwner.person_id if actor.kind == "person" else ProjectOwner.visitor_id
        with self._database.reading() as session:
            used = session.scalar(select(func.sum(ProjectOwner.bytes_used)).where(column == actor.id))
            today = session.get(UsageDay, (actor.id, now().date()))
            own = session.get(Quota, actor.id) if actor.kind == "person" else None
            megabytes, jobs = (None, None) if own is None else (own.megabytes, own.jobs_a_day)
        if actor.kind == "person":
            megabytes, seconds = settings.quota_mb if megabytes is None else megabytes, None
        else:
            megabytes, jobs = settings.anonymous_quota_mb, settings.quota_jobs_a_day
            seconds = settings.quota_job_seconds
        return QuotaState(int(used or 0), megabytes * MEGABYTE, 0 if today is None else today.jobs, jobs, seconds)

    def check_room(self, actor: Actor, more: int, *, elsewhere: int = 0) -> None:
        """Raise QuotaError unless `actor` may keep `more` bytes, beside what is used and `elsewhere` (uploads)."""
        state = self.state(actor)
        used = state.bytes_used + elsewhere
        if state.bytes_limit is not None and used + more > state.bytes_limit:
            raise QuotaError(
                f"Your projects take {used / MEGABYTE:,.0f} MB; with this they would take more than the "
                f"{state.bytes_limit / MEGABYTE:,.0f} MB that you may use.",
                hint="Download and delete projects that you do not need any more.",
            )

    def count_job(self, actor: Actor) -> None:
        """Count a training or segmentation that begins. Raises QuotaError where today's are used up."""
        if actor.kind == "local":
            return
        with self._counting:
            limit = self.state(actor).jobs_limit
            with self._database.session() as session:
                today = session.get(UsageDay, (actor.id, now().date()))
                if today is None:
                    today = UsageDay(owner_id=actor.id, day=now().date(), jobs=0)
                    session.add(today)
                if limit is not None and today.jobs >= limit:
                    raise QuotaError(
                        f"You have begun {limit} trainings and segmentations today; more are not possible.",
                        hint="The count begins anew at midnight, UTC. What you have stays as it is.",
                    )
                today.jobs += 1

    def set_own(self, person_id: str, *, by: Actor | None = None, **changes: int | None) -> None:
        """Say what one person may use, in `megabytes` and `jobs_a_day`; None is what everybody may."""
        with self._database.session() as session:
            row = session.get(Quota, person_id)
            if row is None:
                row = Quota(person_id=person_id)
                session.add(row)
            row.megabytes = changes.get("megabytes", row.megabytes)
            row.jobs_a_day = changes.get("jobs_a_day", row.jobs_a_day)
            record(session, by, "quota changed", "person", person_id, **changes)
