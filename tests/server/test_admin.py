"""What administrators see and change of the whole site: sessions, storage, jobs, settings, health, the log."""

from __future__ import annotations

import threading

import pytest

from sambaseg.errors import StorageError
from server.conftest import make_project, two_phases
from server.people import app_of, client_of, give, person_client, visitor_client


@pytest.fixture
def lab(settings):
    app = app_of(settings, "lab")
    yield app
    app.state.services.close()


@pytest.fixture
def public(settings):
    app = app_of(settings, "public", data_dir=settings.data_dir / "public")
    yield app
    app.state.services.close()


def error_of(answer):
    return answer.json()["error"]["code"]


def settings_in(answer):
    assert answer.status_code == 200, answer.text
    return {row["name"]: row for row in answer.json()}


@pytest.mark.anyio
async def test_admin_sees_and_ends_sessions(lab):
    admin, bo = person_client(lab, "ada", "admin"), person_client(lab, "bo")
    lab.state.services.accounts.sessions.begin_for_person(bo.actor.id, "Firefox")
    people = {row["login"]: row for row in (await admin.get("/api/admin/people")).json()}
    assert (people["ada"]["sessions"], people["bo"]["sessions"]) == (1, 2)
    path = f"/api/admin/people/{bo.actor.id}/sessions"
    assert {row["user_agent"] for row in (await admin.get(path)).json()} == {"", "Firefox"}
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).json() == []
    assert error_of(await bo.get("/api/projects")) == "not_signed_in"
    own = f"/api/admin/people/{admin.actor.id}/sessions"
    assert (await admin.delete(own)).status_code == 204
    assert [row["is_this"] for row in (await admin.get(own)).json()] == [True]
    for ask in (admin.get, admin.delete):
        assert error_of(await ask(f"/api/admin/people/{'0' * 32}/sessions")) == "not_found"


@pytest.mark.anyio
async def test_storage_tells_whose_it_is_but_not_what(public):
    admin, visitor, other = person_client(public, "ada", "admin"), visitor_client(public), visitor_client(public)
    owned = {
        give(public, make_project(public, two_phases(40, 50)), client.actor).split("/")[-1]: client.actor
        for client in (admin, visitor, other)
    }
    storage = (await admin.get("/api/admin/storage")).json()
    assert {row["id"]: (row["owner_kind"], row["owner_id"], row["owner"]) for row in storage["projects"]} == {
        pid: (actor.kind, actor.id, "Ada" if actor.kind == "person" else "") for pid, actor in owned.items()
    }
    assert storage["projects_bytes"] == sum(row["bytes_used"] for row in storage["projects"]) > 0
    assert storage["gallery_bytes"] == 0
    assert set(storage["projects"][0]) == {"id", "bytes_used", "modified", "owner", "owner_id", "owner_kind"}


@pytest.mark.anyio
async def test_what_the_list_of_storage_measures_counts_for_its_owner(lab):
    """The list measured projects without noting it, so that for a while their owners were told of 0 bytes."""
    admin, bo = person_client(lab, "ada", "admin"), person_client(lab, "bo")
    give(lab, make_project(lab, two_phases(40, 50)), bo.actor)
    (project,) = (await admin.get("/api/admin/storage")).json()["projects"]
    people = {row["login"]: row["quota"]["bytes_used"] for row in (await admin.get("/api/admin/people")).json()}
    assert people == {"ada": 0, "bo": project["bytes_used"]}
    assert (await bo.get("/api/me")).json()["quota"]["bytes_used"] == project["bytes_used"] > 0


@pytest.mark.anyio
async def test_admin_cancels_a_job_of_somebody_else(lab):
    admin, bo = person_client(lab, "ada", "admin"), person_client(lab, "bo")
    pid = give(lab, make_project(lab, two_phases(40, 50)), bo.actor).split("/")[-1]
    begun, services = threading.Event(), lab.state.services

    def work(job):
        begun.set()
        while not job.token.cancelled:
            threading.Event().wait(0.01)
        job.token.raise_if_cancelled()

    job = services.jobs.start(pid, "train", work)
    assert begun.wait(20)
    listed = (await admin.get("/api/admin/jobs")).json()
    assert [(row["job"]["id"], row["job"]["state"], row["owner"]) for row in listed] == [(job.id, "running", "Bo")]
    assert (await admin.get("/api/admin/health")).json()["jobs_running"] == 1
    assert (await admin.delete(f"/api/admin/jobs/{job.id}")).json()["state"] == "cancelled"
    assert (await admin.get("/api/admin/jobs")).json() == []
    newest = (await admin.get("/api/admin/log")).json()["records"][0]
    assert (newest["actor"], newest["action"], newest["object"]) == ("Ada", "job cancelled", pid)


