"""Cleaning up over the routes and in jobs: as on the command line, beside other work, cancelled, and previewed."""

from __future__ import annotations

import io
import threading
import zipfile

import numpy as np
import pytest
import tifffile

from sambaseg.cleaning.clean import clean_classes
from sambaseg.cleaning.steps import in_words, parse_steps
from sambaseg.cli.program import main
from sambaseg.errors import MemoryBudgetError
from sambaseg.forest.classifier_file import classifier_from_bytes
from sambaseg.server import cleaning_previews
from sambaseg.server.cleaning_up import cleaning_work
from sambaseg.server.live import Live
from sambaseg.server.training import apply_all_work, training_work
from sambaseg.server.views import View, read_knowledge
from sambaseg.server.where_next import where_next
from server.conftest import Person, make_stack, open_client, tiff_of, wait_until
from server.desk import Labeller, desk_on, result_of, two_phases

pytestmark = pytest.mark.anyio
STEPS = [{"kind": "remove_small", "size": 40, "classes": [2, 1]}, {"kind": "majority", "size": 2, "classes": []}]
TEXT = "remove_small:40:1+2,majority:2"
RECIPE = {"families": ["identity"], "scales_px": [], "sigma_convention": "sigma"}
TRAINING = {"trees": 10, "depth": 6}


def speckled(seed=0):
    """Return an image (H, W) of two phases whose noise gives specks in either."""
    chance = np.random.default_rng(seed)
    image_yx = two_phases(300, 400, seed=seed)
    image_yx[chance.random(image_yx.shape) < 0.05] = 60
    image_yx[chance.random(image_yx.shape) < 0.05] = 150
    return image_yx


@pytest.fixture
async def project(app, client):
    """Return the path of a project of two images with labels on the first, whose classifier gives specks."""
    path = make_stack(app, [speckled(0), speckled(1)], pixel_size_um=(0.5, 0.5))
    person = Person()
    for class_id, columns in ((1, (10, 60)), (2, (340, 390))):
        corners = 20, columns[0], 100, columns[1]
        answer = await client.post(f"{path}/operations", json=person.paint(class_id, *corners, layer="labels"))
        assert answer.status_code == 200, answer.text
    answer = await client.patch(path, json={"settings": {"recipe": RECIPE, "training": TRAINING}})
    assert answer.status_code == 200, answer.text
    return path


async def ended(app, answer):
    assert answer.status_code in (200, 202), answer.text
    body = answer.json()
    job_id = body["job"]["id"] if "job" in body else body["id"]
    job = wait_until(lambda: (job := app.state.services.jobs.get(job_id)).state in ("done", "failed") and job)
    assert job.state == "done", job.error
    return job


async def segmentation(client, project, image=0):
    answer = await client.get(f"{project}/export/segmentation", params={"image": image})
    assert answer.status_code == 200, answer.text
    return tifffile.imread(io.BytesIO(answer.content))


async def result(client, project, image=0):
    return (await client.get(project, params={"image": image})).json()["result"]


async def tiles(client, project, result_id, *, steps=None, image=0):
    """Return the classes (H, W) that tiles of the finest level show, of a preview where steps are given."""
    names = [(ty, tx) for ty in range(2) for tx in range(2)]
    asked = {"tiles": ",".join(f"{ty}.{tx}" for ty, tx in names), "image": image}
    where = f"{project}/results/{result_id}"
    answer = await client.get(
        *((f"{where}/batch/0",) if steps is None else (f"{where}/cleaned/0",)),
        params=asked if steps is None else {**asked, "steps": steps},
    )
    assert answer.status_code == 200, answer.text
    whole_yx, content = np.zeros((300, 400), np.uint8), np.frombuffer(answer.content, np.uint8)
    for ty, tx in names:
        part_yx = whole_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
        part_yx[:] = content[: part_yx.size].reshape(part_yx.shape)
        content = content[part_yx.size * (2 if steps is None else 1) :]
    assert content.size == 0
    return whole_yx


