"""The arguments of ``sambaseg accounts``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sambaseg.cli.options import add_command

ROLES = ("member", "moderator", "admin")


def add_accounts(commands: Any) -> None:  # noqa: ANN401
    """Add the command with all that it does."""
    about = "List, make and change the accounts of a server that runs in lab or public mode."
    accounts = add_command(
        commands, "accounts", about, "sambaseg accounts add ada --admin", module="accounts", function="list_people"
    )
    _add_options(accounts)
    kinds = accounts.add_subparsers(title="what to do", metavar="WHAT")

    def add(name: str, text: str, example: str, function: str) -> argparse.ArgumentParser:
        parser = add_command(kinds, name, text, f"sambaseg accounts {example}", module="accounts", function=function)
        _add_options(parser)
        return parser

    add("list", "List everybody with an account.", "list", "list_people")
    person = add("add", "Make an account; a password is drawn and shown, unless it is read.", "add ada --admin", "add")
    person.add_argument("login", help="what the person types to sign in, such as an e-mail address")
    person.add_argument("--name", help="what others read (default: the login)")
    role = person.add_mutually_exclusive_group()
    role.add_argument("--role", choices=ROLES, default="member", help="what the person may do (default: member)")
    role.add_argument("--admin", dest="role", action="store_const", const="admin", help="the same as --role admin")
    person.add_argument("--email", default="", help="e-mail address, by which an account elsewhere is linked")
    password_of = person.add_mutually_exclusive_group()
    _add_password(password_of)
    password_of.add_argument("--no-password", action="store_true", help="sign in at the provider only")
    password = add("password", "Give a person a new password and sign them out.", "password ada", "new_password")
    password.add_argument("login", help="whose")
    _add_password(password)
    change = add("role", "Change what a person may do.", "role ada moderator", "change_role")
    change.add_argument("login", help="whose")
    change.add_argument("role", choices=ROLES, help="the new role")
    email = add(
        "email", "Note a person's e-mail address, which links an account elsewhere.", "email ada a@b.org", "email"
    )
    email.add_argument("login", help="whose")
    email.add_argument("address", help='the address, verified by you; "" for none')
    for name, text in (("disable", "Let a person sign in no more."), ("enable", "Let a person sign in again.")):
        add(name, text, f"{name} ada", name).add_argument("login", help="whose")
    invite = add("invite", "Make a link by which one person makes an account.", "invite --days 3", "invite")
    invite.add_argument("--role", choices=ROLES, default="member", help="what the person may do (default: member)")
    invite.add_argument("--days", type=int, default=7, help="how long the link holds, up to 90 (7)")
    invite.add_argument("--note", default="", help="whom it is for, shown to administrators")
    adopt = add("adopt", "Give a person the projects that nobody owns, as of local mode.", "adopt ada", "adopt")
    adopt.add_argument("login", help="whose they become")


def _add_password(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="read the password from the standard input")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="FOLDER", help="folder that holds the projects"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, errors too")
