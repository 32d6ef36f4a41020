"""Settings that administrators change while the server runs, on a database of their own."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import select

from sambaseg.accounts import site_settings
from sambaseg.accounts.accounts import Accounts
from sambaseg.accounts.actors import Actor
from sambaseg.accounts.site_settings import CHANGEABLE, SiteSettings
from sambaseg.errors import NotFoundError, ParameterError
from sambaseg.settings import Settings
from sambaseg.storage.column_types import new_id
from sambaseg.storage.tables import AuditRecord, SiteSetting


@pytest.fixture
def started_with(tmp_path):
    return Settings(data_dir=tmp_path, quota_mb=10, anonymous_quota_mb=1, quota_jobs_a_day=2)


@pytest.fixture
def accounts(database, started_with):
    return Accounts(database, started_with)


def test_what_is_changed_holds_at_once_after_a_restart_and_until_it_is_reset(accounts, database, started_with):
    assert accounts.settings.now() == started_with
    accounts.settings.change("quota_mb", " 25 ")
    accounts.settings.change("visits", "closed")
    accounts.settings.change("admin_email", "ada@example.org")
    for settings in (accounts.settings, SiteSettings(database, started_with)):
        now = settings.now()
        assert (now.quota_mb, now.visits, now.admin_email, now.anonymous_quota_mb) == (
            25,
            "closed",
            "ada@example.org",
            1,
        )
    accounts.settings.reset("quota_mb")
    accounts.settings.reset("quota_mb")  # nothing is left to do
    assert accounts.settings.now().quota_mb == 10
    assert accounts.settings.now().visits == "closed"


def test_what_another_process_changes_holds_soon(accounts, database, started_with, monkeypatch):
    monkeypatch.setattr(site_settings, "SECONDS_KNOWN", 0.0)
    assert accounts.settings.now().quota_mb == 10
    SiteSettings(database, started_with).change("quota_mb", "25")
    assert accounts.settings.now().quota_mb == 25


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quota_mb", "-1"),
        ("quota_mb", "many"),
        ("quota_mb", ""),
        ("quota_mb", "1000000001"),
        ("anonymous_days", "0"),
        ("quota_job_seconds", "0"),
        ("visits", "ajar"),
        ("moderated", ""),
        ("admin_email", "a" * 321),
        ("admin_email", "two\nlines"),
    ],
)
def test_what_a_setting_cannot_be_is_refused(accounts, database, name, text):
    with pytest.raises(ParameterError):
        accounts.settings.change(name, text)
    with database.reading() as session:
        assert session.scalars(select(SiteSetting)).all() == []


def test_only_some_settings_can_be_changed_and_secrets_of_the_site_are_none(accounts):
    assert set(CHANGEABLE) == {
        "quota_mb",
        "anonymous_quota_mb",
        "quota_jobs_a_day",
        "quota_job_seconds",
        "anonymous_days",
        "visits",
        "moderated",
        "admin_email",
    }
    assert set(CHANGEABLE) <= {row.name for row in fields(Settings)}
    for name in ("mode", "data_dir", "database_url", "gallery_follow_secret", "nothing"):
        with pytest.raises(NotFoundError):
            accounts.settings.change(name, "x")
        with pytest.raises(NotFoundError):
            accounts.settings.reset(name)


def test_changes_are_written_down(accounts, database):
    person = accounts.people.add("root", "Root", "a good long password", role="admin")
    root = Actor("person", person.id, "Root", "admin")
    accounts.settings.change("quota_mb", "25", by=root)
    accounts.settings.reset("quota_mb", by=root)
    accounts.settings.reset("quota_mb", by=root)
    with database.reading() as session:
        rows = [
            (row.actor, row.action, row.object_id, row.detail)
            for row in session.scalars(select(AuditRecord).where(AuditRecord.object_kind == "setting"))
        ]
    assert rows == [
        ("Root", "setting changed", "quota_mb", {"value": 25}),
        ("Root", "setting reset", "quota_mb", {}),
    ]


def test_quotas_and_visits_follow_the_settings(accounts):
    visitor = accounts.sessions.actor_of(accounts.sessions.begin_for_visitor())
    person = Actor("person", new_id(), "Ada", "member")
    assert (accounts.quotas.state(visitor).bytes_limit, accounts.quotas.state(visitor).job_seconds) == (1_000_000, 1800)
    accounts.settings.change("anonymous_quota_mb", "7")
    accounts.settings.change("quota_jobs_a_day", "9")
    accounts.settings.change("quota_job_seconds", "60")
    accounts.settings.change("quota_mb", "0")
    state = accounts.quotas.state(visitor)
    assert (state.bytes_limit, state.jobs_limit, state.job_seconds) == (7_000_000, 9, 60)
    state = accounts.quotas.state(person)
    assert (state.bytes_limit, state.jobs_limit, state.job_seconds) == (0, None, None)
    accounts.settings.change("anonymous_days", "100")
    longer = accounts.sessions.actor_of(accounts.sessions.begin_for_visitor())
    assert 85 <= (longer.expires - visitor.expires).days <= 86
