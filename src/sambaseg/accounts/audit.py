"""What was done to accounts, shares and the site: who, when, what. Written in the transaction that does it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from sambaseg.accounts.actors import Actor
from sambaseg.storage.tables import AuditRecord

COMMAND_LINE = "command line"


def record(
    session: Session, actor: Actor | None, action: str, object_kind: str = "", object_id: str = "", **detail: object
) -> None:
    """Add a record to the transaction; None stands for the command line. No secret may be in `detail`."""
    session.add(
        AuditRecord(
            actor_id=None if actor is None or actor.kind == "local" else actor.id,
            actor=COMMAND_LINE if actor is None else actor.name or actor.kind,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            detail=detail,
        )
    )
