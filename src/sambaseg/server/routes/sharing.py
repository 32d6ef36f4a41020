"""With whom a project is shared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.people import PersonRecord
from sambaseg.errors import AccessDeniedError
from sambaseg.server.account_schemas import PersonFound, ShareBody, ShareInfo, Sharing
from sambaseg.server.services import OwnProjectId, SeenProjectId, Services, ServicesHere
from sambaseg.server.who import Me, Member

router = APIRouter(tags=["sharing"])
PersonChoice = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="A person, as found.")]


@router.get("/api/projects/{pid}/sharing")
def get_sharing(pid: SeenProjectId, services: ServicesHere, actor: Me) -> Sharing:
    """Tell what one may do with a project, whose it is, and, unless one may only look at it, who else may see it."""
    return _present(services, pid, actor)


@router.put("/api/projects/{pid}/sharing/{person}")
def share_project(
    pid: OwnProjectId, person: PersonChoice, body: ShareBody, services: ServicesHere, actor: Member
) -> Sharing:
    """Let a person look at one's own project (viewer) or change it (editor)."""
    services.accounts.ownership.share(pid, person, body.access, by=actor)
    services.events.close_project(pid)  # whoever follows it asks anew what they may do
    return _present(services, pid, actor)


@router.delete("/api/projects/{pid}/sharing/{person}", status_code=204)
def unshare_project(pid: SeenProjectId, person: PersonChoice, services: ServicesHere, actor: Member) -> None:
    """Let a person see a project no more: its owner everybody, everybody themselves."""
    if services.access_to(pid, actor) != "owner" and person != actor.id:
        raise AccessDeniedError("Only its owner may do this with a project.", hint="Ask the owner.")
    services.accounts.ownership.unshare(pid, person, by=actor)
    services.events.close_project(pid)


def _present(services: Services, project_id: str, actor: Actor) -> Sharing:
    access = services.access_to(project_id, actor)
    assert access is not None
    if not services.settings.has_accounts:
        return Sharing(access=access, owner=None, shares=[])
    owned = services.accounts.ownership.of(project_id)
    kind, _, owner_id = owned.owner.partition(":")
    told = owned.shares if access != "viewer" else {}
    people = services.accounts.people.by_ids([owner_id, *told])
    shares = [
        ShareInfo(person=_found(people[person]), access=level) for person, level in told.items() if person in people
    ]
    owner = None if access == "owner" or kind != "person" or owner_id not in people else _found(people[owner_id])
    return Sharing(access=access, owner=owner, shares=sorted(shares, key=lambda share: share.person.name.lower()))


def _found(person: PersonRecord) -> PersonFound:
    return PersonFound(id=person.id, login=person.login, name=person.name)
