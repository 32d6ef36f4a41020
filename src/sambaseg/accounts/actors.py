"""Who asks for something: the person of this machine, a person with an account, or a visitor without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["visitor", "member", "moderator", "admin"]
RANKS: dict[Role, int] = {"visitor": 0, "member": 1, "moderator": 2, "admin": 3}
"""A higher rank may do all that a lower one may, but for other people's projects: those are everybody's own."""
ActorKind = Literal["local", "person", "visitor"]


@dataclass(frozen=True)
class Actor:
    """Who asks.

    ``id`` is that of the account, of a visitor's session, or "local". ``session_id`` is the session that the request
    carries, and ``expires`` its end.
    """

    kind: ActorKind
    id: str
    name: str
    role: Role
    session_id: str = field(default="", compare=False)
    expires: datetime | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """One string that tells all who ever ask apart: ``person:ID``, ``visitor:ID``, ``local:local``."""
        return f"{self.kind}:{self.id}"

    def is_at_least(self, role: Role) -> bool:
        """Return whether this one may do what `role` may."""
        return RANKS[self.role] >= RANKS[role]


LOCAL = Actor("local", "local", "", "admin")
"""The one person of local mode, who may do everything."""
