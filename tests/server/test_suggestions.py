"""Suggestions: views are checked, prepared once, kept by what they hold, and given up when the client has gone."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import httpx
import numpy as np
import pytest

from sambaseg.errors import UnknownModelError
from sambaseg.images.reduction import halve
from sambaseg.server.views import View, read_labels, read_rectangle, read_view, whole_image_view
from sambaseg.smart.container import pack_arrays, unpack_arrays
from sambaseg.smart.prompt import Prompt, PromptPoint
from server.conftest import Person, live_server, make_project, make_stack, two_phases, upload_project, wait_until

WHOLE = {"level": 0, "top": 0, "left": 0, "bottom": 300, "right": 400}


class FakeSuggester:
    """Answers with the pixels of the view, and remembers what it was asked for."""

    name = "builtin"
    title = "Fake"

    def __init__(self):
        self.asked = []
        self.cancelled = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def prepare(self, image, *, knowledge=None, progress=None, cancelled=None):  # noqa: ARG002
        self.asked.append(knowledge)
        while not self.go.wait(0.005):
            if cancelled.cancelled:
                self.cancelled.set()
                cancelled.raise_if_cancelled()
        return FakePrepared(image, knowledge)


class FakePrepared:
    def __init__(self, image, knowledge):
        self.image = image
        self.knowledge = knowledge

    def to_bytes(self):
        arrays = {"pixels": self.image.pixels_cyx}
        if self.knowledge is not None:
            arrays |= {"classes": self.knowledge.classes_yx, "uncertainty": self.knowledge.uncertainty_yx}
        return pack_arrays({"kind": "hierarchy"}, arrays)


@pytest.fixture
def fake(monkeypatch):
    """Let a fake stand in for all suggesters, with nothing to compile."""
    fake = FakeSuggester()

    def check(_models, name):
        if name not in ("builtin", "fake_model"):
            raise UnknownModelError(f"There is no model {name}.")
        return "1"

    monkeypatch.setattr("sambaseg.server.smart_models.SmartModels.version_of", check)
    monkeypatch.setattr("sambaseg.server.smart_models.SmartModels.find_suggester", lambda *_: fake)
    monkeypatch.setattr("sambaseg.server.kernels.Kernels.ready", True)
    return fake


async def ask(client, project, headers=None, **changes):
    return await client.get(f"{project}/suggestions", params={**WHOLE, **changes}, headers=headers)


def finish_result(app, project, class_id=2, uncertainty=51, image=0):
    """Give an image of the project a complete result of one class and return its id."""
    store = app.state.services.workspace.open_project(project.split("/")[-1])
    writer = store.begin_result(None, store.classes(), image=image)
    image = store.image(image)
    for top in range(0, image.height, 256):
        for left in range(0, image.width, 256):
            shape = min(256, image.height - top), min(256, image.width - left)
            classes = np.full(shape, class_id, np.uint8)
            writer.write_tile(top // 256, left // 256, classes, np.full(shape, uncertainty, np.uint8))
    writer.finish()
    return writer.id


@pytest.mark.anyio
async def test_container_holds_the_view_and_says_which_it_is(app, client, fake):
    pixels = two_phases()
    project = make_project(app, pixels)
    answer = await ask(client, project, top=10, left=200, bottom=290, right=333)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "private, no-cache"
    meta, arrays = unpack_arrays(answer.content)
    assert meta == {
        "kind": "hierarchy",
        "model": "builtin",
        "level": 0,
        "top": 10,
        "left": 200,
        "height": 280,
        "width": 133,
        "learned": False,
    }
    order = np.argsort(pixels[10:290, 200:333].ravel(), kind="stable")
    assert np.all(np.diff(arrays["pixels"].ravel()[order]) >= 0)
    assert fake.asked == [None]


def test_same_pixels_look_alike_in_every_view(app):
    for pixels, options in ((two_phases(600, 700, np.uint16), {}), (np.stack([two_phases()] * 3), {"is_rgb": True})):
        project = make_project(app, pixels, **options)
        store = app.state.services.workspace.open_project(project.split("/")[-1])
        height, width = pixels.shape[-2:]
        whole = read_view(store, View(0, 0, 0, height, width), 0).pixels_cyx
        part = read_view(store, View(0, 70, 101, 290, 350), 0).pixels_cyx
        np.testing.assert_array_equal(part, whole[:, 70:290, 101:350])
        assert whole.min() == 0
        assert whole.max() == 1


def test_rectangle_is_put_together_from_tiles():
    level = np.arange(2 * 600 * 530).reshape(2, 600, 530)

    def tile(ty, tx):
        return level[:, ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]

    for view in (View(0, 0, 0, 600, 530), View(0, 255, 256, 257, 512), View(0, 599, 529, 600, 530)):
        expected = level[:, view.top : view.bottom, view.left : view.right]
        np.testing.assert_array_equal(read_rectangle(view, tile), expected)


@pytest.mark.parametrize("shape", [(600, 700), (513, 257), (90, 300)])
def test_labels_of_a_view_are_reduced_as_tiles_are(app, shape):
    project = make_project(app, np.zeros(shape, np.uint8))
    store = app.state.services.workspace.open_project(project.split("/")[-1])
    labels = np.random.default_rng(0).choice(np.array([0, 0, 0, 1, 2], np.uint8), shape)
    labels[: shape[0] // 2] = 0
    store.import_labels(labels.astype(np.int32), mode="replace")
    level_yx = labels
    for level in range(store.description().image.levels):
        height, width = level_yx.shape
        for view in (View(level, 0, 0, height, width), View(level, height // 3, width // 2, height - 1, width)):
            expected = level_yx[view.top : view.bottom, view.left : view.right]
            np.testing.assert_array_equal(read_labels(store, view, "labels", 0), expected)
        level_yx = halve(level_yx[np.newaxis], "label")[0]


@pytest.mark.anyio
@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"level": 2}, "levels 0 to 1, not 2"),
        ({"bottom": 301}, "300 rows and 400 columns"),
        ({"level": 1}, "150 rows and 200 columns"),
        ({"top": 300}, "top 300"),
        ({"left": 50, "right": 50}, "left 50"),
        ({"top": 9, "bottom": 3}, "bottom 3"),
        ({"top": -1}, "greater than or equal to 0"),
        ({"top": "x"}, "integer"),
        ({"model": "../x"}, "pattern"),
    ],
)
async def test_wrong_views_are_refused_by_name(app, client, changes, words):
    answer = await ask(client, make_project(app, two_phases()), **changes)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "parameter"
    assert words in error["message"]


@pytest.mark.anyio
async def test_view_of_more_than_two_megapixels_is_refused(app, client, fake):
    project = make_project(app, np.zeros((1500, 1400), np.uint8))
    answer = await ask(client, project, bottom=1500, right=1400)
    assert answer.status_code == 422
    assert "2,000,000" in answer.json()["error"]["message"]
    assert (await ask(client, project, bottom=1428, right=1400)).status_code == 200
    assert len(fake.asked) == 1


@pytest.mark.anyio
@pytest.mark.usefixtures("fake")
async def test_unknown_project_model_and_result_are_named(app, client):
    project = make_project(app, two_phases())
    assert (await ask(client, "/api/projects/" + "0" * 32)).json()["error"]["code"] == "not_found"
    assert (await ask(client, project, model="other")).json()["error"]["code"] == "unknown_model"
    assert (await ask(client, project, result="0" * 32)).json()["error"]["code"] == "not_found"


@pytest.mark.anyio
async def test_same_view_is_prepared_once_and_revalidated_by_its_tag(app, client, fake):
    project = make_project(app, two_phases())
    first, second = await ask(client, project), await ask(client, project)
    assert first.content == second.content
    assert len(fake.asked) == 1
    tag = first.headers["etag"]
    held = await ask(client, project, headers={"If-None-Match": f'W/"x", {tag}'})
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", tag)
    other = await ask(client, project, headers={"If-None-Match": tag}, right=399)
    assert other.status_code == 200
    assert len(fake.asked) == 2


@pytest.mark.anyio
async def test_image_opened_twice_is_prepared_once(app, client, fake):
    first, second = (make_project(app, two_phases()) for _ in range(2))
    assert (await ask(client, first)).content == (await ask(client, second)).content
    assert len(fake.asked) == 1


@pytest.mark.anyio
async def test_each_image_has_views_labels_and_results_of_its_own(app, client, fake):
    project = make_stack(app, [two_phases(seed=0), two_phases(seed=1)])
    first, second = await ask(client, project, image=0), await ask(client, project, image=1)
    assert first.headers["etag"] != second.headers["etag"]
    assert first.content != second.content
    assert (await ask(client, project)).content == first.content
    assert len(fake.asked) == 2
    result = finish_result(app, project, image=1)
    learned = await ask(client, project, image=1, result=result)
    assert unpack_arrays(learned.content)[0]["learned"]
    other = await ask(client, project, image=0, result=result)
    assert other.status_code == 404
    assert other.json()["error"]["message"] == "This result is of another image."
    assert (await ask(client, project, image=2)).status_code == 404
    store = app.state.services.workspace.open_project(project.split("/")[-1])
    store.import_labels(np.full((300, 400), 2, np.uint8), mode="replace", image=1)
    view = View(**WHOLE)
    assert (read_labels(store, view, "labels", 0).max(), read_labels(store, view, "labels", 1).min()) == (0, 2)


@pytest.mark.anyio
async def test_knowledge_makes_another_key_and_is_the_views_own(app, client, fake):
    project = make_project(app, two_phases())
    plain = await ask(client, project)
    result = finish_result(app, project)
    learned = await ask(client, project, result=result, top=40, left=100, bottom=290, right=390)
    meta, arrays = unpack_arrays(learned.content)
    assert meta["learned"] is True
    assert arrays["classes"].shape == (250, 290)
    assert np.all(arrays["classes"] == 2)
    assert np.all(arrays["uncertainty"] == 51)
    whole = await ask(client, project, result=result)
    assert whole.headers["etag"] != plain.headers["etag"]
    assert [knowledge is None for knowledge in fake.asked] == [True, False, False]
    coarse = await ask(client, project, result=result, level=1, bottom=150, right=200)
    assert unpack_arrays(coarse.content)[1]["classes"].shape == (150, 200)
    finish_result(app, project)
    assert (await ask(client, project, result=result)).status_code == 404


@pytest.mark.anyio
@pytest.mark.usefixtures("fake")
async def test_result_that_is_still_running_is_refused_by_name(app, client):
    project = make_project(app, two_phases())
    store = app.state.services.workspace.open_project(project.split("/")[-1])
    writer = store.begin_result(None, store.classes())
    answer = await ask(client, project, result=writer.id)
    writer.cancel()
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "result_running"


@pytest.mark.anyio
async def test_what_a_model_prepares_does_not_depend_on_results(app, client, fake):
    project = make_project(app, two_phases())
    result = finish_result(app, project)
    plain = await ask(client, project, model="fake_model")
    same = await ask(client, project, model="fake_model", result=result)
    assert plain.headers["etag"] == same.headers["etag"]
    assert fake.asked == [None]


def test_two_clients_at_once_share_one_preparation(settings, fake):
    fake.go.clear()
    with live_server(settings) as client:
        project = upload_project(client, two_phases())
        answers = []

        def ask_once():
            answers.append(client.get(f"{project}/suggestions", params=WHOLE))

        threads = [threading.Thread(target=ask_once) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: fake.asked)
        assert client.get("/api/health").is_success
        fake.go.set()
        for thread in threads:
            thread.join(20)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert len(fake.asked) == 1


def test_client_that_goes_away_ends_the_work(settings, fake):
    fake.go.clear()
    with live_server(settings) as client:
        project, part = upload_project(client, two_phases()), {**WHOLE, "right": 399}
        wait_until(lambda: len(fake.asked) == 1)  # the whole image, ahead; nobody waits for it
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{project}/suggestions", params=part, timeout=2)
        assert fake.cancelled.wait(10)
        fake.go.set()
        assert client.get(f"{project}/suggestions", params=part).is_success
        assert len(fake.asked) == 3


def test_server_that_is_stopped_does_not_wait_for_suggestions(settings, fake):
    fake.go.clear()
    with live_server(settings) as client:
        project = upload_project(client, two_phases())

        def ask_once():
            client.get(f"{project}/suggestions", params=WHOLE)

        thread = threading.Thread(target=ask_once, daemon=True)
        thread.start()
        wait_until(lambda: fake.asked)
        client.app.state.services.stop()
        assert fake.cancelled.wait(10)
        thread.join(10)
        assert not thread.is_alive()


def test_whole_image_is_prepared_ahead_when_a_project_is_made_opened_and_trained(settings, fake):
    with live_server(settings) as client:
        project = upload_project(client, two_phases())
        wait_until(lambda: fake.asked == [None])
        client.get(project)
        assert client.get(f"{project}/suggestions", params=WHOLE).is_success
        assert len(fake.asked) == 1
        person = Person()
        for operation in (person.paint(1, 10, 10, 40, 40), person.paint(2, 10, 300, 40, 340)):
            assert client.post(f"{project}/operations", json=operation).is_success
        job = client.post(f"{project}/train").json()
        wait_until(lambda: client.get(f"/api/jobs/{job['id']}").json()["state"] == "done", 120)
        wait_until(lambda: len(fake.asked) == 2)
        result = client.get(project).json()["result"]["id"]
        learned = client.get(f"{project}/suggestions", params={**WHOLE, "result": result})
        assert unpack_arrays(learned.content)[0]["learned"] is True
        assert len(fake.asked) == 2


@pytest.mark.parametrize(
    ("shape", "view"),
    [
        ((300, 400), View(0, 0, 0, 300, 400)),
        ((1001, 1999), View(1, 0, 0, 501, 1000)),
        ((1000, 1400), View(0, 0, 0, 1000, 1400)),
        ((1, 2_000_001), View(1, 0, 0, 1, 1_000_001)),
    ],
)
def test_view_of_the_whole_image_is_the_finest_that_is_small_enough(shape, view):
    image = SimpleNamespace(height=shape[0], width=shape[1])
    assert whole_image_view(image) == view
    view.check_fits(image)


def test_built_in_suggester_answers_as_it_does_in_python(settings):
    from sambaseg.smart.hierarchy.suggester import HierarchySuggester
    from sambaseg.smart.hierarchy.table import HierarchyTable

    with live_server(settings) as client:
        project = upload_project(client, two_phases())
        content = client.get(f"{project}/suggestions", params=WHOLE).content
        store = client.app.state.services.workspace.open_project(project.split("/")[-1])
        own = HierarchySuggester().prepare(read_view(store, View(**WHOLE), 0))
    told = HierarchyTable.from_bytes(content)
    prompt = Prompt((PromptPoint(150.5, 300.5),))
    np.testing.assert_array_equal(told.suggest(prompt).masks_3yx, own.suggest(prompt).masks_3yx)
    assert unpack_arrays(content)[0]["kind"] == "hierarchy"
