"""What the server writes to the terminal: warnings as text, or everything as one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from sambaseg.settings import LogStyle

REQUESTS = logging.getLogger("sambaseg.requests")
"""One record a request, with the fields in ``fields``; written where the log is JSON."""


def set_up_logs(style: LogStyle) -> None:
    """Write warnings and errors to the standard error, and in JSON each request too."""
    handler = logging.StreamHandler(sys.stderr)
    if style == "json":
        handler.setFormatter(JsonLines())
        REQUESTS.setLevel(logging.INFO)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: time, level, logger, message, its own fields, and the stack of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