async def test_what_is_saved_is_what_the_command_line_makes_with_the_saved_classifier(app, client, project, tmp_path):
    await ended(app, await client.post(f"{project}/train"))
    raw_yx = await segmentation(client, project)
    assert (await client.put(f"{project}/cleaning", json={"steps": STEPS})).json()["due"] == [0]
    wait_until(lambda: app.state.services.jobs.running(project.rsplit("/", 1)[1], "clean") is None)
    cleaned_yx = await segmentation(client, project)
    assert (raw_yx != cleaned_yx).mean() > 0.005
    (tmp_path / "image.tif").write_bytes(tiff_of(speckled(0)))
    (tmp_path / "c.sambaseg").write_bytes((await client.get(f"{project}/export/classifier")).content)
    assert in_words(classifier_from_bytes((tmp_path / "c.sambaseg").read_bytes(), name="c").cleaning) == TEXT
    for options, expected_yx in (((), cleaned_yx), (("--clean", "none"), raw_yx), (("--clean", TEXT), cleaned_yx)):
        arguments = [
            "apply",
            str(tmp_path / "c.sambaseg"),
            str(tmp_path / "image.tif"),
            "--out",
            str(tmp_path / "o.tif"),
        ]
        assert main([*arguments, *options]) == 0
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "o.tif"), expected_yx)


async def test_a_training_cleans_up_and_predicted_classes_are_never_lost(app, client, project):
    answer = await client.put(f"{project}/cleaning", json={"steps": STEPS})
    assert answer.json() == {"steps": [{**STEPS[0], "classes": [1, 2]}, STEPS[1]], "due": [], "job": None}
    await ended(app, await client.post(f"{project}/train"))
    info = await result(client, project)
    assert info["cleaning"] == answer.json()["steps"]
    raw_yx, cleaned_yx = [await tiles(client, project, info[name]) for name in ("predicted_id", "id")]
    np.testing.assert_array_equal(cleaned_yx, clean_classes(raw_yx, [1, 2], parse_steps(TEXT)))
    np.testing.assert_array_equal(await segmentation(client, project), cleaned_yx)
    shares = {share["class_id"]: share for share in info["fractions"]}
    assert shares[1]["predicted"] == pytest.approx((raw_yx == 1).mean())
    assert shares[1]["cleaned"] == shares[1]["edited"] == pytest.approx((cleaned_yx == 1).mean())
    answer = await client.put(f"{project}/cleaning", json={"steps": []})
    assert answer.json() == {"steps": [], "due": [], "job": None}
    assert (await result(client, project))["id"] == info["predicted_id"]
    np.testing.assert_array_equal(await segmentation(client, project), raw_yx)
    assert (await client.get(f"{project}/results/{info['id']}/batch/0", params={"tiles": "0.0"})).status_code == 404


async def test_corrections_and_measures_are_of_the_cleaned_segmentation(app, client, project):
    await client.put(f"{project}/cleaning", json={"steps": STEPS})
    await ended(app, await client.post(f"{project}/train"))
    cleaned_yx = await segmentation(client, project)
    edit = Person("person-2").paint(1, 200, 300, 240, 380, layer="edits")
    assert (await client.post(f"{project}/operations", json=edit)).status_code == 200
    cleaned_yx[200:240, 300:380] = 1
    np.testing.assert_array_equal(await segmentation(client, project), cleaned_yx)
    measured = await ended(app, await client.post(f"{project}/measurements", json={"longest_px": 5}))
    found = (await client.get(f"{project}/measurements/{measured.id}")).json()["classes"][0]
    assert found["fraction"] == pytest.approx((cleaned_yx == 1).mean())


async def test_other_steps_clean_all_images_and_nothing_is_segmented_again(app, client, project):
    await ended(app, await client.post(f"{project}/train"))
    await ended(app, await client.post(f"{project}/apply-all"))
    raw = [await segmentation(client, project, image) for image in (0, 1)]
    job = await ended(app, await client.put(f"{project}/cleaning", json={"steps": STEPS, "image": 1}))
    assert (job.kind, job.images_done, job.images_total) == ("clean", 2, 2)
    assert (await client.get(f"{project}/cleaning")).json()["due"] == []
    for image in (0, 1):
        cleaned_yx = clean_classes(raw[image], [1, 2], parse_steps(TEXT))
        np.testing.assert_array_equal(await segmentation(client, project, image), cleaned_yx)
    saved = (await client.get(f"{project}/export/all", params={"what": "segmentation"})).content
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.read("README.txt").decode().count(f"cleaned up by {TEXT}") == 2
    ids = [(await result(client, project, image))["predicted_id"] for image in (0, 1)]
    await client.put(f"{project}/cleaning", json={"steps": []})
    await ended(app, await client.post(f"{project}/apply-all"))
    assert [(await result(client, project, image))["predicted_id"] for image in (0, 1)] == ids


