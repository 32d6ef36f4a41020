"""A classifier from a file."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sambaseg.server.declare import FileName, ProjectId, raw_body
from sambaseg.server.schemas import Project

router = APIRouter(tags=["classifier"])


@router.post("/api/projects/{pid}/classifier", openapi_extra=raw_body("A .sambaseg classifier file."))
async def load_project_classifier(pid: ProjectId, request: Request, file_name: FileName = "classifier") -> Project:
    """Take a classifier: its recipe, classes, names and colours become the project's."""
    raise NotImplementedError
