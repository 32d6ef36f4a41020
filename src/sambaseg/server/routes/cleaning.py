"""Cleaning results up: the steps of a project, what they would do, and doing them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sambaseg.cleaning.steps import parse_steps
from sambaseg.project.store import ProjectStore
from sambaseg.server.cleaning_previews import AskedTiles
from sambaseg.server.cleaning_schemas import CleaningBody, CleaningInfo
from sambaseg.server.cleaning_up import cleaning_work
from sambaseg.server.declare import BATCH_ANSWER, ImageChoice, Level, ResultId
from sambaseg.server.preparing import answer_for
from sambaseg.server.present import present_steps, steps_of
from sambaseg.server.routes.tiles import TileList, tiles_of
from sambaseg.server.segmenting import tell_result
from sambaseg.server.services import EditableProject, OpenProject, Services, ServicesHere, asked_image
from sambaseg.server.who import Me

router = APIRouter(tags=["cleaning"])
StepsText = Annotated[
    str,
    Query(min_length=1, max_length=4000, description="As on the command line: `fill_holes:100,remove_small:50:2+3`."),
]


@router.get("/api/projects/{pid}/cleaning")
def get_cleaning(store: OpenProject, services: ServicesHere) -> CleaningInfo:
    """Tell the steps by which results are cleaned up, and which results are not."""
    return _present(store, services)


@router.put("/api/projects/{pid}/cleaning")
def set_cleaning(store: EditableProject, body: CleaningBody, services: ServicesHere, actor: Me) -> CleaningInfo:
    """Choose the steps, and clean all results by them, beside whatever else the project does.

    Predicted classes are never lost: without steps they are what counts again at once, and nothing has to be computed.
    Until a result is clean it stays as it is. An older such job is cancelled.
    """
    store.image(body.image)
    steps = steps_of(body.steps)
    older = services.jobs.running(store.id, "clean")
    for image in store.cleaning.set_steps(steps):
        tell_result(store, services, image)
    if steps and store.cleaning.due():
        services.count_job(actor)
        services.jobs.start(store.id, "clean", cleaning_work(store, services, body.image))
    elif older is not None:
        services.jobs.ask_to_end(older.id)
    return _present(store, services)


@router.get(
    "/api/projects/{pid}/results/{rid}/cleaned/{level}",
    response_class=Response,
    responses=BATCH_ANSWER,
)
async def get_cleaning_preview(
    request: Request,
    store: OpenProject,
    rid: ResultId,
    level: Level,
    tiles: TileList,
    services: ServicesHere,
    steps: StepsText,
    image: ImageChoice = None,
) -> Response:
    """Read tiles of a complete result as steps would make it: for each, in the order asked, class ids, uint8.

    A small image is cleaned as a whole; of a large one what these tiles show, at most 8 megapixels at full resolution,
    with some of what lies around them. A client that goes away ends the work.
    """
    asked = AskedTiles(asked_image(store, image), rid, parse_steps(steps), level, tiles_of(tiles))
    waiting = services.cleaning_previews.begin(store, asked)
    try:
        content = await answer_for(waiting.content, request)
    finally:
        waiting.give_up()
    headers = {"X-Dtype": "uint8", "Cache-Control": "no-store"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _present(store: ProjectStore, services: Services) -> CleaningInfo:
    return CleaningInfo(
        steps=present_steps(store.cleaning.steps()),
        due=store.cleaning.due(),
        job=services.jobs.running(store.id, "clean"),
    )
