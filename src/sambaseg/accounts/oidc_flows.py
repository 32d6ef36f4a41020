"""Sign-ins at a provider that are under way: from the button to the way back, ten minutes, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from sambaseg.accounts.tokens import hash_token, new_token
from sambaseg.errors import NotSignedInError
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import OidcFlow

LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Flow:
    """What a sign-in was begun with. `verifier` is PKCE's, `return_to` the address of the page that was asked for."""

    nonce: str
    verifier: str
    return_to: str


class OidcFlows:
    """All sign-ins under way. All methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, return_to: str) -> tuple[str, Flow]:
        """Note that a sign-in begins; return its state, which is not kept, and itself."""
        state, flow = new_token(), Flow(new_token(), secrets.token_urlsafe(64), return_to)
        with self._database.session() as session:
            session.execute(delete(OidcFlow).where(OidcFlow.expires <= now()))
            session.add(
                OidcFlow(
                    state_hash=hash_token(state),
                    nonce=flow.nonce,
                    code_verifier=flow.verifier,
                    return_to=return_to,
                    expires=now() + LASTS,
                )
            )
        return state, flow

    def take(self, state: str) -> Flow:
        """Return what was begun with `state`, which counts once. Raises NotSignedInError for all others."""
        hashed = hash_token(state)
        with self._database.session() as session:
            row = None if hashed is None else session.get(OidcFlow, hashed, with_for_update=True)
            if row is None:
                raise NotSignedInError("This sign-in was used, or never began.", hint="Sign in again.")
            flow, expired = Flow(row.nonce, row.code_verifier, row.return_to), row.expires <= now()
            session.delete(row)
        if expired:
            raise NotSignedInError("This sign-in took longer than ten minutes.", hint="Sign in again.")
        return flow
