"""Measuring segmentations, and what was measured, as JSON and as CSV."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from sambaseg.server.declare import JobId, file_answer
from sambaseg.server.downloads import sent
from sambaseg.server.measurement_schemas import MeasureBody, MeasurementsBody, TableName
from sambaseg.server.measuring import measuring_work
from sambaseg.server.present_measurements import present_measurements
from sambaseg.server.schemas import JobInfo
from sambaseg.server.services import OpenProject, ServicesHere
from sambaseg.server.uploads import temporary_path
from sambaseg.server.who import Me

router = APIRouter(tags=["measurements"])


@router.post("/api/projects/{pid}/measurements", status_code=202)
def start_measuring(
    store: OpenProject, services: ServicesHere, actor: Me, request: MeasureBody | None = None
) -> JobInfo:
    """Measure the newest segmentation of an image, edits applied, beside whatever else the project does.

    An older measuring of the project is cancelled. What was measured is found under the id of the job.
    """
    from sambaseg.measure.settings import MeasureSettings

    asked = request or MeasureBody()
    settings = MeasureSettings(**asked.model_dump(exclude={"image"}))
    work = measuring_work(store, services, asked.image, settings)
    services.count_job(actor)
    return services.jobs.start(store.id, "measure", work)


@router.get("/api/projects/{pid}/measurements/{jid}")
def get_measurements(store: OpenProject, jid: JobId, services: ServicesHere) -> MeasurementsBody:
    """Tell what a job measured; the server keeps what was measured lately."""
    return present_measurements(services.measured.get(store.id, jid))


@router.get(
    "/api/projects/{pid}/measurements/{jid}/csv/{table}",
    response_class=Response,
    responses=file_answer("text/csv", "A table with units in its headers."),
)
def export_measurements(store: OpenProject, jid: JobId, table: TableName, services: ServicesHere) -> Response:
    """Save a table of what a job measured as CSV."""
    from sambaseg.measure.tables import TABLES, write_csv

    measured = services.measured.get(store.id, jid)
    path = temporary_path(services.temporary_folder, ".csv")
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            wanted = next(each for each in TABLES if each.name == table)
            write_csv(file, wanted, [(store.image(measured.image).name, measured.measurements)])
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    name = f"{measured.file_stem} {table}.csv"
    return sent(path, name, "text/csv; charset=utf-8", BackgroundTask(path.unlink, missing_ok=True))
