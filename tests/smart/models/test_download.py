"""Downloads from a server of the test: resumed, cut off, wrong, refused."""

import hashlib
import http.server
import threading

import numpy as np
import pytest

from sambaseg.errors import CancelledError, DownloadError, ModelMismatchError, StorageError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.models import download as module
from sambaseg.smart.models.catalogue import CatalogueModel, ModelFile
from sambaseg.smart.models.download import Source, download
from sambaseg.smart.models.install import install_from_catalogue
from sambaseg.smart.models.store import sha256_of

CONTENT = np.random.default_rng(0).bytes(700_000)
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the content as the server's `rules` say, and notes what was asked for."""

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        status = server.statuses.pop(0) if server.statuses else 200
        if self.path.startswith("/to/"):
            return self._redirect(int(self.path[4:]))
        if status != 200:
            return self._empty(status)
        content, start = server.files.get(self.path, server.content), 0
        wanted = self.headers.get("Range")
        if wanted and server.ranges and self.headers.get("If-Range") in (None, server.etag):
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        self.wfile.write(content[start : None if cut is None else start + cut])
        if cut is not None:
            self.close_connection = True
        return None

    def _redirect(self, left):
        self.send_response(302)
        target = self.server.leads_to or (f"/to/{left - 1}" if left else "/file")
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _empty(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.ranges, server.etag, server.leads_to = CONTENT, True, '"one"', None
    server.statuses, server.cuts, server.asked, server.files = [], [], [], {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.at = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def source(server):
    def make(path="/file", size=SIZE, sha256=SHA256):
        return Source(title="Model", address=server.at + path, size_bytes=size, sha256=sha256)

    return make


@pytest.fixture
def target(tmp_path):
    return tmp_path / "models" / "file.onnx"


def only(target):
    """Return the names beside the target."""
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_comes_whole_with_progress(source, target):
    told = []
    assert download(source(), target, progress=lambda *come: told.append(come)) == SHA256
    assert target.read_bytes() == CONTENT
    assert only(target) == ["file.onnx"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [come for come, _ in told] == sorted(come for come, _ in told)


def test_a_file_that_is_there_is_checked_and_not_fetched_again(server, source, target):
    download(source(), target)
    assert download(source(), target) == SHA256
    assert len(server.asked) == 1


def test_it_goes_on_where_the_connection_broke(server, source, target):
    server.cuts = [300_000, 100_000]
    assert download(source(), target) == SHA256
    assert [asked[1] for asked in server.asked] == [None, "bytes=300000-", "bytes=400000-"]


def test_it_goes_on_in_a_later_call_after_cancelling(server, source, target):
    token = CancelToken()
    with pytest.raises(CancelledError):
        download(source(), target, progress=lambda come, _: come > 200_000 and token.cancel(), cancelled=token)
    assert "file.onnx.part" in only(target)
    assert download(source(), target) == SHA256
    assert server.asked[-1][1] is not None
    assert server.asked[-1][2] == '"one"'


def test_a_server_that_ignores_ranges_gives_the_whole_again(server, source, target):
    server.ranges, server.cuts = False, [300_000]
    assert download(source(), target) == SHA256
    assert target.read_bytes() == CONTENT


def test_another_version_on_the_server_is_fetched_from_its_start(server, source, target):
    server.cuts = [50_000] * 4
    with pytest.raises(DownloadError):
        download(source("/file", None, None), target)
    server.content, server.etag = CONTENT[::-1], '"two"'
    download(source("/file", None, None), target)
    assert target.read_bytes() == CONTENT[::-1]


def test_a_part_that_spoils_the_hash_is_thrown_away_once(server, source, target):
    target.parent.mkdir()
    (target.parent / "file.onnx.part").write_bytes(b"x" * 1000)
    server.etag = None
    assert download(source(), target) == SHA256
    assert [asked[1] for asked in server.asked] == ["bytes=1000-", None]


def test_a_connection_that_always_breaks_is_named_and_what_came_stays(server, source, target):
    server.cuts = [10_000] * 10
    with pytest.raises(DownloadError, match="could not be fetched") as raised:
        download(source(), target)
    assert "start again to go on" in raised.value.hint
    assert (target.parent / "file.onnx.part").stat().st_size == 10_000 * module.ATTEMPTS


def test_a_wrong_hash_is_named_and_nothing_stays(source, target):
    with pytest.raises(ModelMismatchError, match="has the SHA-256"):
        download(source(sha256="0" * 64), target)
    assert only(target) == []


def test_a_wrong_size_is_known_before_anything_comes(server, source, target):
    with pytest.raises(ModelMismatchError, match="has 700,000 bytes; that of Model has 5"):
        download(source(size=5), target)
    assert only(target) == []
    del server


@pytest.mark.parametrize("status", [404, 403, 410])
def test_refusals_are_named_at_once(server, source, target, status):
    server.statuses = [status]
    with pytest.raises(DownloadError, match=f"it answered {status}"):
        download(source(), target)
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again(server, source, target):
    server.statuses = [503, 429]
    assert download(source(), target) == SHA256


def test_a_few_redirects_are_followed_but_not_many(server, source, target):
    assert download(source("/to/3"), target) == SHA256
    with pytest.raises(DownloadError, match="redirect"):
        download(source("/to/30"), target.with_name("other"))
    assert len(server.asked) < 20


@pytest.mark.parametrize("leads_to", ["file:///etc/passwd", "ftp://host/file"])
def test_redirects_to_other_kinds_of_addresses_are_refused(server, source, target, leads_to):
    server.leads_to = leads_to
    with pytest.raises(DownloadError):
        download(source("/to/0"), target)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/file", "nothing", "http:///x"])
def test_other_addresses_are_refused(target, address):
    with pytest.raises(DownloadError, match="Only http and https"):
        download(Source(title="Model", address=address), target)


def test_a_server_that_is_not_there_is_named(target):
    with pytest.raises(DownloadError, match="could not be fetched"):
        download(Source(title="Model", address="http://127.0.0.1:9/file"), target)


def test_a_full_disk_is_known_before(source, target, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(StorageError, match="has room for 0 MB"):
        download(source(), target)


def test_without_a_hash_what_comes_counts(source, target):
    assert download(source("/file", None, None), target) == SHA256


@pytest.fixture
def tiny_catalogue(server, model_files):
    files = []
    for part, path in zip(("encoder", "decoder"), model_files("sam1"), strict=True):
        server.files[f"/{path.name}"] = server.files[f"/mirror/mobile_sam/{path.name}"] = path.read_bytes()
        files.append(ModelFile(part, path.name, f"{server.at}/{path.name}", path.stat().st_size, sha256_of(path)))
    return CatalogueModel(
        name="mobile_sam",
        title="Model",
        interface="sam1",
        licence="",
        files=tuple(files),
        seconds_per_view=1,
        memory_mb=1,
    )


def test_a_model_of_the_catalogue_is_fetched_checked_and_installed(server, store, tiny_catalogue):
    told = []
    model = install_from_catalogue(store, tiny_catalogue, progress=told.append)
    assert model.verified
    assert store.models() == [model]
    assert not store.pending_folder("mobile_sam").exists()
    fractions = [report.fraction for report in told]
    assert fractions == sorted(fractions)
    assert [told[0].stage, told[-1].stage] == ["Downloading", "Verifying"]
    asked = len(server.asked)
    assert install_from_catalogue(store, tiny_catalogue) == model
    assert len(server.asked) == asked


def test_a_mirror_is_asked_instead(server, store, tiny_catalogue):
    install_from_catalogue(store, tiny_catalogue, mirror=f"{server.at}/mirror/")
    assert [asked[0] for asked in server.asked] == [
        "/mirror/mobile_sam/encoder.onnx",
        "/mirror/mobile_sam/decoder.onnx",
    ]


def test_a_cancelled_installation_goes_on_later(server, store, tiny_catalogue):
    token = CancelToken()
    with pytest.raises(CancelledError):
        install_from_catalogue(store, tiny_catalogue, progress=lambda _: token.cancel(), cancelled=token)
    assert store.models() == []
    assert install_from_catalogue(store, tiny_catalogue).verified
    assert len(server.asked) >= 2
