"""Signing in at a provider by OpenID Connect: the authorization code flow with PKCE, from begin to end.

Imported only where a provider is configured.
"""

from __future__ import annotations

from typing import Any

from sambaseg.accounts.oidc_config import OidcConfig
from sambaseg.accounts.oidc_flows import OidcFlows
from sambaseg.accounts.oidc_people import OidcPeople, identity_of
from sambaseg.accounts.oidc_provider import Provider, Tokens
from sambaseg.accounts.oidc_token import UnknownKeyError, check_id_token
from sambaseg.accounts.people import PersonRecord
from sambaseg.errors import NotSignedInError
from sambaseg.storage.database import Database


class OidcSignIn:
    """Signing in at one provider. All methods may be called from any thread.

    Raises SignInProviderError where the provider does not answer as it should.
    """

    def __init__(self, database: Database, config: OidcConfig) -> None:
        self._config = config
        self._provider = Provider(config)
        self._flows = OidcFlows(database)
        self._people = OidcPeople(database, config)

    def begin(self, return_to: str, *, ask_again: bool) -> tuple[str, str]:
        """Begin; return the provider's address to go to, and the state that the same browser must bring back."""
        state, flow = self._flows.begin(return_to)
        address = self._provider.address_to_sign_in(
            state=state, nonce=flow.nonce, verifier=flow.verifier, ask_again=ask_again
        )
        return address, state

    def finish(self, state: str, code: str) -> tuple[PersonRecord, str]:
        """Return whose account it is, and the address of the page that was asked for.

        Raises NotSignedInError where nothing is proved, AccessDeniedError where somebody may not come.
        """
        flow = self._flows.take(state)
        tokens = self._provider.redeem(code, flow.verifier)
        claims = self._check(tokens, flow.nonce)
        config = self._config
        needed = {"email", "email_verified", *([config.groups_claim] if config.needs_groups else [])}
        if not needed <= claims.keys():
            claims |= self._provider.more_claims(tokens.access_token, claims["sub"])
        return self._people.admit(identity_of(claims, config)), flow.return_to

    def _check(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        for anew in (False, True):  # the provider may have begun to use another key
            keys = self._provider.keys(anew=anew)
            try:
                return check_id_token(
                    tokens.id_token, keys, self._config, nonce=nonce, access_token=tokens.access_token
                )
            except UnknownKeyError:
                continue
        raise NotSignedInError(
            f"What {self._config.name} said of you was signed with a key that is not its own.", hint="Try again."
        )
