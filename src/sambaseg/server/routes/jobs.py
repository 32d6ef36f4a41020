"""Training and segmenting, which take a while."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.accounts.actors import Actor
from sambaseg.server.declare import JobId
from sambaseg.server.intake_schemas import ApplyAllBody
from sambaseg.server.jobs import no_job
from sambaseg.server.schemas import JobInfo, JobRequest
from sambaseg.server.services import EditableProject, Services, ServicesHere, check_access
from sambaseg.server.training import apply_all_work, segmenting_work, training_work
from sambaseg.server.who import Me

router = APIRouter(tags=["jobs"])


@router.post("/api/projects/{pid}/train", status_code=202)
def start_training(
    store: EditableProject, services: ServicesHere, actor: Me, request: JobRequest | None = None
) -> JobInfo:
    """Train a classifier on the labels of all images and segment one; an older job of the project is cancelled."""
    asked = request or JobRequest()
    work = training_work(store, services, image=asked.image, viewport=asked.viewport)
    services.count_job(actor)
    return services.jobs.start(store.id, "train", work)


@router.post("/api/projects/{pid}/apply", status_code=202)
def start_segmenting(
    store: EditableProject, services: ServicesHere, actor: Me, request: JobRequest | None = None
) -> JobInfo:
    """Segment an image with the project's classifier; an older job of the project is cancelled."""
    asked = request or JobRequest()
    work = segmenting_work(store, services, image=asked.image, viewport=asked.viewport)
    services.count_job(actor)
    return services.jobs.start(store.id, "apply", work)


@router.post("/api/projects/{pid}/apply-all", status_code=202)
def start_segmenting_all(
    store: EditableProject, services: ServicesHere, actor: Me, request: ApplyAllBody | None = None
) -> JobInfo:
    """Segment all images in order with the project's classifier; an older job of the project is cancelled.

    Images that this very classifier has segmented are left as they are, unless all are to be segmented `again`; one
    that was begun is gone on with.
    """
    work = apply_all_work(store, services, again=request is not None and request.again)
    services.count_job(actor)
    return services.jobs.start(store.id, "apply_all", work)


@router.get("/api/jobs/{jid}")
def get_job(jid: JobId, services: ServicesHere, actor: Me) -> JobInfo:
    """Tell how far a job is."""
    return _seen(services, jid, actor)


@router.delete("/api/jobs/{jid}")
def cancel_job(jid: JobId, services: ServicesHere, actor: Me) -> JobInfo:
    """Cancel a job; one that has ended stays as it is."""
    job = _seen(services, jid, actor)
    check_access(services, job.project_id, actor, "editor")
    return services.jobs.cancel(jid)


def _seen(services: Services, job_id: str, actor: Actor) -> JobInfo:
    """Return a job of a project that `actor` may see. Raises NotFoundError, the same for others' jobs."""
    job = services.jobs.get(job_id)
    if services.access_to(job.project_id, actor) is None:
        raise no_job(job_id)
    return job
