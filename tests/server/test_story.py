"""The whole job over HTTP, on a real server: upload, label, train, follow, correct, save, use it elsewhere."""

from __future__ import annotations

import io
import json
import threading
import time

import numpy as np
import pytest
import tifffile

from sambaseg.forest.classifier_file import load_classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import segment
from server.conftest import Follower, Person, live_server, make_project, two_phases, upload_project, wait_until

ENDED = ("done", "failed", "cancelled")


@pytest.fixture
def client(settings):
    with live_server(settings) as client:
        yield client


def post(client, path, body):
    """Post JSON that must be accepted."""
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def label_both_phases(client, project, person):
    post(client, f"{project}/operations", person.paint(1, 20, 10, 60, 60))
    post(client, f"{project}/operations", person.paint(2, 20, 300, 60, 380))


def few_trees(client, project, **training):
    settings = client.get(project).json()["settings"]
    settings["training"] |= {"trees": 10, **training}
    settings["recipe"] |= {"scales_px": [1, 2]}
    assert client.patch(project, json={"settings": settings}).is_success


def finished(client, job):
    return wait_until(lambda: (info := client.get(f"/api/jobs/{job['id']}").json())["state"] in ENDED and info, 120)


def train(client, project, **body):
    answer = client.post(f"{project}/train", json=body or None)
    assert answer.status_code == 202, answer.text
    return finished(client, answer.json())


