"""Talking to the provider: what it is, its keys, where people sign in, and what a code stands for."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sambaseg.accounts.oidc_config import OidcConfig, is_safe_address
from sambaseg.errors import NotSignedInError, SignInProviderError

SECONDS_TO_ANSWER = 10.0
SECONDS_KNOWN = 3600.0
"""How long the provider's description and keys are kept."""
SECONDS_BETWEEN_KEYS = 30.0
"""Keys are fetched anew for a token of an unknown one, but not more often."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Tokens:
    """What a code stood for."""

    id_token: str
    access_token: str


class Provider:
    """One provider. All methods may be called from any thread.

    Raises SignInProviderError where it does not answer, or not as OpenID Connect has it.
    """

    def __init__(self, config: OidcConfig) -> None:
        self._config = config
        self._access = threading.Lock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address_to_sign_in(self, *, state: str, nonce: str, verifier: str, ask_again: bool) -> str:
        """Return where a person signs in; `ask_again` where the provider should not just take who was there before."""
        endpoint = str(self._description()["authorization_endpoint"])
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": self._config.return_address,
            "scope": self._config.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if ask_again else {}),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def redeem(self, code: str, verifier: str) -> Tokens:
        """Return the tokens that `code` stands for, once. Raises NotSignedInError where the provider refuses it."""
        config, description = self._config, self._description()
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": config.return_address,
            "code_verifier": verifier,
        }
        methods = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth: httpx.BasicAuth | None = None
        if config.client_secret and "client_secret_basic" in methods:  # RFC 6749, 2.3.1: encoded as in a form
            auth = httpx.BasicAuth(quote_plus(config.client_id), quote_plus(config.client_secret))
        else:
            body |= {"client_id": config.client_id}
            body |= {"client_secret": config.client_secret} if config.client_secret else {}
        status, answer = self._ask("POST", str(description["token_endpoint"]), data=body, auth=auth)
        if status != 200:
            raise self._refused_code(status, answer)
        tokens = answer.get("id_token"), answer.get("access_token")
        if not all(isinstance(token, str) for token in tokens):
            raise self._not_understood("it sent no tokens")
        return Tokens(str(tokens[0]), str(tokens[1]))

    def keys(self, *, anew: bool = False) -> KeySet:
        """Return the keys that the provider signs with; `anew` where a token names one that was not there."""
        with self._access:
            known = self._keys
        age = SECONDS_KNOWN if known is None else time.monotonic() - known[0]
        if known is not None and age < (SECONDS_BETWEEN_KEYS if anew else SECONDS_KNOWN):
            return known[1]
        answer = self._get(str(self._description()["jwks_uri"]))
        try:
            keys = KeySet.import_key_set(answer)  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise self._not_understood("its keys are none") from error
        with self._access:
            self._keys = time.monotonic(), keys
        return keys

    def more_claims(self, access_token: str, subject: str) -> dict[str, Any]:
        """Return what the provider tells of a person beside the ID token; nothing where it has no such address."""
        endpoint = self._description().get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not is_safe_address(endpoint):
            return {}
        claims = self._get(endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if claims.get("sub") != subject:
            raise self._not_understood("it told of somebody else")
        return claims

    def _description(self) -> dict[str, Any]:
        with self._access:
            known = self._described
        if known is not None and time.monotonic() - known[0] < SECONDS_KNOWN:
            return known[1]
        issuer = self._config.issuer
        description = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if description.get("issuer") != issuer:
            raise self._not_understood(
                f"it calls itself {str(description.get('issuer'))[:200]}, and SAMBASEG_OIDC_ISSUER must be just that"
            )
        if not all(isinstance(description.get(name), str) for name in ENDPOINTS) or not all(
            is_safe_address(description[name]) for name in ENDPOINTS
        ):
            raise self._not_understood("it does not say where to sign in")
        with self._access:
            self._described = time.monotonic(), description
        return description

    def _get(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        status, answer = self._ask("GET", address, headers=headers)
        if status != 200:
            raise self._not_understood(f"it answered with {status}")
        return answer

    def _ask(self, method: str, address: str, **options: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
        try:
            with httpx.Client(timeout=SECONDS_TO_ANSWER, follow_redirects=False) as client:
                answer = client.request(method, address, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SignInProviderError(
                f"{self._config.name} does not answer.", hint="Try again in a moment, or sign in with a password."
            ) from error
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            if answer.status_code < 400:
                raise self._not_understood("its answer is no JSON object")
            content = {}
        return answer.status_code, content

    def _refused_code(self, status: int, answer: dict[str, Any]) -> Exception:
        said = str(answer.get("error", status))[:60]
        if said == "invalid_grant":
            return NotSignedInError(f"{self._config.name} did not let you in this time.", hint="Try again.")
        return self._not_understood(f"it refused this server ({said})")

    def _not_understood(self, why: str) -> SignInProviderError:
        return SignInProviderError(
            f"{self._config.name} could not be asked who you are: {why}.",
            hint="Tell an administrator; signing in with a password works.",
        )
