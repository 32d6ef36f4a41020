"""The policy of the door for each way of running: hosts, origins, and whose a session's secret is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.rate_limits import (
    INVITES,
    NEW_VISITORS,
    SIGN_IN,
    SIGN_IN_ELSEWHERE,
    SIGN_IN_OF_ONE,
    RateLimit,
)
from sambaseg.server.access import OPEN_IN_PUBLIC, OPEN_ROUTES, AccessPolicy, allowed_hosts, host_of

if TYPE_CHECKING:
    from sambaseg.server.services import Services


class SignInLimits:
    """How often one may try, by login and by address."""

    def __init__(self) -> None:
        self.passwords = RateLimit(SIGN_IN)
        self.logins = RateLimit(SIGN_IN_OF_ONE)
        self.visits = RateLimit(NEW_VISITORS)
        self.invites = RateLimit(INVITES)
        self.elsewhere = RateLimit(SIGN_IN_ELSEWHERE)


def access_policy(services: Services) -> AccessPolicy:
    """Return who is let in: by the token in local mode, by sessions else."""
    settings = services.settings
    hosts, origins = allowed_hosts(settings.host, settings.port), {}
    if settings.public_url:
        public = host_of(settings.public_url)
        hosts, origins = hosts | {public}, {public: settings.public_url}
    if not settings.has_accounts:
        return AccessPolicy(hosts, services.token, f"sambaseg-{settings.port}", origins)
    is_secure = settings.public_url.startswith("https:")
    name = f"sambaseg-session-{settings.port}"
    return AccessPolicy(
        hosts=hosts,
        token="",
        # The prefix keeps other servers of the same name, and plain http, from setting the cookie.
        cookie=f"__Host-{name}" if is_secure else name,
        origins=origins,
        identify=lambda secret: _identify(services, secret),
        open_routes=OPEN_ROUTES + (OPEN_IN_PUBLIC if settings.mode == "public" else ()),
        is_secure=is_secure,
    )


async def _identify(services: Services, secret: str) -> Actor | None:
    sessions = services.accounts.sessions
    is_known, actor = sessions.known(secret)
    return actor if is_known else await to_thread.run_sync(sessions.actor_of, secret)
