"""Checking by points over HTTP: from the first point to numbers that are those of the truth, for who may change."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from sambaseg.project.results import Result
from sambaseg.project.workspace import Workspace
from server.conftest import Person, make_project, make_stack, two_phases, wait_until
from server.people import app_of, give, person_client

pytestmark = pytest.mark.anyio

SHAPE = 200, 300
TRUTH = np.where(np.indices(SHAPE)[1] < 150, 1, 2)
"""Of `two_phases`: dark left, bright right."""
STROKES = {1: [(20, 20, 40, 60), (80, 30, 100, 70)], 2: [(20, 220, 40, 280), (100, 200, 130, 230)]}
NOTHING = {"id": None, "drawn": None, "points": [], "estimate": None}


def store_of(app, project):
    return app.state.services.workspace.open_project(project.split("/")[-1])


def segment(store, classes_yx, image=0):
    """Give an image a complete result."""
    writer = store.begin_result(None, store.classes(), image=image)
    for ty in range(-(-classes_yx.shape[0] // 256)):
        for tx in range(-(-classes_yx.shape[1] // 256)):
            tile_yx = classes_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256].astype(np.uint8)
            writer.write_tile(ty, tx, tile_yx, np.zeros_like(tile_yx))
    writer.finish()


def mistaken():
    """Return a segmentation (H, W) that takes columns 120 to 149 for class 2."""
    return np.where(np.indices(SHAPE)[1] < 120, 1, 2)


@pytest.fixture(autouse=True)
def _same_points_each_time(monkeypatch):
    """Let the seeds be 1, 2, 3 …: what is within an interval of 95 % is so in 95 of 100 samples only."""
    seeds = itertools.count(1)
    monkeypatch.setattr("sambaseg.server.routes.point_check.secrets.randbits", lambda _: next(seeds))


@pytest.fixture
def project(app):
    """Return the path of a project that is segmented with mistakes."""
    path = make_project(app, two_phases(*SHAPE))
    segment(store_of(app, path), mistaken())
    return path


async def draw(client, project, points=40, image=0):
    answer = await client.post(f"{project}/point-check", json={"points": points}, params={"image": image})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def put(client, project, check, number, answer, image=0):
    where = f"{project}/point-check/{check['id']}/points/{number}"
    return await client.put(where, json={"answer": answer}, params={"image": image})


async def answer_by(client, project, check, truth_yx=TRUTH):
    """Answer each point by the truth; return what is told in the end."""
    for number, point in enumerate(check["points"]):
        answer = await put(client, project, check, number, int(truth_yx[point["y"], point["x"]]))
        assert answer.status_code == 200, answer.text
        check = answer.json()
    return check


async def told(client, project, image=0):
    answer = await client.get(f"{project}/point-check", params={"image": image})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_before_a_training_there_is_nothing_to_check(app, client):
    project = make_project(app, two_phases(*SHAPE))
    assert await told(client, project) == NOTHING
    answer = await client.post(f"{project}/point-check", json={"points": 30})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["message"], error["hint"]) == ("The image has no segmentation yet.", "Train first.")
    assert (await client.get(f"{project}/point-check", params={"image": 7})).status_code == 404


async def test_a_person_who_answers_by_the_truth_learns_how_much_is_right(client, project):
    check = await draw(client, project, 60)
    assert len(check["points"]) == 60
    assert all(point["answer"] is None for point in check["points"])
    assert check["drawn"].endswith("+00:00")
    for number, point in enumerate(check["points"][:10]):
        assert check["estimate"] is None
        check = (await put(client, project, check, number, int(TRUTH[point["y"], point["x"]]))).json()
    assert check["estimate"]["answered"] == 10
    check = (await put(client, project, check, 10, "unsure")).json()
    assert (check["estimate"]["answered"], check["estimate"]["unsure"]) == (10, 1)
    assert check["points"][10]["answer"] == "unsure"
    check = await answer_by(client, project, check)
    assert await told(client, project) == check
    estimate = check["estimate"]
    assert (estimate["answered"], estimate["unsure"]) == (60, 0)
    accuracy = estimate["accuracy"]
    assert accuracy["low"] <= 0.9 <= accuracy["high"]
    assert accuracy["value"] == pytest.approx(0.9, abs=0.1)
    assert estimate["overlap"]["low"] <= (0.8 + 150 / 180) / 2 <= estimate["overlap"]["high"]
    assert [entry["class_id"] for entry in estimate["classes"]] == [1, 2]
    assert [entry["segmented"] for entry in estimate["classes"]] == pytest.approx([0.4, 0.6])
    assert all(entry["share"]["low"] <= 0.5 <= entry["share"]["high"] for entry in estimate["classes"])
    check = (await put(client, project, check, 0, None)).json()
    assert check["points"][0]["answer"] is None
    assert check["estimate"]["answered"] == 59


async def test_what_is_segmented_at_the_points_is_never_told(client, project):
    """Of a point its place and the answer are told; all else is of the whole image, and only from 10 answers on."""
    check = await draw(client, project)
    answers = [check, await told(client, project)]
    answers += [(await put(client, project, check, number, 1)).json() for number in range(12)]
    for each in answers:
        assert set(each) == {"id", "drawn", "points", "estimate"}
        assert all(set(point) == {"y", "x", "answer"} for point in each["points"])
    assert [each["estimate"] is None for each in answers] == [True] * 11 + [False] * 3
    estimate = answers[-1]["estimate"]
    assert set(estimate) == {"answered", "unsure", "accuracy", "overlap", "classes"}
    assert all(set(entry) == {"class_id", "answered", "segmented", "share", "overlap"} for entry in estimate["classes"])


async def test_answers_are_kept_through_a_new_training_which_is_weighed_by_them(app, client, project):
    await client.patch(
        project,
        json={
            "settings": {
                "recipe": {"families": ["gaussian"], "scales_px": [1.0], "sigma_convention": "sigma"},
                "training": {"trees": 10, "depth": 6},
            }
        },
    )
    check = await answer_by(client, project, await draw(client, project))
    assert check["estimate"]["accuracy"]["value"] < 1
    person = Person()
    for class_id, corners in STROKES.items():
        for each in corners:
            answer = await client.post(f"{project}/operations", json=person.paint(class_id, *each, layer="labels"))
            assert answer.status_code == 200, answer.text
    job_id = (await client.post(f"{project}/train")).json()["id"]
    job = wait_until(lambda: (job := app.state.services.jobs.get(job_id)).state in ("done", "failed") and job)
    assert job.state == "done", job.error
    segmented_yx = store_of(app, project).edited_segmentation()
    assert (segmented_yx != mistaken()).mean() > 0.05
    later = await told(client, project)
    assert (later["id"], later["points"]) == (check["id"], check["points"])
    points = [(int(segmented_yx[point["y"], point["x"]]), point["answer"]) for point in check["points"]]
    assert sum(now != answer for now, answer in points) <= 2  # two flat halves, learned well
    assert later["estimate"]["accuracy"]["value"] > check["estimate"]["accuracy"]["value"]
    segmented = [entry["segmented"] for entry in later["estimate"]["classes"]]
    assert segmented == pytest.approx([np.mean(segmented_yx == class_id) for class_id in (1, 2)])


async def test_corrections_count(client, project):
    check = await answer_by(client, project, await draw(client, project))
    assert check["estimate"]["accuracy"]["value"] < 1
    body = Person().paint(1, 0, 120, 200, 150, layer="edits")
    assert (await client.post(f"{project}/operations", json=body)).status_code == 200
    estimate = (await told(client, project))["estimate"]
    assert estimate["accuracy"]["value"] == 1
    assert [entry["segmented"] for entry in estimate["classes"]] == pytest.approx([0.5, 0.5])


async def test_it_outlives_the_server(app, client, project):
    check = await draw(client, project)
    check = (await put(client, project, check, 7, 2)).json()
    services = app.state.services
    services.workspace.close()
    again = Workspace(services.settings.data_dir).open_project(project.split("/")[-1])
    drawn = again.point_checks.of(0)
    assert (drawn.id, drawn.drawn) == (check["id"], check["drawn"])
    assert [point.answer for point in drawn.check.points] == [point["answer"] for point in check["points"]]


async def test_what_was_drawn_anew_or_removed_takes_no_answers(client, project):
    former = await draw(client, project)
    present = await draw(client, project, 10)
    assert present["id"] != former["id"]
    assert [(point["y"], point["x"]) for point in present["points"]] != [
        (point["y"], point["x"]) for point in former["points"][:10]
    ]
    answer = await put(client, project, former, 0, 1)
    assert answer.status_code == 404
    assert "others may have been drawn" in answer.json()["error"]["message"]
    assert (await put(client, project, present, 10, 1)).status_code == 404
    assert await told(client, project) == present
    for _ in range(2):
        assert (await client.delete(f"{project}/point-check")).status_code == 204
    assert await told(client, project) == NOTHING
    assert (await put(client, project, present, 0, 1)).status_code == 404


async def test_what_makes_no_sense_is_refused(client, project):
    for points in (9, 401, 2.5, None):
        answer = await client.post(f"{project}/point-check", json={"points": points})
        assert answer.status_code == 422, points
    check = await draw(client, project)
    answer = await put(client, project, check, 0, 9)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "unknown_class"
    assert error["message"] == "The project has no class 9; it has 1, 2."
    for bad in (0, 256, "sure", 1.5, [1]):
        assert (await put(client, project, check, 0, bad)).status_code == 422, bad
    assert (await client.put(f"{project}/point-check/{check['id']}/points/0", json={})).status_code == 422
    assert await told(client, project) == check


async def test_images_have_checks_of_their_own_which_go_with_them(app, client):
    project = make_stack(app, [two_phases(*SHAPE), two_phases(*SHAPE)])
    for image in (0, 1):
        segment(store_of(app, project), mistaken(), image)
    first, second = await draw(client, project), await draw(client, project, 20, image=1)
    assert (len(first["points"]), len(second["points"])) == (40, 20)
    assert (await put(client, project, first, 0, 1, image=1)).status_code == 404
    assert (await client.delete(f"{project}/images/1")).status_code == 200
    assert (await client.get(f"{project}/point-check", params={"image": 1})).status_code == 404
    assert (await put(client, project, second, 0, 1, image=1)).status_code == 404
    assert await told(client, project) == first


async def test_who_may_only_look_sees_it_and_changes_nothing(settings):
    app = app_of(settings, "lab")
    owner, viewer, stranger = (person_client(app, name) for name in ("owner", "viewer", "stranger"))
    project = give(app, make_project(app, two_phases(*SHAPE)), owner.actor)
    segment(store_of(app, project), mistaken())
    app.state.services.accounts.ownership.share(project.split("/")[-1], viewer.actor.id, "viewer", by=owner.actor)
    check = await draw(owner, project)
    assert await told(viewer, project) == check
    assert (await viewer.post(f"{project}/point-check", json={"points": 40})).status_code == 403
    assert (await put(viewer, project, check, 0, 1)).status_code == 403
    assert (await viewer.delete(f"{project}/point-check")).status_code == 403
    assert await told(owner, project) == check
    assert (await stranger.get(f"{project}/point-check")).status_code == 404
    app.state.services.close()


async def test_the_server_answers_others_while_points_are_drawn(client, project, monkeypatch):
    """Drawing reads the whole segmentation, in a thread: else nobody would be answered meanwhile."""
    import anyio

    begun, go_on, read = threading.Event(), threading.Event(), Result.read_edited

    def slow(self, *arguments):
        begun.set()
        assert go_on.wait(20)
        return read(self, *arguments)

    monkeypatch.setattr(Result, "read_edited", slow)
    async with anyio.create_task_group() as group:
        group.start_soon(draw, client, project)
        assert await anyio.to_thread.run_sync(begun.wait, 20)
        assert await told(client, project) == NOTHING
        go_on.set()
    assert len((await told(client, project))["points"]) == 40