async def test_a_change_of_other_settings_leaves_the_steps(client, project):
    await client.put(f"{project}/cleaning", json={"steps": STEPS})
    answer = await client.patch(project, json={"settings": {"recipe": RECIPE, "training": {"trees": 20}}})
    assert [step["kind"] for step in answer.json()["settings"]["cleaning"]] == ["remove_small", "majority"]
    answer = await client.patch(project, json={"settings": {"recipe": RECIPE, "training": TRAINING, "cleaning": []}})
    assert answer.json()["settings"]["cleaning"] == []


@pytest.mark.parametrize(
    ("steps", "status", "says"),
    [
        ([{"kind": "majority", "size": 33}], 422, "majority takes 1 to 32 pixels, not 33."),
        ([{"kind": "polish", "size": 3}], 422, ""),
        ([{"kind": "fill_holes", "size": 0}], 422, ""),
        (STEPS * 9, 422, ""),
    ],
)
async def test_steps_that_make_no_sense_are_refused_with_a_sentence(client, project, steps, status, says):
    answer = await client.put(f"{project}/cleaning", json={"steps": steps})
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]["message"]
    assert (await client.get(f"{project}/cleaning")).json()["steps"] == []


async def test_a_preview_is_what_will_come_and_changes_nothing(app, client, project):
    await ended(app, await client.post(f"{project}/train"))
    before = await result(client, project)
    raw_yx = await tiles(client, project, before["id"])
    preview_yx = await tiles(client, project, before["id"], steps=TEXT)
    np.testing.assert_array_equal(preview_yx, clean_classes(raw_yx, [1, 2], parse_steps(TEXT)))
    coarse = await client.get(
        f"{project}/results/{before['id']}/cleaned/1", params={"tiles": "0.0", "steps": TEXT, "image": 0}
    )
    assert len(coarse.content) == 150 * 200
    assert await result(client, project) == before
    await ended(app, await client.put(f"{project}/cleaning", json={"steps": STEPS}))
    np.testing.assert_array_equal(await segmentation(client, project), preview_yx)
    after = await result(client, project)
    for result_id in (after["id"], after["predicted_id"]):
        np.testing.assert_array_equal(await tiles(client, project, result_id, steps=TEXT), preview_yx)


async def test_previews_that_cannot_be_are_refused(app, client, project, monkeypatch):
    await ended(app, await client.post(f"{project}/train"))
    where = f"{project}/results/{(await result(client, project))['id']}/cleaned"
    assert (await client.get(f"{where}/0", params={"tiles": "9.9", "steps": TEXT})).status_code == 422
    assert (await client.get(f"{where}/7", params={"tiles": "0.0", "steps": TEXT})).status_code == 422
    assert (await client.get(f"{where}/0", params={"tiles": "0.0", "steps": "polish:2"})).status_code == 422
    assert (await client.get(f"{where}/0", params={"tiles": "0.0", "steps": TEXT, "image": 1})).status_code == 404
    monkeypatch.setattr(cleaning_previews, "MOST_PX", 256 * 256)
    answer = await client.get(f"{where}/0", params={"tiles": "0.0,1.1", "steps": TEXT})
    assert answer.status_code == 422
    assert "120,000 are in view" in answer.json()["error"]["message"]
    assert "Zoom in" in answer.json()["error"]["hint"]


async def test_a_part_of_a_large_image_is_previewed_as_in_the_whole(app, client, project, monkeypatch):
    await ended(app, await client.post(f"{project}/train"))
    info = await result(client, project)
    whole_yx = await tiles(client, project, info["id"], steps=TEXT)
    monkeypatch.setattr(cleaning_previews, "MOST_PX", 256 * 256)
    where = f"{project}/results/{info['id']}/cleaned/0"
    answer = await client.get(where, params={"tiles": "0.1", "steps": TEXT})
    part_yx = np.frombuffer(answer.content, np.uint8).reshape(256, 144)
    np.testing.assert_array_equal(part_yx, whole_yx[:256, 256:])


