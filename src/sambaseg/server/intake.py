"""Images on their way into projects: from uploads, and from paths of this machine.

What a file holds is looked at before anything is stored: one that cannot be read makes no project and adds nothing. A
single image is decoded then where it is small; of larger ones, and of many, the headers are read, and the pixels when
somebody looks at them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sambaseg.accounts.actors import Actor
from sambaseg.errors import ParameterError, SambasegError
from sambaseg.images.formats import HEAD_BYTES, identify
from sambaseg.images.micrograph import ImageInfo, Micrograph
from sambaseg.images.reader import is_zarr
from sambaseg.images.stack import FoundImage, natural_key
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.server.folders import checked_path, require_local
from sambaseg.server.image_uploads import (
    find_local_images,
    find_uploaded_images,
    inspect_local_image,
    inspect_uploaded_image,
    read_uploaded_image,
    shown_name,
)
from sambaseg.server.services import Services
from sambaseg.settings import Settings

LONGEST_NAME = 120
DECODED_AT_ONCE = 64 * 2**20
"""Bytes of pixels up to which a single image is decoded before there is a project."""
SMALL_FILE = 16 * 2**20
"""A file of up to so many bytes is decoded while its header is still being looked at: mostly it holds one image."""


@dataclass(frozen=True)
class UploadedFile:
    """A file that was uploaded: the name at ``path`` was made here, ``name`` is the person's, maybe with folders."""

    path: Path
    name: str

    @property
    def shown(self) -> str:
        """The name without folders."""
        return shown_name(self.name)


def project_from_sources(
    services: Services,
    owner: Actor,
    *,
    uploads: Sequence[str] = (),
    paths: Sequence[str] = (),
    name: str | None = None,
) -> ProjectStore:
    """Make a project of complete uploads or of paths of this machine, sorted by their names as people count.

    Raises the named error of the first file that cannot be used; then nothing was stored, and the uploads stay.
    """
    services.check_room(owner)
    with _images_of(services, owner, uploads, paths) as images:
        given = _name_of_paths(paths) if paths else images.common_name
        return new_project(services, owner, images.found, name=name or given)


