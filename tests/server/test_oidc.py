"""Signing in by OpenID Connect at a real provider: the good way, every bad one, whose account it is, and roles."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from oidc_provider import oidc_provider, oidc_server
from sambaseg.errors import MissingFileError, ParameterError
from sambaseg.server.app import create_app
from sambaseg.settings import Settings
from sambaseg.storage.column_types import now
from sambaseg.storage.tables import AuditRecord, OidcFlow, Person
from server.conftest import make_project, two_phases
from server.people import PASSWORD, add_person, app_of, client_of, give, person_client, visitor_client

__all__ = ["oidc_provider", "oidc_server"]
BACK = "http://127.0.0.1:8340/sign-in/back"
DOMAIN = {"oidc_domains": "lab.example.org"}


@pytest.fixture
def make_lab(settings, oidc_provider):
    """Return a function that makes a lab's application, whose people can sign in at the provider."""
    made = []

    def make(mode="lab", **changes):
        client_id, secret = oidc_provider.register(BACK)
        given = {"oidc_issuer": oidc_provider.issuer, "oidc_client_id": client_id, "oidc_client_secret": secret}
        made.append(app_of(settings, mode, **{**given, "oidc_name": "Lab Login", **changes}))
        return made[-1]

    yield make
    for app in made:
        app.state.services.close()


async def begin(client, return_to="/"):
    """Begin to sign in; return the provider's address."""
    answer = await client.post("/api/oidc/begin", json={"return_to": return_to})
    assert answer.status_code == 201, answer.text
    return answer.json()["address"]


async def sign_in(client, provider, subject):
    """Go the whole way, and return the server's last answer."""
    return await client.post("/api/oidc/finish", json=provider.sign_in(await begin(client), subject))


def refusal(answer):
    """Return kind and sentence of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def log_of(app):
    """Return what was noted: who did what."""
    with app.state.services.database.reading() as session:
        rows = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
        return [(row.actor, row.action) for row in rows]


def person_of(app, login):
    """Return a person's row."""
    with app.state.services.database.reading() as session:
        return session.scalars(select(Person).where(Person.login == login)).one()


