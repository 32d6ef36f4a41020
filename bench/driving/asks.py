"""Requests of many people from one thread, over kept connections: half a millisecond of processor time each.

Plain streams instead of a client library: what a generator takes of two cores, the server under measurement lacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any


class Asker:
    """One person's kept connection; one request at a time."""

    def __init__(self, host: str, secret: str) -> None:
        self.host, self.secret = host, secret
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: object | bytes = None) -> tuple[int, bytes]:
        """Send a request and return status and body. Raises OSError and EOFError where the connection breaks."""
        if self._writer is None:
            await self.connect()
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(self._head(method, path, body))
        status, fields = await self._read_head(self._reader)
        content = await self._read_body(self._reader, fields)
        if fields.get("connection") == "close":
            self.close()
        return status, content

    async def ask_json(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON answer. Raises RuntimeError for a refusal."""
        status, content = await self.ask(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path} was answered {status}: {content[:300]!r}")
        return json.loads(content)

    async def begin(self, method: str, path: str) -> None:
        """Send the beginning of a request whose end never comes."""
        await self.connect()
        assert self._writer is not None
        self._writer.write(self._head(method, path, None).removesuffix(b"\r\n"))

    async def follow(self, path: str) -> None:
        """Read a stream of events until cancelled; what comes is thrown away."""
        await self.connect()
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(self._head("GET", path, None))
        while await self._reader.read(65536):
            pass

    async def connect(self) -> None:
        """Open a connection."""
        name, _, port = self.host.rpartition(":")
        self._reader, self._writer = await asyncio.open_connection(name, int(port))

    def close(self) -> None:
        """Give the connection up."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
            self._writer = None

    def _head(self, method: str, path: str, body: object | bytes) -> bytes:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}",
            f"Authorization: Bearer {self.secret}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    @staticmethod
    async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), fields

    @staticmethod
    async def _read_body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(fields.get("content-length", 0)))
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
