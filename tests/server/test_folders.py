"""Looking through the folders of this machine: what is shown, and that what cannot be opened is said in a sentence."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from sambaseg.errors import MissingFileError, ParameterError
from sambaseg.server import folders
from sambaseg.server.app import create_app
from sambaseg.server.folders import checked_path, is_local
from sambaseg.settings import Settings
from server.conftest import open_client

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and rights of Unix")]
AS_ROOT = getattr(os, "geteuid", lambda: 1)() == 0


@pytest.fixture
def tree(tmp_path):
    """A folder with all kinds of things."""
    tmp_path = tmp_path / "tree"
    tmp_path.mkdir()
    for name in ("slice10.tif", "slice2.tif", "a.PNG", "notes.txt", ".hidden.tif"):
        (tmp_path / name).write_bytes(b"12345")
    for name in ("set 2", "set 10", ".cache", "volume.zarr", "empty.zarr"):
        (tmp_path / name).mkdir()
    (tmp_path / "volume.zarr" / "zarr.json").write_text("{}")
    (tmp_path / "link.tif").symlink_to(tmp_path / "slice2.tif")
    (tmp_path / "broken.tif").symlink_to(tmp_path / "nowhere.tif")
    (tmp_path / "circle.tif").symlink_to(tmp_path / "circle.tif")
    (tmp_path / "others").symlink_to(tmp_path / "set 2")
    os.mkfifo(tmp_path / "pipe.tif")
    os.close(os.open(os.fsencode(tmp_path) + b"/bad\xff.tif", os.O_CREAT))
    return tmp_path


async def test_folders_and_images_are_listed_in_natural_order(client, tree):
    listing = (await client.get("/api/files", params={"path": str(tree)})).json()
    assert (listing["path"], listing["parent"], listing["left_out"]) == (str(tree), str(tree.parent), 0)
    assert [(entry["name"], entry["kind"]) for entry in listing["entries"]] == [
        ("empty.zarr", "folder"),
        ("others", "folder"),
        ("set 2", "folder"),
        ("set 10", "folder"),
        ("a.PNG", "image"),
        ("link.tif", "image"),
        ("slice2.tif", "image"),
        ("slice10.tif", "image"),
        ("volume.zarr", "zarr"),
    ]
    assert {entry["size"] for entry in listing["entries"]} == {5, None}
    assert all(entry["path"] == str(tree / entry["name"]) for entry in listing["entries"])


async def test_home_and_places_where_nothing_is_asked(client, monkeypatch, tree):
    monkeypatch.setenv("HOME", str(tree))
    (tree / "Pictures").mkdir()
    listing = (await client.get("/api/files")).json()
    assert listing["path"] == str(tree)
    places = {place["name"]: place["path"] for place in listing["places"]}
    assert places["Home"] == str(tree)
    assert places["Pictures"] == str(tree / "Pictures")
    assert places["Computer"] == "/"
    assert (await client.get("/api/files", params={"path": "~/set 2"})).json()["path"] == str(tree / "set 2")


async def test_file_shows_its_folder_and_root_has_no_parent(client, tree):
    listing = (await client.get("/api/files", params={"path": str(tree / "slice2.tif")})).json()
    assert listing["path"] == str(tree)
    assert (await client.get("/api/files", params={"path": "/"})).json()["parent"] is None


async def test_too_many_are_counted(client, tree, monkeypatch):
    monkeypatch.setattr(folders, "MOST_ENTRIES", 4)
    listing = (await client.get("/api/files", params={"path": str(tree)})).json()
    assert (len(listing["entries"]), listing["left_out"]) == (4, 5)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("nowhere", 404, "There is no {tree}/nowhere on this machine."),
        ("broken.tif", 404, "There is no {tree}/broken.tif on this machine."),
        ("circle.tif", 404, "{tree}/circle.tif cannot be read: "),
        ("pipe.tif", 404, "{tree}/pipe.tif is neither a file nor a folder."),
        ("slice2.tif/more", 404, "{tree}/slice2.tif/more cannot be read: not a directory."),
        ("x" * 300, 404, "cannot be read: file name too long."),
        ("a\0b", 422, "A path cannot hold a null character."),
    ],
)
async def test_what_cannot_be_opened_is_said(client, tree, path, status, says):
    answer = await client.get("/api/files", params={"path": f"{tree}/{path}"})
    assert answer.status_code == status
    assert says.format(tree=tree) in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["pictures/a.tif", "../a.tif", ".", "file:///etc", "~nobody-of-that-name"])
async def test_path_must_be_whole(client, path):
    answer = await client.get("/api/files", params={"path": path})
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["message"]


@pytest.mark.skipif(AS_ROOT, reason="root may read everything")
async def test_folder_without_permission_is_said(client, tree):
    (tree / "set 2").chmod(0)
    answer = await client.get("/api/files", params={"path": str(tree / "set 2")})
    (tree / "set 2").chmod(0o700)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"{tree}/set 2 cannot be read: permission denied."


def test_folder_without_permission_is_said_by_the_check(tree, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MissingFileError, match="permission denied"):
        checked_path(str(tree))
    with pytest.raises(ParameterError):
        checked_path("a")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("::", False),
        ("workstation", False),
        ("localhost.example", False),
    ],
)
async def test_paths_are_refused_where_others_can_reach_the_server(host, local, settings, tree):
    settings = replace(settings, host=host)
    assert is_local(settings) == local
    app = create_app(settings)
    async with open_client(app) as client:
        assert (await client.get("/api/health")).json()["mode"] == ("local" if local else "network")
        listing = await client.get("/api/files", params={"path": str(tree)})
        made = await client.post("/api/projects/from-paths", json={"paths": [str(tree / "nowhere.tif")]})
        if local:
            assert (listing.status_code, made.status_code) == (200, 404)
        else:
            assert (listing.status_code, made.status_code) == (403, 403)
            assert host in made.json()["error"]["message"]
            assert str(tree) not in listing.text
    app.state.services.close()


def test_default_is_this_machine_only():
    assert is_local(Settings())
