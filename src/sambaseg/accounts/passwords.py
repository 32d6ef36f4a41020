"""Passwords: how they are stored, and which are taken.

Argon2id with the parameters that argon2-cffi recommends (RFC 9106, low memory). One is computed at a time for each two
cores, since each takes 64 MB.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING

from sambaseg.errors import ParameterError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
_AT_ONCE = threading.Semaphore(2)


def check_password_choice(password: str, *, login: str) -> None:
    """Raise ParameterError for a password that is too short or too long, or that is the login."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ParameterError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, not {len(password)}.",
            hint="Several words in a row are easy to remember.",
        )
    if len(set(password)) < 4 or password.casefold() == login.casefold():
        raise ParameterError("This password is too easy to guess.", hint="Several words in a row are hard to guess.")


def draw_password() -> str:
    """Return a password of 80 random bits that can be read aloud."""
    return "-".join(secrets.token_hex(2) for _ in range(5))


def hash_password(password: str) -> str:
    """Return what is stored of a password, with its own salt."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Return whether `stored` was made of `password`; None, for a login that nobody has, takes as long."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(stored or _of_nobody(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Return whether a password should be stored anew, since the recommended parameters are others now."""
    return _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _of_nobody() -> str:
    return _hasher().hash("nobody has this password")
