"""Invites: a link by which one person makes an account, once, within some days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sambaseg.accounts.actors import Actor, Role
from sambaseg.accounts.audit import record
from sambaseg.accounts.people import ACCOUNT_ROLES, NewPerson, PersonRecord, record_of
from sambaseg.accounts.tokens import hash_token, new_token
from sambaseg.errors import NotFoundError, ParameterError
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Invite, Person

LONGEST_DAYS = 90


@dataclass(frozen=True)
class InviteRecord:
    """An invite, without its secret."""

    id: str
    role: Role
    note: str
    created: datetime
    created_by: str
    expires: datetime
    used: datetime | None
    used_by: str
    revoked: datetime | None


class Invites:
    """All invites. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, *, role: Role = "member", note: str = "", days: int = 7, by: Actor | None = None
    ) -> tuple[InviteRecord, str]:
        """Make an invite; return it with the secret of its link, which is not kept. Raises ParameterError."""
        if role not in ACCOUNT_ROLES or not 1 <= days <= LONGEST_DAYS:
            raise ParameterError(f"An invite is for member, moderator or admin, and for 1 to {LONGEST_DAYS} days.")
        token = new_token()
        with self._database.session() as session:
            invite = Invite(
                secret_hash=hash_token(token),
                role=role,
                note=" ".join(note.split())[:200],
                created_by=by.id if by is not None and by.kind == "person" else None,
                expires=now() + timedelta(days=days),
            )
            session.add(invite)
            session.flush()
            record(session, by, "invite made", "invite", invite.id, role=role)
            return self._records(session, [invite])[0], token

    def look(self, token: str) -> InviteRecord:
        """Return the invite that a link is for, while it can be used. Raises NotFoundError, the same for all others."""
        with self._database.reading() as session:
            return self._records(session, [_usable(session, token)])[0]

    def accept(self, token: str, *, login: str, name: str, password: str) -> PersonRecord:
        """Make the account that a link is for, once. Raises NotFoundError, ParameterError, LoginTakenError."""
        new = NewPerson.checked(login, name, password, role=self.look(token).role)
        with self._database.session() as session:
            invite = _usable(session, token)
            person = new.add_to(session)
            taken = session.execute(
                update(Invite)
                .where(Invite.id == invite.id, Invite.used.is_(None), Invite.revoked.is_(None))
                .values(used=now(), used_by=person.id)
            )
            if taken.rowcount != 1:  # type: ignore[attr-defined]
                raise _gone()
            made = record_of(person)
            actor = Actor("person", person.id, person.name, made.role)
            record(session, actor, "invite used", "invite", invite.id, login=person.login)
            return made

    def all(self) -> list[InviteRecord]:
        """Return all invites, the newest first."""
        with self._database.reading() as session:
            return self._records(session, list(session.scalars(select(Invite).order_by(Invite.created.desc()))))

    def revoke(self, invite_id: str, *, by: Actor | None = None) -> None:
        """Let an invite be used no more. Raises NotFoundError."""
        with self._database.session() as session:
            invite = session.get(Invite, invite_id)
            if invite is None:
                raise NotFoundError("There is no such invite.")
            if invite.used is None and invite.revoked is None:
                invite.revoked = now()
                record(session, by, "invite revoked", "invite", invite_id)

    @staticmethod
    def _records(session: Session, invites: Sequence[Invite]) -> list[InviteRecord]:
        ids = {person for invite in invites for person in (invite.created_by, invite.used_by) if person}
        rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
        names = {row.id: row.name for row in rows}
        return [
            InviteRecord(
                id=invite.id,
                role=cast("Role", invite.role),
                note=invite.note,
                created=invite.created,
                created_by=names.get(invite.created_by or "", ""),
                expires=invite.expires,
                used=invite.used,
                used_by=names.get(invite.used_by or "", ""),
                revoked=invite.revoked,
            )
            for invite in invites
        ]


def _usable(session: Session, token: str) -> Invite:
    hashed = hash_token(token)
    invite = None if hashed is None else session.scalar(select(Invite).where(Invite.secret_hash == hashed))
    if invite is None or invite.used is not None or invite.revoked is not None or invite.expires <= now():
        raise _gone()
    return invite


def _gone() -> NotFoundError:
    return NotFoundError("This invite was used, has ended, or never was.", hint="Ask an administrator for another.")
