"""Finding, looking at and using what is shared: search, files, tiles, zip, data set, editor, classifier, pages."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
import tifffile

from sambaseg.server.entry_zip import name_in_zip
from sambaseg.server.routes import gallery_page
from server.conftest import tiff_of, two_phases
from server.gallery_people import (
    CLASSES,
    SHELL,
    WRITTEN,
    Page,
    classifier_bytes,
    decide,
    error_of,
    make_labelled,
    publish,
    share,
    submit,
)

pytestmark = pytest.mark.anyio


async def test_files_are_what_was_shared(people, tmp_path, classifier):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await publish(visitor, moderator, store)
    told = (await nobody.get(f"/api/gallery/entries/{entry}")).json()
    contents = {}
    for file in told["files"]:
        answer = await nobody.get(f"/api/gallery/entries/{entry}/files/{file['kind']}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == file["media_type"]
        assert file["file_name"] in answer.headers["content-disposition"]
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert len(answer.content) == file["bytes"]
        contents[file["kind"]] = answer.content
    assert set(contents) == {"image", "preview", "labels", "segmentation", "classifier"}
    assert np.array_equal(tifffile.imread(io.BytesIO(contents["image"])), store.micrograph(0).array()[0])
    assert contents["classifier"] == store.classifier_file().read_bytes()
    labels_yx = tifffile.imread(io.BytesIO(contents["labels"]))
    assert np.array_equal(labels_yx, store.labels_array())
    assert np.array_equal(tifffile.imread(io.BytesIO(contents["segmentation"])), store.edited_segmentation())
    tag = answer.headers["etag"]
    again = await nobody.get(f"/api/gallery/entries/{entry}/files/{file['kind']}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_thumbnails_and_tiles_show_image_and_classes(people, tmp_path, classifier):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await publish(visitor, moderator, store)
    for what in ("image", "segmentation"):
        for size in (320, 640):
            answer = await nobody.get(f"/api/gallery/entries/{entry}/thumbnails/{what}/{size}")
            assert answer.headers["content-type"] == "image/webp"
            assert answer.content[8:12] == b"WEBP"
    view = (await nobody.get(f"/api/gallery/entries/{entry}/view")).json()
    assert (view["width"], view["height"], view["levels"]) == (200, 120, 1)
    assert view["class_layers"] == ["segmentation", "labels"]
    tile = await nobody.get(f"/api/gallery/entries/{entry}/tiles/0/0/0")
    assert tile.headers["x-shape"] == "1,120,200"
    assert np.array_equal(np.frombuffer(tile.content, np.uint8).reshape(120, 200), two_phases(120, 200))
    classes = await nobody.get(f"/api/gallery/entries/{entry}/classes/labels/0/0/0")
    assert np.array_equal(np.frombuffer(classes.content, np.uint8).reshape(120, 200), store.labels_array())
    assert (await nobody.get(f"/api/gallery/entries/{entry}/tiles/0/7/7")).status_code == 422


async def test_what_never_changes_may_be_kept(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    entry = await publish(visitor, moderator, make_labelled(people.app, visitor.actor, tmp_path))
    for path in ("thumbnails/image/320", "files/image", "tiles/0/0/0"):
        named = await nobody.get(f"/api/gallery/entries/{entry}/{path}?version=1")
        assert named.headers["cache-control"] == "private, max-age=86400"
        newest = await nobody.get(f"/api/gallery/entries/{entry}/{path}")
        assert newest.headers["cache-control"] == "private, no-cache"


async def test_one_image_of_a_stack_is_shared_alone(people, tmp_path):
    visitor = await people.visitor()
    pages = [two_phases(60, 80, seed=seed) for seed in range(3)]
    path = tmp_path / "stack.tif"
    path.write_bytes(tiff_of(np.stack(pages), photometric="minisblack"))
    upload = await visitor.post("/api/projects", params={"file_name": "stack.tif"}, content=path.read_bytes())
    project = upload.json()["id"]
    draft = await visitor.post(f"/api/projects/{project}/share", json={"image": 1})
    entry = draft.json()["mine"]["id"]
    preview = (await visitor.get(f"/api/gallery/drafts/{entry}/preview")).json()
    assert [file["kind"] for file in preview["files"]] == ["image", "preview"]
    content = (await visitor.get(f"/api/gallery/entries/{entry}/files/image")).content
    assert np.array_equal(tifffile.imread(io.BytesIO(content)), pages[1])
    assert (await visitor.post(f"/api/projects/{project}/share", json={"image": 7})).status_code == 404
    opened = (await visitor.post(f"/api/gallery/entries/{entry}/open")).json()
    store = people.services.workspace.open_project(opened["id"])
    assert np.array_equal(store.micrograph().array()[0], pages[1])


async def test_search_filters_counts_and_pages(people, tmp_path, classifier):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    alloy = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    first = await publish(visitor, moderator, alloy)
    bone = {
        "title": "Trabecular bone",
        "material": {"name": "Bone", "composition": "", "phases": []},
        "instrument": {"type": "CT", "mode": "", "manufacturer": "", "voltage_kv": 90.0, "wavelength_nm": None},
        "pixel_size": {"x": 5.0, "y": 5.0, "unit": "um"},
        "quality": 3,
        "licence": "CC0-1.0",
        "keywords": [],
        "notes": "",
    }
    second = await publish(visitor, moderator, alloy, **bone)

    async def found(**asked):
        answer = await nobody.get("/api/gallery/entries", params=asked)
        assert answer.status_code == 200, answer.text
        return [entry["id"] for entry in answer.json()["entries"]]

    assert await found() == [second, first]
    assert await found(q="trab") == [second]
    assert await found(q="precipitates superall") == [first]
    assert await found(q="nothing like it") == []
    assert await found(licence=["CC-BY-4.0"]) == [first]
    assert await found(licence=["CC-BY-4.0", "CC0-1.0"], sort="title") == [first, second]
    assert await found(material="bone") == [second]
    assert await found(instrument="SEM") == [first]
    assert await found(class_name="Precipitate", sort="quality") == [first, second]
    assert await found(max_pixel_nm=100) == [first]
    assert await found(min_pixel_nm=100) == [second]
    assert await found(min_quality=5) == [first]
    assert await found(with_labels=True) == [second, first]
    page = (await nobody.get("/api/gallery/entries?limit=1")).json()
    assert page["total"] == 2
    assert await found(limit=1, cursor=page["cursor"]) == [first]
    assert (await nobody.get("/api/gallery/entries", params={"cursor": "x", "sort": "title"})).status_code == 422
    assert (await nobody.get("/api/gallery/entries?colour=red")).status_code == 422
    counts = (await nobody.get("/api/gallery/counts")).json()
    assert (counts["total"], counts["with_labels"]) == (2, 2)
    assert {each["value"]: each["count"] for each in counts["materials"]} == {"Superalloy": 1, "Bone": 1}
    assert {each["value"]: each["count"] for each in counts["classes"]} == {"Matrix": 2, "Precipitate": 2}
    card = page["entries"][0]
    assert (card["pixel_nm"], card["thumbnails"], card["creators"]) == (
        5000,
        ["image", "segmentation"],
        ["Ada Example"],
    )


async def test_zip_has_all_files_and_how_to_cite_them(people, tmp_path, classifier):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await publish(visitor, moderator, store)
    answer = await nobody.get(f"/api/gallery/entries/{entry}/zip")
    assert answer.headers["content-type"] == "application/zip"
    told = (await nobody.get(f"/api/gallery/entries/{entry}")).json()
    kinds = [file["kind"] for file in told["files"]]
    assert kinds == ["image", "preview", "segmentation", "labels", "classifier"], "what most people want first"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "metadata.json",
            "CITATION.bib",
            "README.txt",
            *(file["file_name"] for file in told["files"]),
        ]
        assert json.loads(archive.read("metadata.json")) == told
        for file in told["files"]:
            assert hashlib.sha256(archive.read(file["file_name"])).hexdigest() == file["sha256"]
        assert "Creative Commons Attribution 4.0" in archive.read("README.txt").decode()
    citation = (await nobody.get(f"/api/gallery/entries/{entry}/citation")).json()
    assert citation["text"].startswith("Example, Ada (20")
    assert f"http://127.0.0.1:8340/gallery/{entry}/v/1" in citation["bibtex"]
    assert json.loads(citation["csl_json"])[0]["type"] == "dataset"


@pytest.mark.parametrize(
    ("name", "inside"),
    [("a.tif", "a.tif"), ("README.txt", "original-README.txt"), ("Metadata.JSON", "original-Metadata.JSON")],
)
async def test_no_file_takes_the_place_of_the_zips_own(name, inside):
    assert name_in_zip(name) == inside


async def test_data_set_is_what_a_search_finds_with_checksums(people, tmp_path):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    assert (await nobody.get("/api/gallery/dataset")).status_code == 404
    store = make_labelled(people.app, visitor.actor, tmp_path)
    entry = await publish(visitor, moderator, store)
    await publish(visitor, moderator, store, title="Another", licence="CC0-1.0")
    await submit(visitor, await share(visitor, store))
    answer = await nobody.get("/api/gallery/dataset", params={"licence": "CC-BY-4.0"})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert {name.split("/")[1] for name in names if name.startswith("entries/")} == {entry}
        sums = dict(line.split("  ", 1)[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(names) - {"SHA256SUMS"}
        for name, stated in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == stated
        assert {"croissant.json", "load.py", "README.md", "entries.csv"} <= set(names)
        assert store.id not in b"".join(archive.read(name) for name in names).decode("latin-1")
    everything = await nobody.get("/api/gallery/dataset")
    with zipfile.ZipFile(io.BytesIO(everything.content)) as archive:
        assert len({name.split("/")[1] for name in archive.namelist() if name.startswith("entries/")}) == 2


async def test_opened_in_the_editor_it_is_a_private_copy(people, tmp_path, classifier):
    visitor, moderator, reader = (
        await people.visitor(),
        await people.person("mona", "moderator"),
        await people.visitor(),
    )
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await publish(visitor, moderator, store)
    answer = await reader.post(f"/api/gallery/entries/{entry}/open")
    assert answer.status_code == 201
    project = answer.json()
    assert project["name"] == WRITTEN["title"]
    assert project["image"]["pixel_size"] == {"x_um": 0.02, "y_um": 0.02}
    assert [(each["id"], each["name"], each["colour"]) for each in project["classes"]] == [
        (each.id, each.name, each.colour) for each in CLASSES
    ]
    assert project["classifier"]["source"] == "loaded"
    opened = people.services.workspace.open_project(project["id"])
    assert np.array_equal(opened.labels_array(), store.labels_array())
    assert np.array_equal(opened.micrograph().array(), store.micrograph().array())
    assert (await reader.get(f"/api/projects/{project['id']}")).status_code == 200
    for client in (visitor, moderator):
        assert (await client.get(f"/api/projects/{project['id']}")).status_code == 404
    without = (await visitor.post(f"/api/gallery/entries/{entry}/versions")).json()
    await visitor.patch(f"/api/gallery/drafts/{entry}", json={"parts": ["segmentation"]})
    await submit(visitor, without)
    await decide(moderator, entry, "accept", version=2)
    refused = await reader.post(f"/api/gallery/entries/{entry}/open")
    assert (refused.status_code, error_of(refused)["message"]) == (404, "This entry has no image to open.")


async def test_classifier_of_an_entry_is_used_in_ones_own_project(people, tmp_path, classifier):
    visitor, moderator, reader = (
        await people.visitor(),
        await people.person("mona", "moderator"),
        await people.visitor(),
    )
    store = make_labelled(people.app, visitor.actor, tmp_path, classifier=classifier)
    entry = await publish(visitor, moderator, store)
    own = make_labelled(people.app, reader.actor, tmp_path, name="own")
    path = f"/api/gallery/entries/{entry}/use-classifier"
    answer = await reader.post(path, json={"project": own.id})
    assert answer.status_code == 200
    assert answer.json()["classifier"]["source"] == "loaded"
    assert own.classifier_file().read_bytes() == classifier_bytes(classifier, tmp_path)
    assert (await reader.post(path, json={"project": store.id})).status_code == 404
    assert (await reader.post(path, json={"project": "ab" * 16})).status_code == 404


async def test_licences_are_named_and_explained(people):
    licences = (await (await people.nobody()).get("/api/gallery/licences")).json()
    assert {"CC-BY-4.0", "CC0-1.0"} <= {licence["id"] for licence in licences}
    assert all(licence["meaning"].endswith(".") for licence in licences)


async def test_page_of_an_entry_tells_search_engines_what_it_is(people, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_page, "_shell", lambda _folder, _name="index.html": SHELL)
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    store = make_labelled(people.app, visitor.actor, tmp_path)
    title = "</script><script>alert(1)</script>"
    entry, _ = await submit(visitor, await share(visitor, store), title=title)
    waiting = await nobody.get(f"/gallery/{entry}")
    assert (waiting.status_code, waiting.text) == (404, SHELL)
    assert (await visitor.get(f"/gallery/{entry}")).text == SHELL
    await decide(moderator, entry, "accept")
    for address in (f"/gallery/{entry}", f"/gallery/{entry}/v/1"):
        answer = await nobody.get(address)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        page = Page(answer.text)
        assert [tag for tag, _ in page.elements].count("script") == 1
        dataset = json.loads(page.texts["script"])
        assert (dataset["name"], dataset["url"]) == (title, f"http://127.0.0.1:8340/gallery/{entry}/v/1")
        assert dataset["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert (await nobody.get(f"/gallery/{entry}/v/2")).status_code == 404
    assert (await nobody.get(f"/gallery/{'ab' * 16}")).status_code == 404
    for address in ("/gallery", "/gallery/mine", f"/gallery/follow/{'0' * 64}", "/gallery/moderation", "/moderation"):
        answer = await nobody.get(address)
        assert (answer.status_code, answer.text) == (200, SHELL)
    nowhere = await nobody.get("/gallery/nowhere")
    assert (nowhere.status_code, nowhere.text) == (404, SHELL)
    await visitor.post(f"/api/gallery/entries/{entry}/withdraw")
    assert (await nobody.get(f"/gallery/{entry}")).status_code == 410
