"""Who is let in: Host, Origin, Sec-Fetch-Site, method, token and cookie, each combination."""

from __future__ import annotations

import itertools
import re
import stat
import sys
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sambaseg.server.access import SECURITY_HEADERS, AccessGuard, AccessPolicy, allowed_hosts, read_or_make_token
from sambaseg.server.app import create_app
from sambaseg.settings import Settings

TOKEN = "t" * 43
PORT = 8340
COOKIE = f"sambaseg-{PORT}"
OWN = f"127.0.0.1:{PORT}"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def _inside(_request):
    return PlainTextResponse("inside")


@pytest.fixture
def app():
    paths = ["/", "/assets/main.js", "/api/health", "/api/projects/1/events"]
    inner = Starlette(routes=[Route(path, _inside, methods=METHODS) for path in paths])
    return AccessGuard(inner, lambda: AccessPolicy(allowed_hosts("127.0.0.1", PORT), TOKEN, COOKIE))


async def ask(app, method="GET", path="/api/health", *, host=OWN, token=TOKEN, cookie=None, **headers):
    """Send one request; keyword names of headers have _ for -."""
    sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    sent |= {"host": host} if host is not None else {}
    sent |= {"authorization": f"Bearer {token}"} if token else {}
    sent |= {"cookie": f"{COOKIE}={cookie}"} if cookie else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{OWN}") as client:
        return await client.request(method, path, headers=sent)


HOSTS = {
    OWN: True,
    f"localhost:{PORT}": True,
    f"LOCALHOST:{PORT}": True,
    f"[::1]:{PORT}": True,
    "127.0.0.1": False,
    f"127.0.0.1:{PORT + 1}": False,
    "localhost:80": False,
    f"evil.example:{PORT}": False,
    f"127.0.0.1.evil.example:{PORT}": False,
    f"{OWN}@evil.example": False,
    f"0.0.0.0:{PORT}": False,
    "": False,
}
ORIGINS = {
    None: True,
    "own": True,
    "null": False,
    "http://evil.example": False,
    f"https://127.0.0.1:{PORT}": False,
    f"http://127.0.0.1:{PORT + 1}": False,
    f"http://127.0.0.1:{PORT}.evil.example": False,
    "": False,
}
SITES = {None: True, "same-origin": True, "none": "reading", "same-site": False, "cross-site": False, "new": False}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.anyio
async def test_matrix_of_host_origin_site_and_method(app, method):
    """Only the page's own requests, and those of programs, pass; every other combination is refused as such."""
    for (host, host_ok), (origin, origin_ok), (site, site_ok) in itertools.product(
        HOSTS.items(), ORIGINS.items(), SITES.items()
    ):
        for path in ("/api/health", "/api/projects/1/events") if method == "GET" else ("/api/health",):
            own = f"http://{host}" if origin == "own" else origin
            answer = await ask(app, method, path, host=host, origin=own, sec_fetch_site=site)
            passes = host_ok and origin_ok and (site_ok is True or (site_ok == "reading" and method in ("GET", "HEAD")))
            assert answer.status_code == (200 if passes else 403), (host, origin, site, path)
            if not passes and method != "HEAD":
                assert answer.json()["error"]["code"] == "access_denied"


@pytest.mark.anyio
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/assets/main.js", "/api/health", "/api/projects/1/events"])
async def test_nothing_without_token(app, method, path):
    own = f"http://{OWN}"
    for headers in ({}, {"cookie": "x" * 43}, {"token": "x" * 43}, {"cookie": TOKEN[:-1]}):
        answer = await ask(app, method, path, origin=own, **{"token": None, **headers})
        assert answer.status_code == 401


@pytest.mark.anyio
async def test_person_without_token_reads_what_to_do(app):
    answer = await ask(app, "GET", "/", token=None)
    assert "text/html" in answer.headers["content-type"]
    assert "terminal" in answer.text
    refused = await ask(app, token=None)
    assert refused.json()["error"]["code"] == "not_signed_in"
    assert "terminal" in refused.json()["error"]["hint"]


@pytest.mark.anyio
async def test_token_in_address_becomes_cookie_and_leaves_the_address(app):
    answer = await ask(app, "GET", f"/?token={TOKEN}", token=None, sec_fetch_site="cross-site")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie.value == TOKEN
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    inside = await ask(app, "GET", "/", token=None, cookie=cookie.value)
    assert inside.text == "inside"


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["token=wrong", "token=", "xtoken=" + TOKEN, f"token=wrong&token={TOKEN}"])
async def test_wrong_token_in_address_sets_nothing(app, query):
    answer = await ask(app, "GET", f"/?{query}", token=None)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.anyio
