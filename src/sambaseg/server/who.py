"""Who asks, as the guard at the door found out; what routes require of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from sambaseg.accounts.actors import Actor, Role
from sambaseg.errors import AccessDeniedError, NotSignedInError

_KEY = "sambaseg.actor"
NAMES: dict[Role, str] = {
    "visitor": "somebody who is signed in",
    "member": "somebody with an account",
    "moderator": "a moderator",
    "admin": "an administrator",
}


def note_actor(scope: Scope, actor: Actor | None) -> None:
    """Note who sent the request of `scope`."""
    scope[_KEY] = actor


def actor_in(scope: Scope) -> Actor | None:
    """Return who sent the request of `scope`; None is nobody that is known."""
    found: Actor | None = scope.get(_KEY)
    return found


async def anybody(request: Request) -> Actor | None:
    """Return who asks, or None."""
    return actor_in(request.scope)


async def require_actor(request: Request) -> Actor:
    """Return who asks. Raises NotSignedInError."""
    actor = actor_in(request.scope)
    if actor is None:
        raise NotSignedInError("You are not signed in.", hint="Sign in, then try again.")
    return actor


async def require_member(request: Request) -> Actor:
    """Return who asks. Raises NotSignedInError, and AccessDeniedError for a visitor."""
    return _at_least("member", await require_actor(request))


async def require_moderator(request: Request) -> Actor:
    """Return who asks. Raises NotSignedInError, and AccessDeniedError for who is no moderator."""
    return _at_least("moderator", await require_actor(request))


async def require_admin(request: Request) -> Actor:
    """Return who asks. Raises NotSignedInError, and AccessDeniedError for who is no administrator."""
    return _at_least("admin", await require_actor(request))


def _at_least(role: Role, actor: Actor) -> Actor:
    if not actor.is_at_least(role):
        raise AccessDeniedError(f"Only {NAMES[role]} may do this.", hint="Ask an administrator.")
    return actor


Anybody = Annotated[Actor | None, Depends(anybody)]
"""Whoever asks, maybe nobody that is known: for what everybody may read."""
Me = Annotated[Actor, Depends(require_actor)]
"""somebody with an account, a visitor, or the person of local mode."""
Member = Annotated[Actor, Depends(require_member)]
Moderator = Annotated[Actor, Depends(require_moderator)]
Admin = Annotated[Actor, Depends(require_admin)]
