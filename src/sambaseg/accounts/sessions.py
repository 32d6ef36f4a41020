"""Sessions: what a cookie stands for. Made by the server, kept as a hash, ended by sign-out, by time, by an admin."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sambaseg.accounts.actors import Actor, Role
from sambaseg.accounts.audit import record
from sambaseg.accounts.tokens import hash_token, new_token
from sambaseg.errors import NotFoundError
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Person, SignIn, Visitor

PERSON_DAYS = 30
"""A person who did not come for so long signs in again."""
SECONDS_KNOWN = 10.0
"""How long an answer of the database holds: what another process changes (the command line) counts after that."""
SECONDS_BETWEEN_NOTES = 600.0
"""A session that is used is noted as seen, and prolonged, so often at most."""
MOST_KNOWN = 10_000
SESSION_ID_LENGTH = 32


@dataclass(frozen=True)
class SessionRecord:
    """A browser in which a person is signed in."""

    id: str
    created: datetime
    last_seen: datetime
    expires: datetime
    user_agent: str


class Sessions:
    """All sessions of people and visitors. All methods may be called from any thread."""

    def __init__(self, database: Database, *, visitor_days: Callable[[], int]) -> None:
        self._database = database
        self._visitor_days = visitor_days
        self._access = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Actor | None]] = OrderedDict()

    def begin_for_person(self, person_id: str, user_agent: str = "") -> str:
        """Sign a person in and return the secret for the cookie."""
        token = new_token()
        with self._database.session() as session:
            session.add(
                SignIn(
                    secret_hash=hash_token(token),
                    person_id=person_id,
                    expires=now() + timedelta(days=PERSON_DAYS),
                    user_agent=_shortened(user_agent),
                )
            )
        return token

    def begin_for_visitor(self, user_agent: str = "") -> str:
        """Begin a visit without an account and return the secret for the cookie."""
        token, expires = new_token(), now() + timedelta(days=self._visitor_days())
        with self._database.session() as session:
            visitor = Visitor(expires=expires)
            session.add(visitor)
            session.flush()
            session.add(
                SignIn(
                    secret_hash=hash_token(token),
                    visitor_id=visitor.id,
                    expires=expires,
                    user_agent=_shortened(user_agent),
                )
            )
        return token

    def known(self, token: str) -> tuple[bool, Actor | None]:
        """Return whether it is known without asking the database who carries `token`, and who."""
        hashed = hash_token(token)
        if hashed is None:
            return True, None
        with self._access:
            found = self._known.get(hashed)
        if found is None or found[0] < time.monotonic():
            return False, None
        return True, found[1] if found[1] is None or not _has_ended(found[1]) else None

    def actor_of(self, token: str) -> Actor | None:
        """Return who carries `token`, or None. Prolongs the session now and then."""
        is_known, actor = self.known(token)
        hashed = hash_token(token)
        if is_known or hashed is None:
            return actor
        with self._database.reading() as session:
            actor, is_due = self._look_up(session, hashed)
        if is_due:
            actor = self._prolong(hashed)
        with self._access:
            self._known[hashed] = (time.monotonic() + SECONDS_KNOWN, actor)
            self._known.move_to_end(hashed)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return actor

    def end(self, token: str) -> None:
        """Sign out: nobody has this secret any more."""
        hashed = hash_token(token)
        if hashed is not None:
            with self._database.session() as session:
                session.execute(delete(SignIn).where(SignIn.secret_hash == hashed))
            self.forget_all()

    def end_one(self, person_id: str, session_id: str) -> None:
        """End one of a person's sessions. Raises NotFoundError."""
        with self._database.session() as session:
            for row in session.scalars(select(SignIn).where(SignIn.person_id == person_id)):
                if _id_of(row) == session_id:
                    session.delete(row)
                    break
            else:
                raise NotFoundError("There is no such session.", hint="It ended before.")
        self.forget_all()

    def end_all(self, person_id: str, *, but: str = "", by: Actor | None = None) -> None:
        """End all sessions of a person but the one with the id `but`."""
        with self._database.session() as session:
            for row in session.scalars(select(SignIn).where(SignIn.person_id == person_id)):
                if _id_of(row) != but:
                    session.delete(row)
            record(session, by, "sessions ended", "person", person_id)
        self.forget_all()

    def of_person(self, person_id: str) -> list[SessionRecord]:
        """Return the sessions of a person that have not ended, the last used first."""
        query = select(SignIn).where(SignIn.person_id == person_id, SignIn.expires > now())
        with self._database.reading() as session:
            return [
                SessionRecord(_id_of(row), row.created, row.last_seen, row.expires, row.user_agent)
                for row in session.scalars(query.order_by(SignIn.last_seen.desc()))
            ]

    def counts(self) -> dict[str, int]:
        """Return how many sessions each person has; who has none is left out."""
        query = select(SignIn.person_id, func.count()).where(SignIn.person_id.is_not(None), SignIn.expires > now())
        with self._database.reading() as session:
            return {str(person): count for person, count in session.execute(query.group_by(SignIn.person_id))}

    def expired_visitors(self) -> list[str]:
        """Return the visitors whose time is over; their projects are to be removed, then `remove_visitor`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Visitor.id).where(Visitor.expires <= now())))

    def remove_visitor(self, visitor_id: str) -> None:
        """Forget a visitor with all sessions; the projects must be gone."""
        with self._database.session() as session:
            session.execute(delete(Visitor).where(Visitor.id == visitor_id))
        self.forget_all()

    def remove_expired(self) -> None:
        """Forget the sessions that have ended."""
        with self._database.session() as session:
            session.execute(delete(SignIn).where(SignIn.expires <= now()))

    def forget_all(self) -> None:
        """Ask the database anew who everybody is: a role, a name or a session is another one now."""
        with self._access:
            self._known.clear()

    def _prolong(self, hashed: str) -> Actor | None:
        """Note that a session is used, and return whose it is, with the later end."""
        moment, visitor_days = now(), self._visitor_days()
        with self._database.session() as session:
            row = session.get(SignIn, hashed)
            if row is None:
                return None
            row.last_seen = moment
            row.expires = moment + timedelta(days=PERSON_DAYS if row.person_id else visitor_days)
            person = session.get(Person, row.person_id) if row.person_id else None
            if person is not None:
                person.last_seen = moment
            visitor = session.get(Visitor, row.visitor_id) if row.visitor_id else None
            if visitor is not None:
                visitor.last_seen, visitor.expires = moment, row.expires
            session.flush()
            return self._look_up(session, hashed)[0]

    @staticmethod
    def _look_up(session: Session, hashed: str) -> tuple[Actor | None, bool]:
        """Return whose session it is, and whether it is time to prolong it."""
        row, moment = session.get(SignIn, hashed), now()
        if row is None or row.expires <= moment:
            return None, False
        is_due = (moment - row.last_seen).total_seconds() > SECONDS_BETWEEN_NOTES
        if row.person_id is not None:
            person = session.get(Person, row.person_id)
            if person is None or person.disabled:
                return None, False
            role = cast("Role", person.role)
            return Actor("person", person.id, person.name, role, _id_of(row), row.expires), is_due
        visitor = session.get(Visitor, row.visitor_id)
        if visitor is None or visitor.expires <= moment:
            return None, False
        return Actor("visitor", visitor.id, "Visitor", "visitor", _id_of(row), visitor.expires), is_due


def _id_of(row: SignIn) -> str:
    """Return what a session is called outside: a part of the hash, from which nothing follows."""
    return row.secret_hash[:SESSION_ID_LENGTH]


def _has_ended(actor: Actor) -> bool:
    return actor.expires is not None and actor.expires <= now()


def _shortened(user_agent: str) -> str:
    return "".join(character for character in user_agent if character.isprintable())[:300]