@pytest.mark.anyio
async def test_settings_are_changed_while_the_server_runs(public):
    admin, visitor, stranger = person_client(public, "ada", "admin"), visitor_client(public), client_of(public)
    before = settings_in(await admin.get("/api/admin/settings"))
    assert before["anonymous_quota_mb"]["value"] == before["anonymous_quota_mb"]["start_value"] == "2000"
    assert before["anonymous_quota_mb"]["change"]["kind"] == "number"
    assert before["visits"]["change"]["choices"] == ["open", "closed"]
    assert before["data_dir"]["change"] is None
    after = settings_in(await admin.put("/api/admin/settings/anonymous_quota_mb", json={"value": "3"}))
    assert (after["anonymous_quota_mb"]["value"], after["anonymous_quota_mb"]["start_value"]) == ("3", "2000")
    assert (await visitor.get("/api/me")).json()["quota"]["bytes_limit"] == 3_000_000
    back = settings_in(await admin.delete("/api/admin/settings/anonymous_quota_mb"))
    assert back["anonymous_quota_mb"]["value"] == "2000"
    for name, value, code in (
        ("anonymous_quota_mb", "-3", "parameter"),
        ("visits", "ajar", "parameter"),
        ("mode", "local", "not_found"),
        ("gallery_follow_secret", "0", "not_found"),
    ):
        assert error_of(await admin.put(f"/api/admin/settings/{name}", json={"value": value})) == code
    await admin.put("/api/admin/settings/visits", json={"value": "closed"})
    assert error_of(await stranger.post("/api/me/visit")) == "access_denied"
    assert (await visitor.post("/api/me/visit")).json()["is_visitor"]
    await admin.put("/api/admin/settings/visits", json={"value": "open"})
    assert (await stranger.post("/api/me/visit")).status_code == 201
    log = (await admin.get("/api/admin/log")).json()["records"]
    assert [(row["action"], row["object"], row["detail"]) for row in log[:2]] == [
        ("setting changed", "visits", "value: open"),
        ("setting changed", "visits", "value: closed"),
    ]


@pytest.mark.anyio
async def test_settings_say_whose_entries_wait_for_a_moderator(public):
    admin, visitor = person_client(public, "ada", "admin"), visitor_client(public)
    desk = public.state.services.gallery
    for chosen, waiting in (
        ("everybody", [True, True]),
        ("visitors", [False, True]),
        ("nobody", [False, False]),
    ):
        await admin.put("/api/admin/settings/moderated", json={"value": chosen})
        assert [desk.waits(client.actor) for client in (admin, visitor)] == waiting, chosen


@pytest.mark.anyio
async def test_settings_are_given_at_the_start_only_in_local_mode(client):
    rows = settings_in(await client.get("/api/admin/settings"))
    assert all(row["change"] is None for row in rows.values())
    assert error_of(await client.put("/api/admin/settings/quota_mb", json={"value": "1"})) == "wrong_mode"
    assert error_of(await client.delete("/api/admin/settings/quota_mb")) == "wrong_mode"
    assert error_of(await client.get("/api/admin/log")) == "wrong_mode"


@pytest.mark.anyio
async def test_health_names_what_does_not_work(lab, monkeypatch):
    admin = person_client(lab, "ada", "admin")
    well = (await admin.get("/api/admin/health")).json()
    assert (well["database_kind"], well["database_works"], well["files"], well["files_work"]) == (
        "SQLite",
        True,
        "disk",
        True,
    )
    assert 0 < well["disk_free"] < well["disk_total"]
    assert 0 <= well["uptime_seconds"] < 600

    def broken(*_):
        raise StorageError("The disk is gone.")

    monkeypatch.setattr(type(lab.state.services.gallery.files), "check", broken)
    monkeypatch.setattr(type(lab.state.services.accounts), "counts", broken)
    ill = (await admin.get("/api/admin/health")).json()
    assert (ill["database_works"], ill["files_work"], ill["people"]) == (False, False, None)


@pytest.mark.anyio
async def test_log_is_read_page_by_page(lab):
    admin, bo = person_client(lab, "ada", "admin"), person_client(lab, "bo")
    for megabytes in (5, 6, 7):
        await admin.patch(f"/api/admin/people/{bo.actor.id}", json={"quota_mb": megabytes})
    first = (await admin.get("/api/admin/log", params={"limit": 2})).json()
    assert [(row["action"], row["object"], row["detail"]) for row in first["records"]] == [
        ("quota changed", "Bo", "megabytes: 7"),
        ("quota changed", "Bo", "megabytes: 6"),
    ]
    second = (await admin.get("/api/admin/log", params={"before": first["before"], "limit": 200})).json()
    assert [row["action"] for row in second["records"]] == ["quota changed", "person added", "person added"]
    assert second["before"] is None


@pytest.mark.anyio
async def test_addresses_of_the_page_answer_with_the_page(lab):
    for address in ("/admin", "/admin/people"):
        assert (await client_of(lab).get(address)).status_code in (200, 503)  # 503: the page is not built here
