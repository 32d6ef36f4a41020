"""Views prepared for smart labelling, and prompts that the server answers itself."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request, Response

from sambaseg.server.declare import CONTAINER_ANSWER, UNCHANGED, ImageChoice
from sambaseg.server.preparing import wait_for
from sambaseg.server.prompts import check_is_decoded, decode_prompt, prompt_of
from sambaseg.server.services import OpenProject, ServicesHere, asked_image
from sambaseg.server.similar_regions import propose_similar, read_examples
from sambaseg.server.smart_models import BUILTIN
from sambaseg.server.smart_schemas import DecodeBody, ModelChoice, Pixel, ResultChoice, SimilarBody
from sambaseg.server.views import View

router = APIRouter(tags=["suggestions"])
ASK_AGAIN = "private, no-cache"
"""A browser may keep what it got, and asks whether it still holds."""

LevelAsked = Annotated[int, Query(ge=0, le=31, description="Pyramid level; 0 is the finest.")]
Edge = Annotated[Pixel, Query(description="In pixels of the level; bottom and right are excluded.")]
Model = Annotated[ModelChoice, Query(description="`builtin`, or a model that is listed.")]
Result = Annotated[ResultChoice | None, Query(description="A complete result whose knowledge is to be used.")]
KnownTag = Annotated[str | None, Header(alias="If-None-Match", description="The ETag of what the client has.")]


@router.get("/api/projects/{pid}/suggestions", response_class=Response, responses={**CONTAINER_ANSWER, **UNCHANGED})
async def get_suggestions(
    request: Request,
    store: OpenProject,
    services: ServicesHere,
    level: LevelAsked,
    top: Edge,
    left: Edge,
    bottom: Edge,
    right: Edge,
    image: ImageChoice = None,
    model: Model = "builtin",
    result: Result = None,
    if_none_match: KnownTag = None,
) -> Response:
    """Prepare a view for suggestions: a container from which the page answers prompts by itself.

    The answer comes when it is ready; a client that goes away ends the work.
    """
    view = View(level, top, left, bottom, right)
    suggestions = services.suggestions
    asked = await to_thread.run_sync(
        lambda: suggestions.find(store, view, image=asked_image(store, image), model=model, result_id=result)
    )
    headers = {"ETag": asked.key.etag, "Cache-Control": ASK_AGAIN}
    if if_none_match is not None and asked.key.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    prepared = await wait_for(asked.queue, suggestions.begin(asked), request)
    return Response(prepared.content, media_type="application/octet-stream", headers=headers)


@router.post("/api/projects/{pid}/suggestions/decode", response_class=Response, responses=CONTAINER_ANSWER)
def decode_suggestion(store: OpenProject, body: DecodeBody, services: ServicesHere) -> Response:
    """Answer a prompt over a view that was encoded by a Segment Anything model: `logits` and `scores`.

    A view that is not encoded any more is answered with 404: ask for its suggestions again.
    """
    suggestions = services.suggestions
    check_is_decoded(body.model)
    asked = suggestions.find(store, View(**body.view.model_dump()), image=body.image, model=body.model)
    content = decode_prompt(suggestions.prepared(asked), prompt_of(body))
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


@router.post("/api/projects/{pid}/suggestions/similar", response_class=Response, responses=CONTAINER_ANSWER)
async def find_similar(request: Request, store: OpenProject, body: SimilarBody, services: ServicesHere) -> Response:
    """Propose the unlabelled regions of a view that are like those labelled as a class there, the most similar first.

    The built-in suggester prepares the view first where it has not.
    """
    suggestions, view = services.suggestions, View(**body.view.model_dump())
    asked = await to_thread.run_sync(
        lambda: suggestions.find(store, view, image=body.image, model=BUILTIN, result_id=body.result)
    )
    labels_yx = await to_thread.run_sync(read_examples, store, view, body)
    prepared = await wait_for(asked.queue, suggestions.begin(asked), request)
    content = await to_thread.run_sync(propose_similar, asked, prepared, labels_yx, body.class_id)
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})
