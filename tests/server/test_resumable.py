"""Uploads in pieces: whatever is cut, repeated, misplaced or changed, and whenever the server restarts, bytes stay."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.requests import Request

from sambaseg.errors import BrokenUploadError, NotFoundError, ParameterError, UploadOffsetError
from sambaseg.server import resumable
from sambaseg.server.app import create_app
from sambaseg.server.resumable import Uploads
from server.conftest import open_client

pytestmark = pytest.mark.anyio


def digest(data):
    return hashlib.sha256(data).hexdigest()


async def send(client, upload_id, offset, piece, sha256=None):
    return await client.patch(
        f"/api/uploads/{upload_id}",
        params={"offset": offset},
        content=piece,
        headers={"X-Chunk-SHA256": sha256 or digest(piece)},
    )


async def begin(client, size, file_name="a.tif"):
    answer = await client.post("/api/uploads", json={"file_name": file_name, "size": size})
    assert answer.status_code == 201
    return answer.json()


async def test_pieces_make_the_file(client, settings):
    data = os.urandom(100_000)
    upload = await begin(client, len(data), "series/slice 3.tif")
    assert upload == {**upload, "file_name": "series/slice 3.tif", "size": 100_000, "received": 0, "sha256": None}
    first = await send(client, upload["id"], 0, data[:70_000])
    assert (first.status_code, first.json()["received"], first.json()["sha256"]) == (200, 70_000, None)
    last = await send(client, upload["id"], 70_000, data[70_000:], digest(data[70_000:]).upper())
    assert last.json() == {**upload, "received": 100_000, "sha256": digest(data)}
    assert (await client.get(f"/api/uploads/{upload['id']}")).json() == last.json()
    assert (settings.data_dir / "uploads" / upload["id"] / f"{upload['id']}.part").read_bytes() == data


@pytest.mark.parametrize(
    ("offset", "piece", "sha256", "status", "says"),
    [
        (5, b"world", None, 409, "(offset 3), but the piece begins at 5"),
        (0, b"abc", None, 409, "(offset 3)"),
        (3, b"world", "0" * 64, 422, "came out changed"),
        (3, b"", None, 422, "is empty"),
        (3, b"too long a piece", None, 413, "at most 7 bytes follow, not 16"),
        (3, bytes(resumable.LARGEST_PIECE + 1), None, 413, "8,388,608 bytes"),
        (3, b"world", "x", 422, "X-Chunk-SHA256 should"),
        (-1, b"world", None, 422, "offset should"),
    ],
)
async def test_piece_that_does_not_fit_adds_nothing(client, offset, piece, sha256, status, says):
    upload = await begin(client, 10)
    await send(client, upload["id"], 0, b"abc")
    answer = await send(client, upload["id"], offset, piece, sha256)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert (await client.get(f"/api/uploads/{upload['id']}")).json()["received"] == 3


async def test_piece_of_unannounced_length_is_bounded(client):
    upload = await begin(client, 10)

    async def parts():
        for _ in range(3):
            yield b"12345"

    answer = await client.patch(
        f"/api/uploads/{upload['id']}", params={"offset": 0}, content=parts(), headers={"X-Chunk-SHA256": "0" * 64}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_upload_that_is_not_there(client, method):
    for upload_id, status in (("0" * 32, 404), ("..%2F" + "0" * 29, 404), ("0" * 31 + "G", 422)):
        headers = {"X-Chunk-SHA256": digest(b"")}
        answer = await client.request(method, f"/api/uploads/{upload_id}", params={"offset": 0}, headers=headers)
        assert answer.status_code == status
        assert answer.json()["error"]["message"]


async def test_deleted_upload_is_gone(client, settings):
    upload = await begin(client, 10)
    await send(client, upload["id"], 0, b"abc")
    assert (await client.delete(f"/api/uploads/{upload['id']}")).status_code == 204
    assert (await send(client, upload["id"], 3, b"abc")).status_code == 404
    assert list((settings.data_dir / "uploads").iterdir()) == []


async def test_too_large_a_file_and_a_full_disk_are_said_at_the_beginning(client, monkeypatch):
    answer = await client.post("/api/uploads", json={"file_name": "huge.tif", "size": 20_000_001})
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "huge.tif has 20 MB; at most 20 MB are taken."
    monkeypatch.setattr(resumable.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 70_000_000}))
    full = await client.post("/api/uploads", json={"file_name": "huge.tif", "size": 19_000_000})
    assert full.status_code == 507
    assert full.json()["error"]["message"] == "huge.tif has 19 MB, but the disk has room for 70 MB."


async def test_disk_that_fills_up_keeps_what_came_before(client, monkeypatch, settings):
    upload = await begin(client, 10)
    await send(client, upload["id"], 0, b"abc")
    content = settings.data_dir / "uploads" / upload["id"] / f"{upload['id']}.part"

    def half(_self, piece, _sha256):
        with content.open("ab") as file:
            file.write(piece[:2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(resumable._PiecewiseFile, "_write", half)
        answer = await send(client, upload["id"], 3, b"defghij")
    assert answer.status_code == 507
    assert answer.json()["error"]["message"] == "The piece could not be saved: No space left on device."
    assert content.read_bytes() == b"abc"
    done = await send(client, upload["id"], 3, b"defghij")
    assert done.json()["sha256"] == digest(b"abcdefghij")


async def test_uploads_that_nobody_goes_on_with_are_removed_after_a_day(settings):
    uploads = Uploads(settings.data_dir / "uploads", max_mb=20)
    old, new = uploads.begin("old", 10), uploads.begin("new", 10)
    yesterday = time.time() - resumable.LEFT_OVER_SECONDS - 5
    for path in [settings.data_dir / "uploads" / old.id, *(settings.data_dir / "uploads" / old.id).iterdir()]:
        os.utime(path, (yesterday, yesterday))
    uploads.begin("third", 10)
    assert uploads.state(new.id).received == 0
    with pytest.raises(NotFoundError):
        uploads.state(old.id)


async def test_complete_uploads_are_used_once_and_given_back_after_a_failure(client, app):
    uploads = app.state.services.uploads
    upload = await begin(client, 3)
    with pytest.raises(UploadOffsetError, match="0 of 3 bytes"), uploads.used([upload["id"]]):
        pass
    await send(client, upload["id"], 0, b"abc")
    with pytest.raises(ParameterError, match="named twice"), uploads.used([upload["id"]] * 2):
        pass
    with contextlib.suppress(ZeroDivisionError), uploads.used([upload["id"]]) as files:
        assert (files[0].path.read_bytes(), files[0].sha256) == (b"abc", digest(b"abc"))
        with pytest.raises(UploadOffsetError, match="already"), uploads.used([upload["id"]]):
            pass
        assert (await client.delete(f"/api/uploads/{upload['id']}")).status_code == 409
        raise ZeroDivisionError
    with uploads.used([upload["id"]]):
        pass
    assert (await client.get(f"/api/uploads/{upload['id']}")).status_code == 404


async def test_memory_stays_flat(client, app, monkeypatch):
    """A file of any size passes through in pieces; also what a restart reads is read in parts."""
    monkeypatch.setattr(app.state.services.uploads, "_max_mb", 1000)
    piece = np.random.default_rng(0).bytes(resumable.LARGEST_PIECE)
    upload = await begin(client, 12 * len(piece))
    whole = hashlib.sha256()
    tracemalloc.start()
    try:
        for number in range(12):
            whole.update(piece)
            answer = await send(client, upload["id"], number * len(piece), piece)
            assert answer.status_code == 200
        again = Uploads(app.state.services.settings.data_dir / "uploads", max_mb=1000)
        assert again.state(upload["id"]).sha256 == whole.hexdigest() == answer.json()["sha256"]
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "send", "cut", "repeat", "misplace", "change", "restart", "kill", "tear"]),
        st.integers(1, 400),
        st.integers(0, 400),
    ),
    max_size=30,
)


@given(size=st.integers(1, 1500), actions=ACTIONS)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_cuts_repeats_and_restarts_give_the_same_bytes(tmp_path_factory, size, actions):
    """A model of a sender and of all that can happen on the way; then the rest is sent, and every byte is there."""
    data = np.random.default_rng(size).bytes(size)
    folder = tmp_path_factory.mktemp("uploads")
    uploads = Uploads(folder, max_mb=1)
    upload_id = uploads.begin("a.tif", size).id
    content, pieces = folder / upload_id / f"{upload_id}.part", folder / upload_id / "pieces"
    received = 0
    for action, length, other in actions:
        piece = data[received : received + length]
        if action == "restart" or not piece:
            uploads = Uploads(folder, max_mb=1)
        elif action == "send":
            received = (await uploads.append(upload_id, received, digest(piece), asked(piece))).received
        elif action == "cut":
            with pytest.raises(BrokenUploadError, match="broken off"):
                await uploads.append(
                    upload_id, received, digest(piece), asked(piece[: other % len(piece)], whole=False)
                )
        elif action in ("repeat", "misplace"):
            wrong = other if other != received else received + 1
            with pytest.raises(UploadOffsetError):
                await uploads.append(upload_id, wrong, digest(piece), asked(piece))
        elif action == "change":
            changed = bytes([piece[0] ^ 1]) + piece[1:]
            with pytest.raises(BrokenUploadError, match="changed"):
                await uploads.append(upload_id, received, digest(piece), asked(changed))
        elif action == "kill":  # while a piece was written: bytes without a note
            with content.open("ab") as file:
                file.write(piece[: other % (len(piece) + 1)])
            uploads = Uploads(folder, max_mb=1)
        elif action == "tear":  # while its note was written, or with its bytes lost by the disk
            with content.open("ab") as file:
                file.write(bytes(len(piece)))
            note = f"{len(piece)} {digest(b'x' + piece)}\n"
            with pieces.open("a") as file:
                file.write(note[: other % len(note) + 1])
            uploads = Uploads(folder, max_mb=1)
        assert uploads.state(upload_id).received == received
        assert uploads.state(upload_id).sha256 == (digest(data) if received == size else None)
    while received < size:
        piece = data[received : received + 700]
        received = (await uploads.append(upload_id, received, digest(piece), asked(piece))).received
    assert uploads.state(upload_id).sha256 == digest(data)
    assert content.read_bytes() == data
    assert Uploads(folder, max_mb=1).state(upload_id).sha256 == digest(data)


def asked(body, *, whole=True):
    """Return a request with this body, after which the client goes away unless it is `whole`."""
    messages = [{"type": "http.request", "body": body[: len(body) // 2], "more_body": True}]
    messages.append({"type": "http.request", "body": body[len(body) // 2 :], "more_body": not whole})
    messages.append({"type": "http.disconnect"})
    iterator = iter(messages)

    async def receive():
        return next(iterator)

    from sambaseg.server.body_limit import _KEY, BodyLimit

    return Request({"type": "http", "method": "PATCH", "headers": [], _KEY: BodyLimit(None)}, receive)


async def test_upload_goes_on_after_a_restart_of_the_application(settings):
    data = os.urandom(5000)
    for part in range(5):
        app = create_app(settings)
        async with open_client(app) as client:
            if part == 0:
                upload = await begin(client, len(data))
            here = (await client.get(f"/api/uploads/{upload['id']}")).json()["received"]
            assert here == part * 1000
            answer = await send(client, upload["id"], here, data[here : here + 1000])
        app.state.services.close()
    assert answer.json()["sha256"] == digest(data)


def test_names_in_sentences_stay_short():
    assert len(resumable.shown("x" * 1000)) == 120
