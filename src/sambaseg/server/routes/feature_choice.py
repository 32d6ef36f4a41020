"""Choosing features: small pictures of them, which of them matter, and a smaller recipe that does as well."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from sambaseg.server.declare import CONTAINER_ANSWER, ImageChoice, JobId
from sambaseg.server.feature_schemas import FeatureSuggestionBody
from sambaseg.server.feature_suggesting import suggesting_work
from sambaseg.server.preparing import answer_for
from sambaseg.server.present import recipe_of
from sambaseg.server.schemas import JobInfo, ProjectSettings, RecipeBody
from sambaseg.server.services import EditableProject, OpenProject, ServicesHere, asked_image
from sambaseg.server.who import Me

router = APIRouter(tags=["features"])
CACHING = "private, max-age=600"
"""An image does not change, and features hardly ever."""

Families = Annotated[list[Annotated[str, Field(max_length=64)]], Query(min_length=1, max_length=64)]
ScalesPx = Annotated[list[Annotated[float, Field(gt=0, le=64)]], Query(max_length=16)]
Edge = Annotated[int, Query(ge=0, le=2**31 - 1, description="In pixels of the image; bottom and right are excluded.")]


@router.get("/api/projects/{pid}/feature-preview", response_class=Response, responses=CONTAINER_ANSWER)
async def get_feature_preview(
    request: Request,
    store: OpenProject,
    services: ServicesHere,
    families: Families,
    top: Edge,
    left: Edge,
    bottom: Edge,
    right: Edge,
    scales_px: ScalesPx = [],  # noqa: B006 (never changed)
    sigma_convention: Literal["sigma", "radius"] = "radius",
    window: Annotated[float, Query(ge=2, le=6)] = 4.0,
    image: ImageChoice = None,
) -> Response:
    """Picture each plane of a recipe over a part of the image, at full resolution: a container with `shown` (planes,
    rows, columns), uint8, `low` and `high`, the values that are black and white, and in its meta data `planes`, what
    they are.

    At most 160 rows and columns and 256 planes. The answer comes when nothing else wants the processor; a client that
    goes away ends the work.
    """
    from sambaseg.feature_choice.preview import Part

    body = RecipeBody(families=families, scales_px=scales_px, sigma_convention=sigma_convention, window=window)
    part = Part(top, left, bottom, right)
    waiting = services.feature_previews.begin(store, asked_image(store, image), part, recipe_of(body))
    try:
        content = await answer_for(waiting.content, request)
    finally:
        waiting.give_up()
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": CACHING})


@router.post("/api/projects/{pid}/feature-suggestions", status_code=202)
def start_suggesting_features(
    store: EditableProject, services: ServicesHere, actor: Me, settings: ProjectSettings | None = None
) -> JobInfo:
    """Look for a smaller recipe that does as well on labels held out, beside whatever else the project does.

    It starts from `settings`, or from those of the project where they are left out.

    An older such search of the project is cancelled. What was found is there under the id of the job.
    """
    work = suggesting_work(store, services, settings)
    services.count_job(actor)
    return services.jobs.start(store.id, "suggest_features", work)


@router.get("/api/projects/{pid}/feature-suggestions/{jid}")
def get_feature_suggestion(store: OpenProject, jid: JobId, services: ServicesHere) -> FeatureSuggestionBody:
    """Tell what a job found; the server keeps what was found lately."""
    return services.found_suggestions.get(store.id, jid)