async def test_cleaning_can_be_cancelled_and_gone_on_with(app, client, project, monkeypatch):
    await ended(app, await client.post(f"{project}/train"))
    await ended(app, await client.post(f"{project}/apply-all"))
    raw = [await segmentation(client, project, image) for image in (0, 1)]
    at_second, go_on = threading.Event(), threading.Event()
    from sambaseg.project import result_cleaning

    write = result_cleaning.write_cleaned

    def slow(*arguments):
        if arguments[1].parent.name == "1":
            at_second.set()
            go_on.wait(20)
        return write(*arguments)

    monkeypatch.setattr(result_cleaning, "write_cleaned", slow)
    job = (await client.put(f"{project}/cleaning", json={"steps": STEPS})).json()["job"]
    assert at_second.wait(20)
    assert (await client.get(f"{project}/cleaning")).json()["job"]["id"] == job["id"]
    app.state.services.jobs.ask_to_end(job["id"])
    go_on.set()
    assert wait_until(lambda: app.state.services.jobs.get(job["id"]).state != "running")
    assert app.state.services.jobs.get(job["id"]).state == "cancelled"
    np.testing.assert_array_equal(
        await segmentation(client, project, 0), clean_classes(raw[0], [1, 2], parse_steps(TEXT))
    )
    np.testing.assert_array_equal(await segmentation(client, project, 1), raw[1])
    assert (await client.get(f"{project}/cleaning")).json()["due"] == [1]
    await ended(app, await client.put(f"{project}/cleaning", json={"steps": STEPS}))
    np.testing.assert_array_equal(
        await segmentation(client, project, 1), clean_classes(raw[1], [1, 2], parse_steps(TEXT))
    )


async def test_a_server_that_is_stopped_in_the_middle_shows_what_was_there_and_goes_on(settings, monkeypatch):
    from sambaseg.project import cleaned
    from sambaseg.server.app import create_app

    app = create_app(settings)
    begun, write = threading.Event(), cleaned._write

    def slow(*arguments):
        begun.set()
        while True:
            arguments[-1](0.5)

    async with open_client(app) as client:
        path = make_stack(app, [speckled(0)])
        person = Person()
        for class_id, left in ((1, 10), (2, 340)):
            await client.post(
                f"{path}/operations", json=person.paint(class_id, 20, left, 100, left + 50, layer="labels")
            )
        await client.patch(path, json={"settings": {"recipe": RECIPE, "training": TRAINING}})
        await ended(app, await client.post(f"{path}/train"))
        raw_yx = await segmentation(client, path)
        monkeypatch.setattr(cleaned, "_write", slow)
        await client.put(f"{path}/cleaning", json={"steps": STEPS})
        assert begun.wait(20)
    app.state.services.close()
    monkeypatch.setattr(cleaned, "_write", write)
    again = create_app(settings)
    async with open_client(again) as client:
        np.testing.assert_array_equal(await segmentation(client, path), raw_yx)
        told = (await client.get(f"{path}/cleaning")).json()
        assert (len(told["steps"]), told["due"]) == (2, [0])
        await ended(again, await client.put(f"{path}/cleaning", json={"steps": told["steps"]}))
        expected_yx = clean_classes(raw_yx, [1, 2], parse_steps(TEXT))
        np.testing.assert_array_equal(await segmentation(client, path), expected_yx)
    again.state.services.close()


@pytest.fixture
def desk(tmp_path):
    with desk_on(tmp_path) as desk:
        yield desk


def labelled(desk, *pixels):
    store = desk.project(*pixels)
    store.set_settings({"recipe": RECIPE, "training": TRAINING})
    person = Labeller(store)
    person.paint(1, 100, 20, 120, 60)
    person.paint(2, 200, 330, 220, 390)
    return store, person


