"""The gallery of this server: its parts, made when they are first needed, and who may see what of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends

from sambaseg.accounts.actors import Actor
from sambaseg.errors import EntryWithdrawnError, NotFoundError
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.moderation import Moderation
from sambaseg.gallery.search import Search
from sambaseg.gallery.tombstone import Tombstone, read_tombstone
from sambaseg.server.entry_tiles import EntryTiles
from sambaseg.server.gallery_declare import EntryId, VersionChoice
from sambaseg.server.image_uploads import build_settings
from sambaseg.server.services import ServicesHere
from sambaseg.server.who import Anybody
from sambaseg.storage.files import FileStore, open_store
from sambaseg.storage.owner import LOCAL_OWNER, Owner

if TYPE_CHECKING:
    from sambaseg.server.services import Services


class GalleryDesk:
    """Entries, moderation, search and tiles of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self.tiles = EntryTiles(settings.data_dir / "gallery-tiles", build_settings(settings))

    @cached_property
    def files(self) -> FileStore:
        """The files of entries."""
        settings = self._services.settings
        return open_store(settings.files_url, data_dir=settings.data_dir)

    @cached_property
    def gallery(self) -> Gallery:
        """All entries; where one person has everything, nobody moderates."""
        return Gallery(self._services.database, self.files, moderated=self._services.settings.has_accounts)

    @cached_property
    def moderation(self) -> Moderation:
        """What moderators do."""
        return Moderation(self._services.database)

    @cached_property
    def search(self) -> Search:
        """Finding accepted entries."""
        return Search(self._services.database)

    def waits(self, actor: Actor) -> bool:
        """Return whether what `actor` submits waits for a moderator."""
        if not self._services.settings.has_accounts:
            return False
        moderated = self._services.settings_now.moderated
        return moderated == "everybody" or (moderated == "visitors" and actor.kind == "visitor")

    def close(self) -> None:
        """End what is being made."""
        self.tiles.close()

    def seen(self, entry_id: str, version: int | None, actor: Actor | None) -> Entry:
        """Return a version that `actor` may see. The one place where that is decided.

        Everybody may see what was accepted, the newest of it where `version` is left out; owners see all of their own,
        and moderators all but drafts. Raises NotFoundError for the rest, as if it were not there, and
        EntryWithdrawnError for what was public.
        """
        self._check_may_visit(actor)
        try:
            return self.gallery.get(entry_id, version)
        except (NotFoundError, EntryWithdrawnError) as refused:
            if actor is None:
                raise
            try:
                return self.gallery.latest(entry_id, owner_of(actor), version)
            except NotFoundError:
                if not actor.is_at_least("moderator"):
                    raise refused from None
            entry = self.gallery.get_any(entry_id, version)
            if entry.submitted is None:
                raise refused
            return entry.as_public()

    def tombstone(self, entry_id: str, version: int | None, actor: Actor | None) -> Tombstone:
        """Return what stays of an entry that was taken out, for whoever could see it before. Raises NotFoundError."""
        self._check_may_visit(actor)
        return read_tombstone(self._services.database, entry_id, version)

    def _check_may_visit(self, actor: Actor | None) -> None:
        if actor is None and self._services.settings.mode != "public":
            raise NotFoundError("There is no such entry.", hint="Sign in to see it.")


def owner_of(actor: Actor) -> Owner:
    """Return `actor` as the gallery knows owners."""
    if actor.kind == "person":
        return Owner(person_id=actor.id, name=actor.name)
    return Owner(visitor_id=actor.id) if actor.kind == "visitor" else LOCAL_OWNER


def address_of(services: Services, entry: Entry) -> str:
    """Return where a version can be read and cited."""
    return f"{services.page_address}/gallery/{entry.id}/v/{entry.number}"


async def _desk(services: ServicesHere) -> GalleryDesk:
    return services.gallery


GalleryHere = Annotated[GalleryDesk, Depends(_desk)]


def _seen_entry(eid: EntryId, desk: GalleryHere, actor: Anybody, version: VersionChoice = None) -> Entry:
    return desk.seen(eid, version, actor)


SeenEntry = Annotated[Entry, Depends(_seen_entry)]
"""The version of an entry that the request is about, for who may see it."""


def _caching(entry: SeenEntry, version: VersionChoice = None) -> str:
    return "private, max-age=86400" if entry.is_public and version is not None else "private, no-cache"


Caching = Annotated[str, Depends(_caching)]
"""How long what belongs to the version may be kept: one that was accepted never changes, where it is named."""
