"""Files by their content in a bucket of S3 or anything that speaks its language (`sambaseg[s3]`).

Every request that carries content carries its MD5 too, so that the server refuses what came out changed. The checksums
of newer versions of the protocol are left out, since not every server knows them. Keys and secrets come from where
boto3 finds them: environment, files, the machine's role.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sambaseg.errors import FileStoreUnavailableError, MissingExtraError
from sambaseg.storage.files import (
    HASH_PATTERN,
    CheckedStream,
    Listed,
    Source,
    Stored,
    as_stream,
    check_name,
    copy_hashed,
    damaged,
    key_of,
    missing,
)

PART_BYTES = 16 << 20
"""Size of the parts that a larger file is sent in; at most 10,000 of them, so that larger files get larger parts."""
MOST_PARTS = 10_000
MEMORY_BYTES = 16 << 20
"""Files up to this size are held in memory while they are hashed, larger ones in a temporary file."""
FRESH = timedelta(hours=12)
"""What was taken in longer ago is sent again, so that who removes what is no longer needed sees it as new."""


class S3Store:
    """A `FileStore` in a bucket, under `prefix`. Raises MissingExtraError where boto3 is missing."""

    def __init__(
        self, bucket: str, *, prefix: str = "", endpoint: str | None = None, region: str | None = None
    ) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise MissingExtraError("boto3 is not installed.", hint="pip install 'sambaseg[s3]'") from error
        self.bucket, self.prefix = bucket, f"{prefix}/" if prefix else ""
        self._removing = threading.Lock()
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"max_attempts": 4, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if endpoint else {},
        )
        self._client: Any = boto3.session.Session().client(
            "s3", endpoint_url=endpoint, region_name=region or ("us-east-1" if endpoint else None), config=config
        )

    def put(self, source: Source) -> Stored:
        """Take in a file; see `FileStore.put`."""
        with as_stream(source) as stream, tempfile.SpooledTemporaryFile(MEMORY_BYTES) as copy:
            stored = copy_hashed(stream, cast("IO[bytes]", copy))
            key = self._key(stored.sha256)
            with self._named_errors():
                facts = self._facts(key)
                if (
                    facts is None
                    or facts["ContentLength"] != stored.size
                    or datetime.now(UTC) - facts["LastModified"] > FRESH
                ):
                    copy.seek(0)
                    self._send(key, cast("IO[bytes]", copy), stored)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream that is checked at its end."""
        with self._named_errors(sha256):
            body = self._client.get_object(Bucket=self.bucket, Key=self._key(sha256))["Body"]
        return cast("BinaryIO", io.BufferedReader(CheckedStream(cast("IO[bytes]", _Body(body, self)), sha256), 1 << 17))

    def read_range(self, sha256: str, start: int, stop: int) -> bytes:
        """Return some bytes."""
        size = self.size(sha256)
        stop = min(stop, size)
        if start >= stop:
            return b""
        with self._named_errors(sha256):
            answer = self._client.get_object(
                Bucket=self.bucket, Key=self._key(sha256), Range=f"bytes={start}-{stop - 1}"
            )
            data: bytes = answer["Body"].read()
        return data

    def size(self, sha256: str) -> int:
        """Return the size in bytes."""
        with self._named_errors():
            facts = self._facts(self._key(sha256))
        if facts is None:
            raise missing(sha256)
        size: int = facts["ContentLength"]
        return size

    def exists(self, sha256: str) -> bool:
        """Tell whether a file is there."""
        if HASH_PATTERN.fullmatch(sha256) is None:
            return False
        with self._named_errors():
            return self._facts(self._key(sha256)) is not None

    @contextlib.contextmanager
    def as_file(self, sha256: str) -> Iterator[Path]:
        """Yield a temporary copy, checked."""
        with tempfile.TemporaryDirectory(prefix="sambaseg-") as folder:
            path = Path(folder) / sha256
            with self.open(sha256) as source, path.open("wb") as target:
                stored = copy_hashed(source, target)
            if stored.sha256 != sha256:
                raise damaged(sha256)
            yield path

    def delete(self, sha256: str) -> None:
        """Remove a file."""
        with self._named_errors():
            self._client.delete_object(Bucket=self.bucket, Key=self._key(sha256))

    def delete_older(self, sha256: str, until: datetime) -> bool:
        """Remove a file unless it was taken in since; see `FileStore.delete_older`.

        S3 cannot do both in one step. Who sends it meanwhile looks whether it is still there, after this is done.
        """
        key = self._key(sha256)
        with self._removing, self._named_errors():
            facts = self._facts(key)
            if facts is None or facts["LastModified"] >= until:
                return False
            self._client.delete_object(Bucket=self.bucket, Key=key)
            return True

    def list(self) -> Iterator[Listed]:
        """Return all files, in the order of their hashes."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        with self._named_errors():
            for page in pages:
                for item in page.get("Contents", ()):
                    name = item["Key"].rpartition("/")[2]
                    if HASH_PATTERN.fullmatch(name):
                        yield Listed(name, item["Size"], item["LastModified"].astimezone(UTC))

    def check(self) -> None:
        """Make sure that the bucket can be reached."""
        with self._named_errors():
            self._client.head_bucket(Bucket=self.bucket)

    def _key(self, sha256: str) -> str:
        return self.prefix + key_of(check_name(sha256))

    def _facts(self, key: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            facts: dict[str, Any] = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return facts

    def _send(self, key: str, content: IO[bytes], stored: Stored) -> None:
        part_bytes = max(PART_BYTES, -(-stored.size // MOST_PARTS))
        if stored.size <= part_bytes:
            data = content.read()
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=data, ContentMD5=_md5(data), ContentType="application/octet-stream"
            )
        else:
            self._send_parts(key, content, part_bytes)
        with self._removing:
            facts = self._facts(key)
        if facts is None or facts["ContentLength"] != stored.size:
            raise FileStoreUnavailableError(
                f"The bucket {self.bucket} did not keep a file of {stored.size} bytes.", hint="Try again in a moment."
            )

    def _send_parts(self, key: str, content: IO[bytes], part_bytes: int) -> None:
        of = {"Bucket": self.bucket, "Key": key}
        upload = self._client.create_multipart_upload(**of, ContentType="application/octet-stream")["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            while data := content.read(part_bytes):
                number = len(parts) + 1
                answer = self._client.upload_part(
                    **of, UploadId=upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
                )
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            self._client.complete_multipart_upload(**of, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with contextlib.suppress(Exception):  # what failed first is what is told
                self._client.abort_multipart_upload(**of, UploadId=upload)
            raise

    @contextlib.contextmanager
    def _named_errors(self, sha256: str = "") -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        try:
            yield
        except ClientError as error:
            if sha256 and _status(error) == 404:
                raise missing(sha256) from error
            said = error.response.get("Error", {}).get("Code", "")
            raise FileStoreUnavailableError(f"The bucket {self.bucket} refused: {said or _status(error)}.") from error
        except (BotoCoreError, HTTPClientError) as error:
            raise FileStoreUnavailableError(
                f"The bucket {self.bucket} cannot be reached.", hint="Check its address and its keys."
            ) from error


class _Body(io.RawIOBase):
    """What a bucket answers with, as a file; a connection that is lost is an error by name."""

    def __init__(self, body: Any, store: S3Store) -> None:  # noqa: ANN401 - botocore has no types
        self._body, self._store = body, store

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        from urllib3.exceptions import HTTPError

        try:
            with self._store._named_errors():
                data: bytes = self._body.read(size)
        except HTTPError as error:
            raise FileStoreUnavailableError(f"The bucket {self._store.bucket} broke off.") from error
        return data

    def close(self) -> None:
        """Let go of the connection."""
        if not self.closed:
            self._body.close()
        super().close()


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _status(error: Any) -> int:  # noqa: ANN401 - botocore has no types
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status
