"""Measuring over the routes: beside other work, edits applied, as JSON and CSV; what is not there is refused."""

import csv
import io

import numpy as np
import pytest

from server.conftest import Person, make_project, two_phases, wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def segmented(app, client):
    """Return the path of a project whose image is segmented, half and half, and its person."""
    project = make_project(app, two_phases(200, 300), pixel_size_um=(0.5, 0.5))
    person = Person()
    for class_id, columns in ((1, (10, 60)), (2, (240, 290))):
        corners = 20, columns[0], 100, columns[1]
        answer = await client.post(f"{project}/operations", json=person.paint(class_id, *corners, layer="labels"))
        assert answer.status_code == 200, answer.text
    await ended(app, (await client.post(f"{project}/train")).json()["id"])
    return project, person


async def ended(app, job_id):
    return wait_until(lambda: (job := app.state.services.jobs.get(job_id)).state in ("done", "failed") and job)


async def measure(app, client, project, **asked):
    answer = await client.post(f"{project}/measurements", json=asked)
    assert answer.status_code == 202, answer.text
    job = await ended(app, answer.json()["id"])
    assert job.state == "done", job.error
    return f"{project}/measurements/{job.id}"


async def test_a_segmentation_is_measured_with_its_edits(app, client, segmented):
    project, person = segmented
    before = (await client.get(await measure(app, client, project, longest_px=20))).json()
    assert (before["unit"], before["step"], before["width"], before["height"]) == ("µm", 0.5, 300, 200)
    assert [each["name"] for each in before["classes"]] == ["Class 1", "Class 2"]
    assert sum(each["fraction"] for each in before["classes"]) == pytest.approx(1)
    assert before["classes"][0]["fraction"] == pytest.approx(0.5, abs=0.02)
    assert len(before["classes"][0]["correlation"]["all"]) == 21
    edit = person.operation("paint", class_id=2, tiles=person.paint(2, 50, 20, 90, 100)["tiles"], layer="edits")
    assert (await client.post(f"{project}/operations", json=edit)).status_code == 200
    where = await measure(app, client, project, longest_px=20)
    after = (await client.get(where)).json()["classes"][1]
    assert after["area"] - before["classes"][1]["area"] == pytest.approx(40 * 80 * 0.25, rel=0.02)
    table = await client.get(f"{where}/csv/classes")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert float(rows[1]["area (µm²)"]) == pytest.approx(after["area"])
    for name in ("regions", "chords", "correlation"):
        assert len((await client.get(f"{where}/csv/{name}")).text.splitlines()) > 2
    assert (await client.get(f"{where}/csv/nothing")).status_code == 422


async def test_measuring_goes_on_beside_the_training(app, client, segmented):
    project, _ = segmented
    training = (await client.post(f"{project}/train")).json()["id"]
    measuring = (await client.post(f"{project}/measurements", json={})).json()["id"]
    assert (await ended(app, training)).state == "done"
    job = await ended(app, measuring)
    assert job.state == "done" or job.error.code == "segmentation_changed"
    assert job.kind == "measure"


async def test_without_a_segmentation_there_is_nothing_to_measure(app, client):
    project = make_project(app, np.zeros((40, 50), np.uint8))
    assert (await client.post(f"{project}/measurements", json={})).status_code == 404
    assert (await client.post(f"{project}/measurements", json={"connectivity": 6})).status_code == 422
    assert (await client.get(f"{project}/measurements/nothing")).status_code == 404


async def test_measurements_of_another_project_are_not_shown(app, client, segmented):
    project, _ = segmented
    where = await measure(app, client, project)
    other = make_project(app, np.zeros((40, 50), np.uint8))
    assert (await client.get(f"{other}/measurements/{where.rsplit('/', 1)[1]}")).status_code == 404
