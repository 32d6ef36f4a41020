"""Files of the page are sent as the build compressed them, under names and tags that nobody can take for others."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess

import httpx
import pytest
from fastapi import FastAPI

from sambaseg.server.page import PAGE_FOLDER, page_router

SCRIPT = b"console.log('grains');\n" * 200
FORMS = {"br": b"as brotli", "gzip": gzip.compress(SCRIPT)}
ASSET = "/assets/main-1a2b3c.js"
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def folder(tmp_path):
    """A page as it is built."""
    (tmp_path / "assets").mkdir()
    for name in ("index.html", ASSET[1:]):
        (tmp_path / name).write_bytes(SCRIPT)
        (tmp_path / f"{name}.br").write_bytes(FORMS["br"])
        (tmp_path / f"{name}.gz").write_bytes(FORMS["gzip"])
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    return tmp_path


async def ask(folder, path, accepted=None, **headers):
    """Return the answer as it goes over the wire: its headers, and its body as it is coded."""
    app = FastAPI()
    app.include_router(page_router(folder))
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        client.headers.pop("accept-encoding")
        if accepted is not None:
            headers["Accept-Encoding"] = accepted
        async with client.stream("GET", path, headers=headers) as answer:
            return answer, b"".join([block async for block in answer.aiter_raw()])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0, *", "br"),
        ("gzip;q=x", None),
        ("identity", None),
        ("xbr, gzipped", None),
        ("", None),
        (None, None),
    ],
)
async def test_browser_gets_the_smallest_form_that_it_takes(folder, accepted, coding):
    for path, kind, caching in (("/", "text/html", "no-cache"), (ASSET, "text/javascript", FOREVER)):
        answer, body = await ask(folder, path, accepted)
        assert answer.headers.get("content-encoding") == coding
        assert body == (SCRIPT if coding is None else FORMS[coding])
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        assert answer.headers["cache-control"] == caching


@pytest.mark.anyio
async def test_each_form_has_a_tag_and_is_not_sent_again(folder):
    tags = set()
    for accepted in ("br", "gzip", "identity"):
        answer, _ = await ask(folder, "/", accepted)
        tags.add(answer.headers["etag"])
        again, body = await ask(folder, "/", accepted, If_None_Match=answer.headers["etag"])
        assert (again.status_code, body) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert (again.headers["vary"], again.headers["cache-control"]) == ("Accept-Encoding", "no-cache")
    assert len(tags) == 3
    answer, body = await ask(folder, "/", "gzip", If_None_Match=", ".join(tags - {answer.headers["etag"]}))
    assert answer.status_code == 304, "any of several"
    answer, body = await ask(folder, "/", "identity", If_None_Match='"another"')
    assert (answer.status_code, body) == (200, SCRIPT)


@pytest.mark.anyio
async def test_tag_changes_with_the_content_though_size_and_time_stay(folder, tmp_path_factory):
    """Packages may give all files one time, and names of assets in the page have one length."""
    newer = tmp_path_factory.mktemp("newer")
    (newer / "index.html").write_bytes(SCRIPT.replace(b"grains", b"phases"))
    for path in (folder / "index.html", newer / "index.html"):
        os.utime(path, (10**9, 10**9))
    before, _ = await ask(folder, "/", "identity")
    after, body = await ask(newer, "/", "identity", If_None_Match=before.headers["etag"])
    assert (after.status_code, len(body)) == (200, len(SCRIPT))
    assert after.headers["last-modified"] == before.headers["last-modified"]


@pytest.mark.anyio
async def test_what_was_not_compressed_is_sent_as_it_is(folder):
    answer, body = await ask(folder, "/icon.svg", "br, gzip")
    assert (body, answer.headers["content-type"]) == (b"<svg/>", "image/svg+xml")
    assert not {"vary", "content-encoding"} & set(answer.headers)
    for form in (f"{ASSET}.br", f"{ASSET}.gz"):
        assert (await ask(folder, form, "br, gzip"))[0].status_code == 404


@pytest.mark.skipif(not (PAGE_FOLDER / "index.html").is_file(), reason="the page is not built")
def test_forms_of_the_built_page_give_its_files():
    """Made by the build: all that is text and not tiny, and never a form of what is gone."""
    files = {path for path in PAGE_FOLDER.rglob("*") if path.is_file()}
    forms = {path for path in files if path.suffix in (".br", ".gz")}
    assert {path.with_suffix("") for path in forms} <= files
    scripts = [path for path in files if path.suffix in (".js", ".css", ".wasm") and path.stat().st_size > 2000]
    assert len(scripts) > 10
    for path in scripts:
        content = path.read_bytes()
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == content, path.name
        assert len(path.with_name(f"{path.name}.br").read_bytes()) < len(content), path.name


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.skipif(not (PAGE_FOLDER / "index.html").is_file(), reason="the page is not built")
def test_brotli_forms_give_the_same_files():
    """Decoded by Node, as Python has no Brotli of its own."""
    largest = max(PAGE_FOLDER.rglob("*.js.br"), key=lambda path: path.stat().st_size)
    program = "process.stdout.write(require('node:zlib').brotliDecompressSync(require('node:fs').readFileSync(0)))"
    done = subprocess.run(
        [shutil.which("node"), "-e", program], input=largest.read_bytes(), capture_output=True, check=True
    )
    assert done.stdout == largest.with_suffix("").read_bytes()
