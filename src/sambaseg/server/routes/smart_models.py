"""The models that give suggestions: list, fetch, take from disk, remove; the decoder for the page."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from sambaseg.server.declare import UNCHANGED, ModelName, ModelPart, file_answer, raw_body
from sambaseg.server.routes.suggestions import ASK_AGAIN, KnownTag
from sambaseg.server.services import ServicesHere
from sambaseg.server.smart_schemas import SmartModel
from sambaseg.server.uploads import received_file
from sambaseg.server.who import Admin

router = APIRouter(tags=["smart models"])
ONNX_ANSWER = {**file_answer("application/octet-stream", "The decoder as an ONNX file."), **UNCHANGED}


@router.get("/api/smart/models")
def list_smart_models(services: ServicesHere) -> list[SmartModel]:
    """List what gives suggestions, the built-in one first, with the state of downloads."""
    return services.smart_models.list_models()


@router.post("/api/smart/models/{name}", status_code=202)
def download_smart_model(name: ModelName, services: ServicesHere, _: Admin) -> list[SmartModel]:
    """Begin to fetch a model in the background, unless it is here or on its way; answers the list."""
    services.smart_models.download(name)
    return services.smart_models.list_models()


@router.delete("/api/smart/models/{name}")
def remove_smart_model(name: ModelName, services: ServicesHere, _: Admin) -> list[SmartModel]:
    """End the download of a model, or remove its files; answers the list."""
    services.smart_models.remove(name)
    return services.smart_models.list_models()


@router.put("/api/smart/models/{name}/files/{part}", openapi_extra=raw_body("One file of the model."))
async def put_smart_model_file(
    name: ModelName, part: ModelPart, request: Request, services: ServicesHere, _: Admin
) -> list[SmartModel]:
    """Take one file of a model from disk, once it was verified; answers the list."""
    models = services.smart_models
    folder, max_mb = services.temporary_folder, services.settings.max_upload_mb
    async with received_file(request, folder, max_mb=max_mb, what=f"file for {name}") as path:
        await to_thread.run_sync(models.take_file, name, part, path)
    return await to_thread.run_sync(models.list_models)


@router.get("/api/smart/models/{name}/decoder", response_class=Response, responses=ONNX_ANSWER)
def get_smart_model_decoder(name: ModelName, services: ServicesHere, if_none_match: KnownTag = None) -> Response:
    """Read the decoder of a model that is here, with its weights in it, for the page to run."""
    path, sha256 = services.smart_models.decoder(name)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": ASK_AGAIN}
    if if_none_match is not None and sha256 in if_none_match:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="application/octet-stream", headers=headers)
