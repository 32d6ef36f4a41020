"""Every route × everybody who may ask: what is not theirs answers as if it were not there; nothing leaks.

The table below says who may use each route, apart from the code that decides it. A route that is not in it fails.
"""

from __future__ import annotations

import re

import pytest

from server.conftest import make_project, two_phases
from server.people import app_of, client_of, give, person_client, visitor_client

OPEN = {"nobody", "visitor", "stranger", "viewer", "editor", "owner", "moderator", "admin"}
KNOWN = OPEN - {"nobody"}
MEMBERS = KNOWN - {"visitor"}
MODERATORS = {"moderator", "admin"}
ADMINS = {"admin"}
SEEING = {"viewer", "editor", "owner"}
CHANGING = {"editor", "owner"}
OWNING = {"owner"}

RULES = [
    ("GET /api/health", OPEN),
    ("GET /api/me", OPEN),
    ("POST /api/sessions", OPEN),
    (r"POST /api/invitation(/accept)?", OPEN),
    (r"POST /api/oidc/(begin|finish)", OPEN),
    ("POST /api/me/visit", "public"),
    (r"GET /api/(features|samples)(/.*)?", "public"),
    (r"GET /api/gallery/.*", "gallery"),
    (r"(POST|PATCH|PUT|DELETE) /api/gallery/.*", KNOWN),
    (r"(GET|POST) /api/moderation/.*", MODERATORS),
    (r"\w+ /api/admin/.*", ADMINS),
    (r"(PATCH /api/me|POST /api/me/password|(GET|DELETE) /api/me/sessions.*|GET /api/people)", MEMBERS),
    (r"(DELETE /api/me|GET /api/me/everything|DELETE /api/sessions/current)", KNOWN),
    (r"(GET|DELETE|PATCH|POST) /api/uploads.*", KNOWN),
    ("POST /api/features/cost", KNOWN),
    (r"GET /api/smart/models.*", KNOWN),
    (r"(POST|DELETE|PUT) /api/smart/models/.*", ADMINS),
    ("GET /api/files", set()),
    (r"(GET|POST) /api/projects", KNOWN),
    (r"POST /api/projects/from-\w+", KNOWN),
    (r"PUT /api/projects/\{pid\}/sharing/\{person\}", OWNING),
    (r"DELETE /api/projects/\{pid\}/sharing/\{person\}", SEEING),
    (r"DELETE /api/projects/\{pid\}", OWNING),
    (r"POST /api/projects/\{pid\}/(crop|measurements|suggestions/\w+)", SEEING),
    (r"GET /api/projects/\{pid\}.*", SEEING),
    (r"\w+ /api/projects/\{pid\}.*", CHANGING),
    ("GET /api/jobs/{jid}", SEEING),
    ("DELETE /api/jobs/{jid}", CHANGING),
]
LOCAL_ONLY = {"POST /api/projects/from-paths", "POST /api/projects/{pid}/images/{image}/source"}
NOT_THERE = re.compile("There is no (project|job|upload)")
"""What those are told who may not see something; who may must never be told so."""
STREAMS = {"GET /api/projects/{pid}/events"}
GONE_AFTERWARDS = {"DELETE /api/me", "DELETE /api/sessions/current", "DELETE /api/projects/{pid}"}


def rule_for(route):
    """Return who may use a route; the first row that fits counts."""
    for pattern, who in RULES:
        if route == pattern or re.fullmatch(pattern, route):
            return who
    pytest.fail(f"{route} stands in no row: say who may use it.")


def refusal_of(who, path):
    """Return how somebody is refused who may not: what they see is forbidden to them, what they do not is not there."""
    if who == "nobody":
        return 401
    if "/admin/" in path:
        return 403
    if "{pid}" in path or "{jid}" in path:
        return 403 if who in SEEING else 404
    return 403


