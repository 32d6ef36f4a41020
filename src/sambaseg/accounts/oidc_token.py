"""Checking an ID token: whose word it is, for whom, until when, and for which sign-in.

Signatures are joserfc's work, claims Authlib's; see OpenID Connect Core 1.0, section 3.1.3.7.
"""

from __future__ import annotations

from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from sambaseg.accounts.oidc_config import OidcConfig
from sambaseg.errors import NotSignedInError

SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Only those of which the secret half stays with the provider; never "none", nor what a client secret could sign."""
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 100_000


class UnknownKeyError(Exception):
    """The token names a key that is not among the provider's, as they were when they were fetched."""


def check_id_token(token: str, keys: KeySet, config: OidcConfig, *, nonce: str, access_token: str) -> dict[str, Any]:
    """Return the claims of a token. Raises NotSignedInError for one that proves nothing, and UnknownKeyError."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise _refused(config, "it is empty or very long")
    try:
        read = jwt.decode(token, keys, algorithms=SIGNATURES)
    except InvalidKeyIdError as error:
        raise UnknownKeyError from error
    except (JoseError, ValueError) as error:
        raise _refused(config, "its signature is not the provider's") from error
    claims = CodeIDToken(
        read.claims,
        read.header,
        {"iss": {"essential": True, "value": config.issuer}, "aud": {"essential": True, "value": config.client_id}},
        {"nonce": nonce, "client_id": config.client_id, "access_token": access_token},
    )
    try:
        claims.validate(leeway=LEEWAY_SECONDS)
    except ExpiredTokenError as error:
        raise _refused(config, "its time is over") from error
    except InvalidClaimError as error:
        raise _refused(config, f"its {error.claim} is not what it must be") from error
    except (JoseError, ValueError) as error:
        raise _refused(config, "something is missing in it") from error
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise _refused(config, "its sub is not what it must be")
    return dict(claims)


def _refused(config: OidcConfig, why: str) -> NotSignedInError:
    return NotSignedInError(
        f"What {config.name} said of you could not be trusted: {why}.",
        hint="Try again. If it happens again, tell an administrator.",
    )
