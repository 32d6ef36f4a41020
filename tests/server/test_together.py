"""Two people in one project, over a real connection: each sees the strokes of the other, as long as it is shared."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import httpx
import numpy as np
import pytest

from server.conftest import Follower, Person, live_server, make_project, two_phases, wait_until
from server.people import add_person, give


@pytest.fixture
def town(settings):
    """A lab with Ada's project, and clients of Ada and Bo."""
    with contextlib.ExitStack() as stack, live_server(replace(settings, mode="lab")) as plain:
        app = plain.app
        base, cookie = str(plain.base_url), app.state.services.policy.cookie

        def client(login):
            actor = add_person(app, login)
            token = app.state.services.accounts.sessions.begin_for_person(actor.id)
            made = httpx.Client(base_url=base, headers={"Origin": base}, cookies={cookie: token}, timeout=60)
            made.actor, made.app = actor, app
            return stack.enter_context(made)

        ada, bo = client("ada"), client("bo")
        yield ada, bo, give(app, make_project(app, two_phases(300, 300)), ada.actor)


def test_two_editors_see_each_others_strokes(town):
    ada, bo, project = town
    assert ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "editor"}).status_code == 200
    followers = {"ada": Follower(ada, project), "bo": Follower(bo, project)}
    people = {"ada": (ada, Person("client-ada")), "bo": (bo, Person("client-bo"))}
    for turn in range(6):
        name = ("ada", "bo")[turn % 2]
        client, person = people[name]
        stroke = person.paint(1 + turn % 2, 10 * turn, 0, 10 * turn + 8, 20)
        assert client.post(f"{project}/operations", json=stroke).status_code == 200
    for name, follower in followers.items():
        wait_until(lambda follower=follower: len(follower.named("revision")) == 6, 10)
        revisions = [ack["revision"] for ack in follower.named("revision")]
        assert revisions == sorted(revisions), name
        assert all(ack["changed"] for ack in follower.named("revision"))
    tiles = {}
    for name, (client, _) in people.items():
        tiles[name] = np.frombuffer(client.get(f"{project}/layers/labels/0/0").content, np.uint8).reshape(256, 256)
    assert np.array_equal(tiles["ada"], tiles["bo"])
    assert [int(tiles["ada"][10 * turn, 0]) for turn in range(6)] == [1, 2] * 3


def test_who_is_left_out_hears_nothing_more(town):
    ada, bo, project = town
    ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "viewer"})
    follower = Follower(bo, project)
    assert ada.delete(f"{project}/sharing/{bo.actor.id}").status_code == 204
    assert follower.ended.wait(10)
    ada.post(f"{project}/operations", json=Person().paint(1, 0, 0, 9, 9))
    assert follower.named("revision") == []
    assert bo.get(f"{project}/events").status_code == 404


def test_who_is_disabled_hears_nothing_more(town):
    ada, bo, project = town
    ada.put(f"{project}/sharing/{bo.actor.id}", json={"access": "viewer"})
    follower = Follower(bo, project)
    accounts = ada.app.state.services.accounts
    admin = accounts.people.add("root", "Root", "a good long password", role="admin")
    ada.cookies.set(ada.app.state.services.policy.cookie, accounts.sessions.begin_for_person(admin.id))
    assert ada.patch(f"/api/admin/people/{bo.actor.id}", json={"disabled": True}).status_code == 200
    assert follower.ended.wait(10)
    assert bo.get(project).status_code == 401
