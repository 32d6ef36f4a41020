"""Operations: the steps a person takes, and what the project answers; the server's JSON bodies mirror these."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sambaseg.errors import ParameterError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.runs import TileRuns

LayerName = Literal["labels", "edits"]
OperationKind = Literal["paint", "erase", "clear", "classes", "undo", "redo"]
EntryKind = Literal["begin", "paint", "erase", "clear", "classes", "undo", "redo", "import", "classifier", "remove"]

LAYERS: tuple[LayerName, ...] = ("labels", "edits")
"""What is labelled for training, and what a person changed in the segmentation itself."""
LayerKey = tuple[int, LayerName]
"""One layer of one image: its id, and the layer's name."""
Shapes = Mapping[int, tuple[int, int]]
"""Size (H, W) of each image by its id."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step; ``(client_id, client_seq)`` names it, so that sending it again does no harm.

    paint gives the pixels of ``tiles`` to ``class_id``; labelled pixels keep their class unless ``overwrite``. erase
    clears pixels of ``class_id``, or of every class where it is None; clear does so in the whole layer. classes
    replaces the class list and clears labels of classes that are gone, in all images. undo and redo take the newest
    step of either layer of any image. Pixels of locked classes are never changed by paint, erase and clear. ``image``
    is the image that is painted on; classes, undo and redo concern the whole project.
    """

    client_id: str
    client_seq: int
    base_revision: int
    kind: OperationKind
    layer: LayerName = "labels"
    class_id: int | None = None
    overwrite: bool = False
    tiles: tuple[TileRuns, ...] = ()
    classes: tuple[LabelClass, ...] | None = None
    image: int = 0

    def __post_init__(self) -> None:
        if self.kind == "paint" and self.class_id is None:
            raise ParameterError("A paint operation needs the id of a class.")
        if self.kind == "classes" and not self.classes:
            raise ParameterError("A classes operation needs a list of one class at least.")

    @property
    def belongs_to_an_image(self) -> bool:
        """Whether the step changes the labels or edits of one image."""
        return self.kind in ("paint", "erase", "clear")

    def digest(self) -> bytes:
        """Return 16 bytes that tell this step from others; a retry on a newer revision has the same."""
        hashed = hashlib.blake2b(digest_size=16)
        hashed.update(repr((self.kind, self.layer, self.class_id, self.overwrite, self.classes)).encode())
        if self.image and self.belongs_to_an_image:  # logs from before there were several have digests without it
            hashed.update(f"image {self.image}".encode())
        for tile in self.tiles:
            hashed.update(f"|{tile.ty},{tile.tx},{len(tile.runs)}|".encode() + tile.runs)
        return hashed.digest()


@dataclass(frozen=True)
class LayerTile:
    """One tile of one layer of an image."""

    layer: LayerName
    ty: int
    tx: int
    image: int = 0


@dataclass(frozen=True)
class History:
    """Where a project stands: its revision, and what undo and redo would do, in plain words.

    ``undo_image`` and ``redo_image`` are the images that would change, None where no step is there or where it changed
    the class list.
    """

    revision: int
    can_undo: bool
    can_redo: bool
    undo_name: str | None
    redo_name: str | None
    undo_image: int | None = None
    redo_image: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ack:
    """What the log holds after an operation.

    ``changed`` lists the tiles that changed since the operation's ``base_revision`` and that its sender cannot know:
    those of other clients' steps, of undo, redo and class lists, and its own where a class list changed in between.
    """

    client_seq: int
    revision: int
    duplicate: bool
    history: History
    classes: tuple[LabelClass, ...]
    changed: tuple[LayerTile, ...]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What importing labels did: ids in the imported labels, and labelled pixels afterwards."""

    revision: int
    class_ids: tuple[int, ...]
    labelled_pixels: int
    history: History
    classes: tuple[LabelClass, ...]
    changed: tuple[LayerTile, ...]
