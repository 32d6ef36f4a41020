"""What is said of cleaning up, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from sambaseg.server.schemas import CleaningSteps, ImageNumber, JobInfo, Schema


class CleaningBody(Schema):
    """Steps by which all results are to be cleaned up, in their order; that of `image` comes first."""

    steps: CleaningSteps
    image: ImageNumber = 0


class CleaningInfo(Schema):
    """The steps of a project, the images whose results are not cleaned up by them, and the job that does so, if any."""

    steps: CleaningSteps
    due: list[ImageNumber]
    job: JobInfo | None
