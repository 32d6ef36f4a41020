"""People of a lab and visitors of a public site: an application in each mode, and a client for each who asks."""

from __future__ import annotations

from dataclasses import replace

import httpx

from sambaseg.accounts.actors import Actor
from sambaseg.server.app import create_app

PASSWORD = "a good long password"


def app_of(settings, mode, **changes):
    """Return an application in `mode`."""
    return create_app(replace(settings, mode=mode, **changes))


def client_of(app, token=None, **options):
    """Return a client like a browser's page: it says where it comes from, and keeps the session's cookie."""
    services = app.state.services
    base = services.page_address
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False, **options),
        base_url=base,
        headers={"Origin": base},
        timeout=60,
    )
    if token:
        client.cookies.set(services.policy.cookie, token)
    return client


def add_person(app, login, role="member"):
    """Make an account without the way over an invite; return the actor."""
    person = app.state.services.accounts.people.add(login, login.title(), PASSWORD, role=role)
    return Actor("person", person.id, person.name, role)


def person_client(app, login, role="member"):
    """Return a client of a new person who is signed in; `client.actor` is the person."""
    actor = add_person(app, login, role)
    client = client_of(app, app.state.services.accounts.sessions.begin_for_person(actor.id))
    client.actor = actor
    return client


def visitor_client(app):
    """Return a client of a new visitor."""
    sessions = app.state.services.accounts.sessions
    token = sessions.begin_for_visitor()
    client = client_of(app, token)
    client.actor = sessions.actor_of(token)
    return client


def give(app, project, actor):
    """Make a project (its path) somebody's; return the path."""
    app.state.services.accounts.ownership.give(project.split("/")[-1], actor)
    return project