def tiff_from(client, path):
    answer = client.get(path)
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "image/tiff"
    with tifffile.TiffFile(io.BytesIO(answer.content)) as file:
        return file.asarray(), json.loads(file.pages[0].description), answer.headers["content-disposition"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_from_upload_to_the_same_segmentation_elsewhere(client, tmp_path, dtype):
    """What the page shows, what is downloaded, and what the pipeline makes of the saved classifier: the same bits."""
    pixels = two_phases(300, 400, dtype)
    project = upload_project(client, pixels)
    follower, person = Follower(client, project), Person()
    label_both_phases(client, project, person)
    few_trees(client, project)
    job = train(client, project)
    assert (job["state"], job["error"], job["progress"]) == ("done", None, 1.0)

    opened = client.get(project).json()
    result, classifier = opened["result"], opened["classifier"]
    assert (result["state"], result["outdated"], result["id"]) == ("complete", False, job["result_id"])
    assert opened["job"] is None
    assert classifier["source"] == "trained"
    assert [entry["class_id"] for entry in classifier["training_points"]] == [1, 2]
    assert classifier["training_points"][0] == {"class_id": 1, "labelled": 2000, "used": 2000}
    assert classifier["oob_score"] is None
    assert classifier["reaches"] == []  # the recipe has small scales only
    importance = [entry["importance"] for entry in classifier["importance"]]
    assert importance == sorted(importance, reverse=True)
    assert classifier["features"] == len(importance)
    labelled = {entry["class_id"]: entry["labelled"] for entry in result["fractions"]}
    assert labelled == {1: pytest.approx(2000 / 120_000), 2: pytest.approx(3200 / 120_000)}
    assert sum(entry["predicted"] for entry in result["fractions"]) == pytest.approx(1)

    saved, description, disposition = tiff_from(client, f"{project}/export/segmentation")
    assert disposition == "attachment; filename=\"a segmentation.tif\"; filename*=UTF-8''a%20segmentation.tif"
    assert [entry["id"] for entry in description["classes"]] == [1, 2]
    assert (saved[:, :190] == 1).mean() > 0.95
    assert (saved[:, 210:] == 2).mean() > 0.95
    assert np.array_equal(shown(client, project, result, "segmentation"), saved)

    path = tmp_path / "mine.sambaseg"
    path.write_bytes(client.get(f"{project}/export/classifier").content)
    elsewhere = segment(load_classifier(path), Micrograph.from_array(pixels))
    assert np.array_equal(elsewhere.classes_yx, saved)
    uncertainty, _, _ = tiff_from(client, f"{project}/export/uncertainty")
    assert np.array_equal(uncertainty, np.rint(elsewhere.uncertainty_yx * np.float32(255)).astype(np.uint8))
    assert np.array_equal(shown(client, project, result, "uncertainty"), uncertainty)
    probabilities, named, _ = tiff_from(client, f"{project}/export/probabilities")
    assert np.array_equal(probabilities, elsewhere.probabilities_kyx)
    assert named["class_ids"] == [1, 2]

    check_events(follower, job)


def shown(client, project, result, layer):
    """Return a result layer as the page puts it together."""
    whole = np.zeros((300, 400), np.uint8)
    for ty in range(2):
        for tx in range(2):
            tile = client.get(f"{project}/results/{result['id']}/{layer}/0/{ty}/{tx}")
            assert tile.headers["cache-control"] == "no-store"
            size = [int(length) for length in tile.headers["x-shape"].split(",")]
            whole[ty * 256 :, tx * 256 :][:256, :256] = np.frombuffer(tile.content, np.uint8).reshape(size)
    return whole


def check_events(follower, job):
    wait_until(lambda: [entry for entry in follower.named("job") if entry["state"] == "done"])
    jobs = [entry for entry in follower.named("job") if entry["id"] == job["id"]]
    progress = [entry["progress"] for entry in jobs]
    assert progress == sorted(progress)
    stages = list(dict.fromkeys(entry["stage"] for entry in jobs))
    assert stages[-3:] == ["Segmenting", "Holding out strokes", "Done"]
    assert [entry["state"] for entry in follower.named("result")] == ["running", "complete"]
    bodies = [body for name, body in follower.events if name == "tiles"]
    assert {body["result_id"] for body in bodies} == {job["result_id"]}
    told = [(tile["ty"], tile["tx"]) for body in bodies for tile in body["tiles"]]
    assert sorted(told) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_corrections_edits_and_the_next_day(settings):
    with live_server(settings) as client:
        project, person = make_project(client.app, two_phases()), Person()
        label_both_phases(client, project, person)
        few_trees(client, project)
        train(client, project)
        client.patch(project, json={"name": 'Stahl "5 µm" / Nr. 1'})
        before, _, _ = tiff_from(client, f"{project}/export/segmentation")
        post(client, f"{project}/operations", person.paint(2, 0, 0, 10, 10, layer="edits"))
        post(client, f"{project}/operations", person.paint(2, 100, 100, 110, 110))
        assert client.get(project).json()["result"]["outdated"]
    with live_server(settings) as client:
        opened = client.get(project).json()
        edited = {entry["class_id"]: entry["edited"] for entry in opened["result"]["fractions"]}
        after, _, disposition = tiff_from(client, f"{project}/export/segmentation")
        assert disposition.endswith("filename*=UTF-8''Stahl%205%20%C2%B5m%20Nr.%201%20segmentation.tif")
        expected = before.copy()
        expected[:10, :10] = 2
        assert np.array_equal(after, expected)
        assert edited[2] == pytest.approx((expected == 2).mean())
        labels, _, _ = tiff_from(client, f"{project}/export/labels")
        assert (labels[100:110, 100:110] == 2).all()
        assert np.count_nonzero(labels) == 5300
        spread, description, _ = tiff_from(client, f"{project}/export/labels?values=spread")
        assert set(np.unique(spread)) == {0, *(entry["value"] for entry in description["classes"])}
        undone = post(client, f"{project}/operations", person.operation("undo", base_revision=4))
        assert undone["history"]["can_undo"]
        assert not np.count_nonzero(tiff_from(client, f"{project}/export/labels")[0][100:110, 100:110])
        assert not client.get(project).json()["result"]["outdated"]


def test_classifier_is_taken_into_another_project(client):
    first, person = make_project(client.app, two_phases()), Person()
    label_both_phases(client, first, person)
    few_trees(client, first)
    classes = [
        {"id": 1, "name": "Matrix", "colour": "#112233", "locked": True},
        {"id": 2, "name": "Pores", "colour": "#445566", "locked": False},
    ]
    post(client, f"{first}/operations", person.operation("classes", classes=classes))
    train(client, first)
    saved = client.get(f"{first}/export/classifier")
    assert 'filename="a classifier.sambaseg"' in saved.headers["content-disposition"]

    second = make_project(client.app, two_phases(200, 300, seed=1))
    assert client.post(f"{second}/apply").json()["error"]["code"] == "not_found"
    loaded = client.post(f"{second}/classifier", content=saved.content)
    assert loaded.status_code == 200
    body = loaded.json()
    assert body["classifier"]["source"] == "loaded"
    assert body["settings"]["recipe"]["scales_px"] == [1, 2]
    assert body["settings"]["training"]["trees"] == 200
    assert [(entry["name"], entry["colour"]) for entry in body["classes"]] == [
        ("Matrix", "#112233"),
        ("Pores", "#445566"),
    ]
    job = finished(client, client.post(f"{second}/apply").json())
    assert (job["kind"], job["state"]) == ("apply", "done")
    assert client.get(second).json()["result"]["classes"][1]["name"] == "Pores"

    other_kind = make_project(client.app, two_phases(200, 300, np.uint16))
    refused = client.post(f"{other_kind}/classifier", content=saved.content)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "classifier_mismatch")
    broken = client.post(f"{second}/classifier?file_name=cut.sambaseg", content=saved.content[:-100])
    assert (broken.status_code, broken.json()["error"]["code"]) == (422, "classifier_file")
    assert "cut.sambaseg" in broken.json()["error"]["message"]
    assert client.get(second).json()["classifier"] == body["classifier"]