@pytest.mark.anyio
async def test_somebody_new_of_the_lab_gets_an_account_and_comes_back_to_it(make_lab, oidc_provider):
    app = make_lab(**DOMAIN)
    client = client_of(app)
    assert (await client.get("/api/me")).json()["sign_in_with"] == "Lab Login"
    oidc_provider.add_person("s-1", email="Ada@Lab.example.org", email_verified=True, name="Ada  Lovelace")
    answer = await client.post(
        "/api/oidc/finish", json=oidc_provider.sign_in(await begin(client, "/gallery?q=steel"), "s-1")
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["return_to"] == "/gallery?q=steel"
    me = (await client.get("/api/me")).json()
    assert me["person"]["login"] == "ada@lab.example.org"
    assert (me["person"]["name"], me["role"]) == ("Ada Lovelace", "member")
    cookies = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert all("HttpOnly" in cookie and "SameSite=strict" in cookie for cookie in cookies)
    assert log_of(app) == [("Lab Login", "person added")]

    assert (await client.delete("/api/sessions/current")).status_code == 204
    assert (await client.get("/api/me")).json()["role"] is None
    oidc_provider.add_person("s-1", email="ada.byron@lab.example.org", email_verified=True)  # known by the subject
    assert (await sign_in(client, oidc_provider, "s-1")).json()["me"]["person"]["id"] == me["person"]["id"]
    assert len(app.state.services.accounts.people.all()) == 1
    answer = await client.post("/api/sessions", json={"login": "ada@lab.example.org", "password": PASSWORD})
    assert refusal(answer)[1] == "not_signed_in", "there is no password"
    answer = await client.post("/api/me/password", json={"old": PASSWORD, "new": PASSWORD})
    assert refusal(answer)[2] == "You have no password here."
    assert me["person"]["has_password"] is False
    app.state.services.accounts.people.draw_password(me["person"]["id"])
    assert (await client.get("/api/me")).json()["person"]["has_password"] is True


@pytest.mark.anyio
async def test_the_provider_asks_anew_after_a_sign_out_and_only_then(make_lab, oidc_provider):
    client = client_of(make_lab(**DOMAIN))
    oidc_provider.add_person("s-2", email="bo@lab.example.org", email_verified=True)
    await sign_in(client, oidc_provider, "s-2")
    assert "prompt" not in oidc_provider.last_request()
    await client.delete("/api/sessions/current")
    await sign_in(client, oidc_provider, "s-2")
    assert oidc_provider.last_request()["prompt"] == "login"
    await sign_in(client, oidc_provider, "s-2")
    assert "prompt" not in oidc_provider.last_request()
    answer = await client.post("/api/oidc/begin", json={"ask_again": True})  # as after a refusal
    oidc_provider.sign_in(answer.json()["address"], "s-2")
    assert oidc_provider.last_request()["prompt"] == "login"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("nonce", "its nonce is not"),
        ("no nonce", "something is missing"),
        ("audience", "its aud is not"),
        ("party", "its azp is not"),
        ("issuer", "its iss is not"),
        ("expired", "its time is over"),
        ("future", "its iat is not"),
        ("hash", "its at_hash is not"),
        ("no subject", "something is missing"),
        ("no end", "something is missing"),
        ("another key", "its signature is not"),
        ("changed", "its signature is not"),
        ("none", "its signature is not"),
        ("public key as secret", "its signature is not"),
        ("broken", "its signature is not"),
        ("unknown key", "a key that is not its own"),
        ("missing", "it sent no tokens"),
    ],
)
async def test_an_id_token_that_proves_nothing_lets_nobody_in(make_lab, oidc_provider, how, says):
    app = make_lab(**DOMAIN)
    client = client_of(app)
    oidc_provider.add_person("s-3", email="cy@lab.example.org", email_verified=True)
    oidc_provider.spoil(how)
    answer = await sign_in(client, oidc_provider, "s-3")
    status, code, message = refusal(answer)
    assert says in message
    assert (status, code) == ((502, "sign_in_provider") if how == "missing" else (401, "not_signed_in"))
    assert (await client.get("/api/me")).json()["role"] is None
    assert app.state.services.accounts.people.all() == []


@pytest.mark.anyio
async def test_what_the_id_token_does_not_tell_is_asked_for(make_lab, oidc_provider):
    app = make_lab(oidc_groups="staff", **DOMAIN)
    oidc_provider.add_person("s-14", email="jo@lab.example.org", email_verified=True, groups=["staff"])
    for how in ("bare", "half"):
        oidc_provider.spoil(how)
        answer = await sign_in(client_of(app), oidc_provider, "s-14")
        assert answer.status_code == 201, answer.text
    oidc_provider.spoil("bare, of another")
    status, code, message = refusal(await sign_in(client_of(app), oidc_provider, "s-14"))
    assert (status, code) == (502, "sign_in_provider")
    assert "it told of somebody else" in message
    assert [person.login for person in app.state.services.accounts.people.all()] == ["jo@lab.example.org"]


@pytest.mark.anyio
async def test_a_key_that_the_provider_began_to_use_meanwhile_is_fetched(make_lab, oidc_provider, monkeypatch):
    client = client_of(make_lab(**DOMAIN))
    oidc_provider.add_person("s-4", email="di@lab.example.org", email_verified=True)
    assert (await sign_in(client, oidc_provider, "s-4")).status_code == 201
    monkeypatch.setattr("sambaseg.accounts.oidc_provider.SECONDS_BETWEEN_KEYS", 0.0)
    oidc_provider.spoil("next key")
    assert (await sign_in(client, oidc_provider, "s-4")).status_code == 201


