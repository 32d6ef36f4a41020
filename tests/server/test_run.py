"""The server as a process: its address, its port, its end; and the page that it serves."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from sambaseg.errors import UsageError
from sambaseg.server.page import page_router
from sambaseg.server.run import DEFAULT_PORT, bind_port, run_server
from sambaseg.settings import Settings
from server.conftest import Follower

SERVE = "from sambaseg.server.run import run_server; from sambaseg.settings import Settings; "
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]+)(\S*)")


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts the server and returns the process, its base address, token and the rest."""
    processes = []

    def start(arguments="open_browser=False"):
        environment = {**os.environ, "SAMBASEG_DATA_DIR": str(tmp_path / "data"), "SAMBASEG_PORT": "0"}
        command = [sys.executable, "-c", f"{SERVE}run_server(Settings.from_environment(), {arguments})"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        found = ADDRESS.search(process.stdout.readline())
        return process, f"http://127.0.0.1:{found[1]}", found[2], found[3]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process at once there")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_sample_is_opened_and_the_server_ends_well_with_open_streams(serve, sent):
    process, address, token, place = serve('open_browser=False, sample="superalloy"')
    project_id = re.fullmatch(r"#/project/([0-9a-f]{32})", place)[1]
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        assert client.get(f"/api/projects/{project_id}").json()["name"] == "Nickel superalloy"
        follower = Follower(client, f"/api/projects/{project_id}")
        process.send_signal(sent)
        _, complaints = process.communicate(timeout=10)
        assert follower.ended.wait(1)
    assert process.returncode == 0
    assert complaints == ""


def test_second_start_keeps_token_and_opens_the_same_sample(serve):
    first, _, token, place = serve('open_browser=False, sample="superalloy"')
    first.kill()
    first.communicate()
    _, address, again, same_place = serve('open_browser=False, sample="superalloy"')
    assert (again, same_place) == (token, place)
    with httpx.Client(base_url=address, timeout=30) as browser:
        assert browser.get("/").status_code == 401
        signed_in = browser.get(f"/?token={token}")
        assert signed_in.headers["location"] == "/"
        assert browser.get("/api/projects").status_code == 200
        assert browser.post("/api/projects/from-sample", json={"sample": "nuclei"}).status_code == 403
        made = browser.post("/api/projects/from-sample", json={"sample": "nuclei"}, headers={"Origin": address})
        assert made.status_code == 201


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process at once there")
def test_lab_needs_an_account_from_the_command_line_and_says_so(tmp_path):
    """The whole way: the server says what is missing, the command makes the first administrator, who signs in."""
    environment = {
        **os.environ,
        "SAMBASEG_DATA_DIR": str(tmp_path / "data"),
        "SAMBASEG_PORT": "0",
        "SAMBASEG_LOG": "json",
    }
    program = [sys.executable, "-m", "sambaseg"]
    piped = {"env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*program, "serve", "--mode", "lab"], **piped) as process:
        try:
            said = [process.stdout.readline() for _ in range(3)]
            address = re.search(r"http://127\.0\.0\.1:\d+(?=/$)", said[0].strip())[0]
            assert "sambaseg accounts add LOGIN --admin" in said[2]
            add = [*program, "accounts", "add", "ada", "--admin", "--password-stdin"]
            made = subprocess.run(add, input="a good long password\n", env=environment, capture_output=True, text=True)
            assert made.returncode == 0, made.stderr
            with httpx.Client(base_url=address, headers={"Origin": address}, timeout=30) as browser:
                assert browser.get("/api/projects").status_code == 401
                signed_in = browser.post("/api/sessions", json={"login": "ada", "password": "a good long password"})
                assert signed_in.json()["role"] == "admin"
                assert browser.get("/api/projects").json() == []
                assert browser.get("/metrics").status_code == 200
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=30)
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["route"] for line in lines if line.get("status") == 201] == ["/api/sessions"]
    assert "a good long password" not in log


def test_accounts_that_nobody_could_use_are_refused(tmp_path):
    lab = Settings(data_dir=tmp_path, mode="lab", port=0)
    with pytest.raises(UsageError, match="address that people use"):
        run_server(replace(lab, host="0.0.0.0"), open_browser=False)
    with pytest.raises(UsageError, match="local mode only"):
        run_server(lab, open_browser=False, sample="superalloy")


def test_next_free_port_is_used_where_the_default_is_taken(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 is in use"):
            bind_port("127.0.0.1", port)
        monkeypatch.setattr("sambaseg.server.run.DEFAULT_PORT", port)
        with bind_port("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] < port + 20
    assert DEFAULT_PORT == 8340


def test_address_that_is_not_this_machines():
    with pytest.raises(UsageError, match=re.escape("cannot listen at 192.0.2.1:9")):
        bind_port("192.0.2.1", 9)


def test_small_answers_are_not_held_back():
    """A socket without a named protocol never got TCP_NODELAY: each small answer took 40 ms."""
    with bind_port("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.fixture
def built_page(tmp_path):
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>page</title>")
    (folder / "assets" / "main-1a2b3c.js").write_text("1")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


async def ask(folder, path, method="GET"):
    app = FastAPI()
    app.include_router(page_router(folder))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path)


@pytest.mark.anyio
async def test_page_is_asked_for_anew_and_its_assets_are_kept(built_page):
    page = await ask(built_page, "/")
    assert (page.text, page.headers["cache-control"]) == ("<title>page</title>", "no-cache")
    asset = await ask(built_page, "/assets/main-1a2b3c.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert (await ask(built_page, "/icon.svg")).headers["cache-control"] == "no-cache"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/nothing.js"]
)
async def test_nothing_outside_the_page_is_served(built_page, path):
    answer = await ask(built_page, path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/projects/1/../../icon.svg"])
async def test_interface_is_never_taken_for_the_page(built_page, path):
    (built_page / "api").write_text("page")
    assert (await ask(built_page, path)).text != "page"


@pytest.mark.anyio
async def test_missing_page_says_what_to_do(tmp_path):
    answer = await ask(tmp_path / "nothing", "/")
    assert answer.status_code == 503
    assert "python3 dev.py run" in answer.text
    assert (await ask(tmp_path / "nothing", "/assets/x.js")).status_code == 404
