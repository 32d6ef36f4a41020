"""Every text that a person can write into the server's interface, by its OpenAPI, and which test writes strange ones.

Fields are named `METHOD path where`: `?q` stands in the address, `{sid}` in the path, all else in the JSON of the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from e2e.script_texts import PAYLOADS

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"

_SEARCH = ("?q", "?licence", "?material", "?instrument", "?class_name")
_DRAFT = "PATCH /api/gallery/drafts/{eid} metadata."
FIELDS: dict[str, tuple[str, ...]] = {
    "gallery": (
        "POST /api/projects ?name",
        "POST /api/projects ?file_name",
        "POST /api/projects/from-uploads name",
        "POST /api/uploads file_name",
        "POST /api/projects/{pid}/operations classes[].name",
        *(f"GET /api/gallery/{what} {where}" for what in ("entries", "counts", "dataset") for where in _SEARCH),
        *(_DRAFT + name for name in ("title", "preparation", "notes", "sample_id", "keywords[]", "doi")),
        *(_DRAFT + f"material.{name}" for name in ("name", "composition", "phases[]")),
        *(_DRAFT + f"instrument.{name}" for name in ("type", "mode", "manufacturer")),
        *(_DRAFT + f"creators[].{name}" for name in ("name", "affiliation")),
        "POST /api/gallery/entries/{eid}/withdraw reason",
        "POST /api/moderation/{eid} reason",
    ),
    "accounts": (
        "PATCH /api/me name",
        "POST /api/me/password old",
        "POST /api/me/password new",
        "POST /api/sessions login",
        "POST /api/sessions password",
        "POST /api/invitation token",
        "POST /api/invitation/accept login",
        "POST /api/invitation/accept name",
        "POST /api/invitation/accept password",
        "POST /api/oidc/finish state",
        "POST /api/oidc/finish code",
        "GET /api/people ?q",
        "PATCH /api/admin/people/{person} name",
        "POST /api/admin/invites note",
        "PUT /api/admin/settings/{name} value",
        "PATCH /api/projects/{pid} name",
        "PATCH /api/projects/{pid}/images/{image} name",
        "POST /api/projects/{pid}/labels ?file_name",
        "POST /api/projects/{pid}/classifier ?file_name",
    ),
    "refusals": (
        "POST /api/invitation/accept token",
        "POST /api/oidc/begin return_to",
        "GET /api/samples/{sid}/thumbnail {sid}",
        "POST /api/projects/from-sample sample",
        "POST /api/features/cost families[]",
        "GET /api/projects/{pid}/feature-preview ?families",
        "POST /api/projects/{pid}/feature-suggestions recipe.families[]",
        "PATCH /api/projects/{pid} settings.recipe.families[]",
        "GET /api/projects/{pid}/results/{rid}/cleaned/{level} ?steps",
        "GET /api/gallery/entries ?cursor",
        _DRAFT + "creators[].orcid",
        _DRAFT + "licence",
    ),
    "files": (
        "GET /api/files ?path",
        "POST /api/projects/from-paths paths[]",
        "POST /api/projects/from-paths name",
        "POST /api/projects/{pid}/images paths[]",
        "POST /api/projects/{pid}/images/{image}/source path",
    ),
}
"""The fields that each test writes strange texts into, and looks at the pages that show them."""


@cache
def _description() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return described


def text_fields() -> set[str]:
    """Return every field that takes markup: no names from a list, no ids, no bytes of files."""
    found = set()
    for path, methods in _description()["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                where = {"query": "?{}", "path": "{{{}}}"}.get(parameter["in"])
                if where and next(_texts(parameter["schema"], ""), None) is not None:
                    found.add(f"{method.upper()} {path} {where.format(parameter['name'])}")
            for body in operation.get("requestBody", {}).get("content", {}).values():
                found |= {f"{method.upper()} {path} {field}" for field in _texts(body["schema"], "")}
    return found


def _texts(schema: dict[str, Any], name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Return the names of all texts in a schema that take markup."""
    if "$ref" in schema:
        kind = schema["$ref"].rpartition("/")[2]
        if kind not in seen:
            yield from _texts(_description()["components"]["schemas"][kind], name, seen | {kind})
    for one in (part for way in ("anyOf", "oneOf", "allOf") for part in schema.get(way, ())):
        yield from _texts(one, name, seen)
    if schema.get("type") == "string" and _takes_markup(schema):
        yield name
    if "items" in schema:
        yield from _texts(schema["items"], f"{name}[]", seen)
    for field, inner in schema.get("properties", {}).items():
        yield from _texts(inner, f"{name}.{field}".lstrip("."), seen)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _texts(schema["additionalProperties"], f"{name}.*".lstrip("."), seen)


def _takes_markup(schema: dict[str, Any]) -> bool:
    if schema.get("format") == "binary" or "enum" in schema or "const" in schema:
        return False
    pattern = re.compile(schema.get("pattern", ""))
    return any(pattern.search(text) for payload in PAYLOADS for text in (payload, f"/{payload}"))


class Written:
    """The fields into which somebody wrote one of the strange texts."""

    def __init__(self) -> None:
        self.fields: set[str] = set()

    def note(self, method: str, address: str, body: object = None) -> None:
        """Note a request; `body` is what its JSON says, else None."""
        parts = urlsplit(address)
        for template in _description()["paths"]:
            names = re.findall(r"{(\w+)}", template)
            found = re.fullmatch(re.sub(r"{\w+}", "([^/]+)", template), parts.path)
            if found is None or method.lower() not in _description()["paths"][template]:
                continue
            told = [(f"{{{name}}}", unquote(value)) for name, value in zip(names, found.groups(), strict=True)]
            told += [(f"?{name}", value) for name, value in parse_qsl(parts.query)]
            told += _leaves(body, "")
            self.fields |= {f"{method} {template} {name}" for name, value in told if _is_strange(value)}

    def missing(self, test: str) -> set[str]:
        """Return the fields of a test that it did not write into."""
        return set(FIELDS[test]) - self.fields


def _leaves(value: object, name: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each, f"{name}[]")]
    if isinstance(value, dict):
        return [leaf for field, each in value.items() for leaf in _leaves(each, f"{name}.{field}".lstrip("."))]
    return []


def _is_strange(value: str) -> bool:
    return any(payload in value for payload in PAYLOADS)