@pytest.mark.anyio
async def test_a_state_counts_once_in_the_browser_that_began_within_ten_minutes(make_lab, oidc_provider):
    app = make_lab(**DOMAIN)
    client, thief = client_of(app), client_of(app)
    oidc_provider.add_person("s-5", email="ed@lab.example.org", email_verified=True)
    back = oidc_provider.sign_in(await begin(client), "s-5")
    elsewhere = "This sign-in did not begin in this browser."
    assert refusal(await thief.post("/api/oidc/finish", json=back))[2] == elsewhere
    await begin(thief)
    assert refusal(await thief.post("/api/oidc/finish", json=back))[2] == elsewhere
    assert refusal(await client.post("/api/oidc/finish", json={**back, "state": "x" * 43}))[2] == elsewhere
    flow = client.cookies.get("sambaseg-session-8340-flow")
    assert (await client.post("/api/oidc/finish", json=back)).status_code == 201
    client.cookies.set("sambaseg-session-8340-flow", flow)
    assert refusal(await client.post("/api/oidc/finish", json=back))[2] == "This sign-in was used, or never began."

    back = oidc_provider.sign_in(await begin(client), "s-5")
    with app.state.services.database.session() as session:
        session.execute(update(OidcFlow).values(expires=now() - timedelta(seconds=1)))
    assert refusal(await client.post("/api/oidc/finish", json=back))[2] == "This sign-in took longer than ten minutes."


@pytest.mark.anyio
async def test_a_code_counts_once_and_only_with_the_verifier_it_was_asked_for_with(make_lab, oidc_provider):
    client = client_of(make_lab(**DOMAIN))
    oidc_provider.add_person("s-6", email="flo@lab.example.org", email_verified=True)
    first = oidc_provider.sign_in(await begin(client), "s-6")
    second = oidc_provider.sign_in(await begin(client), "s-6")
    swapped = await client.post("/api/oidc/finish", json={"state": second["state"], "code": first["code"]})
    assert refusal(swapped) == (401, "not_signed_in", "Lab Login did not let you in this time.")
    third = oidc_provider.sign_in(await begin(client), "s-6")
    assert (await client.post("/api/oidc/finish", json=third)).status_code == 201
    await begin(client)
    state = (oidc_provider.sign_in(await begin(client), "s-6"))["state"]
    replayed = await client.post("/api/oidc/finish", json={"state": state, "code": third["code"]})
    assert refusal(replayed) == (401, "not_signed_in", "Lab Login did not let you in this time.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email": "eve@lab.example.org", "email_verified": False}, "Only people with a verified e-mail address"),
        ({"email": "eve@lab.example.org"}, "Only people with a verified e-mail address"),
        ({}, "Only people with a verified e-mail address"),
        ({"email": "eve@evil.org", "email_verified": True}, "Only people with a verified e-mail address"),
        ({"email": "eve@sub.lab.example.org", "email_verified": True}, "Only people with a verified"),
        ({"email": "eve@lab.example.org@evil.org", "email_verified": True}, "Only people with a verified"),
        ({"email": ["eve@lab.example.org"], "email_verified": True}, "Only people with a verified e-mail"),
    ],
)
async def test_who_is_not_of_the_lab_stays_outside(make_lab, oidc_provider, claims, says):
    app = make_lab(**DOMAIN)
    oidc_provider.add_person("s-7", **claims)
    status, code, message = refusal(await sign_in(client_of(app), oidc_provider, "s-7"))
    assert (status, code) == (403, "access_denied")
    assert says in message
    assert app.state.services.accounts.people.all() == []
    assert log_of(app) == [("Lab Login", "sign-in refused")]


@pytest.mark.anyio
async def test_an_account_is_linked_by_the_address_that_an_administrator_noted(make_lab, oidc_provider):
    app = make_lab()
    people = app.state.services.accounts.people
    add_person(app, "root", "admin")
    ada = add_person(app, "ada", "moderator")
    oidc_provider.add_person("s-8", email="ada@home.example.net", email_verified=True)
    client = client_of(app)
    assert "Nobody here has the e-mail address" in refusal(await sign_in(client, oidc_provider, "s-8"))[2]
    people.set_email(ada.id, "Ada@Home.example.net")
    oidc_provider.add_person("s-8", email="ada@home.example.net", email_verified=False)
    assert "did not say that your e-mail" in refusal(await sign_in(client, oidc_provider, "s-8"))[2]
    assert person_of(app, "ada").oidc_subject is None
    oidc_provider.add_person("s-8", email="ada@home.example.net", email_verified=True)
    me = (await sign_in(client, oidc_provider, "s-8")).json()["me"]
    assert (me["person"]["id"], me["role"]) == (ada.id, "moderator")
    assert log_of(app)[-1] == ("Lab Login", "person linked")

    oidc_provider.add_person("s-9", email="ada@home.example.net", email_verified=True)
    assert "cannot be linked" in refusal(await sign_in(client_of(app), oidc_provider, "s-9"))[2]
    people.change(ada.id, disabled=True)
    assert refusal(await sign_in(client_of(app), oidc_provider, "s-8"))[2] == "This account is disabled."


