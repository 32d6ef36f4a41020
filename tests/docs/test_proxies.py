"""The files for nginx and Caddy, run before a real lab's server: nothing but ports and certificates is changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx
import pytest

from e2e.server_process import ServerProcess, free_port
from e2e.test_lab import PASSWORD, run_accounts
from sambaseg.server.access import SECURITY_HEADERS
from sambaseg.server.page import PAGE_FOLDER

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "segment.example.org"
ISOLATION = {name: value for name, value in SECURITY_HEADERS.items() if name.startswith("Cross-Origin")}
NGINX = """daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
CADDY = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
START_SECONDS = 30

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
    pytest.mark.skipif(not (PAGE_FOLDER / "index.html").is_file(), reason="the page is not built"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A lab's server at the address that the proxies stand for."""
    server = ServerProcess(tmp_path_factory.mktemp("lab") / "projects", mode="lab")
    run_accounts(server, "add", "ada", "--admin", "--password-stdin", password=PASSWORD)
    with mock.patch.dict(os.environ, {"SAMBASEG_PUBLIC_URL": f"https://{HOST}"}):
        server.start()
    yield server
    server.stop()


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return a text in which each of the parts is another; all of them must be there."""
    for part, other in changes:
        assert part in text, part
        text = text.replace(part, other)
    return text


def nginx_command(folder: Path, certificate: Path, port: int, upstream: int) -> list[str | Path]:
    """Write what nginx needs, and return how it is started."""
    site = changed(
        (DEPLOY / "nginx.conf").read_text(encoding="utf-8"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("server 127.0.0.1:8340;", f"server 127.0.0.1:{upstream};"),
        (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", f"{certificate}.pem"),
        (f"/etc/letsencrypt/live/{HOST}/privkey.pem", f"{certificate}.key"),
    )
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), encoding="utf-8")
    return [str(shutil.which("nginx")), "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]


def caddy_command(folder: Path, certificate: Path, port: int, upstream: int) -> list[str | Path]:
    """Write what Caddy needs, and return how it is started."""
    site = changed(
        (DEPLOY / "Caddyfile").read_text(encoding="utf-8"),
        ("{$SAMBASEG_DOMAIN} {\n", f"https://{HOST}:{port} {{\n\ttls {certificate}.pem {certificate}.key\n"),
        ("{$SAMBASEG_UPSTREAM:127.0.0.1:8340}", f"127.0.0.1:{upstream}"),
    )
    (folder / "Caddyfile").write_text(CADDY + site, encoding="utf-8")
    return [str(shutil.which("caddy")), "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]


COMMANDS = {"nginx": nginx_command, "caddy": caddy_command}


@contextmanager
def proxy(name: str, folder: Path, upstream: int) -> Iterator[httpx.Client]:
    """Run a proxy, and yield a client that asks it as browsers do."""
    certificate, port = folder / "certificate", free_port()
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    names = ["-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", f"{certificate}.key", "-out", f"{certificate}.pem"]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = COMMANDS[name](folder, certificate, port, upstream)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    client = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=False, timeout=20, headers={"Host": HOST})
    client.event_hooks["request"] = [lambda request: request.extensions.update(sni_hostname=HOST)]
    try:
        until = time.monotonic() + START_SECONDS
        while not answers(client):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.1)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(timeout=20)


def answers(client: httpx.Client) -> bool:
    """Return whether anything answers."""
    try:
        return client.get("/api/health").status_code > 0
    except httpx.TransportError:
        return False


def check_isolation(answer: httpx.Response) -> None:
    """The headers that the page's threads need are there, each once; two of one kind count as none."""
    for name, value in ISOLATION.items():
        assert answer.headers.get_list(name) == [value], name
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_proxy_lets_the_page_work_and_keeps_the_rest_out(name: str, lab: ServerProcess, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    with proxy(name, tmp_path, lab.port) as client:
        page = client.get("/")
        assert page.status_code == 200, page.text
        check_isolation(page)
        assert len(page.headers.get_list("Content-Security-Policy")) == 1

        script = client.get(re.findall(r'src="(/assets/[^"]+\.js)"', page.text)[0], headers={"Accept-Encoding": "br"})
        assert script.headers["Content-Encoding"] == "br", "as the build compressed it"
        assert "immutable" in script.headers["Cache-Control"]
        assert "accept-encoding" in script.headers["Vary"].lower()

        assert client.get("/metrics").status_code == 404
        body = {"login": "ada", "password": PASSWORD}
        elsewhere = client.post("/api/sessions", json=body, headers={"Origin": "https://evil.example"})
        assert elsewhere.status_code == 403
        client.headers["Origin"] = f"https://{HOST}"
        signed_in = client.post("/api/sessions", json=body)
        assert signed_in.status_code == 201, signed_in.text
        cookie = signed_in.headers["Set-Cookie"]
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))

        cookies = {"Cookie": cookie.split(";")[0]}
        project = client.post("/api/projects/from-sample", json={"sample": a_sample(client, cookies)}, headers=cookies)
        assert project.status_code == 201, project.text
        with client.stream("GET", f"/api/projects/{project.json()['id']}/events", headers=cookies) as events:
            assert next(events.iter_text()).startswith(":"), "what happens is told at once, and not kept back"
        lab.stop()
        away = client.get("/")
        assert away.status_code == 503
        assert "Your strokes wait in the browser" in away.text
        check_isolation(away)
    with mock.patch.dict(os.environ, {"SAMBASEG_PUBLIC_URL": f"https://{HOST}"}):
        lab.start()


def a_sample(client: httpx.Client, cookies: dict[str, str]) -> str:
    """Return the id of one of the samples."""
    return str(client.get("/api/samples", headers=cookies).json()[0]["id"])
