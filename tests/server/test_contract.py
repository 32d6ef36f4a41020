"""Every route answers as the OpenAPI description says, whatever is sent: no error of the server, no other shape."""

from __future__ import annotations

import zlib

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.gallery.snapshot import take_from_project
from sambaseg.server.app import create_app
from sambaseg.settings import Settings
from sambaseg.storage.owner import LOCAL_OWNER
from server.conftest import make_project, two_phases
from server.gallery_people import WRITTEN

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
STREAM = "follow_project"
UPLOADS = ["create_project", "import_labels", "send_piece", "load_project_classifier", "put_smart_model_file"]
SAMPLES = ["create_project_from_sample", "create_project_from_paths", "create_project_from_uploads"]
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
PHASES = [Phase.explicit, Phase.generate]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("contract"), threads=2))
    yield app
    app.state.services.close()


# Describes the routes only: each test sends its requests to the application of the fixture.
DESCRIBED = create_app(Settings())


def described_routes(*, boundaries):
    """Return the routes as described; `boundaries` adds the cases at and beyond each bound to the random ones."""
    schema = schemathesis.openapi.from_dict(DESCRIBED.openapi())
    schema.app = DESCRIBED
    schema.config.update(base_url="http://127.0.0.1:8340")
    schema.config.phases.coverage.enabled = boundaries
    return schema


schema = described_routes(boundaries=True)
slow_schema = described_routes(boundaries=False)


def some_entry(app):
    """Return an entry of the gallery: a draft, or one that is public, made where there is none."""
    gallery = app.state.services.gallery.gallery
    entries = [entry for entry in gallery.mine(LOCAL_OWNER) if entry.state != "withdrawn"]
    if entries:
        return entries[0].id
    project = make_project(app, two_phases(40, 50)).split("/")[-1]
    snapshot = take_from_project(gallery.files, app.state.services.workspace.open_project(project), 0)
    public = gallery.create_draft(LOCAL_OWNER, snapshot)
    gallery.update_draft(public.id, LOCAL_OWNER, metadata=EntryMetadata.from_json(WRITTEN))
    gallery.submit(public.id, LOCAL_OWNER, consent=True)
    return public.id


def check(case, app):
    """Send a case, mostly to a project that exists, and look at the answer."""
    services = app.state.services
    if "pid" in case.path_parameters and zlib.crc32(repr(case.body).encode()) % 4:
        projects = services.workspace.list_projects()
        made = None if projects else make_project(app, two_phases(40, 50))
        case.path_parameters["pid"] = made.split("/")[-1] if made else projects[0].id
    if "eid" in case.path_parameters and zlib.crc32(repr(case.query).encode()) % 4:
        case.path_parameters["eid"] = some_entry(app)
        (case.query or {}).pop("version", None)
    case.call_and_validate(app=app, headers={"Authorization": f"Bearer {services.token}"}, checks=CHECKS)


@schema.exclude(operation_id=[STREAM, *UPLOADS, *SAMPLES]).parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=HEALTH, phases=PHASES, derandomize=True)
def test_routes_keep_to_their_description(case, app):
    check(case, app)


@slow_schema.include(operation_id=[*UPLOADS, *SAMPLES]).parametrize()
@settings(max_examples=4, deadline=None, suppress_health_check=HEALTH, phases=PHASES, derandomize=True)
def test_uploads_keep_to_their_description(case, app):
    check(case, app)