def test_live_ends_with_a_cleaned_segmentation(desk):
    store, person = labelled(desk, speckled())
    store.cleaning.set_steps(parse_steps(TEXT))
    live = Live(desk)
    live.set(store, True, 0, None)
    desk.wait(store.id)
    person.paint(1, 10, 20, 20, 60)
    live.labels_changed(store)
    desk.wait(store.id)
    classes_yx, _, info = result_of(store)
    assert info.cleaning == parse_steps(TEXT)
    raw_yx = store.read_predicted(info.predicted_id, 0, 300)
    np.testing.assert_array_equal(classes_yx, clean_classes(raw_yx, [1, 2], info.cleaning))
    stages = [body.job.stage for body in desk.events.of("job")]
    assert "Cleaning up" in stages
    live.stop()


def test_steps_that_change_while_an_image_is_segmented_count(desk, monkeypatch):
    store, _ = labelled(desk, speckled())
    store.cleaning.set_steps(parse_steps("majority:1"))
    kept = store.set_classifier

    def change(classifier, *, source):
        store.cleaning.set_steps(parse_steps(TEXT))
        kept(classifier, source=source)

    monkeypatch.setattr(store, "set_classifier", change)
    desk.jobs.start(store.id, "train", training_work(store, desk))
    assert desk.wait(store.id).state == "done"
    assert store.result().cleaning == parse_steps(TEXT)
    assert store.classifier().cleaning == parse_steps(TEXT)


def test_applying_to_all_cleans_what_it_does_not_segment_again(desk):
    store, _ = labelled(desk, speckled(0), speckled(1))
    desk.jobs.start(store.id, "train", training_work(store, desk))
    desk.wait(store.id)
    desk.jobs.start(store.id, "apply_all", apply_all_work(store, desk))
    desk.wait(store.id)
    desk.events.published.clear()
    store.cleaning.set_steps(parse_steps(TEXT))
    desk.jobs.start(store.id, "apply_all", apply_all_work(store, desk))
    assert desk.wait(store.id).state == "done"
    assert desk.events.tiles() == []
    assert [store.result(image).cleaning for image in (0, 1)] == [parse_steps(TEXT)] * 2


def test_too_many_regions_are_told_with_the_image_they_are_in(desk, monkeypatch):
    store, _ = labelled(desk, speckled(0), speckled(1))
    desk.jobs.start(store.id, "train", training_work(store, desk))
    desk.wait(store.id)
    desk.jobs.start(store.id, "apply_all", apply_all_work(store, desk))
    desk.wait(store.id)
    store.cleaning.set_steps(parse_steps(TEXT))

    def refuse(*_, **__):
        raise MemoryBudgetError("The segmentation has more than 9 regions.", hint="Allow more.")

    monkeypatch.setattr("sambaseg.cleaning.clean.find_regions", refuse)
    job = desk.jobs.start(store.id, "clean", cleaning_work(store, desk, 1))
    assert desk.jobs._job(job.id).ended.wait(20)
    ended_job = desk.jobs.get(job.id)
    assert (ended_job.state, ended_job.error.code) == ("failed", "memory_budget")
    assert ended_job.error.message == "1.tif was not cleaned up. The segmentation has more than 9 regions."
    assert store.result(1).cleaning == ()


def test_suggestions_and_where_next_learn_from_what_was_predicted(desk, monkeypatch):
    store, _ = labelled(desk, speckled())
    store.cleaning.set_steps(parse_steps("remove_small:1000000:2"))  # all of the class
    desk.jobs.start(store.id, "train", training_work(store, desk))
    desk.wait(store.id)
    info, view = store.result(), View(0, 0, 0, 300, 400)
    assert info.id != info.predicted_id
    predicted_yx = store.read_predicted(info.predicted_id, 0, 300)
    assert set(np.unique(predicted_yx)) == {1, 2}
    assert (read_knowledge(store, info.id, view, 0).classes_yx == 1).all()
    np.testing.assert_array_equal(read_knowledge(store, info.predicted_id, view, 0).classes_yx, predicted_yx)
    seen = []
    monkeypatch.setattr("sambaseg.guidance.ranking.rank_places", lambda maps, **_: seen.append(maps) or [])
    where_next(store, 0)
    assert set(np.unique(seen[0].classes_yx)) == {1, 2}
