"""Pictures of features and suggested recipes over the routes: what they are, and what is refused."""

import asyncio
import time

import numpy as np
import pytest

from sambaseg.feature_choice.preview import Part, preview_features
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.images.micrograph import Micrograph
from sambaseg.smart.container import unpack_arrays
from server.conftest import Person, make_project, two_phases, wait_until

pytestmark = pytest.mark.anyio

SOBEL = {"families": ["sobel"], "scales_px": [1, 4], "sigma_convention": "radius"}
PART = {"top": 20, "left": 100, "bottom": 120, "right": 250}


async def labelled_project(app, client, *, classes=2):
    project, person = make_project(app, two_phases(200, 300)), Person()
    for class_id, columns in list(enumerate(((10, 60), (240, 290)), 1))[:classes]:
        for top in (20, 120):
            paint = person.paint(class_id, top, columns[0], top + 30, columns[1], layer="labels")
            assert (await client.post(f"{project}/operations", json=paint)).status_code == 200
    return project


async def test_a_preview_shows_the_very_features(app, client):
    pixels = two_phases(200, 300)
    project = make_project(app, pixels)
    answer = await client.get(f"{project}/feature-preview", params={**SOBEL, **PART})
    assert answer.status_code == 200, answer.text
    meta, arrays = unpack_arrays(answer.content)
    recipe, image = FeatureRecipe(("sobel",), (1, 4)), Micrograph.from_array(pixels)
    expected = preview_features(image.pixels_cyx, Part(**PART), recipe, Scaling.for_image(image))
    np.testing.assert_array_equal(arrays["shown"], expected.shown_fyx)
    np.testing.assert_array_equal(arrays["high"], expected.high_f)
    assert [plane["scale_px"] for plane in meta["planes"]] == [0, 1, 4]
    assert meta["planes"][2]["name"] == "Sobel, 4 px"


@pytest.mark.parametrize(
    "changed",
    [{"bottom": 181, "top": 20}, {"right": 301}, {"top": 120}, {"families": ["nothing"]}, {"scales_px": [65]}],
)
async def test_previews_that_cannot_be_are_refused(app, client, changed):
    project = make_project(app, two_phases(200, 300))
    answer = await client.get(f"{project}/feature-preview", params={**SOBEL, **PART, **changed})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]


async def test_a_preview_that_nobody_waits_for_never_begins(app):
    previews, started, release = app.state.services.feature_previews, [], asyncio.Event()
    previews._pool.submit(lambda: wait_until(release.is_set))  # the one thread is busy
    store = app.state.services.workspace.open_project(make_project(app, two_phases(200, 300)).rsplit("/", 1)[1])
    previews._compute = lambda *_: started.append(True)
    request = previews.begin(store, 0, Part(**PART), FeatureRecipe(("sobel",), (1,)))
    request.give_up()
    release.set()
    await asyncio.to_thread(previews._pool.submit(time.sleep, 0).result)
    assert request.content.cancelled()
    assert started == []


async def test_a_smaller_recipe_is_found_beside_a_training(app, client):
    project = await labelled_project(app, client)
    training = (await client.post(f"{project}/train")).json()["id"]
    answer = await client.post(f"{project}/feature-suggestions")
    assert answer.status_code == 202, answer.text
    jobs = app.state.services.jobs
    job = wait_until(lambda: (job := jobs.get(answer.json()["id"])).state in ("done", "failed") and job, seconds=120)
    assert (job.state, job.kind) == ("done", "suggest_features"), job.error
    assert wait_until(lambda: jobs.get(training).state in ("done", "failed") and jobs.get(training)).state == "done"
    found = (await client.get(f"{project}/feature-suggestions/{job.id}")).json()
    before, after = found["before"], found["after"]
    assert before["recipe"] == (await client.get(project)).json()["settings"]["recipe"]
    assert found["is_smaller"]
    assert 0 < after["planes"] < before["planes"]
    assert after["held_out_iou"] >= before["held_out_iou"] - found["tolerance"]["iou"]
    assert [(each["name"], each["strokes"]) for each in found["strokes"]] == [("Class 1", 2), ("Class 2", 2)]
    families = [each["id"] for each in found["importances"] if each["kind"] == "family"]
    assert families == before["recipe"]["families"]
    other = make_project(app, two_phases())
    assert (await client.get(f"{other}/feature-suggestions/{job.id}")).status_code == 404


async def test_without_two_classes_nothing_is_suggested(app, client):
    project = await labelled_project(app, client, classes=1)
    answer = await client.post(f"{project}/feature-suggestions")
    assert answer.json()["error"]["code"] == "not_enough_labels"
