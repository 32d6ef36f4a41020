"""Secrets that the server hands out: 256 random bits, of which only a hash is stored.

They are drawn, not chosen, so that a plain SHA-256 cannot be turned back.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return a secret of 43 characters."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """Return an id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def hash_token(token: str) -> str | None:
    """Return what is stored of a secret, 64 hexadecimal digits, or None for what cannot be one."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else None
