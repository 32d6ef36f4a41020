"""Downloads: segmentation, labels, uncertainty, probabilities, classifier, of one image or of all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from sambaseg.images.label_values import Values
from sambaseg.server import downloads, exports_of_many
from sambaseg.server.declare import BINARY, ImageChoice, file_answer
from sambaseg.server.exports_of_many import Form, Part
from sambaseg.server.services import OpenProject, ServicesHere, asked_image

router = APIRouter(tags=["exports"])
Parts = Annotated[list[Part], Query(min_length=1, max_length=5, description="What to save; named once for each.")]


@router.get(
    "/api/projects/{pid}/export/segmentation",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids, edits applied."),
)
def export_segmentation(
    store: OpenProject, services: ServicesHere, values: Values = "ids", image: ImageChoice = None
) -> Response:
    """Save the newest segmentation, edits applied, as TIFF."""
    return downloads.segmentation(store, services, asked_image(store, image), values)


@router.get(
    "/api/projects/{pid}/export/labels",
    response_class=Response,
    responses=file_answer("image/tiff", "Class ids; 0 is unlabelled."),
)
def export_labels(
    store: OpenProject, services: ServicesHere, values: Values = "ids", image: ImageChoice = None
) -> Response:
    """Save the labels as TIFF."""
    return downloads.labels(store, services, asked_image(store, image), values)


@router.get(
    "/api/projects/{pid}/export/uncertainty",
    response_class=Response,
    responses=file_answer("image/tiff", "1 - largest class probability, as 8 bits: 255 = 1.0."),
)
def export_uncertainty(store: OpenProject, services: ServicesHere, image: ImageChoice = None) -> Response:
    """Save the newest result's uncertainty as TIFF."""
    return downloads.uncertainty(store, services, asked_image(store, image))


@router.get(
    "/api/projects/{pid}/export/probabilities",
    response_class=Response,
    responses=file_answer("image/tiff", "One float32 page a class, in the order of class ids."),
)
def export_probabilities(store: OpenProject, services: ServicesHere, image: ImageChoice = None) -> Response:
    """Compute the classifier's probabilities for the whole image and save them as TIFF."""
    return downloads.probabilities(store, services, asked_image(store, image))


@router.get(
    "/api/projects/{pid}/export/classifier",
    response_class=Response,
    responses=file_answer("application/zip", "A .sambaseg classifier file."),
)
def export_classifier(store: OpenProject) -> Response:
    """Save the project's classifier."""
    return downloads.classifier(store)


@router.get(
    "/api/projects/{pid}/export/ome-zarr",
    response_class=Response,
    responses=file_answer("application/zip", "An OME-Zarr 0.5 image with its labels and segmentation as label images."),
)
def export_ome_zarr(store: OpenProject, services: ServicesHere, image: ImageChoice = None) -> Response:
    """Save an image with its labels and its segmentation, where it has them, as an OME-Zarr folder in a zip."""
    return exports_of_many.ome_zarr(store, services, asked_image(store, image))


@router.get(
    "/api/projects/{pid}/export/all",
    response_class=Response,
    responses={
        200: {
            "description": "A zip with folders by kind and a README.txt (`zip`), or one multi-page TIFF (`stack`).",
            "content": {"application/zip": {"schema": BINARY}, "image/tiff": {"schema": BINARY}},
        }
    },
)
def export_all(
    store: OpenProject, services: ServicesHere, what: Parts, form: Form = "zip", values: Values = "ids"
) -> Response:
    """Save all images' segmentations, labels and more: TIFFs in a zip that is sent as it is made, or one stack.

    A stack holds one kind and needs images of one size.
    """
    return exports_of_many.everything(store, services, tuple(dict.fromkeys(what)), form, values)