class Town:
    """One server, a project that is shared, and a client for everybody who may ask."""

    def __init__(self, settings, mode):
        self.mode = mode
        self.app = app_of(settings, mode)
        self.clients = {
            "nobody": client_of(self.app),
            "visitor": visitor_client(self.app),
            "moderator": person_client(self.app, "moderator", "moderator"),
            "admin": person_client(self.app, "admin", "admin"),
            **{name: person_client(self.app, name) for name in ("stranger", "viewer", "editor", "owner")},
        }
        self.owner, ownership = self.clients["owner"].actor, self.app.state.services.accounts.ownership
        self.project = give(self.app, make_project(self.app, two_phases(40, 50)), self.owner)
        self.pid = self.project.split("/")[-1]
        for name in ("viewer", "editor"):
            ownership.share(self.pid, self.clients[name].actor.id, name, by=self.owner)
        jobs = self.app.state.services.jobs
        self.job = jobs.start(self.pid, "train", lambda _: None).id
        self.upload = self.app.state.services.uploads.begin("a.tif", 5, owner=self.owner.key).id

    def routes(self):
        """Return method and template of every described route, what changes most last."""
        found = [
            (method.upper(), path) for path, operations in self.app.openapi()["paths"].items() for method in operations
        ]
        return sorted(found, key=lambda route: (route[0] == "DELETE", route[0] != "GET"))

    def fill(self, path):
        """Return an address of a route with the project, the job and the upload of the owner in it."""
        filled = path.replace("{pid}", self.pid).replace("{jid}", self.job).replace("{uid}", self.upload)
        filled = filled.replace("{layer}", "segmentation" if "{rid}" in path else "labels").replace(
            "{sid}", "superalloy"
        )
        for name in ("level", "ty", "tx", "image"):
            filled = filled.replace(f"{{{name}}}", "0")
        return re.sub(r"\{[a-z_]+\}", "0" * 32, filled)

    def may(self, who, route):
        """Return whether somebody may use a route."""
        allowed = rule_for(route)
        if allowed == "public":
            return self.mode == "public" or who != "nobody"
        if allowed == "gallery":
            mine = re.search(r"/(mine|drafts)\b", route)
            return who != "nobody" or (self.mode == "public" and not mine)
        return who in allowed


@pytest.fixture(params=["lab", "public"])
def town(request, settings):
    town = Town(settings, request.param)
    yield town
    town.app.state.services.close()


@pytest.mark.anyio
async def test_every_route_for_everybody(town):
    """Whoever may not gets 401, 403 or 404; whoever may gets something else, or a refusal of what was sent."""
    for method, path in town.routes():
        route = f"{method} {path}"
        if route in STREAMS or route in LOCAL_ONLY:
            continue
        for who, client in town.clients.items():
            may = town.may(who, route)
            if may and (route in GONE_AFTERWARDS or method == "DELETE"):
                continue  # what they do is tested elsewhere
            if who == "nobody":
                client.cookies.clear()  # of the visit that anybody may begin
            answer = await client.request(method, town.fill(path))
            told = (route, who, answer.status_code, answer.text[:200])
            if not may:
                assert answer.status_code == refusal_of(who, path), told
                assert answer.status_code == 403 or town.pid not in answer.text, told
            else:
                assert answer.status_code != 401, told
                assert not NOT_THERE.search(answer.text), told
                assert answer.status_code < 500 or answer.status_code == 501, told
                if answer.status_code == 403:
                    assert answer.json()["error"]["code"] in ("wrong_mode",), told


