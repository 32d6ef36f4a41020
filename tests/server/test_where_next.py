"""Where next over HTTP: places of the images of a project where its newest results are unsure, with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from server.conftest import Person, make_stack, two_phases

SIDE = 600
REACHED = 45
"""A place is in a square of 60 px, or near its corner, when it is no farther from its middle."""


def store_of(app, path):
    return app.state.services.workspace.open_project(path.split("/")[-1])


def give_result(store, spots, *, image=0, finish=True, uncertain=200):
    """Write a result of two halves, classes 1 and 2, that is unsure in a square of 60 px around each spot."""
    shape = store.image(image).height, store.image(image).width
    classes, uncertainty = np.ones(shape, np.uint8), np.zeros(shape, np.uint8)
    classes[:, shape[1] // 2 :] = 2
    for y, x in spots:
        uncertainty[y - 30 : y + 30, x - 30 : x + 30] = uncertain
    writer = store.begin_result(None, store.classes(), image=image)
    for ty in range(0, shape[0], 256):
        for tx in range(0, shape[1], 256):
            part = slice(ty, ty + 256), slice(tx, tx + 256)
            writer.write_tile(ty // 256, tx // 256, classes[part], uncertainty[part])
    if finish:
        writer.finish()


def blank():
    return np.zeros((SIDE, SIDE), np.uint8)


@pytest.mark.anyio
async def test_without_a_result_it_says_what_to_do(client, app):
    path = make_stack(app, [two_phases(40, 50)])
    answer = await client.get(f"{path}/where-next")
    assert answer.status_code == 404
    assert "train" in answer.json()["error"]["hint"]
    assert (await client.get(f"{path}/where-next", params={"image": 7})).status_code == 404


@pytest.mark.anyio
async def test_doubtful_places_come_with_their_reason(client, app):
    path = make_stack(app, [blank()])
    give_result(store_of(app, path), [(100, 120), (450, 300)])
    assert (await client.post(f"{path}/operations", json=Person().paint(1, 60, 60, 140, 180))).is_success
    places = (await client.get(f"{path}/where-next")).json()["places"]
    first = places[0]
    assert first["image"] == 0
    assert np.hypot(first["y"] - 450, first["x"] - 300) < REACHED  # the other one is labelled
    assert sorted(first["classes"]) == [1, 2]
    names = {entry.id: entry.name for entry in store_of(app, path).classes()}
    between = " and ".join(names[entry] for entry in first["classes"])
    assert first["reason"].startswith(f"Uncertain between {between}, far from labels")
    assert not any(abs(place["y"] - 100) < 30 and abs(place["x"] - 120) < 30 for place in places)


@pytest.mark.anyio
async def test_a_sure_result_has_no_places(client, app):
    path = make_stack(app, [blank()])
    give_result(store_of(app, path), [])
    assert (await client.get(f"{path}/where-next")).json() == {"places": []}


@pytest.mark.anyio
async def test_a_running_result_counts_before_an_older_one(client, app):
    path = make_stack(app, [blank()])
    give_result(store_of(app, path), [(100, 120)])
    give_result(store_of(app, path), [(450, 300)], finish=False)
    first = (await client.get(f"{path}/where-next")).json()["places"][0]
    assert np.hypot(first["y"] - 450, first["x"] - 300) < REACHED


@pytest.mark.anyio
async def test_all_images_of_a_stack_are_ranked_together(client, app):
    path = make_stack(app, [blank(), blank(), blank()])
    give_result(store_of(app, path), [(100, 120)], image=0, uncertain=90)
    give_result(store_of(app, path), [(450, 300)], image=2, uncertain=210)
    places = (await client.get(f"{path}/where-next", params={"image": 0})).json()["places"]
    assert places[0]["image"] == 2
    assert {place["image"] for place in places} == {0, 2}
    assert "nothing is labelled in this image" in places[0]["reason"]


@pytest.mark.anyio
async def test_a_large_image_is_looked_at_coarsely(client, app, monkeypatch):
    monkeypatch.setattr("sambaseg.guidance.maps.MOST_PX", 200 * 200)
    path = make_stack(app, [blank()])
    give_result(store_of(app, path), [(450, 300)])
    store, levels = store_of(app, path), set()
    read = type(store).read_result_tile

    def noting(self, result_id, layer, level, ty, tx):
        levels.add(level)
        return read(self, result_id, layer, level, ty, tx)

    monkeypatch.setattr(type(store), "read_result_tile", noting)
    first = (await client.get(f"{path}/where-next")).json()["places"][0]
    assert levels == {2}
    assert np.hypot(first["y"] - 450, first["x"] - 300) < REACHED
