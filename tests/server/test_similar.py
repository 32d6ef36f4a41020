"""Label all like this: what is like the labelled regions of a class is proposed, and nothing that is labelled."""

from __future__ import annotations

import numpy as np
import pytest

from sambaseg.smart.container import unpack_arrays
from server.conftest import Person, live_server, upload_project

SIDE, STEP, RADIUS = 240, 60, 14
VIEW = {"level": 0, "top": 0, "left": 0, "bottom": SIDE, "right": SIDE}


def discs():
    """Return an image of 16 bright discs of one size on a dark ground, and their middles."""
    y, x = np.indices((SIDE, SIDE))
    middles = [(top, left) for top in range(30, SIDE, STEP) for left in range(30, SIDE, STEP)]
    inside = np.zeros((SIDE, SIDE), bool)
    for top, left in middles:
        inside |= (y - top) ** 2 + (x - left) ** 2 <= RADIUS**2
    noise = np.random.default_rng(0).normal(0, 4, (SIDE, SIDE))
    return np.clip(np.where(inside, 170, 60) + noise, 0, 255).astype(np.uint8), middles


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Yield a client, a project whose first disc is labelled as class 1 and second as class 2, and the middles."""
    from sambaseg.settings import Settings

    image, middles = discs()
    with live_server(Settings(data_dir=tmp_path_factory.mktemp("similar"), threads=2)) as client:
        project, person = upload_project(client, image), Person()
        for class_id, (top, left) in zip((1, 2), middles, strict=False):
            operation = person.paint(class_id, top - 11, left - 11, top + 11, left + 11)
            assert client.post(f"{project}/operations", json=operation).is_success
        yield client, project, middles


def similar(client, project, **changes):
    return client.post(f"{project}/suggestions/similar", json={"class_id": 1, "view": VIEW, **changes})


def regions_of(arrays):
    """Return each region as a mask of the view."""
    masks = []
    for number, (top, left, bottom, right) in enumerate(arrays["box"].tolist()):
        packed = arrays["bits"][arrays["bits_start"][number] : arrays["bits_start"][number + 1]]
        bits = np.unpackbits(packed, bitorder="little", count=(bottom - top) * (right - left))
        mask = np.zeros((SIDE, SIDE), bool)
        mask[top:bottom, left:right] = bits.reshape(bottom - top, right - left)
        masks.append(mask)
    return masks


def test_other_objects_of_the_same_look_are_proposed(scene):
    client, project, middles = scene
    answer = similar(client, project)
    assert answer.headers["content-type"] == "application/octet-stream"
    meta, arrays = unpack_arrays(answer.content)
    assert (meta["kind"], meta["class_id"], meta["height"], meta["width"]) == ("similar", 1, SIDE, SIDE)
    masks = regions_of(arrays)
    assert meta["regions"] == len(masks) == len(arrays["similarity"])
    assert np.all(np.diff(arrays["similarity"]) <= 0)
    assert sum(mask.astype(int) for mask in masks).max() <= 1
    found = [middle for middle in middles[2:] if any(mask[middle] for mask in masks if mask.sum() < 1200)]
    assert len(found) >= 12
    for labelled in middles[:2]:
        assert not any(mask[labelled] for mask in masks)


def test_what_cannot_be_asked_is_named(scene):
    client, project, _ = scene
    unknown = similar(client, project, class_id=9)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "unknown_class")
    elsewhere = similar(client, project, view={**VIEW, "top": 120})
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (409, "not_enough_labels")
    assert similar(client, project, layer="edits").status_code == 409
    assert similar(client, project, view={**VIEW, "right": SIDE + 1}).status_code == 422
    assert similar(client, project, result="0" * 32).status_code == 404


def test_examples_count_at_the_level_of_the_view(tmp_path):
    from sambaseg.settings import Settings

    image, middles = discs()
    with live_server(Settings(data_dir=tmp_path, threads=2)) as client:
        project, person = upload_project(client, np.kron(image, np.ones((2, 2), np.uint8))), Person()
        top, left = (2 * place for place in middles[0])
        operation = person.paint(1, top - 22, left - 22, top + 22, left + 22)
        assert client.post(f"{project}/operations", json=operation).is_success
        _, arrays = unpack_arrays(similar(client, project, view={**VIEW, "level": 1}).content)
    masks = regions_of(arrays)
    assert sum(any(mask[middle] for mask in masks) for middle in middles[1:]) >= 12
