"""What an operator says of the provider at which people can sign in, by OpenID Connect.

Nothing of it is needed to read this: where no provider is named, no library for it is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sambaseg.errors import MissingExtraError, MissingFileError, ParameterError
from sambaseg.settings import Settings

CALLBACK_PATH = "/sign-in/back"
"""Where the provider sends people back to: a screen of the page, which asks the server to finish."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class OidcConfig:
    """A provider, and whom it lets in.

    `domains` and `groups` say who may sign in, everybody who has an account already where both are empty. The roles of
    people follow `admin_groups` and `moderator_groups`, each where it is not empty.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    return_address: str
    scopes: str
    groups_claim: str
    domains: frozenset[str]
    groups: frozenset[str]
    admin_groups: frozenset[str]
    moderator_groups: frozenset[str]

    @property
    def opens_accounts(self) -> bool:
        """Whether somebody without an account gets one: only where it is said who may come."""
        return bool(self.domains or self.groups)

    @property
    def needs_groups(self) -> bool:
        """Whether anything depends on groups."""
        return bool(self.groups or self.admin_groups or self.moderator_groups)

    @classmethod
    def of(cls, settings: Settings, page_address: str) -> OidcConfig | None:
        """Return what `settings` say, None where they name no provider or there are no accounts.

        Raises ParameterError, MissingFileError, and MissingExtraError where the libraries are not installed.
        """
        if not settings.oidc_issuer or not settings.has_accounts:
            return None
        if not settings.oidc_client_id:
            raise ParameterError(
                "SAMBASEG_OIDC_ISSUER needs SAMBASEG_OIDC_CLIENT_ID.", hint="The provider tells it when you register."
            )
        if any(find_spec(library) is None for library in ("authlib", "httpx", "joserfc")):
            raise MissingExtraError(
                "Signing in by OpenID Connect needs more libraries.", hint="pip install 'sambaseg[oidc]'"
            )
        issuer = _checked_issuer(settings.oidc_issuer)
        return cls(
            issuer=issuer,
            client_id=settings.oidc_client_id,
            client_secret=_secret(settings),
            name=settings.oidc_name.strip()[:60] or urlsplit(issuer).hostname or issuer,
            return_address=page_address + CALLBACK_PATH,
            scopes=" ".join(dict.fromkeys(["openid", *settings.oidc_scopes.split()])),
            groups_claim=settings.oidc_groups_claim,
            domains=frozenset(domain.lower().lstrip("@") for domain in _listed(settings.oidc_domains)),
            groups=_listed(settings.oidc_groups),
            admin_groups=_listed(settings.oidc_admin_groups),
            moderator_groups=_listed(settings.oidc_moderator_groups),
        )


def is_safe_address(address: str) -> bool:
    """Return whether an address is https, or on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _checked_issuer(text: str) -> str:
    issuer = text.strip()
    parts = urlsplit(issuer)
    if not is_safe_address(issuer) or parts.query or parts.fragment or "@" in parts.netloc:
        raise ParameterError(
            f"SAMBASEG_OIDC_ISSUER must be like https://login.example.org, not {issuer[:80]!r}.",
            hint="It is the address below which the provider has /.well-known/openid-configuration.",
        )
    return issuer


def _secret(settings: Settings) -> str:
    if not settings.oidc_client_secret_file:
        return settings.oidc_client_secret
    if settings.oidc_client_secret:
        raise ParameterError("Either SAMBASEG_OIDC_CLIENT_SECRET or SAMBASEG_OIDC_CLIENT_SECRET_FILE, not both.")
    path = Path(settings.oidc_client_secret_file)
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingFileError(
            f"The secret in {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.",
            hint="SAMBASEG_OIDC_CLIENT_SECRET_FILE names a file that the server's user may read.",
        ) from error


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