def test_training_without_enough_labels_says_what_is_missing(client):
    project, person = make_project(client.app, two_phases()), Person()
    nothing = client.post(f"{project}/train")
    assert nothing.status_code == 409
    assert nothing.json()["error"]["code"] == "not_enough_labels"
    assert "Nothing is labelled" in nothing.json()["error"]["message"]
    post(client, f"{project}/operations", person.paint(2, 0, 0, 5, 5))
    one = client.post(f"{project}/train").json()["error"]
    assert "Only Class 2 is labelled" in one["message"]
    assert "Class 1" in one["hint"]
    assert client.get(project).json()["job"] is None


@pytest.mark.parametrize("what", ["segmentation", "uncertainty", "probabilities", "classifier"])
def test_nothing_to_save_yet(client, what):
    answer = client.get(f"{make_project(client.app, two_phases(40, 40))}/export/{what}")
    assert answer.status_code == 404
    assert answer.json()["error"]["hint"]


def large_project(client):
    """Make a project that takes some seconds to segment."""
    project, person = make_project(client.app, np.tile(two_phases(500, 500), (4, 4))), Person()
    label_both_phases(client, project, person)
    few_trees(client, project, trees=60)
    return project, person


def test_cancelled_and_failed_jobs_leave_the_former_result(client, monkeypatch):
    project, person = make_project(client.app, two_phases()), Person()
    label_both_phases(client, project, person)
    few_trees(client, project)
    train(client, project)
    before = client.get(project).json()

    monkeypatch.setattr("sambaseg.pipeline.apply.apply_classifier", _fail_after_first_tile)
    job = train(client, project)
    assert (job["state"], job["error"]["code"]) == ("failed", "storage")
    monkeypatch.undo()
    after = client.get(project).json()
    assert {**after, "modified": 0} == {**before, "modified": 0}
    tile = client.get(f"{project}/results/{before['result']['id']}/segmentation/0/0/0")
    assert tile.status_code == 200


def _fail_after_first_tile(_classifier, _micrograph, *, sink, **_):
    from sambaseg.errors import StorageError

    sink(0, 0, np.ones((256, 256), np.uint8), np.zeros((256, 256), np.float32), None)
    raise StorageError("There is no room on the disk.")


def test_strokes_are_saved_and_tiles_come_while_a_job_runs(client):
    project, person = large_project(client)
    follower = Follower(client, project)
    job = client.post(f"{project}/train", json={"viewport": {"top": 1500, "left": 1500, "bottom": 1600, "right": 1600}})
    wait_until(lambda: [body for name, body in follower.events if name == "tiles"], 120)
    during = 0
    for _ in range(5):
        post(client, f"{project}/operations", person.paint(1, 700, 700, 720, 720))
        assert client.get(f"{project}/image/0/0/0").is_success
        during += client.get(f"/api/jobs/{job.json()['id']}").json()["state"] == "running"
    assert during > 0
    first = next(body["tiles"][0] for name, body in follower.events if name == "tiles")
    assert abs(first["ty"] - 5) <= 1
    assert abs(first["tx"] - 5) <= 1
    assert client.get(project).json()["job"]["id"] == job.json()["id"]
    began = time.monotonic()
    cancelled = client.delete(f"/api/jobs/{job.json()['id']}").json()
    assert cancelled["state"] == "cancelled"
    assert time.monotonic() - began < 2
    opened = client.get(project).json()
    assert opened["result"] is opened["job"] is opened["classifier"] is None


def test_newer_training_takes_the_place_of_the_older(client):
    project, person = large_project(client)
    older = client.post(f"{project}/train").json()
    few_trees(client, project, trees=5)
    newer = client.post(f"{project}/train").json()
    assert finished(client, newer)["state"] == "done"
    assert client.get(f"/api/jobs/{older['id']}").json()["state"] == "cancelled"
    assert client.get(project).json()["classifier"]["trees"] == 5
    del person


def test_project_is_deleted_while_its_job_runs(client, settings):
    project, _ = large_project(client)
    follower = Follower(client, project)
    client.post(f"{project}/train")
    assert client.delete(project).status_code == 204
    assert follower.ended.wait(5)
    assert list((settings.data_dir / "projects").iterdir()) == []


def test_server_stops_while_a_job_runs(settings):
    with live_server(settings) as client:
        project, _ = large_project(client)
        client.post(f"{project}/train")
        time.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("job") and thread.is_alive()]
    with live_server(settings) as client:
        assert client.get(project).json()["result"] is None


def test_download_leaves_nothing_behind(client, settings):
    project, person = make_project(client.app, two_phases(40, 40)), Person()
    post(client, f"{project}/operations", person.paint(1, 0, 0, 5, 5))
    tiff_from(client, f"{project}/export/labels")
    wait_until(lambda: not list((settings.data_dir / "temporary").iterdir()))
