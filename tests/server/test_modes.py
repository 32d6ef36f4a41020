"""Lab and public mode from outside: signing in, invites, visits, sharing, quotas, expiry."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from sqlalchemy import update

from sambaseg.errors import NotFoundError
from sambaseg.server.gallery_desk import GalleryDesk
from sambaseg.storage.column_types import now
from sambaseg.storage.tables import SignIn, Visitor
from server.conftest import Person, make_project, two_phases
from server.people import PASSWORD, add_person, app_of, client_of, give, person_client, visitor_client


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


@pytest.mark.anyio
async def test_local_mode_needs_no_database(client, app):
    me = (await client.get("/api/me")).json()
    assert (me["mode"], me["role"], me["person"], me["quota"]) == ("local", "admin", None, None)
    project = make_project(app, two_phases(40, 50))
    assert (await client.get("/api/projects")).json()[0]["access"] == "owner"
    sharing = (await client.get(f"{project}/sharing")).json()
    assert sharing == {"access": "owner", "owner": None, "shares": []}
    assert (await client.get("/api/admin/storage")).json()["projects"][0]["owner_kind"] == "local"
    for path in ("/api/admin/health", "/api/admin/settings", "/api/admin/jobs"):
        assert (await client.get(path)).status_code == 200
    for path in ("/api/admin/people", "/api/admin/invites", "/api/people", "/api/me/sessions"):
        assert error_of(await client.get(path)) == "wrong_mode"
    assert error_of(await client.post("/api/me/visit")) == "wrong_mode"
    assert not (app.state.services.settings.data_dir / "sambaseg.db").exists()


@pytest.mark.anyio
async def test_person_comes_by_invite_signs_out_and_in_again(lab):
    admin, newcomer = person_client(lab, "ada", "admin"), client_of(lab)
    made = (await admin.post("/api/admin/invites", json={"role": "member", "note": "for Bo"})).json()
    start, _, token = made["address"].rpartition("/")
    assert start == "http://127.0.0.1:8340/#/invite"
    assert token not in str(made["invite"])
    offer = (await newcomer.post("/api/invitation", json={"token": token})).json()
    assert (offer["role"], offer["invited_by"]) == ("member", "Ada")
    chosen = {"token": token, "login": "Bo@example.org", "name": "Bo", "password": PASSWORD}
    answer = await newcomer.post("/api/invitation/accept", json=chosen)
    assert answer.status_code == 201
    assert answer.json()["person"]["login"] == "bo@example.org"
    cookie = SimpleCookie(answer.headers["set-cookie"])["sambaseg-session-8340"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert len(cookie.value) == 43
    assert (await newcomer.get("/api/projects")).json() == []
    assert error_of(await client_of(lab).post("/api/invitation/accept", json=chosen)) == "not_found"
    assert (await admin.get("/api/admin/invites")).json()[0]["used_by"] == "Bo"

    assert (await newcomer.delete("/api/sessions/current")).status_code == 204
    assert error_of(await newcomer.get("/api/projects")) == "not_signed_in"
    assert error_of(await client_of(lab, cookie.value).get("/api/projects")) == "not_signed_in"
    wrong = await newcomer.post("/api/sessions", json={"login": "bo@example.org", "password": "wrong"})
    nobody = await newcomer.post("/api/sessions", json={"login": "nobody", "password": "wrong"})
    assert wrong.json() == nobody.json()
    assert wrong.status_code == 401
    again = await newcomer.post("/api/sessions", json={"login": " BO@example.org", "password": PASSWORD})
    assert again.json()["role"] == "member"
    assert (await newcomer.get("/api/me")).json()["person"]["name"] == "Bo"


@pytest.mark.anyio
async def test_secrets_are_not_in_the_database(lab):
    admin = person_client(lab, "ada", "admin")
    made = (await admin.post("/api/admin/invites", json={})).json()
    lab.state.services.close()
    stored = b"".join(
        path.read_bytes() for path in lab.state.services.settings.data_dir.glob("sambaseg.db*") if path.is_file()
    )
    assert b"ada" in stored
    for secret in (PASSWORD, made["address"].rpartition("/")[2], admin.cookies["sambaseg-session-8340"]):
        assert secret.encode() not in stored


@pytest.mark.anyio
async def test_guessing_passwords_is_slowed_down(lab):
    add_person(lab, "ada")
    client = client_of(lab)
    answers = [
        (await client.post("/api/sessions", json={"login": "ada", "password": f"wrong {n}"})).status_code
        for n in range(12)
    ]
    assert answers == [401] * 10 + [429] * 2
    refused = await client.post("/api/sessions", json={"login": "ada", "password": PASSWORD})
    assert error_of(refused) == "too_many_requests"
    assert "seconds" in refused.json()["error"]["hint"]
    elsewhere = client_of(lab, client=("192.0.2.7", 1))
    assert (await elsewhere.post("/api/sessions", json={"login": "ada", "password": PASSWORD})).status_code == 201
    for _ in range(50):
        lab.state.services.sign_in_limits.logins.count("login:ada")
    assert (await elsewhere.post("/api/sessions", json={"login": "Ada", "password": PASSWORD})).status_code == 429


@pytest.mark.anyio
async def test_own_account_name_password_and_sessions(lab):
    bo = person_client(lab, "bo")
    other = client_of(lab)
    await other.post("/api/sessions", json={"login": "bo", "password": PASSWORD})
    assert (await bo.patch("/api/me", json={"name": "Bo  B."})).json()["person"]["name"] == "Bo B."
    sessions = (await bo.get("/api/me/sessions")).json()
    assert sorted(session["is_this"] for session in sessions) == [False, True]
    wrong = await bo.post("/api/me/password", json={"old": "x", "new": "another long password"})
    assert error_of(wrong) == "parameter"
    short = await bo.post("/api/me/password", json={"old": PASSWORD, "new": "short"})
    assert error_of(short) == "parameter"
    changed = await bo.post("/api/me/password", json={"old": PASSWORD, "new": "another long password"})
    assert changed.status_code == 204
    assert (await bo.get("/api/projects")).status_code == 200
    assert error_of(await other.get("/api/projects")) == "not_signed_in"
    assert (await other.post("/api/sessions", json={"login": "bo", "password": PASSWORD})).status_code == 401
    await other.post("/api/sessions", json={"login": "bo", "password": "another long password"})
    this = next(s["id"] for s in (await other.get("/api/me/sessions")).json() if not s["is_this"])
    assert (await other.delete(f"/api/me/sessions/{this}")).status_code == 204
    assert error_of(await bo.get("/api/projects")) == "not_signed_in"


@pytest.mark.anyio
async def test_admin_changes_people(lab):
    admin, bo = person_client(lab, "ada", "admin"), person_client(lab, "bo")
    path = f"/api/admin/people/{bo.actor.id}"
    assert error_of(await bo.get("/api/admin/people")) == "access_denied"
    assert (await admin.patch(path, json={"role": "moderator", "quota_mb": 5})).json()["quota"]["bytes_limit"] == 5e6
    assert (await bo.get("/api/me")).json()["role"] == "moderator"
    drawn = (await admin.post(f"{path}/password")).json()["password"]
    assert error_of(await bo.get("/api/projects")) == "not_signed_in"
    assert (await bo.post("/api/sessions", json={"login": "bo", "password": drawn})).status_code == 201
    assert (await admin.patch(path, json={"disabled": True})).json()["disabled"]
    assert error_of(await bo.get("/api/projects")) == "not_signed_in"
    assert (await bo.post("/api/sessions", json={"login": "bo", "password": drawn})).status_code == 401
    last = await admin.patch(f"/api/admin/people/{admin.actor.id}", json={"role": "member"})
    assert "administrator" in last.json()["error"]["message"]
    assert (await admin.get("/api/me")).json()["role"] == "admin"
    shown = {row["name"]: row["value"] for row in (await admin.get("/api/admin/settings")).json()}
    assert shown["mode"] == "lab"
    assert (await admin.get("/api/admin/health")).json()["people"] == 1


@pytest.mark.anyio
async def test_project_is_private_until_it_is_shared(lab):
    ada, bo, eve = (person_client(lab, name) for name in ("ada", "bo", "eve"))
    project = give(lab, make_project(lab, two_phases(40, 50)), ada.actor)
    for other in (bo, eve, person_client(lab, "root", "admin")):
        assert (await other.get("/api/projects")).json() == []
        assert error_of(await other.get(project)) == "not_found"
    found = (await ada.get("/api/people", params={"q": "B"})).json()
    assert found == [{"id": bo.actor.id, "login": "bo", "name": "Bo"}]
    shared = await ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "viewer"})
    assert [share["person"]["name"] for share in shared.json()["shares"]] == ["Bo"]
    listed = (await bo.get("/api/projects")).json()
    assert [(entry["access"], entry["owner"]) for entry in listed] == [("viewer", "Ada")]
    assert (await bo.get(f"{project}/image/0/0/0")).status_code == 200
    stroke = Person().paint(1, 0, 0, 5, 5)
    refused = await bo.post(f"{project}/operations", json=stroke)
    assert (refused.status_code, error_of(refused)) == (403, "access_denied")
    assert (await bo.get(f"{project}/sharing")).json() == {
        "access": "viewer",
        "owner": {"id": ada.actor.id, "login": "ada", "name": "Ada"},
        "shares": [],
    }
    await ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "editor"})
    assert (await bo.post(f"{project}/operations", json=stroke)).status_code == 200
    assert error_of(await bo.delete(project)) == "access_denied"
    assert error_of(await bo.put(f"{project}/sharing/{eve.actor.id}", json={"access": "viewer"})) == "access_denied"
    assert error_of(await eve.get(project)) == "not_found"
    assert (await bo.delete(f"{project}/sharing/{bo.actor.id}")).status_code == 204
    assert error_of(await bo.get(project)) == "not_found"
    assert error_of(await ada.put(f"{project}/sharing/{ada.actor.id}", json={"access": "viewer"})) == "parameter"
    assert (await ada.delete(project)).status_code == 204


@pytest.mark.anyio
async def test_visitor_begins_works_and_takes_everything_home(public):
    visitor, other = client_of(public), visitor_client(public)
    nobody = (await visitor.get("/api/me")).json()
    assert (nobody["mode"], nobody["role"], nobody["is_visitor"]) == ("public", None, False)
    assert error_of(await visitor.get("/api/projects")) == "not_signed_in"
    assert error_of(await visitor.post("/api/projects/from-sample", json={"sample": "superalloy"})) == "not_signed_in"
    begun = await visitor.post("/api/me/visit")
    assert begun.status_code == 201
    assert begun.json()["is_visitor"]
    assert begun.json()["expires"] > (now() + timedelta(days=13)).isoformat()
    assert (await visitor.post("/api/me/visit")).json()["expires"] == begun.json()["expires"]
    made = await visitor.post("/api/projects/from-sample", json={"sample": "superalloy"})
    assert made.status_code == 201
    project = f"/api/projects/{made.json()['id']}"
    assert error_of(await other.get(project)) == "not_found"
    assert (await visitor.get("/api/me")).json()["quota"]["bytes_used"] > 0
    everything = await visitor.get("/api/me/everything")
    assert everything.content.startswith(b"PK")
    assert error_of(await other.get("/api/me/everything")) == "not_found"
    assert error_of(await visitor.get("/api/people")) == "access_denied"
    assert (await visitor.delete("/api/me")).status_code == 204
    assert not any((public.state.services.settings.data_dir / "projects").iterdir())
    assert (await visitor.get("/api/me")).json()["role"] is None


@pytest.mark.anyio
async def test_what_a_visitor_made_is_kept_by_signing_in(public):
    visitor = visitor_client(public)
    project = give(public, make_project(public, two_phases(40, 50)), visitor.actor)
    add_person(public, "ada")
    await visitor.post("/api/sessions", json={"login": "ada", "password": PASSWORD})
    assert (await visitor.get(project)).status_code == 200
    assert not (await visitor.get("/api/me")).json()["is_visitor"]
    assert (await person_client(public, "root", "admin").get("/api/admin/health")).json()["visitors"] == 0


@pytest.mark.anyio
async def test_visits_end_by_the_clock_of_the_server(public):
    services = public.state.services
    visitor, stays = visitor_client(public), visitor_client(public)
    project = give(public, make_project(public, two_phases(40, 50)), visitor.actor)
    kept = give(public, make_project(public, two_phases(40, 50)), stays.actor)
    begun = await visitor.post("/api/uploads", json={"file_name": "a.tif", "size": 10})
    assert begun.status_code == 201
    with services.database.session() as session:
        past = now() - timedelta(seconds=1)
        session.execute(update(Visitor).where(Visitor.id == visitor.actor.id).values(expires=past))
        session.execute(update(SignIn).where(SignIn.visitor_id == visitor.actor.id).values(expires=past))
    services.accounts.sessions.forget_all()
    assert error_of(await visitor.get(project)) == "not_signed_in"
    assert services.remove_expired() == 1
    folder = services.settings.data_dir / "projects"
    assert [path.name for path in folder.iterdir()] == [kept.split("/")[-1]]
    assert not any((services.settings.data_dir / "uploads").iterdir())
    assert (await stays.get(kept)).status_code == 200


@pytest.mark.anyio
async def test_uploads_are_their_owners(public):
    visitor, other = visitor_client(public), visitor_client(public)
    upload = (await visitor.post("/api/uploads", json={"file_name": "a.tif", "size": 10})).json()["id"]
    for answer in (
        await other.get(f"/api/uploads/{upload}"),
        await other.delete(f"/api/uploads/{upload}"),
        await other.post("/api/projects/from-uploads", json={"uploads": [upload]}),
    ):
        assert error_of(answer) == "not_found"
    assert (await visitor.get(f"/api/uploads/{upload}")).status_code == 200


@pytest.mark.anyio
async def test_quotas_of_bytes_and_jobs(settings):
    app = app_of(settings, "public", anonymous_quota_mb=1, quota_jobs_a_day=2)
    try:
        visitor = visitor_client(app)
        refused = await visitor.post("/api/uploads", json={"file_name": "a.tif", "size": 1_000_001})
        assert (refused.status_code, error_of(refused)) == (413, "quota")
        assert (await visitor.post("/api/uploads", json={"file_name": "a.tif", "size": 900_000})).status_code == 201
        assert error_of(await visitor.post("/api/uploads", json={"file_name": "a.tif", "size": 900_000})) == "quota"
        project = give(app, make_project(app, two_phases(60, 60)), visitor.actor)
        codes = [(await visitor.post(f"{project}/train")).status_code for _ in range(3)]
        assert codes == [202, 202, 413] or codes[:2] == [409, 409]
    finally:
        app.state.services.close()


@pytest.mark.anyio
async def test_files_of_the_machine_are_nobodys_outside_local_mode(lab, public):
    for app in (lab, public):
        admin = person_client(app, "ada", "admin")
        project = give(app, make_project(app, two_phases(40, 50)), admin.actor)
        assert (await admin.get("/api/health")).json()["mode"] == app.state.services.settings.mode
        for answer in (
            await admin.get("/api/files"),
            await admin.post("/api/projects/from-paths", json={"paths": ["/etc/hostname"]}),
            await admin.post(f"{project}/images", json={"paths": ["/etc/hostname"]}),
            await admin.post(f"{project}/images/0/source", json={"path": "/etc/hostname"}),
        ):
            assert error_of(answer) == "access_denied"


@pytest.mark.anyio
async def test_jobs_are_seen_by_who_may_see_the_project(lab):
    ada, bo = person_client(lab, "ada"), person_client(lab, "bo")
    project = give(lab, make_project(lab, two_phases(40, 50)), ada.actor)
    job = lab.state.services.jobs.start(project.split("/")[-1], "train", lambda _: None)
    for ask in (bo.get, bo.delete):
        assert error_of(await ask(f"/api/jobs/{job.id}")) == "not_found"
    assert (await ada.get(f"/api/jobs/{job.id}")).status_code == 200
    await ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "viewer"})
    assert (await bo.get(f"/api/jobs/{job.id}")).status_code == 200
    assert error_of(await bo.delete(f"/api/jobs/{job.id}")) == "access_denied"


@pytest.mark.anyio
async def test_page_of_an_entry_tells_nobody_anything_in_a_lab(lab, monkeypatch):
    asked = []

    def seen(_desk, entry_id, version, actor):
        asked.append((entry_id, version, actor))
        raise NotFoundError("There is no such entry.")

    monkeypatch.setattr(GalleryDesk, "seen", seen)
    path = f"/gallery/{'a' * 32}"
    for address in (path, f"{path}/v/1"):
        assert (await client_of(lab).get(address)).status_code in (200, 503)  # 503: the page is not built here
    assert asked == []
    assert (await person_client(lab, "ada").get(path)).status_code in (404, 503)
    assert len(asked) == 1
