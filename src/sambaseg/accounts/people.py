"""People with accounts: their logins, names, roles and passwords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sambaseg.accounts.actors import Actor, Role
from sambaseg.accounts.audit import record
from sambaseg.accounts.passwords import check_password_choice, draw_password, hash_password, is_outdated, is_password
from sambaseg.errors import LoginTakenError, NotFoundError, NotSignedInError, ParameterError
from sambaseg.storage.column_types import is_id, now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Person

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
EMAIL = re.compile(r"(?=.{3,320}$)[^@\s]+@[^@\s]+")
LONGEST_NAME = 120
ACCOUNT_ROLES: tuple[Role, ...] = ("member", "moderator", "admin")
MOST_FOUND = 20


@dataclass(frozen=True)
class PersonRecord:
    """What is known of a person, without the password; who has none signs in elsewhere."""

    id: str
    login: str
    name: str
    email: str
    role: Role
    disabled: bool
    created: datetime
    last_seen: datetime | None
    has_password: bool


class People:
    """All people with accounts. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        login: str,
        name: str,
        password: str | None,
        *,
        role: Role = "member",
        email: str = "",
        by: Actor | None = None,
    ) -> PersonRecord:
        """Make an account; without a password one can sign in elsewhere only.

        Raises ParameterError for a login, name, address or password that is not taken, and LoginTakenError.
        """
        new = NewPerson.checked(login, name, password, role=role, email=email)
        with self._database.session() as session:
            person = new.add_to(session)
            record(session, by, "person added", "person", person.id, login=person.login, role=role)
            return record_of(person)

    def check_password(self, login: str, password: str) -> PersonRecord:
        """Return whose login and password these are. Raises NotSignedInError, the same for all that is wrong."""
        login = login.strip().lower()
        with self._database.reading() as session:
            person = session.scalar(select(Person).where(Person.login == login))
            stored = person.password_hash if person is not None and not person.disabled else None
        if not is_password(password, stored):  # outside of the transaction: it takes a while
            raise NotSignedInError(
                "The login or the password is not right.", hint="An administrator can give a new one."
            )
        anew = hash_password(password) if stored is not None and is_outdated(stored) else stored
        with self._database.session() as session:
            person = session.scalar(select(Person).where(Person.login == login, Person.password_hash == stored))
            if person is None or person.disabled:
                raise NotSignedInError("The login or the password is not right.")
            person.password_hash = anew
            person.last_seen = now()
            return record_of(person)

    def get(self, person_id: str) -> PersonRecord:
        """Return a person. Raises NotFoundError."""
        with self._database.reading() as session:
            return record_of(_find(session, person_id))

    def by_login(self, login: str) -> PersonRecord:
        """Return the person with a login. Raises NotFoundError."""
        with self._database.reading() as session:
            person = session.scalar(select(Person).where(Person.login == login.strip().lower()))
            if person is None:
                raise NotFoundError(f"Nobody has the login {login[:64]!r}.", hint="`sambaseg accounts list` shows all.")
            return record_of(person)

    def all(self) -> list[PersonRecord]:
        """Return everybody, by login."""
        with self._database.reading() as session:
            return [record_of(person) for person in session.scalars(select(Person).order_by(Person.login))]

    def find(self, text: str) -> list[PersonRecord]:
        """Return at most 20 people whose login or name begins with `text`, or a later word of the name does."""
        wanted = text.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        name = func.lower(Person.name)
        matches = or_(
            Person.login.like(f"{wanted}%", escape="\\"),
            name.like(f"{wanted}%", escape="\\"),
            name.like(f"% {wanted}%", escape="\\"),
        )
        query = select(Person).where(~Person.disabled, matches).order_by(Person.login).limit(MOST_FOUND)
        with self._database.reading() as session:
            return [record_of(person) for person in session.scalars(query)]

    def names(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return the names of people by id; who is not there any more is left out."""
        with self._database.reading() as session:
            rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
            return {row.id: row.name for row in rows}

    def by_ids(self, person_ids: Sequence[str]) -> dict[str, PersonRecord]:
        """Return people by id; who is not there any more is left out."""
        with self._database.reading() as session:
            found = session.scalars(select(Person).where(Person.id.in_(person_ids)))
            return {person.id: record_of(person) for person in found}

    def change(
        self,
        person_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        disabled: bool | None = None,
        by: Actor | None = None,
    ) -> PersonRecord:
        """Change what is given. Raises NotFoundError, and ParameterError where no administrator would be left."""
        with self._database.session() as session:
            person = _find(session, person_id)
            changes: dict[str, object] = {}
            if name is not None:
                person.name = changes["name"] = _checked_name(name)
            if role is not None and role != person.role:
                person.role = changes["role"] = role
            if disabled is not None and disabled != person.disabled:
                person.disabled = changes["disabled"] = disabled
            session.flush()
            if ("role" in changes or "disabled" in changes) and not _has_admin(session):
                raise ParameterError("Somebody must be administrator.", hint="Make another person administrator first.")
            if changes:
                record(session, by, "person changed", "person", person_id, **changes)
            return record_of(person)

    def set_password(self, person_id: str, password: str, *, by: Actor | None = None) -> None:
        """Give a person another password. Raises NotFoundError, ParameterError."""
        check_password_choice(password, login=self.get(person_id).login)
        hashed = hash_password(password)  # outside of the transaction: it takes a while
        with self._database.session() as session:
            _find(session, person_id).password_hash = hashed
            record(session, by, "password changed", "person", person_id)

    def set_email(self, person_id: str, email: str, *, by: Actor | None = None) -> PersonRecord:
        """Note a person's e-mail address, by which an account elsewhere is linked; one that was linked is no longer.

        Raises NotFoundError, and ParameterError for what is no address.
        """
        email = _checked_email(email)
        with self._database.session() as session:
            person = _find(session, person_id)
            person.email, person.oidc_issuer, person.oidc_subject = email or None, None, None
            record(session, by, "e-mail changed", "person", person_id, email=email)
            return record_of(person)

    def draw_password(self, person_id: str, *, by: Actor | None = None) -> str:
        """Give a person a password that is drawn, and return it. Raises NotFoundError."""
        password = draw_password()
        self.set_password(person_id, password, by=by)
        return password

    def has_admin(self) -> bool:
        """Return whether anybody is administrator."""
        with self._database.reading() as session:
            return _has_admin(session)


@dataclass(frozen=True)
class NewPerson:
    """An account to be, whose parts were checked, and whose password was hashed before any transaction."""

    login: str
    name: str
    email: str
    role: Role
    password_hash: str | None

    @classmethod
    def checked(cls, login: str, name: str, password: str | None, *, role: Role, email: str = "") -> NewPerson:
        """Check what a person chose. Raises ParameterError."""
        login = login.strip().lower()
        if not LOGIN.fullmatch(login):
            raise ParameterError(
                f"A login has 2 to 64 letters, digits and . _ @ + - in it, not {login[:64]!r}.",
                hint="An e-mail address will do.",
            )
        if password is not None:
            check_password_choice(password, login=login)
        if role not in ACCOUNT_ROLES:
            raise ParameterError(f"A role is member, moderator or admin, not {role!r}.")
        hashed = None if password is None else hash_password(password)
        return cls(login, _checked_name(name or login), _checked_email(email), role, hashed)

    def add_to(self, session: Session) -> Person:
        """Make the account within a transaction. Raises LoginTakenError."""
        person = Person(
            login=self.login,
            name=self.name,
            email=self.email or None,
            role=self.role,
            password_hash=self.password_hash,
        )
        session.add(person)
        try:
            session.flush()
        except IntegrityError:
            raise LoginTakenError(f"The login {self.login!r} is taken.", hint="Choose another.") from None
        return person


def _find(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None:
        raise NotFoundError("There is no such person.", hint="The list of people may have changed; look again.")
    return person


def _has_admin(session: Session) -> bool:
    return session.scalar(select(Person.id).where(Person.role == "admin", ~Person.disabled).limit(1)) is not None


def has_other_admin(session: Session, person_id: str) -> bool:
    """Return whether anybody but this person is administrator."""
    others = select(Person.id).where(Person.role == "admin", ~Person.disabled, Person.id != person_id)
    return session.scalar(others.limit(1)) is not None


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    if email and not EMAIL.fullmatch(email):
        raise ParameterError(f"An e-mail address is like ada@example.org, not {email[:80]!r}.")
    return email


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ParameterError(f"A name has 1 to {LONGEST_NAME} characters that can be seen.")
    return name


def record_of(person: Person) -> PersonRecord:
    """Return what is known of a person."""
    return PersonRecord(
        id=person.id,
        login=person.login,
        name=person.name,
        email=person.email or "",
        role=cast("Role", person.role),
        disabled=person.disabled,
        created=person.created,
        last_seen=person.last_seen,
        has_password=person.password_hash is not None,
    )
