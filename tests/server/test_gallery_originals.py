"""What a shared image file tells: nothing of who, where and with what, unless somebody chose to share it as it is."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import tifffile

from images.metadata_files import PERSON, SECRETS, SERIAL, jpeg_file, tiff_file
from server.gallery_people import decide, submit

pytestmark = pytest.mark.anyio
GREY = np.random.default_rng(4).integers(0, 255, (60, 80), np.uint8)
FILES = {"slide.jpg": jpeg_file("RGB"), "slide.tif": tiff_file(GREY)}


async def shared(client, name, **body):
    """Upload one of `FILES` and begin a draft of it; return the project's id and the entry's."""
    project = (await client.post("/api/projects", params={"file_name": name}, content=FILES[name])).json()["id"]
    draft = await client.post(f"/api/projects/{project}/share", json=body)
    assert draft.status_code == 201, draft.text
    return project, draft.json()


async def original_of(client, draft):
    answer = await client.get(f"/api/gallery/drafts/{draft['mine']['id']}/original")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def everything_public(client, entry):
    """Return all that everybody can read of an entry, by address; zips unpacked."""
    address = f"/api/gallery/entries/{entry}"
    kinds = [file["kind"] for file in (await client.get(address)).json()["files"]]
    paths = [address, f"{address}/citation", f"{address}/zip", f"{address}/view", f"{address}/thumbnails/image/640"]
    paths += [f"{address}/files/{kind}" for kind in kinds]
    paths += ["/api/gallery/entries", "/api/gallery/counts", "/api/gallery/dataset", f"/gallery/{entry}"]
    found = {}
    for path in paths:
        content = (await client.get(path)).content
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found |= {f"{path}: {name}": archive.read(name) for name in archive.namelist()}
        else:
            found[path] = content
    return found


@pytest.mark.parametrize("name", sorted(FILES))
async def test_nothing_that_a_file_tells_can_be_had_by_the_public(people, name):
    visitor, moderator, nobody = await people.visitor(), await people.person("mona", "moderator"), await people.nobody()
    _, draft = await shared(visitor, name)
    original = await original_of(visitor, draft)
    assert (original["form"], original["becomes_public"], original["can_choose"]) == ("cleaned", [], True)
    values = " ".join(each["value"] for each in original["left_out"])
    assert [secret in values for secret in SECRETS] == [True] * len(SECRETS)
    entry, _ = await submit(visitor, draft)
    await decide(moderator, entry, "accept")
    public = await everything_public(nobody, entry)
    assert len(public) > 12
    leaks = [(path, secret) for path, content in public.items() for secret in SECRETS if secret.encode() in content]
    assert leaks == []


async def test_a_file_is_shared_as_it_is_only_where_that_is_chosen_and_that_stays(people):
    visitor = await people.visitor()
    project, draft = await shared(visitor, "slide.tif")
    entry = draft["mine"]["id"]
    files = f"/api/gallery/drafts/{entry}/files"

    async def content():
        return (await visitor.get(f"/api/gallery/entries/{entry}/files/image")).content

    assert await content() != FILES["slide.tif"]
    await visitor.post(files, json={"original": "as_it_is"})
    assert await content() == FILES["slide.tif"]
    original = await original_of(visitor, draft)
    assert (original["form"], original["left_out"]) == ("as_it_is", [])
    told = {each["name"]: each["value"] for each in original["becomes_public"]}
    assert (told["Artist"], told["HostComputer"]) == (PERSON, SERIAL)
    await visitor.post(files, json={})
    assert await content() == FILES["slide.tif"]
    assert (await visitor.delete(f"/api/projects/{project}")).status_code == 204
    original = await original_of(visitor, draft)
    assert (original["form"], len(original["becomes_public"]), original["can_choose"]) == ("as_it_is", len(told), False)


async def test_what_is_cleaned_stays_so_and_what_is_not_shared_tells_nothing(people):
    visitor, other = await people.visitor(), await people.visitor()
    _, draft = await shared(visitor, "slide.jpg")
    entry = draft["mine"]["id"]
    await visitor.post(f"/api/gallery/drafts/{entry}/files", json={})
    assert (await original_of(visitor, draft))["form"] == "cleaned"
    assert (await other.get(f"/api/gallery/drafts/{entry}/original")).status_code == 404
    _, as_it_is = await shared(visitor, "slide.jpg", original="as_it_is")
    assert (await original_of(visitor, as_it_is))["form"] == "as_it_is"
    stack = io.BytesIO()
    tifffile.imwrite(stack, np.stack([GREY, GREY]), photometric="minisblack")
    upload = await visitor.post("/api/projects", params={"file_name": "two.tif"}, content=stack.getvalue())
    project = upload.json()["id"]
    page = (await visitor.post(f"/api/projects/{project}/share", json={"image": 1})).json()
    original = await original_of(visitor, page)
    assert (original["form"], original["becomes_public"], original["can_choose"]) == ("cleaned", [], False)
