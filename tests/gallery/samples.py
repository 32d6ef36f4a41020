"""Samples for the tests of the gallery: metadata, entries made in a line, a project that can be shared."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from sambaseg.gallery.content import PARTS, EntryClass, EntryFile, Measured, Snapshot, thumbnail_kind
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.images.reader import read_image
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace
from sambaseg.storage.owner import Owner

ADA, BOB, MODERATOR = Owner(visitor_id="a" * 32), Owner(visitor_id="b" * 32), Owner(name="Mo")

WHOLE = {
    "title": "Etched nickel superalloy",
    "material": {"name": "Superalloy", "composition": "Ni-20Cr-5Al", "phases": ["gamma", "gamma prime"]},
    "instrument": {"type": "SEM", "mode": "BSE", "manufacturer": "Zeiss", "voltage_kv": 15},
    "pixel_size": {"x": 10, "y": 12, "unit": "nm"},
    "preparation": "Ground, polished, etched.",
    "notes": "Taken near the edge.\nSecond line.",
    "sample_id": "S-17",
    "quality": 7,
    "keywords": ["precipitates", "etched"],
    "creators": [{"name": "Ada Lovelace", "orcid": "0000-0002-1825-0097", "affiliation": "Example University"}],
    "licence": "CC-BY-4.0",
    "doi": "10.1234/abc.5",
}


def metadata_of(**changes: object) -> EntryMetadata:
    """Return valid metadata with some fields changed."""
    return EntryMetadata.from_json({**WHOLE, **changes})


class Sharing:
    """Makes snapshots and entries."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery

    def snapshot(self, *, parts=PARTS, classes=("gamma", "gamma prime"), **changes: object) -> Snapshot:
        kinds = [kind for kind in PARTS if kind in parts]
        if "image" in parts:
            kinds += ["preview", thumbnail_kind("image", 320), thumbnail_kind("image", 640)]
        if "segmentation" in parts:
            kinds += [thumbnail_kind("segmentation", 320), thumbnail_kind("segmentation", 640)]
        taken = []
        for kind in kinds:
            stored = self.gallery.files.put(f"content of {kind}".encode())
            taken.append(EntryFile(kind, f"{kind}.bin", "application/octet-stream", stored.size, stored.sha256))
        return Snapshot(
            files=tuple(taken),
            measured=Measured(
                width=640,
                height=480,
                classes=tuple(
                    EntryClass(place, name, "#1f77b4", 0.5, 0.25) for place, name in enumerate(classes, start=1)
                ),
            ),
            metadata=metadata_of(**changes),
            project_id="a" * 32,
            image=0,
        )

    def submit(self, owner: Owner, **changes: object) -> str:
        """Submit a new entry and return its id."""
        draft = self.gallery.create_draft(owner, self.snapshot(**changes))
        self.gallery.submit(draft.id, owner, consent=True)
        return draft.id


def micrograph_yx(height: int = 600, width: int = 500) -> np.ndarray:
    """Return a grey image of two phases with noise."""
    rows, columns = np.mgrid[:height, :width]
    light = ((rows // 40 + columns // 40) % 2).astype(np.float64)
    noise = np.random.default_rng(1).normal(0, 8, (height, width))
    return np.clip(70 + 90 * light + noise, 0, 255).astype(np.uint8)


def make_project(folder: Path, path: Path) -> ProjectStore:
    """Return an open project of the image file at `path`, with labels and a segmentation: class 1 left, 2 right."""
    workspace = Workspace(folder)
    store = workspace.create_project([NewImage.of(read_image(path), path)], name="A project")
    height, width = store.image(0).height, store.image(0).width
    labels_yx = np.zeros((height, width), np.uint8)
    labels_yx[:10, :20], labels_yx[-10:, :10] = 1, 2
    store.import_labels(labels_yx, mode="replace")
    writer = store.begin_result(store.training_input(), store.classes())
    for top in range(0, height, 256):
        for left in range(0, width, 256):
            shape = min(256, height - top), min(256, width - left)
            part_yx = np.where(np.arange(left, left + shape[1]) < width // 2, 1, 2).astype(np.uint8)
            classes_yx = np.broadcast_to(part_yx, shape).copy()
            writer.write_tile(top // 256, left // 256, classes_yx, np.zeros(shape, np.uint8))
    writer.finish()
    return store


def read_picture(data: bytes) -> Image.Image:
    """Return a picture that was encoded."""
    return Image.open(io.BytesIO(data))
