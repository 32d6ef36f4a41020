"""The description of all routes is complete and current."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sambaseg.server.openapi import describe_routes

ROOT = Path(__file__).parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def description():
    return json.loads(describe_routes())


def operations_of(description):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_written_description_is_the_applications():
    written = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
    assert written == describe_routes(), "Write it anew with `python3 dev.py api`."


def test_types_of_the_page_know_all_schemas(description):
    types = (ROOT / "web/src/api/schema.d.ts").read_text(encoding="utf-8")
    for name in description["components"]["schemas"]:
        assert f"        {name}: {{" in types, "Write them anew with `python3 dev.py api`."
    for path in description["paths"]:
        assert f'"{path}": {{' in types, "Write them anew with `python3 dev.py api`."


def test_every_route_declares_refusals_and_says_what_it_does(description):
    for name, operation in operations_of(description):
        for status in ("4XX", "5XX"):
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}, name
        assert operation["description"].endswith("."), name
        assert "422" not in operation["responses"], name


def test_names_of_operations_are_unique(description):
    names = [operation["operationId"] for _, operation in operations_of(description)]
    assert len(set(names)) == len(names)


def test_all_references_lead_somewhere(description):
    text = json.dumps(description)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(description["components"]["schemas"])


def test_architecture_names_every_route(description):
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for path in description["paths"]:
        start = path.split("/export/")[0] if "/export/" in path else path
        assert start in page or start.replace("{layer}", "segmentation") in page, path
