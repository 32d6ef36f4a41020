"""`sambaseg accounts`: making and changing accounts beside a server that may run."""

import io

import pytest

from sambaseg.accounts.accounts import Accounts
from sambaseg.errors import NotSignedInError
from sambaseg.settings import Settings
from sambaseg.storage.database import Database


@pytest.fixture
def accounts(run, tmp_path):
    """Run `sambaseg accounts` with a data folder of the test."""
    return lambda *arguments: run("accounts", *arguments, "--data-dir", tmp_path / "data", "--json")


@pytest.fixture
def stored(tmp_path):
    """What the commands leave behind."""
    settings = Settings(data_dir=tmp_path / "data")
    database = Database(settings.database_address)
    yield Accounts(database, settings)
    database.close()


def test_first_administrator_is_made_with_a_password_that_works(accounts, run, stored, tmp_path):
    assert accounts("list").json == {"people": []}
    made = accounts("add", "Ada@example.org", "--admin", "--name", "Ada L.").json
    assert (made["person"]["login"], made["person"]["role"]) == ("ada@example.org", "admin")
    assert stored.people.check_password("ada@example.org", made["password"]).name == "Ada L."
    assert stored.people.has_admin()
    plain = run("accounts", "--data-dir", tmp_path / "data")
    assert plain.out == "ada@example.org  admin  Ada L.\n"
    again = accounts("add", "ada@example.org")
    assert (again.code, again.json["error"]["code"]) == (4, "login_taken")


def test_password_may_be_read_and_is_not_shown(accounts, stored, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a password of mine\n"))
    ended = accounts("add", "bo", "--password-stdin")
    assert "password" not in ended.json
    assert "of mine" not in ended.out
    assert stored.people.check_password("bo", "a password of mine").role == "member"
    token = stored.sessions.begin_for_person(stored.people.by_login("bo").id)
    drawn = accounts("password", "bo").json["password"]
    assert stored.people.check_password("bo", drawn)
    assert stored.sessions.actor_of(token) is None
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert accounts("password", "bo", "--password-stdin").code == 2


def test_roles_and_disabling(accounts):
    accounts("add", "root", "--admin")
    accounts("add", "bo")
    assert accounts("role", "bo", "moderator").json["person"]["role"] == "moderator"
    assert accounts("disable", "bo").json["person"]["disabled"]
    assert not accounts("enable", "bo").json["person"]["disabled"]
    last = accounts("disable", "root")
    assert (last.code, last.json["error"]["code"]) == (2, "parameter")
    assert accounts("role", "nobody", "admin").json["error"]["code"] == "not_found"


def test_invite_is_a_link_that_works(accounts, stored, monkeypatch):
    monkeypatch.setenv("SAMBASEG_PUBLIC_URL", "https://seg.example.org")
    address = accounts("invite", "--role", "moderator", "--days", "2").json["address"]
    start, _, token = address.rpartition("/")
    assert start == "https://seg.example.org/#/invite"
    assert stored.invites.accept(token, login="bo", name="Bo", password="a good long one").role == "moderator"


def test_projects_without_an_owner_become_a_persons(accounts, stored, tmp_path):
    project = "0" * 32
    (tmp_path / "data/projects" / project).mkdir(parents=True)
    accounts("add", "ada")
    assert accounts("adopt", "ada").json == {"projects": [project]}
    assert accounts("adopt", "ada").json == {"projects": []}
    assert stored.ownership.of(project).owner == f"person:{stored.people.by_login('ada').id}"


def test_an_address_is_noted_and_a_password_is_not_needed(accounts, run, stored, tmp_path):
    made = accounts("add", "ada", "--no-password", "--email", "Ada@Example.org").json
    assert "password" not in made
    assert made["person"]["email"] == "ada@example.org"
    ada = stored.people.by_login("ada")
    assert not ada.has_password
    with pytest.raises(NotSignedInError):
        stored.people.check_password("ada", "")
    assert accounts("email", "ada", "ada@lab.org").json["person"]["email"] == "ada@lab.org"
    assert run("accounts", "--data-dir", tmp_path / "data").out == "ada  member  ada  ada@lab.org\n"
    assert accounts("email", "ada", "no address").code == 2
    assert accounts("email", "ada", "").json["person"]["email"] == ""
