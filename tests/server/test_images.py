"""Projects of several images over HTTP: made from uploads and paths, shown one by one, changed, and kept apart."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pytest
import tifffile
import zarr

from sambaseg.server.app import create_app
from server.conftest import Follower, Person, live_server, make_stack, open_client, runs_of, tiff_of, wait_until

pytestmark = pytest.mark.anyio


async def send_whole(client, file_name, data):
    """Upload a file in one piece; return its id."""
    upload = (await client.post("/api/uploads", json={"file_name": file_name, "size": len(data)})).json()
    headers = {"X-Chunk-SHA256": hashlib.sha256(data).hexdigest()}
    answer = await client.patch(f"/api/uploads/{upload['id']}", params={"offset": 0}, content=data, headers=headers)
    assert answer.json()["sha256"]
    return upload["id"]


async def from_uploads(client, files, **fields):
    uploads = [await send_whole(client, name, data) for name, data in files.items()]
    return await client.post("/api/projects/from-uploads", json={"uploads": uploads, **fields})


async def from_paths(client, *paths, **fields):
    return await client.post("/api/projects/from-paths", json={"paths": [str(path) for path in paths], **fields})


async def tile(client, project, image, layer="image/0"):
    answer = await client.get(f"/api/projects/{project['id']}/{layer}/0/0", params={"image": image})
    assert answer.status_code == 200, answer.text
    shape = [int(length) for length in answer.headers["x-shape"].split(",")]
    return np.frombuffer(answer.content, answer.headers["x-dtype"]).reshape(shape)


def slices(count, shape=(40, 50)):
    return [np.random.default_rng(number).integers(0, 255, shape, np.uint8) for number in range(count)]


def names_of(project):
    return [image["name"] for image in project["images"]]


async def test_slices_of_one_size_become_a_stack_in_natural_order(client):
    first, second, third = slices(3)
    files = {"s/slice10.tif": tiff_of(third), "s/slice2.tif": tiff_of(second), "s/slice1.tif": tiff_of(first)}
    answer = await from_uploads(client, files)
    assert answer.status_code == 201, answer.text
    project = answer.json()
    assert (project["name"], project["kind"]) == ("s", "stack")
    assert names_of(project) == ["slice1.tif", "slice2.tif", "slice10.tif"]
    assert project["image"]["id"] == project["images"][0]["id"]
    for image, pixels in zip(project["images"], (first, second, third), strict=True):
        assert np.array_equal((await tile(client, project, image["id"]))[0], pixels)
    assert (await client.get("/api/projects")).json()[0]["images"] == 3


async def test_pages_of_a_file_become_a_stack(client):
    pages = np.stack(slices(12))
    project = (await from_uploads(client, {"series.tif": tiff_of(pages, photometric="minisblack")})).json()
    assert (project["name"], project["kind"]) == ("series", "stack")
    assert names_of(project)[0] == "series.tif · 1"
    assert names_of(project)[11] == "series.tif · 12"
    for number in (0, 9, 11):
        assert np.array_equal((await tile(client, project, project["images"][number]["id"]))[0], pages[number])


async def test_images_of_different_sizes_become_a_set(client):
    small, large = slices(1)[0], slices(1, (60, 70))[0]
    project = (await from_uploads(client, {"a.tif": tiff_of(small), "b.png": tiff_of(large)}, name="Both")).json()
    assert (project["name"], project["kind"]) == ("Both", "set")
    assert [(image["width"], image["height"]) for image in project["images"]] == [(50, 40), (70, 60)]
    second = (await client.get(f"/api/projects/{project['id']}", params={"image": 1})).json()
    assert (second["image"]["width"], second["image"]["name"]) == (70, "b.png")


async def test_one_upload_is_a_single_image(client, settings):
    project = (await from_uploads(client, {"steel 3.tif": tiff_of(slices(1)[0])})).json()
    assert (project["name"], project["kind"], len(project["images"])) == ("steel 3", "single", 1)
    assert (project["image"]["file_name"], project["image"]["linked"]) == ("steel 3.tif", False)
    assert list((settings.data_dir / "uploads").iterdir()) == []


async def test_bad_file_among_many_makes_nothing_and_is_named(client, settings):
    files = {"good.tif": tiff_of(slices(1)[0]), "bad.tif": b"II*\0 and no more", "text.tif": b"hello"}
    answer = await from_uploads(client, files)
    assert answer.status_code in (415, 422)
    assert "bad.tif" in answer.json()["error"]["message"]
    assert ".part" not in answer.text
    assert (await client.get("/api/projects")).json() == []
    assert list((settings.data_dir / "projects").iterdir()) == []
    assert len(list((settings.data_dir / "uploads").iterdir())) == 3


async def test_uploads_must_be_there_and_whole(client):
    missing = await client.post("/api/projects/from-uploads", json={"uploads": ["0" * 32]})
    assert missing.status_code == 404
    begun = (await client.post("/api/uploads", json={"file_name": "a.tif", "size": 10})).json()
    unfinished = await client.post("/api/projects/from-uploads", json={"uploads": [begun["id"]]})
    assert unfinished.status_code == 409
    assert unfinished.json()["error"]["message"] == "0 of 10 bytes of a.tif are here."
    assert (await client.post("/api/projects/from-uploads", json={"uploads": []})).status_code == 422


async def test_paths_are_linked_and_never_changed(client, tmp_path, settings):
    folder = tmp_path / "my slices"
    folder.mkdir()
    pixels = slices(3)
    for number, name in ((0, "slice1.tif"), (1, "slice2.tif"), (2, "slice10.tif")):
        tifffile.imwrite(folder / name, pixels[number], tile=(16, 16))
    (folder / "notes.txt").write_text("no image")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    answer = await from_paths(client, folder)
    assert answer.status_code == 201, answer.text
    project = answer.json()
    assert (project["name"], project["kind"]) == ("my slices", "stack")
    assert names_of(project) == ["slice1.tif", "slice2.tif", "slice10.tif"]
    assert all(image["linked"] for image in project["images"])
    for number, image in enumerate(project["images"]):
        assert np.array_equal((await tile(client, project, image["id"]))[0], pixels[number])
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    originals = settings.data_dir / "projects" / project["id"] / "original"
    assert not originals.exists() or list(originals.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "says"), [("{tree}/nowhere.tif", "There is no {tree}/nowhere.tif"), ("{tree}/text.tif", "text.tif")]
)
async def test_bad_path_makes_nothing(client, tmp_path, path, says):
    (tmp_path / "text.tif").write_text("hello")
    answer = await from_paths(client, path.format(tree=tmp_path))
    assert answer.status_code in (404, 415)
    assert says.format(tree=tmp_path) in answer.json()["error"]["message"]
    assert (await client.get("/api/projects")).json() == []


async def test_folder_without_images_is_said(client, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = await from_paths(client, tmp_path / "empty")
    assert answer.status_code in (404, 415, 422)
    assert "empty" in answer.json()["error"]["message"]


async def test_ome_zarr_becomes_a_stack_of_its_planes(client, tmp_path):
    pixels = np.stack(slices(3))
    folder = tmp_path / "volume.ome.zarr"
    group = zarr.create_group(folder, zarr_format=3)
    group.create_array("0", data=pixels, chunks=(1, 32, 32))
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [2.0, 0.5, 0.25]}]
    multiscale = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    listing = (await client.get("/api/files", params={"path": str(tmp_path)})).json()
    assert ("volume.ome.zarr", "zarr") in [(entry["name"], entry["kind"]) for entry in listing["entries"]]
    answer = await from_paths(client, folder)
    assert answer.status_code == 201, answer.text
    project = answer.json()
    assert (project["name"], project["kind"], len(project["images"])) == ("volume", "stack", 3)
    assert project["image"]["pixel_size"] == {"x_um": 0.25, "y_um": 0.5}
    for number, image in enumerate(project["images"]):
        assert np.array_equal((await tile(client, project, image["id"]))[0], pixels[number])


async def test_moved_file_is_found_again_by_its_content(client, tmp_path):
    """Large and many images are read where they lie: their files must stay what they were."""
    original, other = slices(2)
    path, moved, wrong = tmp_path / "a.tif", tmp_path / "moved.tif", tmp_path / "wrong.tif"
    tifffile.imwrite(path, original, tile=(16, 16))
    tifffile.imwrite(wrong, other, tile=(16, 16))
    project = (await from_paths(client, path, wrong)).json()
    assert np.array_equal((await tile(client, project, 0))[0], original)
    client._transport.app.state.services.workspace.open_project(project["id"]).ensure_image(0, wait=True)
    app = create_app(client._transport.app.state.services.settings)
    client._transport.app.state.services.close()
    shutil.move(path, moved)
    async with open_client(app) as again:
        lost = (await again.get(f"/api/projects/{project['id']}")).json()
        assert lost["images"][0]["state"] == "missing"
        assert str(path) in lost["images"][0]["message"]
        source = f"/api/projects/{project['id']}/images/0/source"
        refused = await again.post(source, json={"path": str(wrong)})
        assert refused.status_code == 409
        found = await again.post(source, json={"path": str(moved)})
        assert found.status_code == 200, found.text
        assert found.json()["images"][0]["state"] in ("ready", "new", "building")
        assert np.array_equal((await tile(again, project, 0))[0], original)
    app.state.services.close()


async def test_images_are_added_renamed_ordered_and_removed(client, app, tmp_path):
    path = make_stack(app, slices(2))
    more = slices(3)[2]
    tifffile.imwrite(tmp_path / "c.tif", more)
    uploads = [await send_whole(client, "b.tif", tiff_of(more))]
    added = await client.post(f"{path}/images", json={"uploads": uploads, "paths": [str(tmp_path / "c.tif")]})
    assert added.status_code == 200, added.text
    project = added.json()
    assert sorted(image["id"] for image in project["images"]) == [0, 1, 2, 3]
    assert project["image"]["name"] == "b.tif"
    renamed = await client.patch(f"{path}/images/1", json={"name": " Slice Ä "})
    assert {image["id"]: image["name"] for image in renamed.json()["images"]}[1] == "Slice Ä"
    ordered = await client.put(f"{path}/order", json={"images": [3, 1, 0, 2]})
    assert [image["id"] for image in ordered.json()["images"]] == [3, 1, 0, 2]
    assert ordered.json()["image"]["id"] == 3
    removed = await client.delete(f"{path}/images/3")
    assert [image["id"] for image in removed.json()["images"]] == [1, 0, 2]
    again = await client.post(f"{path}/images", json={"paths": [str(tmp_path / "c.tif")]})
    assert 4 in [image["id"] for image in again.json()["images"]]
    assert 3 not in [image["id"] for image in again.json()["images"]]


@pytest.mark.parametrize(
    ("method", "rest", "body", "status"),
    [
        ("PUT", "order", {"images": [0]}, 422),
        ("PUT", "order", {"images": [0, 0, 1]}, 422),
        ("PUT", "order", {"images": [0, 7]}, (404, 422)),
        ("PUT", "order", {"images": []}, 422),
        ("PATCH", "images/0", {"name": "  "}, 422),
        ("PATCH", "images/7", {"name": "a"}, 404),
        ("DELETE", "images/7", None, 404),
        ("POST", "images", {}, 422),
        ("POST", "images", {"paths": ["relative.tif"]}, 422),
        ("POST", "images", {"uploads": ["0" * 32]}, 404),
        ("POST", "images/7/source", {"path": "/"}, 404),
        ("GET", "image/0/0/0?image=7", None, 404),
        ("GET", "layers/labels/0/0?image=7", None, 404),
        ("GET", "thumbnail?image=7", None, 404),
        ("GET", "?image=7", None, 404),
        ("POST", "train", {"image": 7}, (404, 409)),
        ("POST", "apply", {"image": 7}, 404),
        ("PUT", "live", {"on": True, "image": 7}, 404),
        ("GET", "export/labels?image=7", None, 404),
        ("GET", "export/ome-zarr?image=7", None, 404),
        ("POST", "crop?image=7", {"top": 0, "left": 0, "bottom": 5, "right": 5}, 404),
        ("GET", "suggestions?level=0&top=0&left=0&bottom=9&right=9&image=7", None, 404),
    ],
)
async def test_what_cannot_be_done_changes_nothing(client, app, method, rest, body, status):
    path = make_stack(app, slices(2))
    before = (await client.get(path)).json()
    answer = await client.request(method, f"{path}{'' if rest.startswith('?') else '/'}{rest}", json=body)
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.text
    assert answer.json()["error"]["message"].endswith(".")
    assert (await client.get(path)).json() == before


async def test_more_images_make_another_kind_of_project(client, app, tmp_path):
    same, other = slices(3)[1], slices(1, (20, 30))[0]
    tifffile.imwrite(tmp_path / "same.tif", same)
    tifffile.imwrite(tmp_path / "other.tif", other)
    path = make_stack(app, slices(1))
    kinds = [(await client.get(path)).json()["kind"]]
    for name in ("same.tif", "other.tif"):
        added = await client.post(f"{path}/images", json={"paths": [str(tmp_path / name)]})
        kinds.append(added.json()["kind"])
    assert kinds == ["single", "stack", "set"]


async def test_last_image_stays(client, app):
    path = make_stack(app, slices(2))
    assert (await client.delete(f"{path}/images/0")).status_code == 200
    last = await client.delete(f"{path}/images/1")
    assert last.status_code == 422
    assert len((await client.get(path)).json()["images"]) == 1
    assert (await client.get(f"{path}/image/0/0/0")).status_code == 200
    assert (await client.get(f"{path}/image/0/0/0", params={"image": 0})).status_code == 404


async def test_tiles_of_a_named_image_never_change_and_others_may(client, app):
    path = make_stack(app, slices(2))
    named = await client.get(f"{path}/image/0/0/0", params={"image": 0})
    unnamed = await client.get(f"{path}/image/0/0/0")
    assert "immutable" in named.headers["cache-control"]
    assert "immutable" not in unnamed.headers["cache-control"]


async def test_steps_belong_to_images_and_history_says_to_which(client, app):
    path = make_stack(app, slices(3))
    person = Person()
    for image, class_id in ((1, 1), (2, 2)):
        mask = np.ones((4, 5), bool)
        tiles = [{"ty": 0, "tx": 0, "runs": runs_of(mask)}]
        ack = await client.post(
            f"{path}/operations", json=person.operation("paint", class_id=class_id, tiles=tiles, image=image)
        )
        assert ack.status_code == 200, ack.text
    history = ack.json()["history"]
    assert (history["undo_image"], history["redo_image"]) == (2, None)
    assert history["labelled_pixels"] == {"1": 20, "2": 20}
    project = (await client.get(path)).json()
    assert project["labelled_pixels"] == {"1": 20, "2": 20}
    assert [image["labelled"] for image in project["images"]] == [False, True, True]
    assert project["tiles"]["labels"] == []
    assert (await client.get(path, params={"image": 2})).json()["tiles"]["labels"] == [{"ty": 0, "tx": 0}]
    assert (await tile(client, project, 0, "layers/labels")).sum() == 0
    assert (await tile(client, project, 1, "layers/labels")).sum() == 20
    undone = (await client.post(f"{path}/operations", json=person.operation("undo"))).json()
    assert undone["changed"] == [{"ty": 0, "tx": 0, "layer": "labels", "image": 2}]
    assert (undone["history"]["undo_image"], undone["history"]["redo_image"]) == (1, 2)
    assert undone["history"]["labelled_pixels"] == {"1": 20}


async def test_labels_are_imported_into_their_image(client, app):
    path = make_stack(app, slices(2))
    labels = np.zeros((40, 50), np.uint8)
    labels[:3] = 2
    answer = await client.post(f"{path}/labels", params={"image": 1}, content=tiff_of(labels))
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert {entry["image"] for entry in report["changed"]} == {1}
    assert report["history"]["labelled_pixels"] == {"2": 150}
    project = (await client.get(path)).json()
    assert np.array_equal(await tile(client, project, 1, "layers/labels"), labels)
    assert (await tile(client, project, 0, "layers/labels")).sum() == 0


async def test_crop_and_thumbnail_are_of_their_image(client, app):
    pixels = slices(2)
    path = make_stack(app, pixels)
    part = await client.post(f"{path}/crop", params={"image": 1}, json={"top": 5, "left": 0, "bottom": 20, "right": 30})
    assert np.array_equal((await tile(client, part.json(), 0))[0], pixels[1][5:20, :30])
    pictures = [(await client.get(f"{path}/thumbnail", params={"image": image})).content for image in (0, 1)]
    assert pictures[0] != pictures[1]
    assert (await client.get(f"{path}/thumbnail")).content == pictures[0]


async def test_pixel_size_is_of_its_image(client, app):
    path = make_stack(app, [*slices(1), *slices(1, (20, 30))])
    sized = await client.patch(path, params={"image": 1}, json={"pixel_size": {"x_um": 0.5, "y_um": 0.25}})
    assert sized.json()["image"]["pixel_size"] == {"x_um": 0.5, "y_um": 0.25}
    assert (await client.get(path)).json()["image"]["pixel_size"] is None


def test_followers_hear_when_an_image_is_ready(settings):
    with live_server(settings) as client:
        data = tiff_of(np.stack(slices(2)), photometric="minisblack")
        upload = client.post("/api/uploads", json={"file_name": "a.tif", "size": len(data)}).json()
        headers = {"X-Chunk-SHA256": hashlib.sha256(data).hexdigest()}
        client.patch(f"/api/uploads/{upload['id']}", params={"offset": 0}, content=data, headers=headers)
        project = client.post("/api/projects/from-uploads", json={"uploads": [upload["id"]]}).json()
        path = f"/api/projects/{project['id']}"
        follower = Follower(client, path)
        assert client.get(f"{path}/image/0/0/0", params={"image": 1}).status_code == 200
        wait_until(lambda: "ready" in [body["image_changed"]["state"] for _, body in named(follower, "image", 1)])
        person = Person()
        tiles = [{"ty": 0, "tx": 0, "runs": runs_of(np.ones((2, 2), bool))}]
        client.post(f"{path}/operations", json=person.operation("paint", class_id=1, tiles=tiles, image=1))
        wait_until(lambda: follower.named("revision"))
        assert follower.named("revision")[0]["changed"] == [{"ty": 0, "tx": 0, "layer": "labels", "image": 1}]


def named(follower, name, image):
    return [(event, body) for event, body in follower.events if event == name and body["image_changed"]["id"] == image]


async def test_old_upload_route_opens_all_pages_unless_one_is_named(client):
    pages = np.stack(slices(3))
    data = tiff_of(pages, photometric="minisblack")
    whole = (await client.post("/api/projects", params={"file_name": "a.tif"}, content=data)).json()
    assert (whole["kind"], len(whole["images"])) == ("stack", 3)
    one = (await client.post("/api/projects", params={"file_name": "a.tif", "page": 1}, content=data)).json()
    assert (one["kind"], len(one["images"]), one["image"]["page"]) == ("single", 1, 1)
    assert np.array_equal((await tile(client, one, 0))[0], pages[1])
    beyond = await client.post("/api/projects", params={"file_name": "a.tif", "page": 3}, content=data)
    assert beyond.status_code in (400, 422)
    assert "page" in beyond.json()["error"]["message"]
