"""Sharing and moderating: who sees what when, drafts, versions, links; as visitors, moderators and everybody."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sambaseg.errors import NotFoundError
from sambaseg.server import gallery_taking
from sambaseg.server.app import create_app
from sambaseg.server.routes import gallery_page
from server.gallery_people import (
    SHELL,
    WRITTEN,
    People,
    decide,
    error_of,
    make_labelled,
    publish,
    share,
    submit,
)

pytestmark = pytest.mark.anyio
UNTOLD = {"state", "published", "versions"}
"""What of an entry is another thing before and after it was accepted."""


async def test_preview_shows_exactly_what_becomes_public(people, tmp_path, classifier):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    draft = await share(visitor, store)
    assert draft["parts"] == ["image", "labels", "segmentation", "classifier"]
    assert draft["metadata"]["pixel_size"] == {"x": 20.0, "y": 20.0, "unit": "nm"}
    assert {problem["field"] for problem in draft["problems"]} >= {"title", "creators", "licence"}
    entry = draft["mine"]["id"]
    await visitor.patch(f"/api/gallery/drafts/{entry}", json={"metadata": WRITTEN})
    preview = (await visitor.get(f"/api/gallery/drafts/{entry}/preview")).json()
    assert preview["metadata"] == WRITTEN
    assert preview["published"] is None
    await visitor.post(f"/api/gallery/drafts/{entry}/submit", json={"consent": True})
    await decide(moderator, entry, "accept")
    public = (await nobody.get(f"/api/gallery/entries/{entry}")).json()
    assert {name: public[name] for name in public if name not in UNTOLD} == {
        name: preview[name] for name in preview if name not in UNTOLD
    }
    assert [each["number"] for each in public["versions"]] == [1]
    whole = json.dumps(public)
    assert store.id not in whole
    assert visitor.actor.id not in whole


async def test_drafts_and_what_waits_are_nobody_elses(people, tmp_path):
    visitor, other, member = await people.visitor(), await people.visitor(), await people.person("mia")
    nobody, moderator = await people.nobody(), await people.person("mona", "moderator")
    store = make_labelled(people.app, visitor.actor, tmp_path)
    draft = await share(visitor, store)
    entry = draft["mine"]["id"]
    reads = [
        f"/api/gallery/entries/{entry}",
        f"/api/gallery/entries/{entry}?version=1",
        f"/api/gallery/entries/{entry}/files/image",
        f"/api/gallery/entries/{entry}/thumbnails/image/320",
        f"/api/gallery/entries/{entry}/view",
        f"/api/gallery/entries/{entry}/tiles/0/0/0",
        f"/api/gallery/entries/{entry}/classes/labels/0/0/0",
        f"/api/gallery/entries/{entry}/zip",
        f"/api/gallery/entries/{entry}/citation",
    ]
    own = [f"/api/gallery/drafts/{entry}", f"/api/gallery/drafts/{entry}/preview"]
    for client in (other, member, nobody, moderator):
        for path in reads:
            assert (await client.get(path)).status_code == 404, path
    for client in (other, member, moderator):
        for path in own:
            assert (await client.get(path)).status_code == 404, path
        assert (await client.patch(own[0], json={"metadata": WRITTEN})).status_code == 404
        assert (await client.delete(own[0])).status_code == 404
        assert (await client.post(f"{own[0]}/submit", json={"consent": True})).status_code == 404
        assert (await client.post(f"/api/gallery/entries/{entry}/versions")).status_code == 404
        assert (await client.post(f"/api/gallery/entries/{entry}/withdraw")).status_code == 404
        assert (await client.post(f"/api/gallery/entries/{entry}/open")).status_code == 404
        assert (await client.post(f"/api/projects/{store.id}/share", json={})).status_code == 404
        assert (await client.get("/api/gallery/mine")).json() == []
    assert (await nobody.get(own[0])).status_code == 401
    assert (await nobody.get("/api/gallery/mine")).status_code == 401
    for path in (*reads[1:], *own):
        assert (await visitor.get(path)).status_code == 200, path
    await submit(visitor, draft)
    for client, expected in ((other, 404), (member, 404), (nobody, 404), (moderator, 200), (visitor, 200)):
        for path in reads:
            assert (await client.get(path)).status_code == expected, path
    assert (await nobody.get(f"/gallery/{entry}")).status_code in (404, 503)


async def test_only_moderators_moderate(people, tmp_path):
    visitor, member, nobody = await people.visitor(), await people.person("mia"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry, _ = await submit(visitor, await share(visitor, store))
    for client, status in ((visitor, 403), (member, 403), (nobody, 401)):
        assert (await client.get("/api/moderation/queue")).status_code == status
        assert (await client.get("/api/moderation/log")).status_code == status
        assert (await decide(client, entry, "accept")).status_code == status
    assert (await nobody.get(f"/api/gallery/entries/{entry}")).status_code == 404


async def test_moderator_asks_for_changes_and_the_submitter_follows_by_the_link(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry, token = await submit(visitor, await share(visitor, store))
    (waiting,) = (await moderator.get("/api/moderation/queue")).json()
    assert (waiting["entry"]["id"], waiting["public_version"]) == (entry, None)
    no_reason = await decide(moderator, entry, "ask_for_changes")
    assert (no_reason.status_code, "reason" in error_of(no_reason)["message"]) == (422, True)
    answer = await decide(moderator, entry, "ask_for_changes", reason="Please name the etchant.")
    assert answer.json() == []
    followed = (await nobody.get(f"/api/gallery/follow/{token}")).json()
    assert (followed["mine"]["state"], followed["mine"]["reason"]) == ("changes_wanted", "Please name the etchant.")
    assert followed["mine"]["project_id"] is None
    assert [step["action"] for step in followed["steps"]] == ["submit", "ask_for_changes"]
    assert (await nobody.get(f"/api/gallery/follow/{'0' * 64}")).status_code == 404
    (mine,) = (await visitor.get("/api/gallery/mine")).json()
    assert (mine["id"], mine["state"], mine["reason"]) == (entry, "changes_wanted", "Please name the etchant.")
    draft = (await visitor.get(f"/api/gallery/drafts/{entry}")).json()
    unfinished = (await moderator.get("/api/moderation/log")).json()["steps"]
    assert {step["title"] for step in unfinished} == {""}, "what is being written is nobody else's"
    await submit(visitor, draft, preparation="Etched with Kalling's reagent.")
    assert (await decide(moderator, entry, "reject", reason="Not a micrograph.")).status_code == 200
    again = await decide(moderator, entry, "accept")
    assert (again.status_code, error_of(again)["code"]) == (409, "entry_state")
    assert (await nobody.get(f"/api/gallery/entries/{entry}")).status_code == 404
    log = (await moderator.get("/api/moderation/log")).json()
    assert [(step["action"], step["actor"]) for step in log["steps"]] == [
        ("reject", "Mona"),
        ("submit", "a visitor"),
        ("ask_for_changes", "Mona"),
        ("submit", "a visitor"),
    ]
    assert log["before"] is None
    assert {step["title"] for step in log["steps"]} == {WRITTEN["title"]}
    first = (await moderator.get("/api/moderation/log?limit=1")).json()
    older = (await moderator.get(f"/api/moderation/log?before={first['before']}")).json()
    assert first["steps"] + older["steps"] == log["steps"]


async def test_old_versions_stay_citable(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry = await publish(visitor, moderator, store)
    draft = await visitor.post(f"/api/gallery/entries/{entry}/versions")
    assert draft.status_code == 201
    assert (await visitor.post(f"/api/gallery/entries/{entry}/versions")).status_code == 409
    await submit(visitor, draft.json(), title="Precipitates, better labelled")
    (waiting,) = (await moderator.get("/api/moderation/queue")).json()
    assert (waiting["public_version"], waiting["changed_fields"]) == (1, ["title"])
    assert (await nobody.get(f"/api/gallery/entries/{entry}")).json()["version"] == 1
    assert (await nobody.get(f"/api/gallery/entries/{entry}?version=2")).status_code == 404
    assert (await decide(moderator, entry, "accept", version=2)).status_code == 200
    newest = (await nobody.get(f"/api/gallery/entries/{entry}")).json()
    assert (newest["version"], newest["metadata"]["title"]) == (2, "Precipitates, better labelled")
    assert [each["number"] for each in newest["versions"]] == [1, 2]
    old = (await nobody.get(f"/api/gallery/entries/{entry}?version=1")).json()
    assert (old["version"], old["metadata"]["title"]) == (1, WRITTEN["title"])
    assert f"/gallery/{entry}/v/1" in (await nobody.get(f"/api/gallery/entries/{entry}/citation?version=1")).text
    (card,) = (await nobody.get("/api/gallery/entries")).json()["entries"]
    assert (card["version"], card["title"]) == (2, "Precipitates, better labelled")


async def test_withdrawn_and_taken_out_are_gone_for_everybody_but_the_owner(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry = await publish(visitor, moderator, store)
    assert (await visitor.post(f"/api/gallery/entries/{entry}/withdraw")).json()["public_version"] is None
    gone = await nobody.get(f"/api/gallery/entries/{entry}")
    assert (gone.status_code, error_of(gone)["code"]) == (410, "entry_withdrawn")
    assert (await nobody.get(f"/api/gallery/entries/{entry}/files/image")).status_code == 410
    assert (await nobody.get("/api/gallery/entries")).json()["total"] == 0
    assert (await visitor.get(f"/api/gallery/entries/{entry}")).json()["state"] == "withdrawn"
    second = await publish(visitor, moderator, store)
    assert (await decide(moderator, second, "take_out")).status_code == 422
    assert (await decide(moderator, second, "take_out", reason="Asked for by the owner.")).status_code == 200
    assert (await nobody.get(f"/api/gallery/entries/{second}")).status_code == 410


async def test_what_was_taken_out_keeps_its_citation_and_says_why_and_nothing_more(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry = await publish(visitor, moderator, store)
    address = f"/api/gallery/entries/{entry}"
    assert (await nobody.get(f"{address}/tombstone")).status_code == 404
    cited = (await nobody.get(f"{address}/citation")).json()
    published = (await nobody.get(address)).json()["published"]
    for client in (visitor, await people.person("mia")):
        assert (await decide(client, entry, "take_out", reason="I may not.")).status_code == 403
    await decide(moderator, entry, "take_out", reason=" Shown without the owner's leave. ")
    stone = (await nobody.get(f"{address}/tombstone")).json()
    withdrawn = stone.pop("withdrawn")
    assert stone == {
        "id": entry,
        "version": 1,
        "title": WRITTEN["title"],
        "creators": ["Ada Example"],
        "published": published,
        "by": "moderator",
        "reason": "Shown without the owner's leave.",
        "citation": cited,
    }
    assert withdrawn >= published
    assert visitor.actor.id not in json.dumps(stone)
    for path in ("", "?version=1", "/files/image", "/thumbnails/image/320", "/zip", "/view", "/tiles/0/0/0"):
        assert (await nobody.get(f"{address}{path}")).status_code == 410, path
    assert (await nobody.get(f"{address}/tombstone?version=2")).status_code == 404
    log = (await moderator.get("/api/moderation/log")).json()["steps"]
    assert (log[0]["action"], log[0]["actor"], log[0]["state_after"]) == ("take_out", "Mona", "withdrawn")
    assert (await visitor.get("/api/gallery/mine")).json()[0]["reason"] == "Shown without the owner's leave."


async def test_a_submitter_takes_an_entry_out_and_says_why(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    entry = await publish(visitor, moderator, make_labelled(people.app, visitor.actor, tmp_path))
    address = f"/api/gallery/entries/{entry}"
    too_long = await visitor.post(f"{address}/withdraw", json={"reason": "a" * 4001})
    assert too_long.status_code == 422
    await visitor.post(f"{address}/withdraw", json={"reason": "The pixel size was wrong."})
    stone = (await nobody.get(f"{address}/tombstone")).json()
    assert (stone["by"], stone["reason"]) == ("submitter", "The pixel size was wrong.")


async def test_nothing_is_submitted_without_consent_or_with_gaps(people, tmp_path):
    visitor = await people.visitor()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    draft = await share(visitor, store)
    entry = f"/api/gallery/drafts/{draft['mine']['id']}"
    gap = await visitor.post(f"{entry}/submit", json={"consent": True})
    assert (gap.status_code, error_of(gap)["code"]) == (422, "metadata")
    await visitor.patch(entry, json={"metadata": WRITTEN})
    refused = await visitor.post(f"{entry}/submit", json={"consent": False})
    assert (refused.status_code, "consent" in error_of(refused)["message"]) == (422, True)
    assert (await visitor.post(f"{entry}/submit", json={})).status_code == 422
    assert (await visitor.get(entry)).json()["mine"]["state"] == "draft"


async def test_a_labs_gallery_is_for_its_people(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_page, "_shell", lambda _folder, _name="index.html": SHELL)
    app = create_app(replace(settings, mode="lab"))
    try:
        async with People(app) as people:
            mia, moderator = await people.person("mia"), await people.person("mona", "moderator")
            entry = await publish(mia, moderator, make_labelled(app, mia.actor, tmp_path))
            nobody, noah = await people.nobody(), await people.person("noah")
            assert (await nobody.get(f"/api/gallery/entries/{entry}")).status_code == 401
            assert (await nobody.get("/api/gallery/entries")).status_code == 401
            assert (await nobody.get(f"/gallery/{entry}")).text == SHELL
            assert (await noah.get(f"/api/gallery/entries/{entry}")).status_code == 200
            assert "application/ld+json" in (await noah.get(f"/gallery/{entry}")).text
            (waiting,) = [mine for mine in (await mia.get("/api/gallery/mine")).json() if mine["state"] == "accepted"]
            assert waiting["public_version"] == 1
    finally:
        app.state.services.close()


async def test_the_whole_way_on_postgresql(settings, tmp_path, postgres_server):
    url = postgres_server.new_database()
    app = create_app(replace(settings, mode="public", database_url=url))
    try:
        async with People(app) as people:
            visitor, moderator = await people.visitor(), await people.person("mona", "moderator")
            nobody = await people.nobody()
            entry = await publish(visitor, moderator, make_labelled(app, visitor.actor, tmp_path))
            draft = (await visitor.post(f"/api/gallery/entries/{entry}/versions")).json()
            assert (await visitor.get(f"/api/gallery/drafts/{entry}")).json() == draft
            await submit(visitor, draft, title="Once more")
            assert (await decide(moderator, entry, "accept", version=2)).json() == []
            (card,) = (await nobody.get("/api/gallery/entries?q=once")).json()["entries"]
            assert (card["id"], card["version"]) == (entry, 2)
            assert (await nobody.get("/api/gallery/counts")).json()["total"] == 1
            assert (await nobody.get(f"/api/gallery/entries/{entry}/files/image?version=1")).status_code == 200
            assert (await nobody.get("/api/gallery/dataset")).status_code == 200
            assert len((await moderator.get("/api/moderation/log")).json()["steps"]) == 4
            assert (await visitor.post(f"/api/gallery/entries/{entry}/withdraw")).status_code == 200
            assert (await nobody.get(f"/api/gallery/entries/{entry}")).status_code == 410
    finally:
        app.state.services.close()
        postgres_server.drop(url)


async def test_drafts_are_bounded(people, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_taking, "MOST_DRAFTS", 1)
    visitor = await people.visitor()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    await share(visitor, store)
    answer = await visitor.post(f"/api/projects/{store.id}/share", json={})
    assert (answer.status_code, error_of(answer)["code"]) == (413, "quota")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"creators": [{"name": "A", "orcid": "0000-0002-1825-0098", "affiliation": ""}]}, "creators[0].orcid"),
        ({"licence": "MINE-1.0"}, "licence"),
        ({"doi": "somewhere"}, "doi"),
        ({"title": "a\x00b"}, "title"),
        ({"quality": 11}, "quality"),
        ({"pixel_size": {"x": -1, "y": 1, "unit": "nm"}}, "pixel_size.x"),
        ({"title": "x" * 250}, "title"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_not_valid_is_refused_by_its_field_and_nothing_changes(people, tmp_path, wrong, field):
    visitor = await people.visitor()
    draft = await share(visitor, make_labelled(people.app, visitor.actor, tmp_path))
    entry = f"/api/gallery/drafts/{draft['mine']['id']}"
    answer = await visitor.patch(entry, json={"metadata": {**WRITTEN, **wrong}})
    assert answer.status_code == 422
    assert field in error_of(answer)["message"]
    assert (await visitor.get(entry)).json()["metadata"] == draft["metadata"]


async def test_parts_can_be_left_out_and_taken_again(people, tmp_path, classifier):
    visitor = await people.visitor()
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    draft = await share(visitor, store, parts=["image", "segmentation"])
    assert draft["parts"] == ["image", "segmentation"]
    assert draft["available_parts"] == ["image", "labels", "segmentation", "classifier"]
    entry = f"/api/gallery/drafts/{draft['mine']['id']}"
    less = (await visitor.patch(entry, json={"metadata": WRITTEN, "parts": ["segmentation"]})).json()
    assert less["parts"] == ["segmentation"]
    preview = (await visitor.get(f"{entry}/preview")).json()
    assert [file["kind"] for file in preview["files"]] == ["segmentation"]
    more = (await visitor.post(f"{entry}/files", json={"parts": ["image", "labels"]})).json()
    assert (more["parts"], more["metadata"]) == (["image", "labels"], WRITTEN)
    assert (await visitor.delete(f"/api/projects/{store.id}")).status_code == 204
    kept = (await visitor.get(entry)).json()
    assert kept["available_parts"] == ["image", "labels"]
    assert (await visitor.post(f"{entry}/files", json={})).status_code == 404
    assert (await visitor.delete(entry)).status_code == 204
    assert (await visitor.get(entry)).status_code == 404


async def test_in_local_mode_an_entry_is_accepted_at_once(app, tmp_path):
    async with People(app) as people:
        client = await people.local()
        assert not (tmp_path / "data" / "sambaseg.db").exists()
        store = make_labelled(app, client.actor, tmp_path)
        entry, _ = await submit(client, await share(client, store))
        assert (await client.get(f"/api/gallery/entries/{entry}")).json()["state"] == "accepted"
        assert (await client.get("/api/moderation/queue")).json() == []
        (mine,) = (await client.get("/api/gallery/mine")).json()
        assert (mine["state"], mine["project_id"]) == ("accepted", store.id)


async def test_what_a_visitor_shared_goes_along_into_the_account(people, tmp_path):
    visitor, admin = await people.visitor(), await people.person("ann", "admin")
    store = make_labelled(people.app, visitor.actor, tmp_path)
    draft = (await share(visitor, store))["mine"]["id"]
    waiting, token = await submit(visitor, await share(visitor, store))
    _, secret = people.services.accounts.invites.create(by=admin.actor)
    account = {"token": secret, "login": "vera", "name": "Vera", "password": "correct horse battery"}
    answer = await visitor.post("/api/invitation/accept", json=account)
    assert answer.status_code in (200, 201), answer.text
    vera = await people.signed_in("vera")
    assert {mine["id"] for mine in (await vera.get("/api/gallery/mine")).json()} == {draft, waiting}
    assert (await vera.get(f"/api/gallery/drafts/{draft}")).json()["mine"]["project_id"] == store.id
    assert (await vera.get(f"/api/gallery/follow/{token}")).json()["mine"]["state"] == "waiting"


async def test_drafts_of_a_visitor_go_with_the_visit_and_what_is_public_stays(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    draft = (await share(visitor, store))["mine"]["id"]
    entry = await publish(visitor, moderator, store)
    assert (await visitor.delete("/api/me")).status_code == 204
    gallery = people.services.gallery.gallery
    with pytest.raises(NotFoundError):
        gallery.get_any(draft)
    assert (await nobody.get(f"/api/gallery/entries/{entry}/files/image")).status_code == 200
