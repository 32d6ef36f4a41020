"""``sambaseg accounts``: people with accounts, on the machine that the server runs on, also while it runs."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sambaseg.cli.output import Output
from sambaseg.errors import UsageError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.accounts.accounts import Accounts
    from sambaseg.accounts.people import PersonRecord


def list_people(options: Namespace, output: Output) -> None:
    """List everybody."""
    with _accounts(options) as (accounts, _):
        people = accounts.people.all()
    lines = [_line(person) for person in people] or ["Nobody has an account yet."]
    output.result({"people": [_values(person) for person in people]}, lines)


def add(options: Namespace, output: Output) -> None:
    """Make an account."""
    password = None if options.no_password else _read_password() if options.password_stdin else _draw()
    with _accounts(options) as (accounts, _):
        person = accounts.people.add(
            options.login, options.name or options.login, password, role=options.role, email=options.email
        )
    _tell_password(output, person, None if options.password_stdin else password)


def new_password(options: Namespace, output: Output) -> None:
    """Give a person another password; all browsers are signed out."""
    password = _read_password() if options.password_stdin else _draw()
    with _accounts(options) as (accounts, _):
        person = accounts.people.by_login(options.login)
        accounts.people.set_password(person.id, password)
        accounts.sessions.end_all(person.id)
    _tell_password(output, person, None if options.password_stdin else password)


def change_role(options: Namespace, output: Output) -> None:
    """Change a person's role."""
    with _accounts(options) as (accounts, _):
        person = accounts.people.change(accounts.people.by_login(options.login).id, role=options.role)
    output.result({"person": _values(person)}, [_line(person)])


def email(options: Namespace, output: Output) -> None:
    """Note a person's e-mail address; an account elsewhere that was linked is no longer."""
    with _accounts(options) as (accounts, _):
        person = accounts.people.set_email(accounts.people.by_login(options.login).id, options.address)
    output.result({"person": _values(person)}, [_line(person)])


def disable(options: Namespace, output: Output) -> None:
    """Let a person sign in no more; the projects stay."""
    with _accounts(options) as (accounts, _):
        person = accounts.people.change(accounts.people.by_login(options.login).id, disabled=True)
        accounts.sessions.end_all(person.id)
    output.result({"person": _values(person)}, [_line(person)])


def enable(options: Namespace, output: Output) -> None:
    """Let a person sign in again."""
    with _accounts(options) as (accounts, _):
        person = accounts.people.change(accounts.people.by_login(options.login).id, disabled=False)
    output.result({"person": _values(person)}, [_line(person)])


def invite(options: Namespace, output: Output) -> None:
    """Make an invite."""
    with _accounts(options) as (accounts, settings):
        made, token = accounts.invites.create(role=options.role, note=options.note, days=options.days)
    start = settings.public_url or f"http://{settings.host}:{settings.port}"
    address = f"{start}/#/invite/{token}"
    until = f"It holds once, until {made.expires:%Y-%m-%d %H:%M} UTC, for a {made.role}."
    output.result({"address": address, "role": made.role, "expires": made.expires.isoformat()}, [address, until])


def adopt(options: Namespace, output: Output) -> None:
    """Give a person the projects that have no owner."""
    from sambaseg.accounts.actors import Actor

    with _accounts(options) as (accounts, settings):
        person = accounts.people.by_login(options.login)
        owned = accounts.ownership.owners()
        folder = settings.data_dir / "projects"
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        adopted = [project for project in found if project not in owned]
        for project in adopted:
            accounts.ownership.give(project, Actor("person", person.id, person.name, person.role))
    output.result({"projects": adopted}, [f"{len(adopted)} projects are {person.login}'s now."])


@contextlib.contextmanager
def _accounts(options: Namespace) -> Iterator[tuple[Accounts, Settings]]:
    from sambaseg.accounts.accounts import Accounts
    from sambaseg.storage.database import Database

    settings = Settings.from_environment()
    if options.data_dir is not None:
        settings = replace(settings, data_dir=options.data_dir)
    database = Database(settings.database_address)
    try:
        yield Accounts(database, settings), settings
    finally:
        database.close()


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("No password came on the standard input.", hint="Write it in one line.")
    return password


def _draw() -> str:
    from sambaseg.accounts.passwords import draw_password

    return draw_password()


def _tell_password(output: Output, person: PersonRecord, password: str | None) -> None:
    values: dict[str, Any] = {"person": _values(person)}
    lines = [_line(person)]
    if password is not None:
        values["password"] = password
        lines.append(f"The password is {password} (shown this once; it can be changed on the page).")
    output.result(values, lines)


def _line(person: PersonRecord) -> str:
    parts = (person.login, person.role, "disabled" if person.disabled else "", person.name, person.email)
    return "  ".join(part for part in parts if part)


def _values(person: PersonRecord) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "disabled": person.disabled,
        "created": person.created.isoformat(),
    }
