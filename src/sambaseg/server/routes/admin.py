"""For administrators: people, invites, storage, jobs, settings, health."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from sambaseg.server import overview
from sambaseg.server.account_schemas import (
    InviteInfo,
    InviteMade,
    JobOverview,
    NewInvite,
    NewPassword,
    PersonInfo,
    PersonPatch,
    ServerHealth,
    SettingInfo,
    StorageInfo,
)
from sambaseg.server.declare import JobId, ProjectId
from sambaseg.server.schemas import JobInfo
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Admin

router = APIRouter(tags=["admin"])
PersonChoice = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="A person, as listed.")]
InviteChoice = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="An invite, as listed.")]


@router.get("/api/admin/people")
def list_people(services: ServicesHere, _: Admin) -> list[PersonInfo]:
    """List everybody with an account, and what they use."""
    return overview.people(services)


@router.patch("/api/admin/people/{person}")
def change_person(services: ServicesHere, actor: Admin, person: PersonChoice, patch: PersonPatch) -> PersonInfo:
    """Change a person's name, role or quota, or disable the account, which signs them out."""
    return overview.change_person(services, actor, person, patch)


@router.post("/api/admin/people/{person}/password")
def draw_password(services: ServicesHere, actor: Admin, person: PersonChoice) -> NewPassword:
    """Give a person a new password, shown this once; all their browsers are signed out."""
    password = services.accounts.people.draw_password(person, by=actor)
    services.accounts.sessions.end_all(person, by=actor)
    return NewPassword(password=password)


@router.get("/api/admin/invites")
def list_invites(services: ServicesHere, _: Admin) -> list[InviteInfo]:
    """List all invites, the newest first."""
    return [InviteInfo.model_validate(vars(invite)) for invite in services.accounts.invites.all()]


@router.post("/api/admin/invites", status_code=201)
def make_invite(services: ServicesHere, actor: Admin, body: NewInvite) -> InviteMade:
    """Make a link by which one person makes an account, once."""
    invite, token = services.accounts.invites.create(role=body.role, note=body.note, days=body.days, by=actor)
    address = f"{services.page_address}/#/invite/{token}"
    return InviteMade(invite=InviteInfo.model_validate(vars(invite)), address=address)


@router.delete("/api/admin/invites/{invite}", status_code=204)
def revoke_invite(services: ServicesHere, actor: Admin, invite: InviteChoice) -> None:
    """Let an invite be used no more."""
    services.accounts.invites.revoke(invite, by=actor)


@router.get("/api/admin/storage")
def get_storage(services: ServicesHere, _: Admin) -> StorageInfo:
    """Tell what takes the disk: projects by size and owner. What is in them is not shown."""
    return overview.storage(services)


@router.delete("/api/admin/projects/{pid}", status_code=204)
def delete_any_project(services: ServicesHere, actor: Admin, pid: ProjectId) -> None:
    """Delete a project, whosever it is; written down."""
    overview.remove_any_project(services, actor, pid)


@router.get("/api/admin/jobs")
def list_jobs(services: ServicesHere, _: Admin) -> list[JobOverview]:
    """List the jobs that run or wait, and whose they are."""
    return overview.jobs(services)


@router.delete("/api/admin/jobs/{jid}")
def cancel_any_job(services: ServicesHere, _: Admin, jid: JobId) -> JobInfo:
    """Cancel a job, whosever it is."""
    return services.jobs.cancel(jid)


@router.get("/api/admin/settings")
def list_settings(services: ServicesHere, _: Admin) -> list[SettingInfo]:
    """List the settings as they are; passwords in addresses are left out."""
    return overview.settings(services)


@router.get("/api/admin/health")
def get_server_health(services: ServicesHere, _: Admin) -> ServerHealth:
    """Tell how the server is: database, jobs, people."""
    return overview.health(services)
