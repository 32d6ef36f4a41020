"""What the server's tests share: an application on a folder of its own, clients, small images and strokes."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import tifffile
import uvicorn

from databases import postgres_server
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.new_image import NewImage
from sambaseg.server.app import create_app
from sambaseg.server.run import LocalServer, bind_port
from sambaseg.settings import Settings

__all__ = ["postgres_server"]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", threads=2, max_upload_mb=20, max_image_mb=64)


@pytest.fixture
def app(settings):
    app = create_app(settings)
    yield app
    app.state.services.close()


@pytest.fixture
async def client(app):
    async with open_client(app) as client:
        yield client


@pytest.fixture
def public_app(settings):
    app = create_app(replace(settings, mode="public"))
    yield app
    app.state.services.close()


@pytest.fixture
async def people(public_app):
    from server.gallery_people import People

    async with People(public_app) as people:
        yield people


@pytest.fixture(scope="session")
def classifier():
    """Return a classifier of two classes, for tests that need one and do not train."""
    from server.gallery_people import train_small

    return train_small()


def open_client(app):
    """Return a client that carries the token and goes straight to the application."""
    services = app.state.services
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=f"http://127.0.0.1:{services.settings.port}",
        headers={"Authorization": f"Bearer {services.token}"},
        timeout=60,
    )


@contextlib.contextmanager
def live_server(settings):
    """Run the server on a free port in a thread; yield a client for it with the token, and the application in `app`."""
    with contextlib.closing(bind_port("127.0.0.1", 0)) as listener:
        app = create_app(replace(settings, port=listener.getsockname()[1]))
        services = app.state.services
        up = threading.Event()
        config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=5)
        server = LocalServer(config, started=up.set, stopping=services.stop)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert up.wait(20)
        headers = {"Authorization": f"Bearer {services.token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{services.settings.port}", headers=headers, timeout=60) as client:
            client.app = app
            try:
                yield client
            finally:  # the client's open streams must end by themselves
                server.should_exit = True
                thread.join(20)
                assert not thread.is_alive()


def make_project(app, pixels, **options):
    """Make a project of an array (H, W) or (C, H, W) without the way over an upload; return its path."""
    return make_stack(app, [pixels], **options)


def make_stack(app, images, **options):
    """Make a project of several arrays, as if they were the pages of one file; return its path."""
    new = []
    for page, pixels in enumerate(images):
        micrograph = Micrograph.from_array(pixels, **options)
        info = replace(micrograph.info, page=page, pages=len(images))
        new.append(NewImage.of(replace(micrograph, info=info), Path(__file__)))
    store = app.state.services.workspace.create_project(new, name="a")
    return f"/api/projects/{store.id}"


def tiff_of(pixels, **options):
    """Return the bytes of a TIFF file."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def two_phases(height=300, width=400, dtype=np.uint8, seed=0):
    """Return an image (H, W) of two phases, dark left and bright right, with noise."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width))
    bright = np.where(np.arange(width) < width // 2, 40, 160)
    scale = 257 if dtype == np.uint16 else 1
    return ((noise + bright) * scale).astype(dtype)


def runs_of(mask):
    """Return a mask (h, w) of one tile as base64 runs."""
    tile = np.zeros((256, 256), bool)
    tile[: mask.shape[0], : mask.shape[1]] = mask
    edges = np.flatnonzero(np.diff(np.concatenate([[0], tile.ravel().astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    return base64.b64encode(np.stack([starts, ends - starts - 1], axis=1).astype("<u2").tobytes()).decode()


def rectangle(top, left, bottom, right):
    """Return the tiles of a filled rectangle, as in an operation."""
    tiles = []
    for ty in range(top // 256, (bottom - 1) // 256 + 1):
        for tx in range(left // 256, (right - 1) // 256 + 1):
            y0, x0 = ty * 256, tx * 256
            mask = np.zeros((256, 256), bool)
            mask[max(top - y0, 0) : max(bottom - y0, 0), max(left - x0, 0) : max(right - x0, 0)] = True
            tiles.append({"ty": ty, "tx": tx, "runs": runs_of(mask)})
    return tiles


class Person:
    """Numbers operations as a page does."""

    def __init__(self, client_id="person-1"):
        self.client_id = client_id
        self.seq = 0
        self.revision = 0

    def operation(self, kind, **fields):
        """Return the next operation."""
        self.seq += 1
        base = {"client_id": self.client_id, "client_seq": self.seq, "base_revision": self.revision, "kind": kind}
        return {**base, **fields}

    def paint(self, class_id, *corners, **fields):
        """Return the operation that paints a rectangle."""
        return self.operation("paint", class_id=class_id, tiles=rectangle(*corners), **fields)


def wait_until(condition, seconds=30.0):
    """Return the condition's value once it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def upload_project(client, pixels):
    """Make a project as a page does and return its path."""
    answer = client.post("/api/projects", params={"file_name": "a.tif"}, content=tiff_of(pixels))
    return f"/api/projects/{answer.json()['id']}"


class Follower:
    """Reads the events of a project in a thread."""

    def __init__(self, client, project):
        self.events = []
        self.ended = threading.Event()
        self._client = client
        self._path = f"{project}/events"
        self._open = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._open.wait(10)

    def _read(self):
        name = ""
        with self._client.stream("GET", self._path) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                self._open.set()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line.removeprefix("data: "))))
        self.ended.set()

    def named(self, name):
        """Return what the events of one name carried."""
        return [body[name] for event, body in list(self.events) if event == name]
