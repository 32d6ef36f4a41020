"""Who may speak to the server: the exact Host list, the page's own origin, and who a token or cookie stands for.

Local mode has one person and no passwords, but a server on this machine can be reached by every website that the
person has open, and by every program. The address that is printed at the start carries a token; opening it sets a
cookie that other sites cannot send. DNS rebinding fails at the Host list; other ports of this machine, which browsers
count as the same site, fail at Origin and Sec-Fetch-Site.

Where people have accounts, or visit without, the cookie stands for a session. The page itself may be read by anybody
then, and so may the few routes in `OPEN_ROUTES`; all other routes need to know who asks.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sambaseg.accounts.actors import LOCAL, Actor
from sambaseg.errors import AccessDeniedError, NotSignedInError, SambasegError
from sambaseg.server.refusals import refuse
from sambaseg.server.who import note_actor

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

# Inline styles are allowed because the page's components set their colours so; scripts are not.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
SIGN_IN_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sambaseg</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:18vh auto;padding:0 1em}</style></head>
<body><h1>sambaseg is running</h1>
<p>To keep your images private, it opens only with the address that it printed in the terminal when it started.
Open that address (it ends with <code>?token=…</code>) in this browser once.</p></body></html>
"""


OPEN_ROUTES: tuple[tuple[str, str], ...] = (
    ("GET", r"/api/health"),
    ("GET", r"/api/me"),
    ("POST", r"/api/sessions"),
    ("POST", r"/api/invitation"),
    ("POST", r"/api/invitation/accept"),
    ("POST", r"/api/oidc/begin"),
    ("POST", r"/api/oidc/finish"),
)
"""What everybody may ask for, whoever they are, where there are accounts."""
OPEN_IN_PUBLIC: tuple[tuple[str, str], ...] = (
    ("POST", r"/api/me/visit"),
    ("GET", r"/api/features"),
    ("GET", r"/api/samples(/.*)?"),
    ("GET", r"/api/gallery/.*"),
)
"""What everybody may ask for on a public site, beside those."""

Identify = Callable[[str], Awaitable[Actor | None]]


@dataclass(frozen=True)
class AccessPolicy:
    """What is let in: values of the Host header, the token, and the name of the cookie that carries it.

    ``origins`` has the page's own origin for each host where that is not plain http. Where there are accounts,
    ``identify`` says whose a session's secret is, and ``open_routes`` need none; else there is the one ``token``.
    """

    hosts: frozenset[str]
    token: str
    cookie: str
    origins: Mapping[str, str] = field(default_factory=dict)
    identify: Identify | None = None
    open_routes: tuple[tuple[str, str], ...] = ()
    is_secure: bool = False

    def is_open(self, method: str, path: str) -> bool:
        """Return whether a request may be answered whoever sends it."""
        method = "GET" if method == "HEAD" else method
        if not path.startswith("/api/"):
            return self.identify is not None
        return any(verb == method and re.fullmatch(pattern, path) for verb, pattern in self.open_routes)


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """Return the Host headers of a server at `host`:`port`: that name and this machine's own, with the exact port."""
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    names = {name.lower(), *LOOPBACK_NAMES}
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def host_of(public_url: str) -> str:
    """Return what browsers send as Host where the page is at `public_url`."""
    return urlsplit(public_url).netloc.lower()


def read_or_make_token(data_dir: Path) -> str:
    """Return the token of the projects in `data_dir`, made at first use, readable by the owner only.

    It stays the same, so that a page left open goes on working after the server was started again.
    """
    path = data_dir / "access-token"
    data_dir.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        if path.exists():
            token = path.read_text(encoding="ascii").strip()
            if len(token) >= 32:
                return token
            path.unlink()
        fresh = data_dir / f"access-token.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(fresh, path)  # the first of two servers that start at once wins
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


