"""Training and segmenting, which take a while."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import JobId, ProjectId
from sambaseg.server.schemas import JobInfo, JobRequest

router = APIRouter(tags=["jobs"])


@router.post("/api/projects/{pid}/train", status_code=202)
def start_training(pid: ProjectId, request: JobRequest | None = None) -> JobInfo:
    """Train a classifier on the labels and segment the image; an older job of the project is cancelled."""
    raise NotImplementedError


@router.post("/api/projects/{pid}/apply", status_code=202)
def start_segmenting(pid: ProjectId, request: JobRequest | None = None) -> JobInfo:
    """Segment the image with the project's classifier; an older job of the project is cancelled."""
    raise NotImplementedError


@router.get("/api/jobs/{jid}")
def get_job(jid: JobId) -> JobInfo:
    """Tell how far a job is."""
    raise NotImplementedError


@router.delete("/api/jobs/{jid}")
def cancel_job(jid: JobId) -> JobInfo:
    """Cancel a job; one that has ended stays as it is."""
    raise NotImplementedError
