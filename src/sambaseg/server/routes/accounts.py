"""Who one is: signing in and out, accepting an invite, visiting, one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from sambaseg.server import signing_in
from sambaseg.server.account_schemas import (
    AcceptBody,
    InviteOffer,
    InviteToken,
    Me,
    MyPatch,
    OidcAddress,
    OidcBeginBody,
    OidcFinishBody,
    PasswordBody,
    PersonFound,
    SessionInfo,
    SignedIn,
    SignInBody,
)
from sambaseg.server.declare import file_answer
from sambaseg.server.everything import zip_of_everything
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Anybody, Member
from sambaseg.server.who import Me as Asker

router = APIRouter(tags=["accounts"])
SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="A session, as listed.")]
NamePart = Annotated[str, Query(max_length=64, description="The beginning of a login or of a name.")]


@router.get("/api/me")
def get_me(services: ServicesHere, actor: Anybody) -> Me:
    """Tell who one is, what one may use, and when a visit ends; nobody is told that nobody is signed in."""
    return signing_in.present_me(services, actor)


@router.patch("/api/me")
def change_me(services: ServicesHere, actor: Member, patch: MyPatch) -> Me:
    """Change one's own name."""
    services.accounts.people.change(actor.id, name=patch.name, by=actor)
    services.accounts.sessions.forget_all()
    return signing_in.present_me(services, actor)


@router.post("/api/me/password", status_code=204)
def change_password(services: ServicesHere, actor: Member, body: PasswordBody) -> None:
    """Change one's own password; other browsers are signed out."""
    signing_in.change_password(services, actor, body.old, body.new)


@router.post("/api/me/visit", status_code=201)
def begin_visit(services: ServicesHere, request: Request, response: Response, actor: Anybody) -> Me:
    """Begin to work without an account, on a public site; who is known already stays who they are."""
    return signing_in.begin_visit(services, request, response, actor)


@router.delete("/api/me", status_code=204)
def end_visit(services: ServicesHere, response: Response, actor: Asker) -> None:
    """End a visit at once: all its projects and uploads are removed. Accounts are removed by administrators only."""
    signing_in.end_visit(services, response, actor)


@router.get(
    "/api/me/everything",
    response_class=Response,
    responses=file_answer("application/zip", "A zip with a folder for each project of one's own."),
)
def download_everything(services: ServicesHere, actor: Asker) -> Response:
    """Save all of one's own projects: image files, labels, segmentations, classifiers, in a zip sent as it is made."""
    return zip_of_everything(services, actor)


@router.get("/api/me/sessions")
def list_sessions(services: ServicesHere, actor: Member) -> list[SessionInfo]:
    """List the browsers in which one is signed in."""
    return [
        SessionInfo(**vars(session), is_this=session.id == actor.session_id)
        for session in services.accounts.sessions.of_person(actor.id)
    ]


@router.delete("/api/me/sessions/{session}", status_code=204)
def end_session(services: ServicesHere, actor: Member, session: SessionId) -> None:
    """Sign another browser out."""
    services.accounts.sessions.end_one(actor.id, session)


@router.post("/api/sessions", status_code=201)
def sign_in(services: ServicesHere, request: Request, response: Response, body: SignInBody) -> Me:
    """Sign in with login and password; the answer sets the cookie."""
    return signing_in.sign_in(services, request, response, body.login, body.password)


@router.delete("/api/sessions/current", status_code=204)
def sign_out(services: ServicesHere, request: Request, response: Response, _: Asker) -> None:
    """Sign out in this browser. A visitor's projects stay until they expire, but nobody can open them any more."""
    signing_in.sign_out(services, request, response)


@router.post("/api/oidc/begin", status_code=201)
def begin_elsewhere(services: ServicesHere, request: Request, response: Response, body: OidcBeginBody) -> OidcAddress:
    """Begin to sign in at the provider of OpenID Connect; the browser goes to the address that is answered."""
    return signing_in.begin_elsewhere(services, request, response, body)


@router.post("/api/oidc/finish", status_code=201)
def finish_elsewhere(services: ServicesHere, request: Request, response: Response, body: OidcFinishBody) -> SignedIn:
    """Sign in with what the provider sent back, in the browser that began; the answer sets the cookie."""
    return signing_in.finish_elsewhere(services, request, response, body)


@router.post("/api/invitation")
def look_at_invitation(services: ServicesHere, request: Request, body: InviteToken) -> InviteOffer:
    """Tell what an invite is for, to whoever has its link."""
    return signing_in.look_at_invitation(services, request, body.token)


@router.post("/api/invitation/accept", status_code=201)
def accept_invitation(services: ServicesHere, request: Request, response: Response, body: AcceptBody) -> Me:
    """Make an account by an invite, once, and sign in."""
    return signing_in.accept_invitation(services, request, response, body)


@router.get("/api/people")
def find_people(services: ServicesHere, actor: Member, q: NamePart = "") -> list[PersonFound]:
    """Find people to share with: at most 20, by the beginning of their login or name."""
    found = services.accounts.people.find(q)
    return [
        PersonFound(id=person.id, login=person.login, name=person.name) for person in found if person.id != actor.id
    ]
