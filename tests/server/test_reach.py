"""How far the server reaches: it listens at one place, and fetches nothing that a request names."""

from __future__ import annotations

import re

import psutil

from server.conftest import live_server, tiff_of, two_phases
from server.people import app_of

NAMES_AN_ADDRESS = re.compile(r"(^|_)(url|uri|href|address|link|endpoint|host)s?(_|$)")


def listening():
    """Return where this process and those that it started listen, as (address, port)."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    connections = [each for process in processes for each in process.net_connections("inet")]
    return {each.laddr[:2] for each in connections if each.status == psutil.CONN_LISTEN}


def test_server_listens_on_one_port_of_this_machine_alone(settings):
    """Neither workers nor libraries open a door of their own."""
    before = listening()
    with live_server(settings) as client:
        image = tiff_of(two_phases(40, 50))
        assert client.post("/api/projects?name=a&file_name=a.tif", content=image).status_code == 201
        port = client.app.state.services.settings.port
        assert listening() - before == {("127.0.0.1", port)}


def test_no_request_names_an_address_to_fetch(settings):
    """There is no import by address: what is not asked for cannot lead into an inner network."""
    for mode in ("lab", "public"):
        app = app_of(settings, mode)
        try:
            description = app.openapi()
        finally:
            app.state.services.close()
        schemas = description["components"]["schemas"]
        names: set[str] = set()
        for operations in description["paths"].values():
            for operation in operations.values():
                names |= {parameter["name"] for parameter in operation.get("parameters", [])}
                names |= fields_of(operation.get("requestBody", {}), schemas)
        assert len(names) > 50
        assert not {name for name in names if NAMES_AN_ADDRESS.search(name)}


def fields_of(node, schemas, seen=frozenset()):
    """Return the names of all fields below a part of the description."""
    if isinstance(node, list):
        return set().union(*(fields_of(each, schemas, seen) for each in node))
    if not isinstance(node, dict):
        return set()
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name:
        return set() if name in seen else fields_of(schemas[name], schemas, seen | {name})
    found = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
    return found.union(*(fields_of(each, schemas, seen) for each in node.values()))
