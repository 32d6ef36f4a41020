"""Tiles of results, one by one and many at once."""

from __future__ import annotations

import numpy as np
import pytest

from sambaseg.labels.classes import LabelClass
from server.conftest import make_stack, two_phases

pytestmark = pytest.mark.anyio
CLASSES = (LabelClass(1, "a", "#1f77b4"), LabelClass(2, "b", "#ff7f0e"))
SHAPES = [(300, 600), (300, 500)]


@pytest.fixture
def results(app):
    """Path of a project of two images, and for each its result's id, class ids and uncertainty."""
    path = make_stack(app, [two_phases(*shape) for shape in SHAPES])
    store = app.state.services.workspace.open_project(path.rsplit("/", 1)[1])
    made = []
    for image, shape in enumerate(SHAPES):
        random = np.random.default_rng(image)
        classes, uncertainty = (random.integers(1, 3, shape, np.uint8), random.integers(0, 255, shape, np.uint8))
        writer = store.begin_result(None, CLASSES, image=image)
        for ty in range(2):
            for tx in range(-(-shape[1] // 256)):
                window = slice(ty * 256, ty * 256 + 256), slice(tx * 256, tx * 256 + 256)
                writer.write_tile(ty, tx, classes[window], uncertainty[window])
        writer.finish()
        made.append((writer.id, classes, uncertainty))
    return path, made


async def test_tiles_come_in_the_order_asked_each_with_its_uncertainty(client, results):
    path, made = results
    for result_id, classes, uncertainty in made:
        answer = await client.get(f"{path}/results/{result_id}/batch/0", params={"tiles": "1.1,0.0,1.0,1.1"})
        assert answer.status_code == 200, answer.text
        assert (answer.headers["x-dtype"], answer.headers["cache-control"]) == ("uint8", "no-store")
        expected = b""
        for ty, tx in ((1, 1), (0, 0), (1, 0), (1, 1)):
            window = slice(ty * 256, ty * 256 + 256), slice(tx * 256, tx * 256 + 256)
            expected += classes[window].tobytes() + uncertainty[window].tobytes()
        assert answer.content == expected


async def test_batch_is_what_the_single_tiles_are(client, results):
    path, made = results
    result_id = made[0][0]
    for level, tiles in ((0, ("0.2", "1.2")), (1, ("0.0", "0.1"))):
        parts = []
        for tile in tiles:
            for layer in ("segmentation", "uncertainty"):
                single = await client.get(f"{path}/results/{result_id}/{layer}/{level}/{tile.replace('.', '/')}")
                parts.append(single.content)
        batch = await client.get(f"{path}/results/{result_id}/batch/{level}", params={"tiles": ",".join(tiles)})
        assert batch.content == b"".join(parts)


@pytest.mark.parametrize(
    ("level", "tiles", "status"),
    [
        (0, "", 422),
        (0, "0", 422),
        (0, "0.0,", 422),
        (0, "0.0;1.0", 422),
        (0, "-1.0", 422),
        (0, "2.0", 422),
        (0, "0.9999", 422),
        (9, "0.0", 422),
        (0, ",".join(["0.0"] * 65), 422),
        (0, ",".join(["0.0"] * 64), 200),
    ],
)
async def test_tiles_that_are_not_there_are_refused(client, results, level, tiles, status):
    path, made = results
    answer = await client.get(f"{path}/results/{made[0][0]}/batch/{level}", params={"tiles": tiles})
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["message"].endswith(".")


async def test_result_that_is_gone_is_said(client, results):
    answer = await client.get(f"{results[0]}/results/{'0' * 32}/batch/0", params={"tiles": "0.0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_results_are_told_with_their_images(client, results):
    path, made = results
    for image in (0, 1):
        project = (await client.get(path, params={"image": image})).json()
        assert (project["result"]["id"], project["result"]["image"]) == (made[image][0], image)
        assert [entry["result"] for entry in project["images"]] == ["complete", "complete"]