class AccessGuard:
    """ASGI middleware: refuses what the policy does not let in, and puts security headers on every answer."""

    def __init__(self, app: ASGIApp, policy: Callable[[], AccessPolicy]) -> None:
        """Guard `app`; `policy` is asked once, with the first request, since the token lies on the disk."""
        self.app = app
        self.policy = policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there are no web sockets here: the server closes the connection

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = await self._answer_at_the_door(scope)
        await (answer or self.app)(scope, receive, send_with_headers)

    async def _answer_at_the_door(self, scope: Scope) -> Response | None:
        """Return the refusal or the redirection for a request, or None to let it through."""
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        try:
            self._check_host(headers)
            self._check_site(headers, path, method)
            if self.policy.identify is None and _is_sign_in(scope):
                return self._sign_in(scope["query_string"])
            note_actor(scope, await self._who_asks(headers, path, method))
        except NotSignedInError as error:
            return refuse(error) if path.startswith("/api/") else HTMLResponse(SIGN_IN_PAGE, status_code=401)
        except SambasegError as error:
            return refuse(error)
        return None

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.policy.hosts:
            raise AccessDeniedError(
                f"This server answers to {', '.join(sorted(self.policy.hosts))} only, not to {', '.join(hosts)!r}.",
                hint="Open the address that was printed in the terminal.",
            )

    def _check_site(self, headers: Headers, path: str, method: str) -> None:
        """Refuse what another website asks of the interface; links to the page itself may come from anywhere."""
        if method in SAFE_METHODS and not path.startswith("/api/"):
            return
        origins, site = headers.getlist("origin"), headers.get("sec-fetch-site")
        host = headers["host"].lower()
        own = self.policy.origins.get(host, f"http://{host}")
        allowed_sites = {"same-origin", "none"} if method in SAFE_METHODS else {"same-origin"}
        if any(origin.lower() != own for origin in origins) or (site is not None and site not in allowed_sites):
            raise AccessDeniedError(
                "This request came from another website, not from the page itself.",
                hint="Open the address that was printed in the terminal.",
            )

    async def _who_asks(self, headers: Headers, path: str, method: str) -> Actor | None:
        """Return who sent a request; nobody that is known is let through only where everybody may come."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        actor = await self._identify(given.strip()) if scheme.lower() == "bearer" else None
        if actor is not None:
            return actor
        for value in cookie_values(headers, self.policy.cookie):
            actor = await self._identify(value)
            if actor is not None:
                break
        if actor is None and not self.policy.is_open(method, path):
            raise self._unknown()
        if method not in SAFE_METHODS and actor is not None:
            self._check_says_where_from(headers)
        return actor

    async def _identify(self, secret: str) -> Actor | None:
        if self.policy.identify is not None:
            return await self.policy.identify(secret)
        return LOCAL if self._is_token(secret) else None

    def _unknown(self) -> NotSignedInError:
        if self.policy.identify is None:
            return NotSignedInError(
                "This request carries no valid token.", hint="Open the address that was printed in the terminal."
            )
        return NotSignedInError("You are not signed in.", hint="Sign in, then try again.")

    @staticmethod
    def _check_says_where_from(headers: Headers) -> None:
        if "origin" not in headers and "sec-fetch-site" not in headers:
            raise AccessDeniedError(
                "A request that changes something must say where it comes from (Origin), or carry the token itself.",
                hint="Programs send the token as 'Authorization: Bearer TOKEN'.",
            )

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.policy.token.encode())

    def _sign_in(self, query: bytes) -> Response:
        """Turn the token of the address into the cookie, and take it out of the address."""
        given = parse_qs(query.decode("latin-1")).get("token", [""])[0]
        if not self._is_token(given):
            raise NotSignedInError("The token in the address is not this server's.")
        answer = RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
        answer.set_cookie(
            self.policy.cookie, self.policy.token, max_age=365 * 86400, path="/", httponly=True, samesite="strict"
        )
        return answer


def _is_sign_in(scope: Scope) -> bool:
    return scope["path"] == "/" and scope["method"] == "GET" and b"token=" in scope["query_string"]


def cookie_values(headers: Headers, name: str) -> list[str]:
    """Return the values of the cookie `name`; a header that cannot be read has none."""
    values = []
    for header in headers.getlist("cookie"):
        for part in header.split(";"):
            try:
                cookies = SimpleCookie(part.strip())
            except CookieError:
                continue
            if name in cookies:
                values.append(cookies[name].value)
    return values
