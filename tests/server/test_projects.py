"""Projects over HTTP: made from uploads and samples, looked at, changed, cropped, deleted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sambaseg.samples import SAMPLES
from sambaseg.server.app import create_app
from server.conftest import Person, make_project, open_client, tiff_of, two_phases

SOBEL = {"families": ["sobel"], "scales_px": [1], "sigma_convention": "sigma"}
pytestmark = pytest.mark.anyio


async def make(client, content, **query):
    return await client.post("/api/projects", params={"file_name": "image.tif", **query}, content=content)


async def test_uploaded_image_becomes_a_project(client):
    pixels = two_phases(300, 520, np.uint16)
    answer = await make(client, tiff_of(pixels), file_name="C:\\pictures\\steel 3.tif", name="Steel")
    assert answer.status_code == 201
    project = answer.json()
    assert (project["name"], project["image"]["file_name"]) == ("Steel", "steel 3.tif")
    image = project["image"]
    assert (image["width"], image["height"], image["channels"], image["tile_dtype"]) == (520, 300, 1, "uint16")
    assert image["value_range"] == [{"low": float(pixels.min()), "high": float(pixels.max())}]
    assert [entry["id"] for entry in project["classes"]] == [1, 2]
    assert project["tiles"] == {"labels": [], "edits": []}
    assert project["result"] is project["classifier"] is project["job"] is None
    assert len(project["settings"]["recipe"]["families"]) == 4
    assert (await client.get(f"/api/projects/{project['id']}")).json() == project
    listed = (await client.get("/api/projects")).json()
    assert [(entry["id"], entry["width"]) for entry in listed] == [(project["id"], 520)]


async def test_name_is_the_files_where_none_is_given(client):
    answer = await make(client, tiff_of(two_phases(20, 20)), file_name="a.b.tif")
    assert answer.json()["name"] == "a.b"


async def test_tiles_are_the_pixels_of_the_file(client):
    pixels = two_phases(300, 520, np.uint16)
    project = (await make(client, tiff_of(pixels))).json()
    tile = await client.get(f"/api/projects/{project['id']}/image/0/1/2", params={"image": 0})
    assert tile.headers["x-shape"] == "1,44,8"
    assert tile.headers["x-dtype"] == "uint16"
    assert tile.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert tile.headers["cross-origin-resource-policy"] == "same-origin"
    assert np.array_equal(np.frombuffer(tile.content, "<u2").reshape(44, 8), pixels[256:, 512:])
    coarse = await client.get(f"/api/projects/{project['id']}/image/{project['image']['levels'] - 1}/0/0")
    assert coarse.headers["x-shape"] == "1,75,130"


@pytest.mark.parametrize("path", ["image/9/0/0", "image/0/5/0", "layers/labels/0/9"])
async def test_tile_that_is_not_there(client, app, path):
    answer = await client.get(f"{make_project(app, two_phases(30, 30))}/{path}")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "parameter"


async def test_refused_upload_leaves_nothing(client, settings):
    broken = tiff_of(two_phases(300, 300))[:2000]
    png_under_other_name = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    for content, status in ((broken, 422), (png_under_other_name, 415), (b"", 422)):
        answer = await make(client, content, file_name="steel.tif")
        assert answer.status_code == status, answer.text
        assert "steel.tif" in answer.json()["error"]["message"]
        assert ".part" not in answer.text
    assert (await client.get("/api/projects")).json() == []
    assert list((settings.data_dir / "temporary").iterdir()) == []
    assert list((settings.data_dir / "projects").iterdir()) == []


async def test_too_large_upload_is_refused_announced_or_not(client):
    async def parts():
        for _ in range(21):
            yield bytes(1_000_000)

    for content in (bytes(21_000_000), parts()):
        answer = await make(client, content)
        assert answer.status_code == 413
        assert answer.json()["error"]["message"] == "The image.tif is larger than the 20 MB that are taken."


async def test_image_above_the_pixel_budget_is_refused_before_decoding(client):
    answer = await make(client, tiff_of(np.zeros((9000, 9000), np.uint8), compression="zlib"))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "image_too_large"


async def test_decoding_that_takes_too_long_is_ended(settings):
    app = create_app(replace(settings, decode_seconds=0))
    async with open_client(app) as client:
        answer = await make(client, tiff_of(two_phases(40, 40)))
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "decoding_limit"
        assert (await client.get("/api/projects")).json() == []
    app.state.services.close()


async def test_samples_can_be_listed_seen_and_opened(client):
    listed = (await client.get("/api/samples")).json()
    assert [entry["id"] for entry in listed] == [sample.id for sample in SAMPLES]
    for entry in listed:
        picture = await client.get(f"/api/samples/{entry['id']}/thumbnail")
        assert picture.headers["content-type"] == "image/png"
        assert max(open_picture(picture).size) == 256
        made = (await client.post("/api/projects/from-sample", json={"sample": entry["id"]})).json()
        assert made["name"] == entry["name"]
        assert (made["image"]["width"], made["image"]["height"]) == (entry["width"], entry["height"])
    unknown = await client.post("/api/projects/from-sample", json={"sample": "../secret"})
    assert unknown.status_code == 404
    assert "superalloy" in unknown.json()["error"]["hint"]


def open_picture(answer):
    import io

    return Image.open(io.BytesIO(answer.content))


async def test_thumbnail(client, app):
    picture = await client.get(f"{make_project(app, two_phases(300, 600))}/thumbnail")
    width, height = open_picture(picture).size
    assert width == 2 * height
    assert 128 < width <= 256


async def test_change_of_name_settings_and_pixel_size(client, app):
    path = make_project(app, two_phases(30, 30))
    project = (await client.get(path)).json()
    settings = {
        "recipe": {"families": ["gaussian", "identity"], "scales_px": [4, 2], "sigma_convention": "sigma"},
        "training": {**project["settings"]["training"], "trees": 17, "points": None},
    }
    changed = await client.patch(path, json={"name": " Über – 5 µm ", "settings": settings})
    assert changed.json()["name"] == "Über – 5 µm"
    assert changed.json()["settings"]["recipe"]["scales_px"] == [2, 4]
    assert changed.json()["settings"]["training"]["points"] is None
    sized = await client.patch(path, json={"pixel_size": {"x_um": 0.5, "y_um": 0.25}})
    assert sized.json()["image"]["pixel_size"] == {"x_um": 0.5, "y_um": 0.25}
    assert sized.json()["name"] == "Über – 5 µm"
    app.state.services.close()
    async with open_client(create_app(app.state.services.settings)) as again:
        kept = (await again.get(path)).json()
        assert kept["settings"]["training"]["trees"] == 17
        assert (await again.patch(path, json={"pixel_size": None})).json()["image"]["pixel_size"] is None


@pytest.mark.parametrize(
    "patch",
    [
        {"name": ""},
        {"name": "   "},
        {"name": None},
        {"settings": None},
        {"pixel_size": {"x_um": 0, "y_um": 1}},
        {"colour": "red"},
        {
            "settings": {
                "recipe": {"families": ["magic"], "scales_px": [1], "sigma_convention": "sigma"},
                "training": {},
            }
        },
        {
            "settings": {
                "recipe": {"families": ["sobel"], "scales_px": [1e6], "sigma_convention": "sigma"},
                "training": {},
            }
        },
        {"name": "new", "settings": {"recipe": {}, "training": {"trees": 10_000}}},
    ],
)
async def test_wrong_change_changes_nothing(client, app, patch):
    path = make_project(app, two_phases(30, 30))
    project = (await client.get(path)).json()
    answer = await client.patch(path, json=patch)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    after = (await client.get(path)).json()
    assert {**after, "modified": 0} == {**project, "modified": 0}


async def test_crop_keeps_labels_and_the_old_project(client, app):
    pixels = two_phases(300, 520)
    path = make_project(app, pixels)
    project = (await client.get(path)).json()
    await client.post(f"{path}/operations", json=Person().paint(2, 250, 250, 280, 300))
    answer = await client.post(f"{path}/crop", json={"top": 240, "left": 200, "bottom": 300, "right": 290})
    assert answer.status_code == 201
    part = answer.json()
    assert (part["image"]["width"], part["image"]["height"]) == (90, 60)
    tile = await client.get(f"/api/projects/{part['id']}/image/0/0/0")
    assert np.array_equal(np.frombuffer(tile.content, np.uint8).reshape(60, 90), pixels[240:300, 200:290])
    labels = await client.get(f"/api/projects/{part['id']}/layers/labels/0/0")
    expected = np.zeros((60, 90), np.uint8)
    expected[10:40, 50:90] = 2
    assert np.array_equal(np.frombuffer(labels.content, np.uint8).reshape(60, 90), expected)
    assert (await client.get(path)).json()["image"] == project["image"]
    empty = await client.post(f"{path}/crop", json={"top": 10, "left": 10, "bottom": 10, "right": 20})
    outside = await client.post(f"{path}/crop", json={"top": 0, "left": 0, "bottom": 301, "right": 20})
    assert (empty.status_code, outside.status_code) == (422, 422)


async def test_deleted_project_is_gone(client, app, settings):
    path = make_project(app, two_phases(30, 30))
    assert (await client.delete(path)).status_code == 204
    for answer in (await client.get(path), await client.delete(path), await client.get(f"{path}/image/0/0/0")):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
    assert list((settings.data_dir / "projects").iterdir()) == []


@pytest.mark.parametrize("pid", ["0" * 32, "nothing", "..%2F..%2Fetc", "%00"])
async def test_project_that_is_not_there(client, pid):
    answer = await client.get(f"/api/projects/{pid}")
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["message"]
