"""Whose a project is, and who else may see or change it. The one place that knows."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Literal, cast

from sqlalchemy import delete, select

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.audit import record
from sambaseg.errors import NotFoundError, ParameterError
from sambaseg.storage.column_types import is_id, now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Person, ProjectOwner, ProjectShare

ShareAccess = Literal["viewer", "editor"]
Access = Literal["viewer", "editor", "owner"]
SECONDS_KNOWN = 10.0
"""How long an answer of the database holds; what this process changes counts at once."""


@dataclass(frozen=True)
class Owned:
    """A project's owner as `Actor.key` ("" where it has none), and with whom it is shared, by their ids."""

    owner: str = ""
    shares: dict[str, ShareAccess] = field(default_factory=dict)

    def access(self, actor: Actor) -> Access | None:
        """Return what `actor` may do with the project; None is nothing, not even to know that there is one."""
        if actor.kind == "local" or (self.owner and actor.key == self.owner):
            return "owner"
        return self.shares.get(actor.id) if actor.kind == "person" else None


class Ownership:
    """Owners and shares of all projects. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._access = threading.Lock()
        self._known: dict[str, tuple[float, Owned]] = {}

    def give(self, project_id: str, owner: Actor) -> None:
        """Make a project that has no owner somebody's. Raises ParameterError where it is another's."""
        self._make_owner(project_id, owner)

    def adopt(self, project_id: str, person: Actor) -> None:
        """Make a project a person's, whosever it was; whom it was shared with may see it still."""
        self._make_owner(project_id, person, replace=True)

    def of(self, project_id: str) -> Owned:
        """Return owner and shares of a project; nobody's where it is not known."""
        with self._access:
            found = self._known.get(project_id)
            if found is not None and found[0] > time.monotonic():
                return found[1]
        if not is_id(project_id):
            return Owned()
        with self._database.reading() as session:
            row = session.get(ProjectOwner, project_id)
            shares = session.execute(
                select(ProjectShare.person_id, ProjectShare.access).where(ProjectShare.project_id == project_id)
            )
            owned = Owned(_owner_of(row), {person: cast("ShareAccess", access) for person, access in shares})
        with self._access:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[project_id] = (time.monotonic() + SECONDS_KNOWN, owned)
        return owned

    def is_known(self, project_id: str) -> bool:
        """Return whether `of` answers without the database, for a second at least."""
        with self._access:
            found = self._known.get(project_id)
        return found is not None and found[0] > time.monotonic() + 1

    def projects_of(self, actor: Actor) -> dict[str, Owned]:
        """Return the projects that `actor` owns or that are shared with `actor`, by id."""
        with self._database.reading() as session:
            column = ProjectOwner.person_id if actor.kind == "person" else ProjectOwner.visitor_id
            wanted = set(session.scalars(select(ProjectOwner.project_id).where(column == actor.id)))
            if actor.kind == "person":
                shared = select(ProjectShare.project_id).where(ProjectShare.person_id == actor.id)
                wanted |= set(session.scalars(shared))
            rows = session.scalars(select(ProjectOwner).where(ProjectOwner.project_id.in_(wanted)))
            found = {row.project_id: Owned(_owner_of(row)) for row in rows}
            for share in session.scalars(select(ProjectShare).where(ProjectShare.project_id.in_(wanted))):
                found[share.project_id].shares[share.person_id] = cast("ShareAccess", share.access)
        return found

    def owners(self) -> dict[str, str]:
        """Return the owner of each project that has one, as `Actor.key`, by project."""
        with self._database.reading() as session:
            return {row.project_id: _owner_of(row) for row in session.scalars(select(ProjectOwner))}

    def share(self, project_id: str, person_id: str, access: ShareAccess, *, by: Actor) -> None:
        """Let a person see or change a project. Raises NotFoundError, ParameterError for the owner."""
        with self._database.session() as session:
            row = session.get(ProjectOwner, project_id)
            person = session.get(Person, person_id) if is_id(person_id) else None
            if row is None or person is None or person.disabled:
                raise NotFoundError("There is no such person.", hint="Look for the name again.")
            if row.person_id == person_id:
                raise ParameterError("The project is this person's own.", hint="Choose somebody else.")
            share = session.get(ProjectShare, (project_id, person_id))
            if share is None:
                giver = by.id if by.kind == "person" else None
                share = ProjectShare(project_id=project_id, person_id=person_id, access=access, created_by=giver)
                session.add(share)
            share.access = access
            record(session, by, "project shared", "project", project_id, person=person_id, access=access)
        self._forget(project_id)

    def unshare(self, project_id: str, person_id: str, *, by: Actor) -> None:
        """Let a person see a project no more. Raises NotFoundError."""
        with self._database.session() as session:
            share = session.get(ProjectShare, (project_id, person_id))
            if share is None:
                raise NotFoundError("The project is not shared with this person.")
            session.delete(share)
            record(session, by, "project unshared", "project", project_id, person=person_id)
        self._forget(project_id)

    def remove(self, project_id: str) -> None:
        """Forget a project that is deleted."""
        with self._database.session() as session:
            session.execute(delete(ProjectShare).where(ProjectShare.project_id == project_id))
            session.execute(delete(ProjectOwner).where(ProjectOwner.project_id == project_id))
        self._forget(project_id)

    def note_size(self, project_id: str, size: int) -> None:
        """Note how much a project takes on the disk, in bytes."""
        with self._database.session() as session:
            row = session.get(ProjectOwner, project_id)
            if row is not None:
                row.bytes_used, row.measured = size, now()

    def _make_owner(self, project_id: str, owner: Actor, *, replace: bool = False) -> None:
        person = owner.id if owner.kind == "person" else None
        visitor = owner.id if owner.kind == "visitor" else None
        with self._database.session() as session:
            row = session.get(ProjectOwner, project_id)
            if row is None:
                session.add(ProjectOwner(project_id=project_id, person_id=person, visitor_id=visitor))
            elif replace:
                row.person_id, row.visitor_id = person, visitor
                own = delete(ProjectShare).where(
                    ProjectShare.project_id == project_id, ProjectShare.person_id == person
                )
                session.execute(own)
            elif _owner_of(row) != owner.key:
                raise ParameterError("The project is somebody else's.")
        self._forget(project_id)

    def _forget(self, project_id: str) -> None:
        with self._access:
            self._known.pop(project_id, None)


def _owner_of(row: ProjectOwner | None) -> str:
    if row is None:
        return ""
    return f"person:{row.person_id}" if row.person_id is not None else f"visitor:{row.visitor_id}"
