"""The door in lab and public mode: Host, Origin, Sec-Fetch-Site, method, session; each combination."""

from __future__ import annotations

import itertools
from dataclasses import replace
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sambaseg.accounts.actors import Actor
from sambaseg.server.access import OPEN_IN_PUBLIC, OPEN_ROUTES, SECURITY_HEADERS, AccessGuard
from sambaseg.server.front_door import access_policy
from sambaseg.server.who import actor_in
from server.people import PASSWORD, add_person, app_of, client_of

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
TOKEN = "t" * 43
PUBLIC = "https://seg.example.org"
MODES = [("lab", ""), ("lab", PUBLIC), ("public", PUBLIC), ("public", "http://seg.example.org:8080")]
HOSTS = ["127.0.0.1:8340", "localhost:8340", "seg.example.org", "seg.example.org:8080", "evil.example", "", "127.0.0.1"]
ORIGINS = [
    None,
    "http://127.0.0.1:8340",
    PUBLIC,
    "http://seg.example.org",
    "http://seg.example.org:8080",
    "https://seg.example.org.evil.example",
    "https://evil.example",
    "null",
]
SITES = [None, "same-origin", "none", "same-site", "cross-site"]


async def _inside(request):
    actor = actor_in(request.scope)
    return PlainTextResponse("nobody" if actor is None else actor.name)


def guarded(settings, mode, public_url):
    """Return an application behind the door of a mode, in which one session is known."""

    class Known:
        def known(self, secret):
            return True, Actor("person", "1", "Ada", "member") if secret == TOKEN else None

    class Accounts:
        sessions = Known()

    class Services:
        accounts = Accounts()

    Services.settings = replace(settings, mode=mode, public_url=public_url)
    paths = ["/", "/assets/main.js", "/api/me", "/api/projects", "/api/gallery/entries", "/api/sessions"]
    inner = Starlette(routes=[Route(path, _inside, methods=METHODS) for path in paths])
    return AccessGuard(inner, lambda: access_policy(Services()))


async def ask(app, method, path, *, host, cookie=None, bearer=None, origin=None, site=None):
    sent = {"host": host}
    sent |= {"origin": origin} if origin is not None else {}
    sent |= {"sec-fetch-site": site} if site is not None else {}
    sent |= {"cookie": f"{app.policy.cookie}={cookie}"} if cookie else {}
    sent |= {"authorization": f"Bearer {bearer}"} if bearer else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8340") as client:
        return await client.request(method, path, headers=sent)


def own_origin(host, public_url):
    """Return the page's own origin where `host` is one that the server answers to, else None."""
    if public_url and host == public_url.partition("://")[2]:
        return public_url
    return f"http://{host}" if host in ("127.0.0.1:8340", "localhost:8340") else None


@pytest.mark.anyio
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("mode", "public_url"), MODES)
async def test_matrix_of_host_origin_site_and_method(settings, mode, public_url, method):
    """A session's cookie passes with the page's own requests alone; each other combination is refused as such."""
    app = guarded(settings, mode, public_url)
    reading = method in ("GET", "HEAD")
    for host, origin, site in itertools.product(HOSTS, ORIGINS, SITES):
        own = own_origin(host, public_url)
        passes = (
            own is not None
            and origin in (None, own)
            and site in ("same-origin", *((None, "none") if reading else (None,)))
        )
        if not reading and origin is None and site is None:
            passes = False  # a browser says where a change comes from
        answer = await ask(app, method, "/api/projects", host=host, origin=origin, site=site, cookie=TOKEN)
        assert answer.status_code == (200 if passes else 403), (host, origin, site)


@pytest.mark.anyio
@pytest.mark.parametrize(("mode", "public_url"), MODES)
async def test_only_open_routes_need_nobody_to_be_known(settings, mode, public_url):
    app = guarded(settings, mode, public_url)
    open_in_public = mode == "public"
    expected = {
        ("GET", "/"): True,
        ("GET", "/assets/main.js"): True,
        ("GET", "/api/me"): True,
        ("DELETE", "/api/me"): False,
        ("POST", "/api/sessions"): True,
        ("DELETE", "/api/sessions"): False,
        ("GET", "/api/projects"): False,
        ("GET", "/api/gallery/entries"): open_in_public,
        ("POST", "/api/gallery/entries"): False,
    }
    for (method, path), is_open in expected.items():
        for cookie in (None, "x" * 43, TOKEN[:-1], ""):
            answer = await ask(app, method, path, host="127.0.0.1:8340", cookie=cookie, site="same-origin")
            assert answer.status_code == (200 if is_open else 401), (method, path)
        for name in SECURITY_HEADERS:
            assert name in answer.headers


@pytest.mark.anyio
async def test_other_sites_can_sign_nobody_in(settings):
    app = guarded(settings, "lab", PUBLIC)
    for origin, site in (("https://evil.example", "cross-site"), ("null", "cross-site"), (None, "cross-site")):
        answer = await ask(app, "POST", "/api/sessions", host="seg.example.org", origin=origin, site=site)
        assert answer.status_code == 403


@pytest.mark.anyio
async def test_token_of_local_mode_means_nothing_with_accounts(settings):
    local = settings.data_dir
    app = app_of(settings, "lab")
    local.mkdir(parents=True, exist_ok=True)
    try:
        token = app.state.services.token
        client = client_of(app)
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"sambaseg-8340={token}"}):
            assert (await client.get("/api/projects", headers=headers)).status_code == 401
        assert "set-cookie" not in (await client.get(f"/?token={token}")).headers
    finally:
        app.state.services.close()


@pytest.mark.anyio
async def test_cookie_behind_https_is_bound_to_the_host(settings):
    app = app_of(settings, "lab", public_url=PUBLIC)
    try:
        add_person(app, "ada")
        answer = await client_of(app).post("/api/sessions", json={"login": "ada", "password": PASSWORD})
        cookie = SimpleCookie(answer.headers["set-cookie"])["__Host-sambaseg-session-8340"]
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        program = client_of(app)
        del program.headers["Origin"]
        bearer = {"Authorization": f"Bearer {cookie.value}"}
        assert (await program.post("/api/projects/from-sample", headers=bearer, json={})).status_code == 422
    finally:
        app.state.services.close()


def test_open_routes_are_few_and_described():
    """What needs nobody to be known is stated here once more, so that nothing is added in passing."""
    assert [f"{method} {path}" for method, path in OPEN_ROUTES + OPEN_IN_PUBLIC] == [
        "GET /api/health",
        "GET /api/me",
        "POST /api/sessions",
        "POST /api/invitation",
        "POST /api/invitation/accept",
        "POST /api/oidc/begin",
        "POST /api/oidc/finish",
        "POST /api/me/visit",
        "GET /api/features",
        "GET /api/samples(/.*)?",
        "GET /api/gallery/.*",
    ]
