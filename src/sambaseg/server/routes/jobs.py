"""Training and segmenting, which take a while."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import JobId
from sambaseg.server.intake_schemas import ApplyAllBody
from sambaseg.server.schemas import JobInfo, JobRequest
from sambaseg.server.services import OpenProject, ServicesHere
from sambaseg.server.training import apply_all_work, segmenting_work, training_work

router = APIRouter(tags=["jobs"])


@router.post("/api/projects/{pid}/train", status_code=202)
def start_training(store: OpenProject, services: ServicesHere, request: JobRequest | None = None) -> JobInfo:
    """Train a classifier on the labels of all images and segment one; an older job of the project is cancelled."""
    asked = request or JobRequest()
    work = training_work(store, services, image=asked.image, viewport=asked.viewport)
    return services.jobs.start(store.id, "train", work)


@router.post("/api/projects/{pid}/apply", status_code=202)
def start_segmenting(store: OpenProject, services: ServicesHere, request: JobRequest | None = None) -> JobInfo:
    """Segment an image with the project's classifier; an older job of the project is cancelled."""
    asked = request or JobRequest()
    work = segmenting_work(store, services, image=asked.image, viewport=asked.viewport)
    return services.jobs.start(store.id, "apply", work)


@router.post("/api/projects/{pid}/apply-all", status_code=202)
def start_segmenting_all(store: OpenProject, services: ServicesHere, request: ApplyAllBody | None = None) -> JobInfo:
    """Segment all images in order with the project's classifier; an older job of the project is cancelled.

    Images that this very classifier has segmented are left as they are, unless all are to be segmented `again`; one
    that was begun is gone on with.
    """
    work = apply_all_work(store, services, again=request is not None and request.again)
    return services.jobs.start(store.id, "apply_all", work)


@router.get("/api/jobs/{jid}")
def get_job(jid: JobId, services: ServicesHere) -> JobInfo:
    """Tell how far a job is."""
    return services.jobs.get(jid)


@router.delete("/api/jobs/{jid}")
def cancel_job(jid: JobId, services: ServicesHere) -> JobInfo:
    """Cancel a job; one that has ended stays as it is."""
    return services.jobs.cancel(jid)
