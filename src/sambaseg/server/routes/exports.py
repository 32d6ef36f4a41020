"""Downloads: segmentation, labels, uncertainty, probabilities, classifier."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from sambaseg.server import downloads
from sambaseg.server.declare import file_answer
from sambaseg.server.services import OpenProject, ServicesHere

router = APIRouter(tags=["exports"])
Values = Literal["ids", "spread"]


@router.get(
    "/api/projects/{pid}/export/segmentation",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids, edits applied."),
)
def export_segmentation(store: OpenProject, services: ServicesHere, values: Values = "ids") -> Response:
    """Save the newest segmentation, edits applied, as TIFF."""
    return downloads.segmentation(store, services, values)


@router.get(
    "/api/projects/{pid}/export/labels",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids; 0 is unlabelled."),
)
def export_labels(store: OpenProject, services: ServicesHere, values: Values = "ids") -> Response:
    """Save the labels as TIFF."""
    return downloads.labels(store, services, values)


@router.get(
    "/api/projects/{pid}/export/uncertainty",
    response_class=Response,
    responses=file_answer("image/tiff", "1 - largest class probability, as 8 bits: 255 = 1.0."),
)
def export_uncertainty(store: OpenProject, services: ServicesHere) -> Response:
    """Save the newest result's uncertainty as TIFF."""
    return downloads.uncertainty(store, services)


@router.get(
    "/api/projects/{pid}/export/probabilities",
    response_class=Response,
    responses=file_answer("image/tiff", "One float32 page a class, in the order of class ids."),
)
def export_probabilities(store: OpenProject, services: ServicesHere) -> Response:
    """Compute the classifier's probabilities for the whole image and save them as TIFF."""
    return downloads.probabilities(store, services)


@router.get(
    "/api/projects/{pid}/export/classifier",
    response_class=Response,
    responses=file_answer("application/zip", "A .sambaseg classifier file."),
)
def export_classifier(store: OpenProject) -> Response:
    """Save the project's classifier."""
    return downloads.classifier(store)
