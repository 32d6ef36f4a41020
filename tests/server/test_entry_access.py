"""Every route of one entry × everybody × how far the entry is: what is not for somebody is as if it were not there.

The routes are those of the description, so that a new one is tested by itself.
"""

from __future__ import annotations

import re

import pytest

from server.gallery_people import decide, make_labelled, share, submit

pytestmark = pytest.mark.anyio

NO_ENTRY = "f" * 32
STATES = ("draft", "waiting", "changes_wanted", "rejected", "accepted")
OWN_ROUTES = re.compile(r"/drafts/|/versions$|/withdraw$")
"""What only the owner may do, however far the entry is."""
VALUES = {"kind": "image", "what": "image", "size": "320", "layer": "labels", "level": "0", "ty": "0", "tx": "0"}
BODIES = {"use-classifier": {"project": "0" * 32}, "submit": {"consent": True}, "drafts/{eid}": {"title": "x"}}


def entry_routes(app):
    """Return method and template of every described route of one entry, those that change it last."""
    found = [
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if "{eid}" in path
    ]
    assert len(found) > 15
    return sorted(found, key=lambda route: ("GET", "POST", "PATCH", "DELETE").index(route[0]))


def pages_of():
    """Return the addresses that people open and cite."""
    return [("GET", "/gallery/{eid}"), ("GET", "/gallery/{eid}/v/1")]


async def answer_to(client, method, path, entry_id):
    """Return status and text of an answer, with the entry's id taken out of it."""
    address = path
    for name, value in {**VALUES, "eid": entry_id}.items():
        address = address.replace(f"{{{name}}}", value)
    body = next((each for end, each in BODIES.items() if path.endswith(end)), None)
    if path.startswith("/api/moderation/"):
        body = {"version": 1, "action": "accept"}
    answer = await client.request(method, address, json=body if method in ("POST", "PATCH") else None)
    return answer.status_code, answer.text.replace(entry_id, "ID")


async def bring_to(state, visitor, moderator, store):
    """Make an entry of `visitor` that is so far; return its id."""
    draft = await share(visitor, store)
    if state == "draft":
        return draft["mine"]["id"]
    entry, _ = await submit(visitor, draft)
    actions = {"changes_wanted": "ask_for_changes", "rejected": "reject", "accepted": "accept"}
    if state in actions:
        reason = "" if state == "accepted" else "Not yet."
        assert (await decide(moderator, entry, actions[state], reason=reason)).status_code == 200
    return entry


def is_told(who, path, state):
    """Return whether somebody may learn that an entry is there by this route."""
    if path.startswith("/api/moderation/"):
        return who in ("moderator", "admin")
    if OWN_ROUTES.search(path):
        return False
    return state == "accepted" or (who in ("moderator", "admin") and state != "draft")


async def check_reading(app, state, entry, clients):
    """The same routes do answer those who may: else a gallery that refuses everybody would pass.

    Tombstones are of what was taken out only, which is not among the states.
    """
    for method, path in entry_routes(app):
        is_drafts = "/drafts/" in path
        if method != "GET" or (is_drafts and state not in ("draft", "changes_wanted")) or path.endswith("/tombstone"):
            continue
        for who, client in clients.items():
            if who == "owner" or is_told(who, path, state):
                answered = await answer_to(client, method, path if is_drafts else f"{path}?version=1", entry)
                assert answered[0] == 200, (path, who)


@pytest.mark.parametrize("state", STATES)
async def test_entry_is_told_apart_from_nothing_only_by_who_may_see_it(people, tmp_path, state):
    visitor, moderator = await people.visitor(), await people.person("mona", "moderator")
    entry = await bring_to(state, visitor, moderator, make_labelled(people.app, visitor.actor, tmp_path))
    others = {
        "nobody": await people.nobody(),
        "visitor": await people.visitor(),
        "member": await people.person("mia"),
        "moderator": moderator,
        "admin": await people.person("ada", "admin"),
    }
    for method, path in [*entry_routes(people.app), *pages_of()]:
        for who, client in others.items():
            if is_told(who, path, state):
                continue
            told = (method, path, who)
            of_entry, of_nothing = [await answer_to(client, method, path, each) for each in (entry, NO_ENTRY)]
            assert of_entry == of_nothing, told
            assert of_entry[0] in (401, 403, 404, 422, 503), told
            if of_entry[0] == 422:
                assert method in ("POST", "PATCH"), told
    await check_reading(people.app, state, entry, {"owner": visitor, **others})
    mine = (await visitor.get("/api/gallery/mine")).json()
    assert [(each["id"], each["state"]) for each in mine] == [(entry, state)], "what others tried changed nothing"


async def test_classifier_of_an_entry_comes_into_nobody_elses_project(people, tmp_path, classifier):
    visitor, moderator = await people.visitor(), await people.person("mona", "moderator")
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await bring_to("accepted", visitor, moderator, store)
    for client in (await people.visitor(), await people.person("mia"), moderator):
        refused = [
            await client.post(f"/api/gallery/entries/{entry}/use-classifier", json={"project": project})
            for project in (store.id, "f" * len(store.id))
        ]
        assert [answer.status_code for answer in refused] == [404, 404]
        assert refused[0].text.replace(store.id, "ID") == refused[1].text.replace("f" * len(store.id), "ID")
