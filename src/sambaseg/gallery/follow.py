"""The link by which a submitter follows an entry: the same at each submission, made from a secret of this site."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy.orm import Session

from sambaseg.storage import tables

SETTING = "gallery_follow_secret"


def follow_token(session: Session, entry_id: str) -> str:
    """Return the token of an entry, 256 bits as 64 hexadecimal digits."""
    row = session.get(tables.SiteSetting, SETTING, with_for_update=True)
    if row is None:
        row = tables.SiteSetting(name=SETTING, value={"secret": secrets.token_hex(32)})
        session.add(row)
        session.flush()
    return hmac.new(bytes.fromhex(row.value["secret"]), entry_id.encode(), hashlib.sha256).hexdigest()


def follow_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