@pytest.mark.anyio
async def test_a_login_that_somebody_chose_links_nothing(make_lab, oidc_provider):
    app = make_lab(**DOMAIN)
    mallory = add_person(app, "boss@lab.example.org")
    oidc_provider.add_person("s-10", email="boss@lab.example.org", email_verified=True)
    assert "nobody noted this e-mail address" in refusal(await sign_in(client_of(app), oidc_provider, "s-10"))[2]
    assert person_of(app, "boss@lab.example.org").oidc_subject is None
    app.state.services.accounts.people.set_email(mallory.id, "boss@lab.example.org")
    assert (await sign_in(client_of(app), oidc_provider, "s-10")).status_code == 201


@pytest.mark.anyio
async def test_groups_let_in_and_give_and_take_roles(make_lab, oidc_provider):
    app = make_lab(oidc_groups="microscopy, staff", oidc_admin_groups="it")
    client = client_of(app)
    oidc_provider.add_person("s-11", email="gil@a.org", email_verified=True, groups=["cooks"])
    assert "none of the groups" in refusal(await sign_in(client, oidc_provider, "s-11"))[2]
    oidc_provider.add_person("s-11", email="gil@a.org", email_verified=True, groups=["staff"])
    assert (await sign_in(client, oidc_provider, "s-11")).json()["me"]["role"] == "member"
    oidc_provider.add_person("s-11", email="gil@a.org", email_verified=True, groups=["staff", "it"])
    assert (await sign_in(client, oidc_provider, "s-11")).json()["me"]["role"] == "admin"
    oidc_provider.add_person("s-11", email="gil@a.org", email_verified=True, groups=["staff"])
    assert (await sign_in(client, oidc_provider, "s-11")).json()["me"]["role"] == "admin", "the last one stays"
    add_person(app, "root", "admin")
    assert (await sign_in(client, oidc_provider, "s-11")).json()["me"]["role"] == "member"
    person = person_of(app, "gil@a.org")
    app.state.services.accounts.people.change(person.id, role="moderator")  # that role is given by hand here
    assert (await sign_in(client, oidc_provider, "s-11")).json()["me"]["role"] == "moderator"
    assert [action for _, action in log_of(app)].count("person changed") == 3
    oidc_provider.add_person("s-11", email="gil@a.org", email_verified=True, groups="staff")
    assert (await sign_in(client, oidc_provider, "s-11")).status_code == 201


@pytest.mark.anyio
async def test_a_provider_that_is_down_is_said_and_passwords_go_on(make_lab, oidc_provider):
    app = make_lab(oidc_issuer="http://127.0.0.1:9", **DOMAIN)
    client = client_of(app)
    answer = await client.post("/api/oidc/begin", json={})
    assert refusal(answer) == (502, "sign_in_provider", "Lab Login does not answer.")
    add_person(app, "ada")
    assert (await client.post("/api/sessions", json={"login": "ada", "password": PASSWORD})).status_code == 201
    with_another_name = make_lab(oidc_issuer=oidc_provider.issuer.replace("127.0.0.1", "localhost") + "/", **DOMAIN)
    message = refusal(await client_of(with_another_name).post("/api/oidc/begin", json={}))[2]
    assert "it calls itself http://localhost" in message


@pytest.mark.anyio
async def test_a_wrong_secret_is_said_to_be_the_servers_fault(make_lab, oidc_provider):
    client = client_of(make_lab(oidc_client_secret="wrong", **DOMAIN))
    oidc_provider.add_person("s-12", email="hal@lab.example.org", email_verified=True)
    status, code, message = refusal(await sign_in(client, oidc_provider, "s-12"))
    assert (status, code) == (502, "sign_in_provider")
    assert "it refused this server" in message


