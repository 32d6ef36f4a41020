"""Training and segmenting, which take a while."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import JobId
from sambaseg.server.schemas import JobInfo, JobRequest
from sambaseg.server.services import OpenProject, ServicesHere
from sambaseg.server.training import segmenting_work, training_work

router = APIRouter(tags=["jobs"])


@router.post("/api/projects/{pid}/train", status_code=202)
def start_training(store: OpenProject, services: ServicesHere, request: JobRequest | None = None) -> JobInfo:
    """Train a classifier on the labels and segment the image; an older job of the project is cancelled."""
    work = training_work(store, services, viewport=None if request is None else request.viewport)
    return services.jobs.start(store.id, "train", work)


@router.post("/api/projects/{pid}/apply", status_code=202)
def start_segmenting(store: OpenProject, services: ServicesHere, request: JobRequest | None = None) -> JobInfo:
    """Segment the image with the project's classifier; an older job of the project is cancelled."""
    work = segmenting_work(store, services, viewport=None if request is None else request.viewport)
    return services.jobs.start(store.id, "apply", work)


@router.get("/api/jobs/{jid}")
def get_job(jid: JobId, services: ServicesHere) -> JobInfo:
    """Tell how far a job is."""
    return services.jobs.get(jid)


@router.delete("/api/jobs/{jid}")
def cancel_job(jid: JobId, services: ServicesHere) -> JobInfo:
    """Cancel a job; one that has ended stays as it is."""
    return services.jobs.cancel(jid)
