"""People who share, look and moderate, for the gallery's tests: each a client of one application."""

from __future__ import annotations

import contextlib
import html.parser
from pathlib import Path

import httpx
import numpy as np

from sambaseg.accounts.actors import LOCAL
from sambaseg.forest.classifier_file import save_classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.runs import encode_runs
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.project.new_image import NewImage
from sambaseg.project.operations import Operation, TileRuns
from server.conftest import tiff_of, two_phases

CLASSES = (LabelClass(1, "Matrix", "#1f77b4"), LabelClass(2, "Precipitate", "#ff7f0e"))
WRITTEN = {
    "title": "Precipitates in a superalloy",
    "material": {"name": "Superalloy", "composition": "Ni-20Cr-5Al", "phases": ["gamma", "gamma prime"]},
    "instrument": {"type": "SEM", "mode": "BSE", "manufacturer": "", "voltage_kv": 15.0, "wavelength_nm": None},
    "pixel_size": {"x": 20.0, "y": 20.0, "unit": "nm"},
    "preparation": "Polished and etched.",
    "notes": "Aged at 800 °C for 24 h.",
    "sample_id": "A-17",
    "quality": 8,
    "keywords": ["aged", "nickel"],
    "creators": [{"name": "Ada Example", "orcid": "0000-0002-1825-0097", "affiliation": "Example Institute"}],
    "licence": "CC-BY-4.0",
    "doi": "10.1000/example",
}
"""Metadata of an entry that lacks nothing."""


SHELL = '<!doctype html>\n<html lang="en"><head><title>sambaseg</title></head><body><div id="root"></div></body></html>'


class Page(html.parser.HTMLParser):
    """Elements of a page, and the texts of its scripts and titles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag = self.elements[-1][0] if self.elements else ""
        self.texts[tag] = self.texts.get(tag, "") + data


class People:
    """Visitors, members and moderators of one application, each with a client of their own."""

    def __init__(self, app):
        self.app = app
        self.services = app.state.services
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._open.aclose()

    async def nobody(self):
        """Return a client that carries nothing."""
        return await self._client(None)

    async def local(self):
        """Return the client of the one person of local mode."""
        client = await self._client(self.services.token)
        client.actor = LOCAL
        return client

    async def visitor(self):
        """Return the client of a new visitor."""
        return await self._known(self.services.accounts.sessions.begin_for_visitor())

    async def person(self, login, role="member"):
        """Return the client of a new person with an account."""
        record = self.services.accounts.people.add(login, login.title(), "correct horse battery", role=role)
        return await self._known(self.services.accounts.sessions.begin_for_person(record.id))

    async def signed_in(self, login):
        """Return another client of a person with an account."""
        record = self.services.accounts.people.by_login(login)
        return await self._known(self.services.accounts.sessions.begin_for_person(record.id))

    async def _known(self, token):
        client = await self._client(token)
        client.actor = self.services.accounts.sessions.actor_of(token)
        return client

    async def _client(self, token):
        return await self._open.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
                base_url=f"http://127.0.0.1:{self.services.settings.port}",
                headers={} if token is None else {"Authorization": f"Bearer {token}"},
                timeout=60,
            )
        )


def make_labelled(app, actor, folder, *, classifier=None, name="alloy"):
    """Make a project of `actor` with a TIFF, labels of two classes, and a segmentation by `classifier`; return it."""
    services = app.state.services
    path = folder / f"{name}.tif"
    pixels_yx = two_phases(120, 200)
    path.write_bytes(tiff_of(pixels_yx, resolution=(500_000, 500_000), resolutionunit="centimeter"))
    micrograph = Micrograph.from_array(pixels_yx, name=path.name, pixel_size_um=(0.02, 0.02))
    store = services.workspace.create_project([NewImage.of(micrograph, path)], name=name)
    services.give(store, actor)
    _paint(store)
    if classifier is not None:
        store.keep_classifier(classifier, source="trained")
        found = segment(classifier, micrograph)
        writer = store.begin_result(store.training_input(), CLASSES, image=0, classifier_id="")
        writer.write_tile(0, 0, found.classes_yx.astype(np.uint8), np.zeros_like(found.classes_yx, np.uint8))
        writer.finish()
    return store


def train_small():
    """Return a classifier of two classes, quickly."""
    from sambaseg.features.recipe import FeatureRecipe

    micrograph = Micrograph.from_array(two_phases(120, 200))
    labels_yx = np.zeros((120, 200), np.uint8)
    labels_yx[10:40, 10:60], labels_yx[10:40, 140:190] = 1, 2
    recipe = FeatureRecipe(("identity", "gaussian"), (1.0, 2.0), "sigma")
    training = TrainingSettings(points=500, trees=8, depth=4)
    return train_classifier(micrograph, labels_yx, recipe, training, classes=CLASSES)


def classifier_bytes(classifier, folder: Path):
    """Return the file of a classifier."""
    path = folder / "classifier.sambaseg"
    save_classifier(path, classifier)
    return path.read_bytes()


def _paint(store):
    def step(number, kind, **fields):
        revision = store.history().revision
        store.apply(Operation(client_id="somebody-1", client_seq=number, base_revision=revision, kind=kind, **fields))

    step(1, "classes", classes=CLASSES)
    for class_id, left in ((1, 10), (2, 140)):
        mask_yx = np.zeros((256, 256), np.bool_)
        mask_yx[10:40, left : left + 50] = True
        step(1 + class_id, "paint", class_id=class_id, tiles=(TileRuns(0, 0, encode_runs(mask_yx)),))


async def share(client, store, **body):
    """Begin a draft of the image of a project and return it."""
    answer = await client.post(f"/api/projects/{store.id}/share", json={"image": 0, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def submit(client, draft, **written):
    """Write all that is asked for into a draft and submit it; return the entry's id and the link's token."""
    entry = draft["mine"]["id"]
    answer = await client.patch(f"/api/gallery/drafts/{entry}", json={"metadata": {**WRITTEN, **written}})
    assert answer.status_code == 200, answer.text
    answer = await client.post(f"/api/gallery/drafts/{entry}/submit", json={"consent": True})
    assert answer.status_code == 200, answer.text
    return entry, answer.json()["follow_token"]


async def decide(moderator, entry, action, *, version=1, reason=""):
    """Let a moderator decide on a version; return the answer."""
    body = {"version": version, "action": action, "reason": reason}
    return await moderator.post(f"/api/moderation/{entry}", json=body)


async def publish(visitor, moderator, store, **written):
    """Share the image of a project, submit and accept it; return the entry's id."""
    entry, _ = await submit(visitor, await share(visitor, store), **written)
    assert (await decide(moderator, entry, "accept")).status_code == 200
    return entry


def error_of(answer):
    """Return what a refusal says, which is a sentence."""
    error = answer.json()["error"]
    assert error["message"].endswith((".", "!", "?"))
    return error
