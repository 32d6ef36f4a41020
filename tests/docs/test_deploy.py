"""The files for hosting: they parse, and name nothing that does not exist."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from sambaseg.cli.parser import parse
from sambaseg.server.access import SECURITY_HEADERS
from sambaseg.settings import Settings, variable_of

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
    assert set(services) == {"database", "sambaseg", "proxy"}
    for service in services.values():
        networks = service["networks"]
        assert set(networks) <= set(compose["networks"])
        named = {volume.split(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert named <= set(compose["volumes"])
    build = services["sambaseg"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    address = services["proxy"]["networks"]["outside"]["ipv4_address"]
    assert services["sambaseg"]["environment"]["SAMBASEG_TRUSTED_PROXIES"] == address
    assert "ports" not in services["sambaseg"], "only the proxy is reached from outside"


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
