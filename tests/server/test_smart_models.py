"""Models are fetched in the background, verified, run and removed; whatever goes wrong is told and harms nothing."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from sambaseg.server.views import View, read_view
from sambaseg.smart.container import unpack_arrays
from sambaseg.smart.models.decoding import fitted_frame, masks_from_logits
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from server.conftest import Follower, live_server, two_phases, upload_project, wait_until
from server.tiny_models import SIDE, FileServer, catalogue_of, tiny_decoder, tiny_encoder

MODELS = "/api/smart/models"
WHOLE = {"level": 0, "top": 0, "left": 0, "bottom": 300, "right": 400}
PROMPT = {"points": [{"y": 150.5, "x": 200.25}], "box": None}


@pytest.fixture(scope="module")
def files():
    return {"encoder": tiny_encoder(), "decoder": tiny_decoder()}


@pytest.fixture
def offered(files, monkeypatch):
    """Offer a tiny model from a web server of the test, as the only one of the catalogue."""
    server = FileServer({f"{part}.onnx": content for part, content in files.items()})
    catalogue = catalogue_of(server.address, files)
    for module in ("sambaseg.server.smart_models", "sambaseg.smart.models.store"):
        monkeypatch.setattr(f"{module}.CATALOGUE", catalogue)
    monkeypatch.setattr("sambaseg.server.kernels.Kernels.ready", True)
    monkeypatch.setattr("sambaseg.server.suggestions.Suggestions.prepare_ahead", lambda *_: None)
    yield server
    server.close()


@pytest.fixture
def client(settings, offered):  # noqa: ARG001
    with live_server(settings) as client:
        yield client


def model_of(client, name="tiny"):
    return next((model for model in client.get(MODELS).json() if model["name"] == name), None)


def fetched(client, state="ready"):
    """Fetch the model and return what is told about it in the end."""
    assert client.post(f"{MODELS}/tiny").status_code == 202
    return wait_until(lambda: (model := model_of(client))["state"] == state and model)


def left_in(settings):
    """Return the files in the folder of models."""
    return sorted(path.name for path in (settings.data_dir / "models").rglob("*") if path.is_file())


def encode(client, project, **changes):
    return client.get(f"{project}/suggestions", params={**WHOLE, "model": "tiny", **changes})


def decode(client, project, view=WHOLE, model="tiny", **prompt):
    return client.post(f"{project}/suggestions/decode", json={"model": model, "view": view, **PROMPT, **prompt})


def test_list_begins_with_the_built_in_one(client, files):
    builtin, tiny = client.get(MODELS).json()
    assert (builtin["name"], builtin["state"], builtin["installed"]) == ("builtin", "ready", True)
    assert (tiny["state"], tiny["installed"], tiny["progress"], tiny["error"]) == ("none", False, None, None)
    assert tiny["size_bytes"] == sum(len(content) for content in files.values())
    assert [file["part"] for file in tiny["files"]] == ["encoder", "decoder"]


def test_model_is_fetched_in_the_background_and_is_ready_then(client, offered, settings):
    offered.pause_seconds = 0.05
    told = client.post(f"{MODELS}/tiny").json()[1]
    assert told["state"] == "downloading"
    assert client.get("/api/health").is_success
    part_way = wait_until(lambda: (model := model_of(client))["progress"] and model)
    assert 0 < part_way["progress"] <= 1
    client.post(f"{MODELS}/tiny")
    ready = wait_until(lambda: (model := model_of(client))["state"] == "ready" and model)
    assert ready["installed"]
    assert offered.asked == ["encoder.onnx", "decoder.onnx"]
    wait_until(lambda: left_in(settings) == ["decoder.onnx", "encoder.onnx", "model.json"])


HARMS = {
    "missing": ("download", lambda offered, _files: offered.missing.add("decoder.onnx")),
    "other size": ("model_mismatch", lambda offered, _files: offered.files.update({"decoder.onnx": b"x" * 10})),
    "other content": (
        "model_mismatch",
        lambda offered, files: offered.files.update({"decoder.onnx": files["decoder"][::-1]}),
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_download_that_fails_is_told_and_goes_on_later(client, offered, files, harm):
    code, do_harm = HARMS[harm]
    do_harm(offered, files)
    failed = fetched(client, "failed")
    assert failed["error"]["code"] == code
    assert failed["error"]["hint"]
    assert not failed["installed"]
    offered.missing.clear()
    offered.files["decoder.onnx"] = files["decoder"]
    assert fetched(client)["error"] is None
    assert offered.asked.count("encoder.onnx") == 1


def test_full_disk_is_told(client, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
        assert fetched(client, "failed")["error"]["code"] == "storage"
    assert fetched(client)["error"] is None


def test_download_is_stopped_and_leaves_nothing(client, offered, settings):
    offered.pause_seconds = 0.2
    client.post(f"{MODELS}/tiny")
    wait_until(lambda: model_of(client)["progress"])
    assert client.delete(f"{MODELS}/tiny").json()[1]["state"] == "none"
    wait_until(lambda: not left_in(settings))
    offered.pause_seconds = 0
    assert fetched(client)["installed"]


def test_model_is_removed_with_its_files(client, settings):
    fetched(client)
    project = upload_project(client, two_phases())
    assert encode(client, project).is_success
    assert client.delete(f"{MODELS}/tiny").json()[1]["installed"] is False
    assert left_in(settings) == []
    for answer in (encode(client, project), decode(client, project), client.get(f"{MODELS}/tiny/decoder")):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "model_not_installed"
    assert client.delete(f"{MODELS}/tiny").is_success


def test_model_that_was_damaged_is_told_and_can_be_removed(client, settings):
    fetched(client)
    (settings.data_dir / "models" / "tiny" / "model.json").write_text("{")
    damaged = model_of(client)
    assert (damaged["state"], damaged["error"]["code"], damaged["installed"]) == ("failed", "model_file", False)
    assert client.post(f"{MODELS}/tiny").json()["error"]["code"] == "model_file"
    assert client.delete(f"{MODELS}/tiny").json()[1]["state"] == "none"
    assert fetched(client)["installed"]


@pytest.mark.parametrize("name", ["other", "Other", "..", ".pending", "a" * 64])
def test_unknown_models_are_named(client, name):
    for method, path in (("POST", ""), ("DELETE", ""), ("GET", "/decoder")):
        answer = client.request(method, f"{MODELS}/{name}{path}")
        assert answer.status_code in (404, 405), (method, path)
    assert client.delete(f"{MODELS}/builtin").status_code == 422
    assert client.get(f"{MODELS}/builtin/decoder").status_code == 404
    assert client.post(f"{MODELS}/builtin").is_success


def test_files_from_disk_are_checked_and_become_a_model_with_the_last_one(client, files, settings):
    wrong = client.put(f"{MODELS}/tiny/files/encoder", content=files["decoder"])
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "model_mismatch")
    assert client.put(f"{MODELS}/tiny/files/other", content=b"x").json()["error"]["code"] == "unknown_model"
    assert client.put(f"{MODELS}/tiny/files/encoder", content=b"").status_code == 422
    first = client.put(f"{MODELS}/tiny/files/encoder", content=files["encoder"]).json()[1]
    assert [file["here"] for file in first["files"]] == [True, False]
    assert client.put(f"{MODELS}/tiny/files/decoder", content=files["decoder"]).is_success
    wait_until(lambda: model_of(client)["state"] == "ready")
    wait_until(lambda: left_in(settings) == ["decoder.onnx", "encoder.onnx", "model.json"])
    again = client.put(f"{MODELS}/tiny/files/decoder", content=files["decoder"])
    assert again.status_code == 422


def test_model_of_ones_own(client, files, settings):
    assert client.put(f"{MODELS}/my-model/files/encoder", content=files["encoder"]).is_success
    assert client.put(f"{MODELS}/my-model/files/weights", content=b"x").status_code == 404
    assert client.put(f"{MODELS}/my-model/files/decoder", content=files["decoder"]).is_success
    ready = wait_until(lambda: (model := model_of(client, "my-model")) and model["state"] == "ready" and model)
    assert ready["interface"] == "sam1"
    assert "verified" in ready["note"]
    project = upload_project(client, two_phases())
    assert encode(client, project, model="my-model").is_success
    assert len(client.delete(f"{MODELS}/my-model").json()) == 2
    assert left_in(settings) == []


def test_files_that_are_no_model_are_told_and_gone(client, files, settings):
    client.put(f"{MODELS}/my-model/files/encoder", content=b"no network")
    client.put(f"{MODELS}/my-model/files/decoder", content=files["decoder"])
    failed = wait_until(lambda: (model := model_of(client, "my-model")) and model["error"] and model)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "model_file")
    assert left_in(settings) == []
    assert len(client.delete(f"{MODELS}/my-model").json()) == 2


def test_upload_above_the_limit_is_refused(client, settings):
    answer = client.put(f"{MODELS}/tiny/files/encoder", content=bytes(settings.max_upload_mb * 1_000_000 + 1))
    assert answer.status_code == 413
    assert left_in(settings) == []


def test_decoder_for_the_page_has_the_tag_of_its_content(client, files):
    fetched(client)
    answer = client.get(f"{MODELS}/tiny/decoder")
    assert answer.content == files["decoder"]
    held = client.get(f"{MODELS}/tiny/decoder", headers={"If-None-Match": answer.headers["etag"]})
    assert held.status_code == 304


def test_decoding_gives_what_python_gives(client):
    fetched(client)
    project = upload_project(client, two_phases())
    assert decode(client, project).json()["error"]["code"] == "not_found"
    meta, arrays = unpack_arrays(encode(client, project).content)
    assert (meta["kind"], meta["model"], meta["input_side"], meta["learned"]) == ("sam1", "tiny", SIDE, False)
    assert arrays["image_embeddings"].dtype == np.float32

    services = client.app.state.services
    store = services.workspace.open_project(project.split("/")[-1])
    own = services.smart_models.find_suggester("tiny").prepare(read_view(store, View(**WHOLE), 0))
    prompts = [
        Prompt((PromptPoint(150.5, 200.25), PromptPoint(10, 20, positive=False))),
        Prompt((), Box(20, 30, 200.5, 300)),
    ]
    for prompt in prompts:
        points = [{"y": point.y, "x": point.x, "positive": point.positive} for point in prompt.points]
        box = prompt.box and {name: getattr(prompt.box, name) for name in ("top", "left", "bottom", "right")}
        answer = decode(client, project, points=points, box=box)
        assert answer.headers["content-type"] == "application/octet-stream"
        _, decoded = unpack_arrays(answer.content)
        expected = own.suggest(prompt)
        np.testing.assert_array_equal(decoded["scores"], expected.scores_3)
        masks = masks_from_logits(decoded["logits"], fitted_frame(300, 400, SIDE))
        np.testing.assert_array_equal(masks, expected.masks_3yx)
        assert masks.any()


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ({"points": []}, "at least one point or a box"),
        ({"points": [{"y": 301, "x": 1}]}, "outside of the view"),
        ({"points": [{"y": -1, "x": 1}]}, "points[0].y"),
        ({"points": [{"y": 1, "x": 1}] * 65}, "at most 64"),
        ({"box": {"top": 5, "left": 5, "bottom": 5, "right": 9}}, "no area"),
        ({"model": "builtin"}, "only models are decoded"),
        ({"view": {**WHOLE, "right": 401}}, "300 rows and 400 columns"),
        ({"more": 1}, "not known here"),
    ],
)
def test_wrong_prompts_are_refused_by_name(client, prompt, words):
    fetched(client)
    project = upload_project(client, two_phases())
    assert encode(client, project).is_success
    answer = decode(client, project, **prompt)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_followers_hear_how_far_a_view_is(client):
    fetched(client)
    project = upload_project(client, two_phases())
    follower = Follower(client, project)
    assert encode(client, project).is_success
    told = wait_until(lambda: (news := follower.named("smart")) and news[-1]["done"] and news)
    assert {news["model"] for news in told} == {"tiny"}
    assert [news["done"] for news in told] == [False] * (len(told) - 1) + [True]
    assert told[0]["stage"].startswith("Encoding")
