"""Write the description of all routes: ``python -m sambaseg.server.openapi docs/openapi.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sambaseg.server.app import create_app
from sambaseg.settings import Settings


def describe_routes() -> str:
    """Return the OpenAPI description as JSON text, the same on every machine."""
    return json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(describe_routes(), encoding="utf-8")
