"""What the image file of a draft tells besides its pixels, before anybody else can read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sambaseg.errors import SambasegError
from sambaseg.gallery.originals import is_one_file, told_by_original
from sambaseg.images.told import Told, told_by
from sambaseg.server import gallery_schemas as schemas
from sambaseg.server.gallery_drafts import source_of

if TYPE_CHECKING:
    from sambaseg.accounts.actors import Actor
    from sambaseg.gallery.entry import Entry
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.gallery_desk import GalleryDesk
    from sambaseg.server.services import Services


def present_original(services: Services, desk: GalleryDesk, entry: Entry, actor: Actor) -> schemas.DraftOriginal:
    """Return what becomes public of what the file of a draft tells, and what of the project's own file does not."""
    file = entry.file("image")
    if file is None:
        return schemas.DraftOriginal(form=None, becomes_public=[], left_out=[], can_choose=False)
    with desk.files.as_file(file.sha256) as path:
        public = told_by(path, file.file_name)
    original = _Original.of(source_of(services, entry, actor), entry.source_image)
    is_original = bool(public) or original.sha256 == file.sha256
    return schemas.DraftOriginal(
        form="as_it_is" if is_original else "cleaned",
        becomes_public=_present(public),
        left_out=[] if is_original else _present(original.told),
        can_choose=original.is_one_file,
    )


class _Original:
    """The file of the project that a draft was made from; nothing is known of one that is gone."""

    is_one_file: bool = False
    sha256: str = ""
    told: tuple[Told, ...] = ()

    @classmethod
    def of(cls, store: ProjectStore | None, image: int | None) -> _Original:
        found = cls()
        if store is None or image is None:
            return found
        try:
            found.is_one_file = is_one_file(store, image)
            found.sha256, found.told = store.image(image).sha256, told_by_original(store, image)
        except SambasegError:  # the image was taken out of the project, or its file is not where it was
            return cls()
        return found


def _present(told: Sequence[Told]) -> list[schemas.ToldThing]:
    return [schemas.ToldThing(name=each.name, value=each.value) for each in told]
