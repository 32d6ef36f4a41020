"""What the tests of the gallery share: databases, a store of files, a gallery, a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tifffile

from databases import database, postgres_server
from gallery.samples import ADA, BOB, Sharing, make_project, micrograph_yx
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.moderation import Moderation
from sambaseg.project.store import ProjectStore
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.tables import Visitor

__all__ = ["database", "postgres_server"]


@pytest.fixture
def files(tmp_path: Path) -> DiskStore:
    """A store of files."""
    return DiskStore(tmp_path / "files")


@pytest.fixture
def gallery(database: Database, files: DiskStore) -> Gallery:
    """A gallery with moderators, and two visitors."""
    with database.session() as session:
        session.add_all(Visitor(id=owner.visitor_id, expires=now()) for owner in (ADA, BOB))
    return Gallery(database, files, moderated=True)


@pytest.fixture
def moderation(gallery: Gallery) -> Moderation:
    """The moderators' desk."""
    return Moderation(gallery.database)


@pytest.fixture
def sharing(gallery: Gallery) -> Sharing:
    """Makes snapshots and entries."""
    return Sharing(gallery)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectStore]:
    """A project that can be shared: labels, a segmentation, named classes, pixels of 5 nm."""
    path = tmp_path / "A picture.tif"
    tifffile.imwrite(path, micrograph_yx(), resolution=(2e6, 2e6), resolutionunit="CENTIMETER")
    store = make_project(tmp_path / "projects", path)
    yield store
    store.close()
