"""For administrators: people, invites, storage, jobs, settings, health, and what was done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from sambaseg.server import overview, site
from sambaseg.server.account_schemas import (
    AuditLog,
    InviteInfo,
    InviteMade,
    JobOverview,
    NewInvite,
    NewPassword,
    PersonInfo,
    PersonPatch,
    ServerHealth,
    SessionInfo,
    SettingBody,
    SettingInfo,
    StorageInfo,
)
from sambaseg.server.declare import JobId, ProjectId
from sambaseg.server.schemas import JobInfo
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Admin

router = APIRouter(tags=["admin"])
PersonChoice = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="A person, as listed.")]
SettingName = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", description="A setting, as listed.")]
Before = Annotated[
    int | None, Query(ge=1, le=2**53 - 1, description="Records older than this one; the newest if left out.")
]
Limit = Annotated[int, Query(ge=1, le=200)]
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


@router.get("/api/admin/people/{person}/sessions")
def list_sessions_of_person(services: ServicesHere, actor: Admin, person: PersonChoice) -> list[SessionInfo]:
    """List the browsers in which a person is signed in."""
    return overview.sessions_of(services, actor, person)


@router.delete("/api/admin/people/{person}/sessions", status_code=204)
def end_sessions_of_person(services: ServicesHere, actor: Admin, person: PersonChoice) -> None:
    """Sign a person out everywhere; the browser of whoever asks stays signed in."""
    overview.end_sessions(services, actor, person)


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
def cancel_any_job(services: ServicesHere, actor: Admin, jid: JobId) -> JobInfo:
    """Cancel a job, whosever it is; written down."""
    return overview.cancel_job(services, actor, jid)


@router.get("/api/admin/settings")
def list_settings(services: ServicesHere, _: Admin) -> list[SettingInfo]:
    """List the settings as they are; passwords in addresses are left out."""
    return site.settings(services)


@router.put("/api/admin/settings/{name}")
def change_setting(services: ServicesHere, actor: Admin, name: SettingName, body: SettingBody) -> list[SettingInfo]:
    """Change a setting while the server runs, from now on and after the next start; written down. Answers with all."""
    return site.change_setting(services, actor, name, body.value)


@router.delete("/api/admin/settings/{name}")
def reset_setting(services: ServicesHere, actor: Admin, name: SettingName) -> list[SettingInfo]:
    """Set a setting to what the server was started with; written down. Answers with all."""
    return site.change_setting(services, actor, name, None)


@router.get("/api/admin/health")
def get_server_health(services: ServicesHere, _: Admin) -> ServerHealth:
    """Tell how the server is: database, files, disk, jobs, people."""
    return site.health(services)


@router.get("/api/admin/log")
def list_audit_log(services: ServicesHere, _: Admin, before: Before = None, limit: Limit = 100) -> AuditLog:
    """List what was done to people, projects and settings: who, when, what; the newest first."""
    return site.audit_log(services, before=before, limit=limit)
