"""What all routes declare alike: identifiers, raw bodies, binary answers and refusals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from fastapi.openapi.utils import get_openapi

from sambaseg.server.schemas import ErrorAnswer, EventBody

ProjectId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="A project, as listed.")]
JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="A job, as started.")]
ResultId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="A result, as told by the project.")]
Level = Annotated[int, Path(ge=0, le=31, description="Pyramid level; 0 is the finest.")]
TileRow = Annotated[int, Path(ge=0, le=4095, description="Row of 256 px tiles.")]
TileColumn = Annotated[int, Path(ge=0, le=4095, description="Column of 256 px tiles.")]
ImageId = Annotated[int, Path(ge=0, le=2**31 - 1, description="An image of the project, as listed there.")]
ImageChoice = Annotated[
    int | None,
    Query(ge=0, le=2**31 - 1, description="An image of the project; the first in order where it is left out."),
]
UploadId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="An upload, as begun.")]
ModelName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="What gives suggestions, as listed.")]
ModelPart = Annotated[str, Path(pattern=r"^[a-z_]{1,32}$", description="encoder, decoder, or another part it has.")]
FileName = Annotated[str, Query(min_length=1, max_length=255, description="The file's name, shown to people only.")]

_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused; the message names what was expected and what came.", "content": _REFUSAL},
    "5XX": {"description": "Not possible here, or an error of the server.", "content": _REFUSAL},
}

EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["job", "result", "tiles", "revision", "image", "smart"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/EventBody"},
        },
        "retry": {"type": "integer", "minimum": 0},
    },
}

BINARY = {"type": "string", "format": "binary"}

TILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The tile's bytes, little-endian, rows first.",
        "content": {"application/octet-stream": {"schema": BINARY}},
        "headers": {
            "X-Shape": {"schema": {"type": "string"}, "description": "Comma-separated lengths of the axes."},
            "X-Dtype": {"schema": {"type": "string"}, "description": "NumPy name of the type: uint8, uint16, float32."},
        },
    }
}

BATCH_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "For each tile in the order asked: its class ids, then its uncertainty, uint8, rows first.",
        "content": {"application/octet-stream": {"schema": BINARY}},
        "headers": {"X-Dtype": {"schema": {"type": "string"}, "description": "Always uint8."}},
    }
}

CONTAINER_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A container of arrays: `SBA1`, the length of a JSON header, the header, the arrays.",
        "content": {"application/octet-stream": {"schema": BINARY}},
    }
}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "What the client has still holds."}}

EVENT_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream that ends with the server, or when the project is deleted.",
        "content": {"text/event-stream": {"itemSchema": EVENT}},
    }
}


def file_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Declare an answer that is a file of `media_type`."""
    return {200: {"description": description, "content": {media_type: {"schema": BINARY}}}}


def raw_body(description: str) -> dict[str, Any]:
    """Declare a request whose whole body is one file."""
    content = {"application/octet-stream": {"schema": BINARY}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of `app`, kept for later calls.

    Refusals are JSON on every route, also where an answer is a file or a stream; FastAPI's own way of declaring them
    gives them the route's media type, so that the schema is put in here.
    """
    if app.openapi_schema is None:
        description = get_openapi(
            title=app.title, version=app.version, routes=app.routes, separate_input_output_schemas=False
        )
        schemas = description["components"]["schemas"]
        for model in (ErrorAnswer, EventBody):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs"))
            schemas[model.__name__] = schema
        app.openapi_schema = description
    return app.openapi_schema
