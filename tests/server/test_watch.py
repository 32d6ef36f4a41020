"""Numbers for Prometheus and lines for machines: who may read them, and what is never in them."""

from __future__ import annotations

import json
import logging

import pytest

from sambaseg.server.logs import REQUESTS, JsonLines, set_up_logs
from server.conftest import make_project, open_client, two_phases
from server.people import app_of, client_of, give, person_client, visitor_client


@pytest.fixture
def public(settings):
    app = app_of(settings, "public", public_url="https://seg.example.org")
    yield app
    app.state.services.close()


@pytest.mark.anyio
async def test_numbers_are_for_administrators_and_programs_of_this_machine(public):
    admin, member = person_client(public, "ada", "admin"), person_client(public, "bo")
    assert (await admin.get("/metrics")).status_code == 200
    assert (await member.get("/metrics")).status_code == 403
    assert (await visitor_client(public).get("/metrics")).status_code == 403
    outside = client_of(public)
    assert (await outside.get("/metrics")).status_code == 401
    here = {"Host": "127.0.0.1:8340"}
    assert (await outside.get("/metrics", headers=here)).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert (await outside.get("/metrics", headers={**here, header: "192.0.2.1"})).status_code == 401
    elsewhere = client_of(public, client=("192.0.2.1", 1))
    assert (await elsewhere.get("/metrics", headers=here)).status_code == 401
    assert (await elsewhere.get("/metrics", headers={"Host": "evil.example"})).status_code == 403


@pytest.mark.anyio
async def test_numbers_of_local_mode_need_the_token(app, client):
    assert (await client.get("/metrics")).status_code == 200
    async with open_client(app) as nobody:
        del nobody.headers["Authorization"]
        assert (await nobody.get("/metrics")).status_code == 401
    assert not (app.state.services.settings.data_dir / "sambaseg.db").exists()


@pytest.mark.anyio
async def test_requests_are_counted_by_route_without_ids(public):
    ada = person_client(public, "ada", "admin")
    project = give(public, make_project(public, two_phases(40, 50)), ada.actor)
    await ada.get(project)
    await visitor_client(public).get(project)
    await client_of(public).get("/api/projects")
    await client_of(public).request("BREW", "/nothing?token=secret")
    text = (await ada.get("/metrics")).text
    assert 'sambaseg_requests_total{method="GET",route="/api/projects/{pid}",status="200"} 1.0' in text
    assert 'sambaseg_requests_total{method="GET",route="/api/projects/{pid}",status="404"} 1.0' in text
    assert 'sambaseg_requests_total{method="GET",route="none",status="401"} 1.0' in text
    assert 'method="other"' in text
    assert "sambaseg_people 1.0" in text
    assert "sambaseg_visitors 1.0" in text
    for secret in (project.split("/")[-1], "secret", ada.cookies["__Host-sambaseg-session-8340"]):
        assert secret not in text


@pytest.mark.anyio
async def test_each_request_is_one_line_of_json(public, caplog):
    caplog.set_level(logging.INFO, logger=REQUESTS.name)
    ada = person_client(public, "ada")
    project = give(public, make_project(public, two_phases(40, 50)), ada.actor)
    await ada.get(f"{project}?image=0")
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/projects/{pid}", 200)
    assert line["who"] == ada.actor.key
    assert line["level"] == "info"
    assert line["ms"] >= 0
    assert project.split("/")[-1] not in json.dumps(line)


def test_errors_are_lines_of_json_with_their_stack():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.getLogger("sambaseg.server").makeRecord(
            "sambaseg.server", logging.ERROR, "x.py", 1, "%s failed", ("It",), (type(error), error, error.__traceback__)
        )
    text = JsonLines().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert line["message"] == "It failed"
    assert "ValueError: two\nlines" in line["error"]


def test_text_log_tells_no_requests(monkeypatch):
    told = {}
    monkeypatch.setattr(logging, "basicConfig", lambda **options: told.update(options))
    monkeypatch.setattr(REQUESTS, "setLevel", lambda level: told.update(requests=level))
    set_up_logs("text")
    assert told["level"] == logging.WARNING
    assert "requests" not in told
    set_up_logs("json")
    assert told["requests"] == logging.INFO
    assert isinstance(told["handlers"][0].formatter, JsonLines)