async def test_sign_in_needs_the_right_host(app):
    answer = await ask(app, "GET", f"/?token={TOKEN}", token=None, host=f"evil.example:{PORT}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.anyio
async def test_cookie_alone_changes_nothing_without_origin(app):
    """A browser says where a change comes from; a request that carries the cookie and does not is refused."""
    assert (await ask(app, "POST", token=None, cookie=TOKEN)).status_code == 403
    assert (await ask(app, "POST", token=None, cookie=TOKEN, origin=f"http://{OWN}")).status_code == 200
    assert (await ask(app, "POST", token=None, cookie=TOKEN, sec_fetch_site="same-origin")).status_code == 200
    assert (await ask(app, "GET", token=None, cookie=TOKEN)).status_code == 200
    assert (await ask(app, "POST")).status_code == 200


@pytest.mark.anyio
async def test_cookie_is_found_among_others(app):
    for header in (f"a=b; {COOKIE}={TOKEN}", f'{COOKIE}="{TOKEN}"', f"bad[]=1; {COOKIE}={TOKEN}; =;;"):
        answer = await ask(app, token=None, cookie=None, Cookie=header)
        assert answer.status_code == 200, header


@pytest.mark.anyio
async def test_links_to_the_page_may_come_from_anywhere(app):
    answer = await ask(app, "GET", "/", sec_fetch_site="cross-site")
    assert answer.text == "inside"


@pytest.mark.anyio
@pytest.mark.parametrize("host", [OWN, "evil.example"])
async def test_every_answer_carries_security_headers(app, host):
    answer = await ask(app, "GET", "/", host=host)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in answer.headers["content-security-policy"]


@pytest.mark.anyio
async def test_two_host_headers_are_refused(app):
    """Some proxies and servers look at the first, others at the last."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/health",
        "query_string": b"",
        "headers": [
            (b"host", OWN.encode()),
            (b"host", b"evil.example"),
            (b"authorization", f"Bearer {TOKEN}".encode()),
        ],
    }
    await app(scope, None, send)
    assert sent[0]["status"] == 403


def test_hosts_of_other_addresses():
    assert "192.168.1.5:80" in allowed_hosts("192.168.1.5", 80)
    assert "localhost" in allowed_hosts("127.0.0.1", 80)
    assert "[fe80::1]:9000" in allowed_hosts("FE80::1", 9000)


def test_token_is_made_once_and_private(tmp_path):
    folder = tmp_path / "new" / "data"
    token = read_or_make_token(folder)
    assert len(token) >= 43
    assert read_or_make_token(folder) == token
    assert [path.name for path in folder.iterdir()] == ["access-token"]
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / "access-token").stat().st_mode) == 0o600


def test_token_on_a_file_system_without_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr("os.link", refuse)
    token = read_or_make_token(tmp_path)
    assert read_or_make_token(tmp_path) == token
    assert [path.name for path in tmp_path.iterdir()] == ["access-token"]


def test_damaged_token_is_replaced(tmp_path):
    (tmp_path / "access-token").write_text("")
    assert len(read_or_make_token(tmp_path)) >= 43


def routes_of(app):
    """Return method and path of every route, with a value in each place."""
    for path, operations in app.openapi()["paths"].items():
        filled = path.replace("{layer}", "segmentation" if "{rid}" in path else "labels")
        for name in ("level", "ty", "tx", "image"):
            filled = filled.replace(f"{{{name}}}", "0")
        filled = re.sub(r"\{[a-z_]+\}", "1", filled)
        for method in operations:
            yield method.upper(), filled


@pytest.mark.anyio
async def test_every_route_of_the_application_is_guarded(app_with_routes):
    own = f"http://{OWN}"
    routes = list(routes_of(app_with_routes))
    assert len(routes) > 50
    assert not [path for _, path in routes if "{" in path]
    for method, path in [*routes, ("GET", "/"), ("GET", "/index.html"), ("GET", "/openapi.json"), ("GET", "/docs")]:
        anonymous = await ask(app_with_routes, method, path, token=None, origin=own)
        assert anonymous.status_code == 401, path
        rebound = await ask(app_with_routes, method, path, host=f"evil.example:{PORT}")
        assert rebound.status_code == 403, path
        if path.startswith("/api"):
            token = app_with_routes.state.services.token
            other_port = await ask(
                app_with_routes, method, path, token=token, origin="http://127.0.0.1:1", sec_fetch_site="same-site"
            )
            assert other_port.status_code == 403, path
        for name in SECURITY_HEADERS:
            assert name in anonymous.headers
    assert not (app_with_routes.state.services.settings.data_dir / "projects").exists()


@pytest.fixture
def app_with_routes(tmp_path):
    app = create_app(Settings(data_dir=tmp_path))
    yield app
    app.state.services.close()


@pytest.mark.anyio
async def test_there_are_no_pages_of_documentation_from_elsewhere(app_with_routes):
    token = app_with_routes.state.services.token
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await ask(app_with_routes, "GET", path, token=token)).status_code == 404


@pytest.mark.anyio
async def test_error_of_the_server_carries_the_headers_too(app_with_routes, monkeypatch):
    services = app_with_routes.state.services
    monkeypatch.setattr(type(services), "workspace", property(lambda _: 1 / 0))
    answer = await ask(app_with_routes, "GET", "/api/projects", token=services.token)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "unexpected"
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
