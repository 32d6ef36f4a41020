"""The routes of accounts, sharing and administration answer as described, whatever an administrator sends."""

from __future__ import annotations

import pytest
from hypothesis import settings

from sambaseg.server.app import create_app
from sambaseg.settings import Settings
from server.conftest import make_project, two_phases
from server.people import add_person, give
from server.test_contract import CHECKS, HEALTH, PHASES, described_routes

OURS = r"^/api/(me|sessions|invitation|people|admin|projects/\{pid\}/sharing)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """An application with an administrator, who has a project."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("lab"), mode="lab", threads=2))
    app.admin = add_person(app, "ada", "admin")
    app.project = give(app, make_project(app, two_phases(40, 50)), app.admin).split("/")[-1]
    yield app
    app.state.services.close()


schema = described_routes(boundaries=True)


@schema.include(path_regex=OURS).parametrize()
@settings(max_examples=6, deadline=None, suppress_health_check=HEALTH, phases=PHASES, derandomize=True)
def test_routes_of_accounts_keep_to_their_description(case, lab):
    accounts = lab.state.services.accounts
    if "pid" in case.path_parameters and "admin" not in case.path:
        case.path_parameters["pid"] = lab.project
    token = accounts.sessions.begin_for_person(lab.admin.id)  # anew: one of the routes signs out
    case.call_and_validate(app=lab, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
    accounts.people.change(lab.admin.id, name="Ada")
    assert accounts.people.get(lab.admin.id).role == "admin"
