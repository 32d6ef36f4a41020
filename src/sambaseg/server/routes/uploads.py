"""Files that come in pieces: begin, send a piece, ask how far it is, give up."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request

from sambaseg.server.declare import UploadId, raw_body
from sambaseg.server.intake_schemas import LARGEST_UPLOAD, NewUpload, Upload
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Me

router = APIRouter(tags=["uploads"])
Offset = Annotated[int, Query(ge=0, le=LARGEST_UPLOAD, description="Where the piece begins: what was received so far.")]
PieceDigest = Annotated[
    str,
    Header(alias="X-Chunk-SHA256", pattern=r"^[0-9a-fA-F]{64}$", description="SHA-256 of the piece, hexadecimal."),
]


def _own_upload(uid: UploadId, services: ServicesHere, actor: Me) -> str:
    services.uploads.check_owner(uid, actor.key)
    return uid


OwnUploadId = Annotated[str, Depends(_own_upload)]


@router.post("/api/uploads", status_code=201)
def begin_upload(body: NewUpload, services: ServicesHere, actor: Me) -> Upload:
    """Begin to send a file in pieces of at most 8 MiB; it is kept for a day after its last piece."""
    services.check_room(actor, body.size)
    return services.uploads.begin(body.file_name, body.size, owner=actor.key)


@router.get("/api/uploads/{uid}")
def get_upload(uid: OwnUploadId, services: ServicesHere) -> Upload:
    """Tell how much of a file is here."""
    return services.uploads.state(uid)


@router.patch("/api/uploads/{uid}", openapi_extra=raw_body("The piece, at most 8 MiB."))
async def send_piece(
    uid: OwnUploadId, request: Request, services: ServicesHere, offset: Offset, x_chunk_sha256: PieceDigest
) -> Upload:
    """Append a piece. One that was broken off or came out changed adds nothing; the last is answered once all is safe.

    A piece that does not begin where the file ends is refused with 409; ask for the upload to see where to go on.
    """
    return await services.uploads.append(uid, offset, x_chunk_sha256, request)


@router.delete("/api/uploads/{uid}", status_code=204)
async def delete_upload(uid: OwnUploadId, services: ServicesHere) -> None:
    """Give a file up; what was received is removed."""
    await to_thread.run_sync(services.uploads.remove, uid)