@pytest.mark.anyio
async def test_what_a_visitor_made_becomes_theirs(make_lab, oidc_provider):
    app = make_lab("public", **DOMAIN)
    visitor = visitor_client(app)
    project = give(app, make_project(app, two_phases(40, 50)), visitor.actor)
    oidc_provider.add_person("s-13", email="ida@lab.example.org", email_verified=True)
    assert (await sign_in(visitor, oidc_provider, "s-13")).status_code == 201
    assert (await visitor.get(project)).status_code == 200
    assert (await visitor.get("/api/me")).json()["is_visitor"] is False


@pytest.mark.anyio
async def test_nobody_is_sent_elsewhere_afterwards(make_lab):
    client = client_of(make_lab(**DOMAIN))
    for address in ("//evil.org", "https://evil.org", "/\\evil.org", "", "evil", "/a b", "/a\nb"):
        assert (await client.post("/api/oidc/begin", json={"return_to": address})).status_code == 422


@pytest.mark.anyio
async def test_one_address_cannot_ask_the_provider_without_end(make_lab):
    client = client_of(make_lab(**DOMAIN))
    codes = [(await client.post("/api/oidc/finish", json={"state": "a", "code": "b"})).status_code for _ in range(41)]
    assert codes == [401] * 40 + [429]


@pytest.mark.anyio
async def test_the_secret_is_shown_to_nobody(make_lab):
    app = make_lab(**DOMAIN)
    secret = app.state.services.settings.oidc_client_secret
    assert len(secret) > 10
    answer = await person_client(app, "root", "admin").get("/api/admin/settings")
    assert answer.status_code == 200
    assert secret not in answer.text
    assert secret not in repr(app.state.services.settings) + repr(app.state.services.oidc_config)


@pytest.mark.anyio
async def test_without_a_provider_there_is_no_button_and_no_way(settings):
    app = app_of(settings, "lab")
    client = client_of(app)
    assert (await client.get("/api/me")).json()["sign_in_with"] == ""
    assert refusal(await client.post("/api/oidc/begin", json={}))[1] == "wrong_mode"
    assert refusal(await client.post("/api/oidc/finish", json={"state": "a", "code": "b"}))[1] == "wrong_mode"
    app.state.services.close()


def test_nothing_is_imported_for_it_where_it_is_not_configured():
    program = """
import sys
from sambaseg.settings import Settings
from sambaseg.server.app import create_app
import tempfile, pathlib
folder = pathlib.Path(tempfile.mkdtemp())
app = create_app(Settings(data_dir=folder, mode="lab"))
app.state.services.accounts.people.all()
print([name for name in sys.modules if name.split(".")[0] in ("authlib", "joserfc", "httpx")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "login.example.org"},
        {"oidc_issuer": "http://login.example.org"},
        {"oidc_issuer": "https://login.example.org?tenant=1"},
        {"oidc_client_id": ""},
        {"oidc_client_secret": "a", "oidc_client_secret_file": "b"},
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(settings, changes):
    whole = {"oidc_issuer": "https://login.example.org", "oidc_client_id": "a"}
    with pytest.raises(ParameterError):
        app_of(settings, "lab", **{**whole, **changes})


def test_the_secret_may_lie_in_a_file(settings, tmp_path):
    whole = {"oidc_issuer": "https://login.example.org/realm/", "oidc_client_id": "a"}
    (tmp_path / "secret").write_text("s3cret\n")
    app = app_of(settings, "lab", **whole, oidc_client_secret_file=str(tmp_path / "secret"))
    assert app.state.services.oidc_config.client_secret == "s3cret"
    assert app.state.services.oidc_config.name == "login.example.org"
    with pytest.raises(MissingFileError):
        app_of(settings, "lab", **whole, oidc_client_secret_file=str(tmp_path / "none"))
    assert create_app(Settings(data_dir=tmp_path, **whole)).state.services.oidc_config is None, "local mode has none"
