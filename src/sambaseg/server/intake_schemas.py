"""What is said and heard about bringing images in, as JSON: uploads, paths, images of a project; see `schemas`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ImageNumber, Schema, Viewport

UploadKey = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
ServerPath = Annotated[str, Field(min_length=1, max_length=4096)]
EntryKind = Literal["folder", "image", "zarr"]
MOST_FILES = 20_000
LARGEST_UPLOAD = 2**53 - 1


class NewUpload(Schema):
    """A file that is going to be sent in pieces: its name, shown to people only, and its size in bytes.

    A name may have folders in it (`series/slice 3.tif`), as a dropped folder has.
    """

    file_name: Annotated[str, Field(min_length=1, max_length=1024)]
    size: Annotated[int, Field(ge=1, le=LARGEST_UPLOAD)]


class Upload(Schema):
    """A file that comes in pieces: `received` bytes are here; `sha256` is that of the whole, once it is complete."""

    id: str
    file_name: str
    size: int
    received: int
    sha256: str | None


class Sources(Schema):
    """Complete uploads, and paths of this machine (local mode only), in the order in which they are to stand."""

    uploads: Annotated[list[UploadKey], Field(max_length=MOST_FILES, default_factory=list)]
    paths: Annotated[list[ServerPath], Field(max_length=MOST_FILES, default_factory=list)]


class FromUploads(Schema):
    """Complete uploads to make a project of; it is named after the first where no name is given."""

    uploads: Annotated[list[UploadKey], Field(min_length=1, max_length=MOST_FILES)]
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class FromPaths(Schema):
    """Files and folders of this machine to make a project of; it is named after the first where no name is given.

    The files stay where they are and are only read.
    """

    paths: Annotated[list[ServerPath], Field(min_length=1, max_length=MOST_FILES)]
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class Place(Schema):
    """A folder from which people start to look."""

    name: str
    path: str


class FolderEntry(Schema):
    """A folder, an image file (by the ending of its name), or an OME-Zarr folder; `size` in bytes, of files only."""

    name: str
    path: str
    kind: EntryKind
    size: int | None
    modified: str


class FolderListing(Schema):
    """What of a folder can be opened, in natural order, folders first; `left_out` more were too many to list."""

    path: str
    parent: str | None
    places: list[Place]
    entries: list[FolderEntry]
    left_out: int


class ImagePatch(Schema):
    """Another name of an image."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


class OrderBody(Schema):
    """All images of a project in their new order."""

    images: Annotated[list[ImageNumber], Field(min_length=1, max_length=1_000_000)]


class SourceBody(Schema):
    """Where the file of a linked image lies now."""

    path: ServerPath


class ApplyAllBody(Schema):
    """Segments every image that the project's classifier has not segmented yet, or `again` all of them."""

    again: bool = False


class LiveBody(Schema):
    """Whether every change of the labels starts a training, and what the person looks at: that is computed first."""

    on: bool
    image: ImageNumber = 0
    viewport: Viewport | None = None


class LiveState(Schema):
    """Whether every change of the labels starts a training."""

    on: bool
