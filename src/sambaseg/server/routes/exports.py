"""Downloads: segmentation, labels, uncertainty, probabilities, classifier."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from sambaseg.server.declare import ProjectId, file_answer

router = APIRouter(tags=["exports"])
Values = Literal["ids", "spread"]


@router.get(
    "/api/projects/{pid}/export/segmentation",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids, edits applied."),
)
def export_segmentation(pid: ProjectId, values: Values = "ids") -> Response:
    """Save the newest segmentation, edits applied, as TIFF."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/export/labels",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids; 0 is unlabelled."),
)
def export_labels(pid: ProjectId, values: Values = "ids") -> Response:
    """Save the labels as TIFF."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/export/uncertainty",
    response_class=Response,
    responses=file_answer("image/tiff", "1 - largest class probability, as 8 bits: 255 = 1.0."),
)
def export_uncertainty(pid: ProjectId) -> Response:
    """Save the newest result's uncertainty as TIFF."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/export/probabilities",
    response_class=Response,
    responses=file_answer("image/tiff", "One float32 page a class, in the order of class ids."),
)
def export_probabilities(pid: ProjectId) -> Response:
    """Compute the classifier's probabilities for the whole image and save them as TIFF."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/export/classifier",
    response_class=Response,
    responses=file_answer("application/zip", "A .sambaseg classifier file."),
)
def export_classifier(pid: ProjectId) -> Response:
    """Save the project's classifier."""
    raise NotImplementedError
