"""Signing in and out, visits, invites: what the routes of accounts do, and the cookie that goes with it."""

from __future__ import annotations

import hmac
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.people import PersonRecord
from sambaseg.errors import AccessDeniedError, NotFoundError, NotSignedInError, ParameterError, WrongModeError
from sambaseg.server.access import cookie_values
from sambaseg.server.account_schemas import (
    AcceptBody,
    AccountRole,
    InviteOffer,
    Me,
    MyPerson,
    OidcAddress,
    OidcBeginBody,
    OidcFinishBody,
    QuotaState,
    SignedIn,
)
from sambaseg.server.gallery_desk import owner_of
from sambaseg.server.removing import remove_visitor
from sambaseg.server.services import Services

COOKIE_SECONDS = 400 * 86_400
"""As long as browsers keep one; the server decides when a session ends."""
FLOW_SECONDS = 600
ASK_AGAIN_SECONDS = 7 * 86_400
_FLOW, _AGAIN = "-flow", "-again"
"""Endings of the names of two more cookies: a sign-in at a provider that is under way, and that somebody signed out."""


def present_me(services: Services, actor: Actor | None) -> Me:
    """Return what somebody, or nobody, is told of themselves."""
    settings = services.settings_now
    person, quota = None, None
    if actor is not None and actor.kind == "person":
        record = services.accounts.people.get(actor.id)
        person = MyPerson(
            id=record.id,
            login=record.login,
            name=record.name,
            role=cast("AccountRole", record.role),
            has_password=record.has_password,
        )
    if actor is not None and actor.kind != "local":
        services.measure(actor)
        quota = QuotaState(**vars(services.accounts.quotas.state(actor)))
    return Me(
        mode=settings.mode,
        role=None if actor is None else actor.role,
        person=person,
        is_visitor=actor is not None and actor.kind == "visitor",
        expires=None if actor is None else actor.expires,
        quota=quota,
        admin_email=settings.admin_email,
        sign_in_with="" if services.oidc_config is None else services.oidc_config.name,
    )


def sign_in(services: Services, request: Request, response: Response, login: str, password: str) -> Me:
    """Sign a person in. Raises NotSignedInError, and TooManyRequestsError after too many wrong passwords."""
    limits, address, key = services.sign_in_limits, _address(request), f"login:{login.strip().lower()}"
    tried = ((limits.passwords, address), (limits.logins, key))
    for limit, what in tried:
        limit.check(what, "wrong passwords")
    try:
        person = services.accounts.people.check_password(login, password)
    except NotSignedInError:
        for limit, what in tried:
            limit.count(what)
        raise
    limits.logins.forget(key)
    return _begin(services, request, response, person)


def sign_out(services: Services, request: Request, response: Response) -> None:
    """End the session that the request carries. Where there is a provider, it asks for the password the next time."""
    _end_session(services, request)
    forget_cookie(services, response)
    if services.oidc_config is not None:
        _set(services, response, _AGAIN, "1", ASK_AGAIN_SECONDS)


def begin_elsewhere(services: Services, request: Request, response: Response, body: OidcBeginBody) -> OidcAddress:
    """Begin to sign in at the provider. Raises WrongModeError where there is none, and SignInProviderError."""
    provider = services.oidc
    _count_elsewhere(services, request)
    ask_again = body.ask_again or bool(cookie_values(request.headers, services.policy.cookie + _AGAIN))
    address, state = provider.begin(body.return_to, ask_again=ask_again)
    _set(services, response, _FLOW, state, FLOW_SECONDS)
    return OidcAddress(address=address)


def finish_elsewhere(services: Services, request: Request, response: Response, body: OidcFinishBody) -> SignedIn:
    """Sign in by what the provider sent back, in the browser that began.

    Raises WrongModeError, NotSignedInError, AccessDeniedError and SignInProviderError.
    """
    provider = services.oidc
    _count_elsewhere(services, request)
    begun = cookie_values(request.headers, services.policy.cookie + _FLOW)
    if not any(hmac.compare_digest(state.encode(), body.state.encode()) for state in begun):
        raise NotSignedInError("This sign-in did not begin in this browser.", hint="Sign in again.")
    person, return_to = provider.finish(body.state, body.code)
    me = _begin(services, request, response, person)
    for name in (_FLOW, _AGAIN):
        _set(services, response, name, "", 0)
    return SignedIn(me=me, return_to=return_to)


