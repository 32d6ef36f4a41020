"""Saving images and all that was made of them: one by one, as a zip of everything, as a stack, as OME-Zarr."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import tifffile
import zarr

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.project.operations import Operation
from sambaseg.server.downloads import image_stem
from server.conftest import live_server, make_stack, two_phases, wait_until

pytestmark = pytest.mark.anyio
CLASSES = (LabelClass(1, "Matrix", "#1f77b4"), LabelClass(2, "Poren µ", "#ff7f0e"))
HEIGHT, WIDTH = 300, 310


def label(store, image, seed):
    """Label an image at random; return the labels (H, W)."""
    described = store.image(image)
    labels = np.random.default_rng(seed).integers(0, 3, (described.height, described.width)).astype(np.uint8)
    store.import_labels(labels, mode="replace", image=image)
    return labels


def segment(store, image, seed):
    """Fill a result at random; return class ids and uncertainty (H, W)."""
    described = store.image(image)
    random = np.random.default_rng(seed)
    classes = random.integers(1, 3, (described.height, described.width)).astype(np.uint8)
    uncertainty = random.integers(0, 256, classes.shape).astype(np.uint8)
    writer = store.begin_result(None, CLASSES, image=image)
    for top in range(0, described.height, 256):
        for left in range(0, described.width, 256):
            rows, columns = slice(top, top + 256), slice(left, left + 256)
            writer.write_tile(top // 256, left // 256, classes[rows, columns], uncertainty[rows, columns])
    writer.finish()
    return classes, uncertainty


def give_classifier(store):
    labels = np.zeros((60, 80), np.uint8)
    labels[:9, :9], labels[:9, -9:] = 1, 2
    recipe = FeatureRecipe(("gaussian",), (1.0,), "sigma")
    image = Micrograph.from_array(two_phases(60, 80))
    classifier = train_classifier(image, labels, recipe, TrainingSettings(trees=3), classes=CLASSES, threads=1)
    store.set_classifier(classifier, source="trained")
    return classifier


@pytest.fixture
def project(app):
    """Path and store of three slices: the first labelled and segmented, the second segmented, the third as it came."""
    path = make_stack(app, [two_phases(HEIGHT, WIDTH, seed=seed) for seed in range(3)], pixel_size_um=(0.5, 0.25))
    store = app.state.services.workspace.open_project(path.rsplit("/", 1)[1])
    store.apply(Operation(client_id="tests-of-exports", client_seq=1, base_revision=0, kind="classes", classes=CLASSES))
    for image, name in enumerate(("slice.tif · 1", "SLICE.tif · 1", "other: a/b?.png")):
        store.rename_image(image, name)
    return path, store


def read_tiff(content):
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        return tiff.asarray(), json.loads(tiff.pages[0].description), tiff


async def fetch(client, address, **params):
    answer = await client.get(address, params=params)
    assert answer.status_code == 200, answer.text
    return answer


async def test_one_image_is_saved_under_its_name(client, project):
    path, store = project
    labels, (classes, uncertainty) = label(store, 1, 0), segment(store, 1, 1)
    saved = await fetch(client, f"{path}/export/labels", image=1)
    assert np.array_equal(read_tiff(saved.content)[0], labels)
    assert 'filename="a SLICE 1 labels.tif"' in saved.headers["content-disposition"]
    segmentation, description, tiff = read_tiff((await fetch(client, f"{path}/export/segmentation", image=1)).content)
    assert np.array_equal(segmentation, classes)
    assert description["pixel_size_um"] == [0.5, 0.25]
    assert tiff.pages[0].is_tiled
    saved = await fetch(client, f"{path}/export/uncertainty", image=1)
    assert np.array_equal(read_tiff(saved.content)[0], uncertainty)
    spread = await fetch(client, f"{path}/export/segmentation", image=1, values="spread")
    assert np.array_equal(read_tiff(spread.content)[0], np.array([0, 128, 255], np.uint8)[classes])
    missing = await client.get(f"{path}/export/segmentation", params={"image": 2})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


async def test_zip_of_everything_says_what_is_what(client, project, settings):
    path, store = project
    labels = label(store, 0, 0)
    first, second = segment(store, 0, 1), segment(store, 1, 2)
    classifier = give_classifier(store)
    what = ["segmentation", "labels", "uncertainty", "probabilities", "classifier"]
    answer = await fetch(client, f"{path}/export/all", what=what)
    assert answer.headers["content-disposition"].startswith('attachment; filename="a.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "README.txt",
            "classifier.sambaseg",
            "segmentation/slice 1.tif",
            "segmentation/SLICE 1 (2).tif",
            "labels/slice 1.tif",
            "uncertainty/slice 1.tif",
            "uncertainty/SLICE 1 (2).tif",
            "probabilities/slice 1.tif",
            "probabilities/SLICE 1 (2).tif",
            "probabilities/other a b.tif",
        ]
        assert np.array_equal(read_tiff(archive.read("segmentation/slice 1.tif"))[0], first[0])
        assert np.array_equal(read_tiff(archive.read("uncertainty/SLICE 1 (2).tif"))[0], second[1])
        assert np.array_equal(read_tiff(archive.read("labels/slice 1.tif"))[0], labels)
        probabilities, described, _ = read_tiff(archive.read("probabilities/other a b.tif"))
        assert probabilities.shape == (2, HEIGHT, WIDTH)
        assert np.allclose(probabilities.sum(axis=0), 1, atol=1e-5)
        assert described["names"] == ["Matrix", "Poren µ"]
        readme = archive.read("README.txt").decode()
    for told in (
        "segmentation/  2 files",
        "1 image has none: other: a/b?.png",
        "Poren µ",
        "#ff7f0e",
        "pixel 0.25 x 0.5 µm",
        "slice.tif · 1  ->  slice 1.tif",
        f"random forest of {classifier.forest.trees} trees",
        "classifier.sambaseg",
        "sambaseg 0",
    ):
        assert told in readme, (told, readme)
    assert list((settings.data_dir / "temporary").iterdir()) == []


async def test_parts_that_nobody_has_are_left_out_of_a_zip(client, project):
    path, store = project
    label(store, 2, 0)
    answer = await fetch(client, f"{path}/export/all", what=["segmentation", "labels", "classifier"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["README.txt", "labels/other a b.tif"]
        assert "3 images have none" in archive.read("README.txt").decode()


@pytest.mark.parametrize("part", ["segmentation", "labels", "uncertainty"])
async def test_stack_has_a_page_an_image_in_order(client, project, part):
    path, store = project
    labels = label(store, 1, 9)
    results = [segment(store, image, image) for image in range(3)]
    await client.put(f"{path}/order", json={"images": [2, 0, 1]})
    answer = await fetch(client, f"{path}/export/all", what=[part], form="stack")
    expected = {
        "segmentation": [results[image][0] for image in (2, 0, 1)],
        "uncertainty": [results[image][1] for image in (2, 0, 1)],
        "labels": [np.zeros_like(labels), np.zeros_like(labels), labels],
    }[part]
    pages, _, tiff = read_tiff(answer.content)
    assert np.array_equal(pages, np.stack(expected))
    assert tiff.pages[0].tags["PageName"].value == "other: a/b?.png"
    assert f"a {part}.tif" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"what": ["segmentation"]}, 404, "nothing of this to save yet"),
        ({"what": ["labels"]}, 404, "nothing of this to save yet"),
        ({"what": ["classifier"]}, 404, "no classifier yet"),
        ({"what": ["probabilities"]}, 404, "no classifier yet"),
        ({"what": ["nothing"]}, 422, "what[0] should"),
        ({}, 422, "what is missing"),
        ({"what": ["labels"], "form": "tar"}, 422, "form should"),
        ({"what": ["labels", "segmentation"], "form": "stack"}, 404, "nothing of this"),
    ],
)
async def test_what_cannot_be_saved_is_said_before_anything_is_sent(client, project, query, status, says):
    answer = await client.get(f"{project[0]}/export/all", params=query)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]["message"]


async def test_what_is_no_stack_is_said(client, app, project):
    path, store = project
    label(store, 0, 0)
    segment(store, 0, 0)
    for what, status, says in (
        (["labels", "segmentation"], 422, "A stack holds one of"),
        (["segmentation"], 404, "2 of 3 images have no segmentation yet."),
    ):
        answer = await client.get(f"{path}/export/all", params={"what": what, "form": "stack"})
        assert (answer.status_code, says in answer.json()["error"]["message"]) == (status, True), answer.text
    both = make_stack(app, [two_phases(20, 30), two_phases(30, 20)])
    different = app.state.services.workspace.open_project(both.rsplit("/", 1)[1])
    label(different, 0, 0)
    answer = await client.get(f"{both}/export/all", params={"what": ["labels"], "form": "stack"})
    assert answer.json()["error"]["message"] == "Images of different sizes make no stack."


async def test_probabilities_need_a_classifier_that_fits_and_memory(client, app, project):
    path, store = project
    give_classifier(store)
    object.__setattr__(app.state.services.settings, "memory_mb", 256)
    small = await client.get(f"{path}/export/all", params={"what": ["probabilities"]})
    assert (small.status_code, small.json()["error"]["code"]) == (413, "memory_budget")
    one = await client.get(f"{path}/export/probabilities", params={"image": 1})
    assert (one.status_code, one.json()["error"]["code"]) == (413, "memory_budget")
    object.__setattr__(app.state.services.settings, "memory_mb", 4096)
    other = make_stack(app, [two_phases(20, 30, np.uint16)])
    mismatched = app.state.services.workspace.open_project(other.rsplit("/", 1)[1])
    mismatched.keep_classifier(store.classifier(), source="trained")
    answer = await client.get(f"{other}/export/all", params={"what": ["probabilities"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "classifier_mismatch")


async def test_ome_zarr_holds_image_labels_and_segmentation(client, project, tmp_path, settings):
    path, store = project
    labels, (classes, _) = label(store, 0, 0), segment(store, 0, 1)
    answer = await fetch(client, f"{path}/export/ome-zarr", image=0)
    assert "a slice 1.ome.zarr.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    group = zarr.open_group(tmp_path / "a slice 1.ome.zarr", mode="r")
    assert group.attrs["ome"]["version"] == "0.5"
    assert np.array_equal(group["0"][0], two_phases(HEIGHT, WIDTH, seed=0))
    assert np.array_equal(group["labels/labels/0"][0], labels)
    assert np.array_equal(group["labels/segmentation/0"][0], classes)
    names = {entry["name"] for entry in group["labels/segmentation"].attrs["ome"]["image-label"]["properties"]}
    assert "Poren µ" in names
    assert list((settings.data_dir / "temporary").iterdir()) == []
    plain = await fetch(client, f"{path}/export/ome-zarr", image=2)
    with zipfile.ZipFile(io.BytesIO(plain.content)) as archive:
        assert not [name for name in archive.namelist() if "/labels/" in name]


@pytest.mark.parametrize(
    ("name", "digits", "stem"),
    [
        ("slice2.tif", 1, "slice2"),
        ("a.b.tif · 7", 3, "a.b 007"),
        ("no ending", 1, "no ending"),
        (" · 7", 1, " · 7"),
        ("x · y", 1, "x · y"),
    ],
)
async def test_names_of_files_say_page_and_slice(name, digits, stem):
    assert image_stem(name, digits=digits) == stem


def test_client_that_goes_away_ends_the_work_and_leaves_nothing(settings):
    """A browser that gives up a download stops what is still being made for it."""
    with live_server(settings) as client:
        path = make_stack(client.app, [np.zeros((2000, 2000), np.uint8)] * 3)
        store = client.app.state.services.workspace.open_project(path.rsplit("/", 1)[1])
        give_classifier(store)
        temporary = settings.data_dir / "temporary"
        for query in ({"what": ["probabilities", "classifier"]}, {"what": ["labels"], "form": "stack"}):
            store.import_labels(np.ones((2000, 2000), np.uint8), mode="replace", image=0)
            with client.stream("GET", f"{path}/export/all", params=query) as answer:
                assert answer.status_code == 200
                next(answer.iter_raw())
            wait_until(lambda: not temporary.exists() or not list(temporary.iterdir()))
            assert client.get(path).status_code == 200
