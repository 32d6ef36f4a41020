"""What people do with a shared entry: a project of their own made of it, its classifier in a project."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.metadata import NM_PER_UNIT
from sambaseg.labels.classes import LabelClass
from sambaseg.project.operations import Operation
from sambaseg.server.classifier_fit import check_classifier_fits
from sambaseg.server.image_uploads import read_uploaded_labels
from sambaseg.server.intake import UploadedFile, images_of_upload, new_project
from sambaseg.server.removing import remove_project

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.gallery_desk import GalleryDesk
    from sambaseg.server.services import Services

NM_PER_UM = NM_PER_UNIT["um"]


def project_of_entry(services: Services, desk: GalleryDesk, entry: Entry, owner: Actor) -> ProjectStore:
    """Make a project of an entry: image, pixel size, classes, classifier with its recipe, labels.

    Raises NotFoundError where the image is not shared, what keeps a file from being read, QuotaError, and StorageError;
    then there is no project.
    """
    image_file = entry.file("image")
    if image_file is None:
        raise NotFoundError("This entry has no image to open.", hint="It was shared without.")
    services.check_room(owner, image_file.size)
    with desk.files.as_file(image_file.sha256) as path:
        images = images_of_upload(UploadedFile(path, image_file.file_name), services.settings, page=None)
        store = new_project(services, owner, images, name=entry.metadata.title)
    try:
        _fill(services, desk, entry, store)
    except BaseException:
        remove_project(services, store.id)
        raise
    return store


def give_classifier(desk: GalleryDesk, entry: Entry, store: ProjectStore) -> None:
    """Make the classifier of an entry a project's, with its recipe and classes.

    Raises NotFoundError where it is not shared, and ClassifierMismatchError where it is for other images.
    """
    classifier = _read_classifier(desk, entry)
    if classifier is None:
        raise NotFoundError("This entry has no classifier.", hint="It was shared without.")
    check_classifier_fits(classifier, store.description().image)
    store.set_classifier(classifier, source="loaded")


def _fill(services: Services, desk: GalleryDesk, entry: Entry, store: ProjectStore) -> None:
    """Put into a new project what an entry holds beside its image."""
    image = store.description().image
    size = entry.metadata.pixel_size
    if size is not None:
        um = NM_PER_UNIT[size.unit] / NM_PER_UM
        store.set_pixel_size((size.y * um, size.x * um), image=image.id)
    classes = tuple(LabelClass(each.id, each.name, each.colour) for each in entry.measured.classes)
    if classes:
        store.apply(_class_list(classes))
    classifier = _read_classifier(desk, entry)
    if classifier is not None:
        store.set_classifier(classifier, source="loaded")
    labels = entry.file("labels")
    if labels is not None:
        with desk.files.as_file(labels.sha256) as path:
            shape_yx = image.height, image.width
            labels_yx = read_uploaded_labels(path, labels.file_name, shape_yx, services.settings)
        if labels_yx.any():
            store.import_labels(labels_yx, mode="replace", image=image.id)


def _read_classifier(desk: GalleryDesk, entry: Entry) -> Classifier | None:
    from sambaseg.forest.classifier_file import classifier_from_bytes

    file = entry.file("classifier")
    if file is None:
        return None
    with contextlib.closing(desk.files.open(file.sha256)) as stream:
        return classifier_from_bytes(stream.read(), name=file.file_name)


def _class_list(classes: tuple[LabelClass, ...]) -> Operation:
    return Operation(
        client_id=f"gallery-{secrets.token_hex(8)}", client_seq=1, base_revision=0, kind="classes", classes=classes
    )