def add_sources(
    store: ProjectStore,
    services: Services,
    actor: Actor,
    *,
    uploads: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> int:
    """Add images to a project and return the first. Raises as `project_from_sources` does; none is added then."""
    if not uploads and not paths:
        raise ParameterError("Nothing is to be added.", hint="Name uploads or paths.")
    if paths:
        require_local(services.settings)
    with _images_of(services, actor, uploads, paths) as images:
        added = store.add_images(images.found)
    services.tell_images(store, added)
    return added[0]


def new_project(services: Services, owner: Actor, images: Sequence[NewImage], *, name: str) -> ProjectStore:
    """Make a project of somebody, and begin with what a page will ask for first."""
    title = name.strip()[:LONGEST_NAME].strip() or "Image"
    store = services.workspace.create_project(images, name=title)
    services.give(store, owner)
    first = store.description().image.id
    store.ensure_image(first, wait=False)
    services.suggestions.prepare_ahead(store, first)
    return store


def images_of_upload(file: UploadedFile, settings: Settings, *, page: int | None) -> list[NewImage]:
    """Return the images of one uploaded file, or the one that is asked for. Raises for a file that cannot be used."""
    if page is not None:
        micrograph = read_uploaded_image(file.path, file.shown, settings, page=page)
        return [NewImage.of(micrograph, file.path, name=_cut(file.shown))]
    return _uploaded([file], settings)


@dataclass(frozen=True)
class _Images:
    found: list[NewImage]
    common_name: str


@contextlib.contextmanager
def _images_of(services: Services, actor: Actor, uploads: Sequence[str], paths: Sequence[str]) -> Iterator[_Images]:
    """Give the images of uploads and paths; the uploads are used up when the context ends without an error."""
    for upload in uploads:
        services.uploads.check_owner(upload, actor.key)
    local = _local([checked_path(path) for path in paths], services.settings)
    with services.uploads.used(uploads) as received:
        files = sorted(
            (UploadedFile(file.path, file.file_name) for file in received), key=lambda file: natural_key(file.name)
        )
        known = {file.path: file.sha256 for file in received}
        uploaded = [
            replace(image, owned=True, sha256=known[image.source_file]) for image in _uploaded(files, services.settings)
        ]
        yield _Images([*uploaded, *local], _name_of_uploads(files))


def _local(paths: Sequence[Path], settings: Settings) -> list[NewImage]:
    if not paths:
        return []
    found = find_local_images(sorted(paths, key=lambda path: natural_key(str(path))), settings)
    images = [_new(image, image.info, image.name, link=True) for image in found]
    if len(found) == 1 and _nbytes(found[0].info) <= DECODED_AT_ONCE:
        path, page = found[0].path, found[0].page
        micrograph = read_uploaded_image(path, path.name, settings, page=page)
        return [replace(NewImage.of(micrograph, path, name=images[0].name), link=True)]
    return [_looked_into(images[0], settings, local=True), *images[1:]]


def _uploaded(files: Sequence[UploadedFile], settings: Settings) -> list[NewImage]:
    if not files:
        return []
    with _called_by_their_names(files):
        found, decoded = _find_uploaded(files, settings)
    shown = {file.path: file.shown for file in files}
    images = [
        _new(image, replace(image.info, file_name=shown[image.path]), _renamed(image, shown[image.path]), link=False)
        for image in found
    ]
    if len(images) > 1:
        return images
    with _called_by_their_names(files):
        if _nbytes(found[0].info) > DECODED_AT_ONCE:
            return [_looked_into(images[0], settings, local=False)]
        if decoded is None:
            decoded = read_uploaded_image(found[0].path, files[0].shown, settings, page=found[0].page)
    return [NewImage.of(decoded, found[0].path, name=images[0].name)]


def _find_uploaded(files: Sequence[UploadedFile], settings: Settings) -> tuple[list[FoundImage], Micrograph | None]:
    """Return the images in files and, where that took no longer, the only one decoded."""
    paths = [file.path for file in files]
    if len(files) > 1 or files[0].path.stat().st_size > SMALL_FILE:
        return find_uploaded_images(paths, settings), None
    file = files[0]
    if _has_one_page(file):
        micrograph = read_uploaded_image(file.path, file.shown, settings, page=0)
        return [FoundImage(file.path, 0, file.path.name, micrograph.info)], micrograph
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as beside:
        decoding = beside.submit(read_uploaded_image, file.path, file.shown, settings, page=0)
        found = find_uploaded_images(paths, settings)
        return found, decoding.result() if len(found) == 1 else None


def _has_one_page(file: UploadedFile) -> bool:
    """Return whether a file's format knows no pages. Raises for one that is no image."""
    with file.path.open("rb") as content:
        return identify(content.read(HEAD_BYTES), file.shown) != "TIFF"


def _looked_into(image: NewImage, settings: Settings, *, local: bool) -> NewImage:
    """Return an image with how it is shown, as samples all over it say; it is built when somebody looks at it."""
    look = inspect_local_image if local else inspect_uploaded_image
    inspected = look(image.source_file, settings, page=image.page)
    return replace(image, contrast=inspected.contrast, value_range=inspected.value_range)


def _new(found: FoundImage, info: ImageInfo, name: str, *, link: bool) -> NewImage:
    return NewImage(found.path, found.page, _cut(name), info, link=link)


def _renamed(found: FoundImage, shown: str) -> str:
    """Return the name of an image in an upload: that of the file in place of the one made here."""
    return shown + found.name.removeprefix(found.path.name)


@contextlib.contextmanager
def _called_by_their_names(files: Sequence[UploadedFile]) -> Iterator[None]:
    """Let errors speak of files by the names that people gave them."""
    try:
        yield
    except SambasegError as error:
        message = error.message
        for file in files:
            message = message.replace(file.path.name, file.shown)
        raise type(error)(message, hint=error.hint) from error


def _nbytes(info: ImageInfo) -> int:
    return info.channels * info.height * info.width * np.dtype(info.dtype).itemsize


def _cut(name: str) -> str:
    """Return a name as long as an image's may be; its end tells more, such as a number or a page."""
    trimmed = name.strip() or "Image"
    return trimmed if len(trimmed) <= LONGEST_NAME else f"…{trimmed[1 - LONGEST_NAME :]}"


def _name_of_uploads(files: Sequence[UploadedFile]) -> str:
    """Return the folder that all files are in, else the name of the first."""
    if not files:
        return ""
    folders = {file.name.replace("\\", "/").partition("/")[0] if "/" in file.name else "" for file in files}
    common = folders.pop() if len(folders) == 1 else ""
    return common or Path(files[0].shown).stem


def _name_of_paths(paths: Sequence[str]) -> str:
    """Return the name of the folder, of the file, or of the folder that all files are in."""
    resolved = [checked_path(path) for path in paths]
    if len(resolved) == 1:
        folder = resolved[0].is_dir() and not is_zarr(resolved[0])
        return resolved[0].name if folder else resolved[0].stem.removesuffix(".ome")
    parents = {path.parent for path in resolved}
    return parents.pop().name if len(parents) == 1 else resolved[0].stem
