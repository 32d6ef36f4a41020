"""Whose account an identity of the provider is: who may come, linking, new accounts, roles.

Decision 052 says why: an account is linked only by an e-mail address that the provider has verified and that an
administrator wrote down for it, never by a login, which people choose themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sambaseg.accounts.actors import Actor, Role
from sambaseg.accounts.audit import record
from sambaseg.accounts.oidc_config import OidcConfig
from sambaseg.accounts.people import LOGIN, LONGEST_NAME, PersonRecord, has_other_admin, record_of
from sambaseg.errors import AccessDeniedError
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import Person

MOST_GROUPS = 10_000


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider; `email` is empty unless the provider verified it."""

    subject: str
    email: str
    name: str
    groups: frozenset[str]


def identity_of(claims: Mapping[str, Any], config: OidcConfig) -> Identity:
    """Return what checked claims say of a person."""
    email, name = claims.get("email"), claims.get("name") or claims.get("preferred_username")
    is_verified = claims.get("email_verified") in (True, "true") and isinstance(email, str) and "@" in email
    groups = claims.get(config.groups_claim)
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    shown = " ".join(str(name or "").split())
    return Identity(
        subject=claims["sub"],
        email=str(email).strip().lower() if is_verified else "",
        name=shown[:LONGEST_NAME] if shown.isprintable() else "",
        groups=frozenset(group for group in groups[:MOST_GROUPS] if isinstance(group, str)),
    )


class OidcPeople:
    """People who sign in at the provider. All methods may be called from any thread."""

    def __init__(self, database: Database, config: OidcConfig) -> None:
        self._database, self._config = database, config

    def admit(self, identity: Identity) -> PersonRecord:
        """Return the account of an identity, linked or made now where that is allowed, with the role that it has now.

        Raises AccessDeniedError where somebody may not come; that is noted in the log.
        """
        try:
            with self._database.session() as session:
                self._check_may_come(identity)
                person = (
                    self._linked(session, identity) or self._link(session, identity) or self._add(session, identity)
                )
                if person.disabled:
                    raise AccessDeniedError("This account is disabled.", hint="An administrator can enable it.")
                self._follow_groups(session, person, identity)
                person.last_seen = now()
                return record_of(person)
        except AccessDeniedError as error:
            with self._database.session() as session:
                record(session, self._as_actor(), "sign-in refused", email=identity.email, why=error.message)
            raise

    def _check_may_come(self, identity: Identity) -> None:
        config = self._config
        if config.domains and identity.email.rpartition("@")[2] not in config.domains:
            raise AccessDeniedError(
                f"Only people with a verified e-mail address at {', '.join(sorted(config.domains))} may sign in here.",
                hint="Sign in with another account, or ask an administrator.",
            )
        if config.groups and not config.groups & identity.groups:
            raise AccessDeniedError(
                f"You are in none of the groups of {config.name} that may sign in here.", hint="Ask an administrator."
            )

    def _linked(self, session: Session, identity: Identity) -> Person | None:
        return session.scalar(
            select(Person).where(Person.oidc_issuer == self._config.issuer, Person.oidc_subject == identity.subject)
        )

    def _link(self, session: Session, identity: Identity) -> Person | None:
        """Link the account that has the identity's e-mail address; there must be one such, and no other identity's."""
        if not identity.email:
            raise AccessDeniedError(
                f"{self._config.name} did not say that your e-mail address is verified.",
                hint="Verify it there, then try again.",
            )
        found = session.scalars(select(Person).where(func.lower(Person.email) == identity.email)).all()
        if not found:
            return None
        if len(found) > 1 or found[0].oidc_subject is not None or found[0].disabled:
            raise AccessDeniedError(
                f"The account with {identity.email} cannot be linked: it is disabled, or another's, or there are two.",
                hint="Ask an administrator.",
            )
        person = found[0]
        person.oidc_issuer, person.oidc_subject = self._config.issuer, identity.subject
        record(session, self._as_actor(), "person linked", "person", person.id, email=identity.email)
        return person

    def _add(self, session: Session, identity: Identity) -> Person:
        if not self._config.opens_accounts:
            raise AccessDeniedError(
                f"Nobody here has the e-mail address {identity.email}.", hint="Ask an administrator for an account."
            )
        taken = session.scalar(select(Person.id).where(Person.login == identity.email))
        if taken is not None or not LOGIN.fullmatch(identity.email):
            raise AccessDeniedError(
                f"An account with the login {identity.email} cannot be made"
                f"{': there is one, but nobody noted this e-mail address for it' if taken else ''}.",
                hint="Sign in with its password, or ask an administrator to note the address: sambaseg accounts email.",
            )
        person = Person(
            login=identity.email,
            name=identity.name or identity.email,
            email=identity.email,
            role="member",
            oidc_issuer=self._config.issuer,
            oidc_subject=identity.subject,
        )
        session.add(person)
        try:
            session.flush()
        except IntegrityError:
            raise AccessDeniedError("This account was made at the same moment.", hint="Sign in again.") from None
        record(session, self._as_actor(), "person added", "person", person.id, login=person.login, role=person.role)
        return person

    def _follow_groups(self, session: Session, person: Person, identity: Identity) -> None:
        """Give the role that the groups stand for; the last administrator stays one."""
        role = role_of(person.role, identity.groups, self._config)
        if role == person.role or (person.role == "admin" and not has_other_admin(session, person.id)):
            return
        person.role = role
        record(session, self._as_actor(), "person changed", "person", person.id, role=role)

    def _as_actor(self) -> Actor:
        """The provider, as the log names it: it has no account."""
        return Actor("local", "", self._config.name, "member")


def role_of(present: str, groups: frozenset[str], config: OidcConfig) -> Role:
    """Return the role of somebody in `groups`. A role whose groups are not named is given and taken by hand only."""
    by_groups: tuple[tuple[Role, frozenset[str]], ...] = (
        ("admin", config.admin_groups),
        ("moderator", config.moderator_groups),
    )
    for role, those in by_groups:
        if those & groups or (not those and present == role):
            return role
    return "member"
