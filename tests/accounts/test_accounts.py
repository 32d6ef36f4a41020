"""People, invites, sessions, ownership and quotas on a database of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sambaseg.accounts.accounts import Accounts
from sambaseg.accounts.actors import LOCAL, Actor
from sambaseg.accounts.passwords import hash_password, is_password
from sambaseg.accounts.rate_limits import Rate, RateLimit
from sambaseg.accounts.tokens import hash_token, new_token
from sambaseg.errors import (
    LoginTakenError,
    NotFoundError,
    NotSignedInError,
    ParameterError,
    QuotaError,
    TooManyRequestsError,
)
from sambaseg.settings import Settings
from sambaseg.storage.column_types import new_id, now
from sambaseg.storage.tables import AuditRecord, Invite, SignIn

PASSWORD = "a good long password"


@pytest.fixture
def accounts(database, tmp_path):
    return Accounts(database, Settings(data_dir=tmp_path, anonymous_quota_mb=1, quota_jobs_a_day=2, quota_mb=10))


def person(accounts, login, role="member"):
    made = accounts.people.add(login, login.title(), PASSWORD, role=role)
    return Actor("person", made.id, made.name, role)


def visitor(accounts):
    return accounts.sessions.actor_of(accounts.sessions.begin_for_visitor())


@pytest.mark.parametrize("login", ["", "a", "two words", "-x", "ä", "a" * 65, "a\n", "A/B"])
def test_logins_that_are_refused(accounts, login):
    with pytest.raises(ParameterError, match="login"):
        accounts.people.add(login, "Ada", PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "ada.lovelace", "x" * 1001])
def test_passwords_that_are_refused(accounts, password):
    with pytest.raises(ParameterError, match="password"):
        accounts.people.add("ada.lovelace", "Ada", password)


@pytest.mark.parametrize("name", ["\u202eada", "a\x00b", "x" * 121])
def test_names_that_are_refused(accounts, name):
    with pytest.raises(ParameterError, match="name"):
        accounts.people.add("ada", name, PASSWORD)


def test_login_is_one_persons_whatever_its_case(accounts):
    person(accounts, "ada")
    with pytest.raises(LoginTakenError, match="taken"):
        accounts.people.add("ADA", "Another", PASSWORD)
    assert [record.login for record in accounts.people.all()] == ["ada"]


def test_password_is_checked_the_same_for_all_that_is_wrong(accounts):
    ada = person(accounts, "ada")
    assert accounts.people.check_password(" Ada ", PASSWORD).id == ada.id
    accounts.people.add("root", "Root", PASSWORD, role="admin")
    accounts.people.change(ada.id, disabled=True)
    said = set()
    for login, password in (("ada", PASSWORD), ("root", "wrong"), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(NotSignedInError) as error:
            accounts.people.check_password(login, password)
        said.add(error.value.message)
    assert len(said) == 1


def test_stored_passwords_are_salted_argon2id():
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert is_password(PASSWORD, first)
    assert not is_password(PASSWORD + "x", first)
    assert not is_password(PASSWORD, None)
    assert not is_password(PASSWORD, "no hash")


def test_somebody_stays_administrator(accounts):
    root = person(accounts, "root", "admin")
    for change in ({"role": "member"}, {"disabled": True}):
        with pytest.raises(ParameterError, match="administrator"):
            accounts.people.change(root.id, **change)
    other = person(accounts, "other", "admin")
    accounts.people.change(root.id, role="member", by=other)
    assert accounts.people.get(root.id).role == "member"


def test_people_are_found_by_the_beginning_of_login_and_names(accounts):
    for login, name in (("mcurie", "Marie Curie"), ("pcurie", "Pierre Curie"), ("a_b", "100% Ada")):
        accounts.people.add(login, name, PASSWORD)
    found = {text: [record.login for record in accounts.people.find(text)] for text in ("cur", "mar", "a_", "%", "A")}
    assert found == {"cur": ["mcurie", "pcurie"], "mar": ["mcurie"], "a_": ["a_b"], "%": [], "A": ["a_b"]}


def test_invite_makes_one_account_however_many_try_at_once(accounts):
    _, token = accounts.invites.create(role="moderator")

    def accept(number):
        try:
            return accounts.invites.accept(token, login=f"login{number}", name="", password=PASSWORD)
        except NotFoundError:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [record for record in pool.map(accept, range(4)) if record is not None]
    assert [record.role for record in made] == ["moderator"]
    assert len(accounts.people.all()) == 1


def test_invites_end_by_time_and_by_being_revoked(accounts, database):
    first, token = accounts.invites.create()
    accounts.invites.revoke(first.id)
    _, late = accounts.invites.create(days=1)
    with database.session() as session:
        expired = update(Invite).where(Invite.secret_hash == hash_token(late)).values(expires=now())
        session.execute(expired)
    for gone in (token, late, new_token(), "", "x" * 43):
        with pytest.raises(NotFoundError, match="invite"):
            accounts.invites.accept(gone, login="ada", name="Ada", password=PASSWORD)
    _, usable = accounts.invites.create()
    person(accounts, "ada")
    with pytest.raises(LoginTakenError):
        accounts.invites.accept(usable, login="ada", name="Ada", password=PASSWORD)
    assert accounts.invites.accept(usable, login="ada2", name="Ada", password=PASSWORD).login == "ada2"


def test_session_ends_by_sign_out_time_and_disabling(accounts, database):
    person(accounts, "root", "admin")
    ada = person(accounts, "ada")
    sessions = accounts.sessions
    first, second, third = (sessions.begin_for_person(ada.id) for _ in range(3))
    assert sessions.actor_of(first) == ada
    sessions.end(first)
    assert sessions.actor_of(first) is None
    with database.session() as session:
        session.execute(update(SignIn).where(SignIn.secret_hash == hash_token(second)).values(expires=now()))
    assert sessions.actor_of(second) is None
    assert sessions.actor_of(third) == ada
    accounts.people.change(ada.id, disabled=True)
    sessions.forget_all()
    assert sessions.actor_of(third) is None
    for guess in ("", "x" * 43, new_token(), "\x00", "ä" * 43):
        assert sessions.actor_of(guess) is None


def test_session_that_is_used_lasts_longer(accounts, database):
    token = accounts.sessions.begin_for_visitor()
    with database.session() as session:
        soon = now() + timedelta(minutes=5)
        session.execute(update(SignIn).values(expires=soon, last_seen=now() - timedelta(hours=1)))
    assert accounts.sessions.actor_of(token).expires > now() + timedelta(days=13)


def test_projects_are_their_owners_and_shared_with_people(accounts):
    ada, bo, passer_by = person(accounts, "ada"), person(accounts, "bo"), visitor(accounts)
    ownership, project = accounts.ownership, new_id()
    ownership.give(project, ada)
    assert [ownership.of(project).access(actor) for actor in (ada, bo, passer_by, LOCAL)] == [
        "owner",
        None,
        None,
        "owner",
    ]
    with pytest.raises(ParameterError, match="somebody else"):
        ownership.give(project, bo)
    assert ownership.is_known(project)
    ownership.share(project, bo.id, "viewer", by=ada)
    assert not ownership.is_known(project)
    assert ownership.of(project).access(bo) == "viewer"
    ownership.share(project, bo.id, "editor", by=ada)
    assert ownership.projects_of(bo)[project].access(bo) == "editor"
    with pytest.raises(NotFoundError):
        ownership.share(project, passer_by.id, "viewer", by=ada)
    ownership.adopt(project, bo)
    assert [ownership.of(project).access(actor) for actor in (ada, bo)] == [None, "owner"]
    ownership.share(project, ada.id, "viewer", by=bo)
    ownership.unshare(project, ada.id, by=bo)
    with pytest.raises(NotFoundError):
        ownership.unshare(project, ada.id, by=bo)
    ownership.remove(project)
    assert ownership.of(project).owner == ""
    assert ownership.projects_of(bo) == {}


def test_no_id_of_one_kind_passes_for_the_other(accounts):
    """A visitor whose id is a person's is still nobody to the person's projects."""
    ada, project = person(accounts, "ada"), new_id()
    accounts.ownership.give(project, ada)
    impostor = Actor("visitor", ada.id, "", "visitor")
    assert accounts.ownership.of(project).access(impostor) is None
    assert accounts.ownership.projects_of(impostor) == {}


def test_quotas(accounts):
    passer_by, ada, project = visitor(accounts), person(accounts, "ada"), new_id()
    quotas = accounts.quotas
    for _ in range(2):
        quotas.count_job(passer_by)
    with pytest.raises(QuotaError, match="today"):
        quotas.count_job(passer_by)
    for _ in range(5):
        quotas.count_job(ada)
    accounts.ownership.give(project, passer_by)
    accounts.ownership.note_size(project, 600_000)
    quotas.check_room(passer_by, 400_000)
    with pytest.raises(QuotaError, match="more than the 1 MB"):
        quotas.check_room(passer_by, 400_001)
    with pytest.raises(QuotaError):
        quotas.check_room(passer_by, 0, elsewhere=500_000)
    quotas.set_own(ada.id, megabytes=3)
    quotas.set_own(ada.id, jobs_a_day=5)
    assert (quotas.state(ada).bytes_limit, quotas.state(ada).jobs_limit) == (3_000_000, 5)
    with pytest.raises(QuotaError):
        quotas.count_job(ada)


def test_what_was_done_is_written_down_without_secrets(accounts, database):
    root = person(accounts, "root", "admin")
    _, token = accounts.invites.create(by=root)
    ada = accounts.invites.accept(token, login="ada", name="Ada", password=PASSWORD)
    accounts.people.draw_password(ada.id, by=root)
    with database.reading() as session:
        rows = [(row.actor, row.action, str(row.detail)) for row in session.scalars(select(AuditRecord))]
    assert [row[:2] for row in rows] == [
        ("command line", "person added"),
        ("Root", "invite made"),
        ("Ada", "invite used"),
        ("Root", "password changed"),
    ]
    assert not any(token in detail or PASSWORD in detail for *_, detail in rows)


def test_rate_lets_so_many_at_once_then_one_after_each_while():
    moment = 0.0
    limit = RateLimit(Rate(3, 10.0), clock=lambda: moment)
    for _ in range(3):
        limit.check("a", "tries")
        limit.count("a")
    with pytest.raises(TooManyRequestsError, match="Too many tries"):
        limit.check("a", "tries")
    limit.check("b", "tries")
    moment = 10.0
    limit.check("a", "tries")
    limit.count("a")
    with pytest.raises(TooManyRequestsError):
        limit.check("a", "tries")
    limit.forget("a")
    limit.check("a", "tries")