@pytest.mark.anyio
async def test_what_is_somebody_elses_is_told_apart_from_nothing_in_no_way(town):
    """The same words for another's project, job and upload as for one that never was, on every route."""
    for method, path in town.routes():
        if not re.search(r"\{(pid|jid|uid)\}", path) or "/admin/" in path:
            continue
        for who in ("visitor", "stranger", "moderator", "admin"):
            answers = []
            for filled in (town.fill(path), re.sub(f"{town.pid}|{town.job}|{town.upload}", "f" * 32, town.fill(path))):
                content = {"content": b"", "headers": {"X-Chunk-SHA256": "0" * 64}, "params": {"offset": 0}}
                options = content if "{uid}" in path and method == "PATCH" else {}
                answer = await town.clients[who].request(method, filled, **options)
                text = answer.text.replace(town.job, "f" * 32)
                answers.append((answer.status_code, text))
            assert answers[0] == answers[1], (method, path, who)
            assert answers[0][0] in (404, 403, 422), (method, path, who, answers[0])
            if answers[0][0] != 404:
                assert who == "visitor" or answers[0][0] == 422, (method, path, who)


@pytest.mark.anyio
async def test_events_are_for_who_may_see_the_project(town):
    for who in ("nobody", "visitor", "stranger", "moderator", "admin"):
        answer = await town.clients[who].get(f"{town.project}/events")
        assert answer.status_code == (401 if who == "nobody" else 404), who


@pytest.mark.anyio
async def test_lists_hold_what_is_ones_own(town):
    for who in ("visitor", "stranger", "moderator", "admin"):
        assert (await town.clients[who].get("/api/projects")).json() == [], who
    for who in ("viewer", "editor", "owner"):
        assert [entry["access"] for entry in (await town.clients[who].get("/api/projects")).json()] == [who]


@pytest.mark.anyio
async def test_a_project_tells_what_whoever_asks_may_do_and_follows_what_is_shared(town):
    for who in ("viewer", "editor", "owner"):
        assert (await town.clients[who].get(town.project)).json()["access"] == who
    renamed = await town.clients["editor"].patch(town.project, json={"name": "Grains"})
    assert renamed.json()["access"] == "editor"
    viewer = town.clients["viewer"]
    sharing = f"{town.project}/sharing/{viewer.actor.id}"
    assert (await town.clients["owner"].put(sharing, json={"access": "editor"})).status_code == 200
    assert (await viewer.get(town.project)).json()["access"] == "editor"
    assert (await town.clients["owner"].delete(sharing)).status_code == 204
    assert (await viewer.get(town.project)).status_code == 404


@pytest.mark.anyio
async def test_what_is_for_local_mode_alone_is_for_nobody(town):
    """Paths of the server's machine: refused to the owner too, and to strangers as if the project were not there."""
    assert {f"{method} {path}" for method, path in town.routes()} >= LOCAL_ONLY
    for route in LOCAL_ONLY:
        method, path = route.split()
        for who, client in town.clients.items():
            body = {"paths": ["/etc/hostname"]} if path.endswith("from-paths") else {"path": "/etc/hostname"}
            answer = await client.request(method, town.fill(path), json=body)
            expected = 401 if who == "nobody" else 404 if "{pid}" in path and who not in SEEING else 403
            assert answer.status_code == expected, (route, who, answer.text)


PAGES = {
    "/",
    "/admin",
    "/admin/{section}",
    "/gallery",
    "/gallery/dataset",
    "/gallery/follow/{token}",
    "/gallery/mine",
    "/gallery/moderation",
    "/gallery/{eid:entry_id}",
    "/gallery/{eid:entry_id}/v/{version}",
    "/gallery/{rest:path}",
    "/metrics",
    "/moderation",
    "/sign-in/back",
    "/{path:page_path}",
}


def test_what_is_not_described_is_stated(town):
    """Only described routes are tried for everybody above; the rest are the page, and the numbers (test_watch.py)."""

    def below(routes):
        for route in routes:
            inner = getattr(route, "original_router", None)
            yield from below(inner.routes) if inner is not None else [route]

    hidden = {route.path for route in below(town.app.routes) if not getattr(route, "include_in_schema", False)}
    assert hidden == PAGES
    described = {path for _, path in town.routes()}
    assert all(path.startswith("/api/") for path in described)
