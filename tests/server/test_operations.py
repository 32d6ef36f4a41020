"""Steps of labelling over HTTP: acknowledged, repeated, refused; labels from files; what other pages hear of it."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from sambaseg.server.app import create_app
from server.conftest import (
    Follower,
    Person,
    live_server,
    make_project,
    open_client,
    tiff_of,
    two_phases,
    wait_until,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def project(app):
    return make_project(app, two_phases(300, 300))


async def labels_of(client, project, layer="labels", shape=(300, 300)):
    labels = np.zeros(shape, np.uint8)
    for ty in range(-(-shape[0] // 256)):
        for tx in range(-(-shape[1] // 256)):
            answer = await client.get(f"{project}/layers/{layer}/{ty}/{tx}")
            assert answer.headers["cache-control"] == "no-store"
            size = [int(length) for length in answer.headers["x-shape"].split(",")]
            tile = np.frombuffer(answer.content, np.uint8).reshape(size)
            labels[ty * 256 :, tx * 256 :][:256, :256] = tile
    return labels


async def test_strokes_undo_and_redo(client, project):
    person = Person()
    first = (await client.post(f"{project}/operations", json=person.paint(1, 250, 250, 260, 260))).json()
    assert (first["revision"], first["duplicate"], first["changed"]) == (1, False, [])
    assert first["history"]["can_undo"]
    second = (await client.post(f"{project}/operations", json=person.paint(2, 255, 240, 270, 258))).json()
    expected = np.zeros((300, 300), np.uint8)
    expected[255:270, 240:258] = 2
    expected[250:260, 250:260] = 1
    assert np.array_equal(await labels_of(client, project), expected)
    assert (await client.get(project)).json()["history"] == second["history"]

    undone = (await client.post(f"{project}/operations", json=person.operation("undo", base_revision=2))).json()
    assert {(tile["layer"], tile["ty"], tile["tx"]) for tile in undone["changed"]} <= {
        ("labels", ty, tx) for ty in (0, 1) for tx in (0, 1)
    }
    assert undone["changed"]
    assert np.array_equal((await labels_of(client, project)) != 0, expected == 1)
    await client.post(f"{project}/operations", json=person.operation("redo"))
    assert np.array_equal(await labels_of(client, project), expected)


async def test_repeated_operation_does_no_harm(client, project):
    operation = Person().paint(1, 0, 0, 5, 5)
    first = (await client.post(f"{project}/operations", json=operation)).json()
    again = (await client.post(f"{project}/operations", json=operation)).json()
    assert again == {**first, "duplicate": True}


async def test_steps_survive_the_server(client, project, app):
    await client.post(f"{project}/operations", json=Person().paint(2, 10, 10, 200, 290))
    before = await labels_of(client, project)
    app.state.services.close()
    async with open_client(create_app(app.state.services.settings)) as again:
        assert np.array_equal(await labels_of(again, project), before)
        assert (await again.get(project)).json()["history"]["can_undo"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "explode"}, 422),
        ({"class_id": None}, 422),
        ({"class_id": 0}, 422),
        ({"class_id": 77}, 422),
        ({"client_id": "short"}, 422),
        ({"base_revision": 99}, 409),
        ({"tiles": [{"ty": 0, "tx": 0, "runs": "A"}]}, 422),
        ({"tiles": [{"ty": 0, "tx": 0, "runs": "AAAAAA=="}, {"ty": 0, "tx": 0, "runs": "AAAAAA=="}]}, 422),
        ({"tiles": [{"ty": 0, "tx": 0, "runs": base64.b64encode(b"\xff\xff\xff\xff").decode()}]}, 422),
        ({"tiles": [{"ty": 9, "tx": 0, "runs": "AAAAAA=="}]}, 422),
        ({"kind": "classes", "classes": []}, 422),
    ],
)
async def test_wrong_operation_is_refused_and_changes_nothing(client, project, change, status):
    answer = await client.post(f"{project}/operations", json={**Person().paint(1, 0, 0, 5, 5), **change})
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"].endswith((".", "…"))
    assert (await client.get(project)).json()["history"]["revision"] == 0


async def test_imported_labels_keep_their_ids(client, project):
    labels = np.zeros((300, 300), np.uint16)
    labels[:100], labels[200:] = 2, 4
    answer = await client.post(f"{project}/labels", content=tiff_of(labels))
    report = answer.json()
    assert report["class_ids"] == [2, 4]
    assert report["labelled_pixels"] == 60_000
    assert {2, 4} <= {entry["id"] for entry in report["classes"]}
    assert np.array_equal(await labels_of(client, project), labels)


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (np.zeros((300, 299), np.uint8), "labels_size_mismatch"),
        (np.zeros((300, 300), np.float32), "labels_file"),
        (np.full((300, 300), 256, np.uint16), "labels_file"),
        (np.full((300, 300), -1, np.int16), "labels_file"),
    ],
)
async def test_wrong_labels_are_named_and_change_nothing(client, project, labels, code):
    await client.post(f"{project}/operations", json=Person().paint(1, 0, 0, 5, 5))
    before = await labels_of(client, project)
    answer = await client.post(f"{project}/labels", params={"file_name": "mine.tif"}, content=tiff_of(labels))
    assert answer.json()["error"]["code"] == code
    assert "mine.tif" in answer.json()["error"]["message"]
    assert np.array_equal(await labels_of(client, project), before)


def test_other_pages_hear_what_changed(settings):
    with live_server(settings) as client:
        project = make_project(client.app, two_phases(300, 300))
        follower, other = Follower(client, project), Follower(client, make_project(client.app, two_phases(20, 20)))
        operation = Person("somebody").paint(1, 250, 0, 270, 10)
        client.post(f"{project}/operations", json=operation)
        client.post(f"{project}/operations", json=operation)
        wait_until(lambda: follower.events)
        labels = np.ones((300, 300), np.uint8)
        client.post(f"{project}/labels", content=tiff_of(labels))
        wait_until(lambda: len(follower.events) == 2)
        (name, first), (_, second) = follower.events
        assert name == "revision"
        assert first["client_id"] == "somebody"
        assert {(tile["ty"], tile["tx"]) for tile in first["revision"]["changed"]} == {(0, 0), (1, 0)}
        assert second["client_id"] is None
        assert len(second["revision"]["changed"]) == 4
        assert other.events == []
        client.delete(project)
        assert follower.ended.wait(5)


def test_streams_end_when_the_server_stops(settings):
    with live_server(settings) as client:
        follower = Follower(client, make_project(client.app, two_phases(20, 20)))
    assert follower.ended.wait(1)


def test_stream_of_no_project_is_refused(settings):
    with live_server(settings) as client:
        answer = client.get(f"/api/projects/{'0' * 32}/events")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
