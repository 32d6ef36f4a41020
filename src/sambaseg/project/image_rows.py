"""What is stored of the images of an open project, in memory and in its database, which change together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sambaseg.errors import NotFoundError, ParameterError
from sambaseg.images.micrograph import PixelSize
from sambaseg.project.description import checked_name
from sambaseg.project.stored_image import StoredImage
from sambaseg.project.tables import ImageRow, ImageTable


class ImageRows:
    """The images of one project in order. All methods may be called from any thread.

    Who holds ``lock``, which may be taken again by who holds it, finds nothing changed by others meanwhile.
    """

    def __init__(self, table: ImageTable) -> None:
        self.lock = threading.RLock()
        self._table = table
        self._rows: dict[int, ImageRow] = {row.id: row for row in table.rows()}  # in order
        self._stored: dict[int, StoredImage] = {}  # read from the rows when asked for

    @property
    def ids(self) -> tuple[int, ...]:
        """The images in order."""
        return tuple(self._rows)

    def linked(self) -> tuple[int, ...]:
        """Return the images whose files are linked, in order."""
        return tuple(row.id for row in list(self._rows.values()) if row.linked)

    def shape(self, image: int) -> tuple[int, int]:
        """Return the size (H, W) of an image. Raises NotFoundError."""
        return self._row(image).shape_yx

    def get(self, image: int) -> StoredImage:
        """Return what is stored of an image. Raises NotFoundError."""
        row = self._row(image)
        with self.lock:
            stored = self._stored.get(image)
            if stored is None:
                stored = self._stored[image] = StoredImage.from_row(row)
            return stored

    def put(self, *images: StoredImage) -> None:
        """Store anew what is known of images; those that were removed meanwhile are left out. Raises StorageError."""
        with self.lock:
            changed = {stored.id: (stored, stored.to_row()) for stored in images if stored.id in self._rows}
            self._table.write([row for _, row in changed.values()])
            self._keep(changed)

    def add(self, images: Iterable[StoredImage], store: Callable[[list[ImageRow]], None]) -> None:
        """Take up images behind the others, whose rows `store` stores."""
        with self.lock:
            added = {stored.id: (stored, stored.to_row()) for stored in images}
            store([row for _, row in added.values()])
            self._keep(added)

    def forget(self, image: int) -> None:
        """Forget an image that is stored no more. Raises NotFoundError."""
        with self.lock:
            del self._rows[self._row(image).id]
            self._stored.pop(image, None)

    def reorder(self, ids: Sequence[int]) -> None:
        """Put the images into another order. Raises ParameterError unless each is named once, and StorageError."""
        with self.lock:
            if sorted(ids) != sorted(self._rows):
                raise ParameterError("An order must name each image of the project once.")
            self._table.reorder(ids)
            self._rows = {image: self._rows[image] for image in ids}

    def rename(self, image: int, name: str) -> None:
        """Give an image another name. Raises NotFoundError, ParameterError and StorageError."""
        with self.lock:
            self.put(replace(self.get(image), name=checked_name(name, "An image's name")))

    def set_pixel_size(self, images: Iterable[int], pixel_size_um: PixelSize | None) -> None:
        """Set the size (y, x) of a pixel of some images. Raises ParameterError unless both are above 0."""
        if pixel_size_um is not None and not all(0 < size < float("inf") for size in pixel_size_um):
            raise ParameterError(f"A pixel size must be above 0 µm, not {pixel_size_um}.")
        with self.lock:
            changed = [self.get(image) for image in images]
            self.put(*(replace(stored, info=replace(stored.info, pixel_size_um=pixel_size_um)) for stored in changed))

    def _row(self, image: int) -> ImageRow:
        row = self._rows.get(image)
        if row is None:
            raise NotFoundError(f"The project has no image {image}.", hint="It may have been removed.")
        return row

    def _keep(self, changed: dict[int, tuple[StoredImage, ImageRow]]) -> None:
        for image, (stored, row) in changed.items():
            self._rows[image], self._stored[image] = row, stored
