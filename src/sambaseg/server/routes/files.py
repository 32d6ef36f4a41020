"""The folders of this machine, for a person who sits at it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sambaseg.server.folders import list_folder, require_local
from sambaseg.server.intake_schemas import FolderListing
from sambaseg.server.services import ServicesHere

router = APIRouter(tags=["files"])
FolderPath = Annotated[str, Query(min_length=1, max_length=4096, description="The home folder where it is left out.")]


@router.get("/api/files")
def list_files(services: ServicesHere, path: FolderPath | None = None) -> FolderListing:
    """List the folders, image files and OME-Zarr folders in a folder; only where the server serves this machine alone.

    Symbolic links are followed; what cannot be read is left out, or refused where it was asked for.
    """
    require_local(services.settings)
    return list_folder(path)
