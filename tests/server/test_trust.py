"""How far a result can be trusted, over the route: there after a training, kept over a restart, with a trend."""

import numpy as np
import pytest

from sambaseg.project.workspace import Workspace
from server.conftest import Person, make_project, two_phases, wait_until

pytestmark = pytest.mark.anyio

STROKES = {1: [(20, 20, 40, 60), (80, 30, 100, 70), (150, 20, 170, 90)], 2: [(20, 220, 40, 280)]}


async def label(client, project, strokes, person=None):
    person = person or Person()
    for class_id, corners in strokes.items():
        for top, left, bottom, right in corners:
            body = person.paint(class_id, top, left, bottom, right, layer="labels")
            answer = await client.post(f"{project}/operations", json=body)
            assert answer.status_code == 200, answer.text


async def train(app, client, project):
    job_id = (await client.post(f"{project}/train")).json()["id"]
    job = wait_until(lambda: (job := app.state.services.jobs.get(job_id)).state in ("done", "failed") and job)
    assert job.state == "done", job.error


async def test_a_training_tells_how_far_its_result_can_be_trusted(app, client):
    project = make_project(app, two_phases(200, 300))
    assert (await client.get(f"{project}/trust")).json() == {
        "agreement": None, "shares": [], "poor_support": [], "trend": [],
    }  # fmt: skip
    await label(client, project, STROKES)
    await train(app, client, project)
    told = (await client.get(f"{project}/trust")).json()
    assert told["agreement"]["overlap"] > 0.9  # two flat halves
    assert [entry["strokes"] for entry in told["agreement"]["classes"]] == [3, 1]
    assert [entry["pixels"] for entry in told["agreement"]["classes"]] == [800 + 800 + 1400, 1200]
    confusion = np.array(told["agreement"]["confusion"])
    assert confusion.shape == (2, 2)
    assert confusion.sum() == confusion.trace() > 0
    first = told["shares"][0]
    assert first["low"] <= first["answered"] <= first["high"]
    assert first["answered"] == pytest.approx(0.5, abs=0.02)
    (poor,) = told["poor_support"]
    assert poor["class_id"] == 2
    assert "one stroke only" in poor["message"]
    assert "2 more places" in poor["hint"]


async def test_the_trend_has_an_entry_a_training_and_outlives_the_server(app, client):
    project, person = make_project(app, two_phases(200, 300)), Person()
    await label(client, project, STROKES, person)
    await train(app, client, project)
    await label(client, project, {2: [(100, 220, 120, 280)]}, person)
    await train(app, client, project)
    told = (await client.get(f"{project}/trust")).json()
    assert [entry["strokes"] for entry in told["trend"]] == [4, 5]
    assert told["trend"][0]["revision"] < told["trend"][1]["revision"]
    services = app.state.services
    services.workspace.close()
    again = Workspace(services.settings.data_dir).open_project(project.rpartition("/")[2])
    assert [entry["strokes"] for entry in again.trust_trend()] == [4, 5]
    assert again.trust_of(0)["evidence"]["strokes"] == [3, 2]


async def test_an_image_that_is_not_there_is_refused(app, client):
    project = make_project(app, two_phases(200, 300))
    assert (await client.get(f"{project}/trust?image=7")).status_code == 404
