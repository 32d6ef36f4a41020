"""What the routes of the gallery declare alike: identifiers, filters, binary answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Path, Query
from starlette.convertors import StringConvertor, register_url_convertor

from sambaseg.server.declare import BINARY


class EntryPath(StringConvertor):
    """An entry's id in a path that has words at the same place, so that these are not taken for one."""

    regex = r"[0-9a-f]{32}"


register_url_convertor("entry_id", EntryPath())

EntryId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="An entry of the gallery, as listed.")]
VersionChoice = Annotated[
    int | None,
    Query(ge=1, le=1_000_000, description="A version of the entry; the newest that everybody may see if left out."),
]
VersionNumber = Annotated[int, Path(ge=1, le=1_000_000, description="A version of the entry.")]
FollowToken = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{20,200}$", description="What the link of a submission holds.")
]

PICTURE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "A small picture.", "content": {"image/webp": {"schema": BINARY}}}
}

FILE_TYPES = ("image/tiff", "image/png", "image/jpeg", "image/bmp", "image/webp", "application/zip")
ENTRY_FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it was shared.",
        "content": {media_type: {"schema": BINARY} for media_type in (*FILE_TYPES, "application/octet-stream")},
    }
}
KnownTag = Annotated[str | None, Header(alias="If-None-Match", description="The ETag of what the client has.")]