def begin_visit(services: Services, request: Request, response: Response, actor: Actor | None) -> Me:
    """Begin a visit. Raises WrongModeError, AccessDeniedError where an administrator closed them, and
    TooManyRequestsError where one address begins very many.
    """
    if services.settings.mode != "public":
        raise WrongModeError("There are no visits without an account here.", hint="Sign in.")
    if actor is None:
        if services.settings_now.visits == "closed":
            raise AccessDeniedError(
                "New visits without an account are closed at the moment.", hint="Sign in, or come back later."
            )
        address = _address(request)
        services.sign_in_limits.visits.check(address, "new visits from here")
        services.sign_in_limits.visits.count(address)
        token = services.accounts.sessions.begin_for_visitor(request.headers.get("user-agent", ""))
        set_cookie(services, response, token)
        actor = services.accounts.sessions.actor_of(token)
    return present_me(services, actor)


def end_visit(services: Services, response: Response, actor: Actor) -> None:
    """Remove a visitor with everything. Raises WrongModeError for everybody else."""
    if actor.kind != "visitor":
        raise WrongModeError("Only a visit can be ended so.", hint="An administrator can disable an account.")
    remove_visitor(services, actor.id)
    forget_cookie(services, response)


def change_password(services: Services, actor: Actor, old: str, new: str) -> None:
    """Change one's own password. Raises ParameterError where the old one is wrong."""
    people, limit = services.accounts.people, services.sign_in_limits.passwords
    person = people.get(actor.id)
    if not person.has_password:
        raise ParameterError("You have no password here.", hint="An administrator can give you one.")
    limit.check(actor.key, "wrong passwords")
    try:
        people.check_password(person.login, old)
    except NotSignedInError:
        limit.count(actor.key)
        raise ParameterError("The password so far is not right.", hint="Type it again.") from None
    people.set_password(actor.id, new, by=actor)
    services.accounts.sessions.end_all(actor.id, but=actor.session_id, by=actor)


def look_at_invitation(services: Services, request: Request, token: str) -> InviteOffer:
    """Return what an invite is for. Raises NotFoundError."""
    limit, address = services.sign_in_limits.invites, _address(request)
    limit.check(address, "invites that are none")
    try:
        invite = services.accounts.invites.look(token)
    except NotFoundError:
        limit.count(address)
        raise
    return InviteOffer(role=cast("AccountRole", invite.role), invited_by=invite.created_by, expires=invite.expires)


def accept_invitation(services: Services, request: Request, response: Response, body: AcceptBody) -> Me:
    """Make an account by an invite and sign in. Raises NotFoundError, ParameterError, LoginTakenError."""
    look_at_invitation(services, request, body.token)
    person = services.accounts.invites.accept(body.token, login=body.login, name=body.name, password=body.password)
    return _begin(services, request, response, person)


def set_cookie(services: Services, response: Response, token: str) -> None:
    """Let the answer give a browser the secret of a session."""
    _set(services, response, "", token, COOKIE_SECONDS)


def forget_cookie(services: Services, response: Response) -> None:
    """Let the answer take the secret out of the browser."""
    policy = services.policy
    response.delete_cookie(policy.cookie, path="/", httponly=True, samesite="strict", secure=policy.is_secure)


def _set(services: Services, response: Response, ending: str, value: str, seconds: int) -> None:
    policy = services.policy
    response.set_cookie(
        policy.cookie + ending,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=policy.is_secure,
    )
    response.headers["Cache-Control"] = "no-store"


def _count_elsewhere(services: Services, request: Request) -> None:
    limit, address = services.sign_in_limits.elsewhere, _address(request)
    limit.check(address, "sign-ins from here")
    limit.count(address)


def _begin(services: Services, request: Request, response: Response, person: PersonRecord) -> Me:
    """Sign a person in; what they made as a visitor in this browser becomes theirs."""
    before = _end_session(services, request)  # nobody keeps two in one browser
    sessions, ownership = services.accounts.sessions, services.accounts.ownership
    token = sessions.begin_for_person(person.id, request.headers.get("user-agent", ""))
    actor = sessions.actor_of(token)
    if before is not None and before.kind == "visitor" and actor is not None:
        for project_id in ownership.projects_of(before):
            ownership.adopt(project_id, actor)
            services.events.close_project(project_id)
        services.gallery.gallery.hand_over(owner_of(before), owner_of(actor))
        remove_visitor(services, before.id)
    set_cookie(services, response, token)
    return present_me(services, actor)


def _end_session(services: Services, request: Request) -> Actor | None:
    """End the session that a request carries, and return whose it was."""
    sessions, found = services.accounts.sessions, None
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    bearer = [given.strip()] if scheme.lower() == "bearer" else []
    for token in bearer or cookie_values(request.headers, services.policy.cookie):
        actor = sessions.actor_of(token)
        if actor is not None:
            sessions.end(token)
            found = found or actor
    return found


def _address(request: Request) -> str:
    return f"address:{request.client.host if request.client else ''}"
