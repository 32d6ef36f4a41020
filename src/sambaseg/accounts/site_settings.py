"""What an administrator changed while the server runs, over the settings that it was started with."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import Field, fields, replace
from typing import Any

from sqlalchemy import select

from sambaseg.accounts.actors import Actor
from sambaseg.accounts.audit import record
from sambaseg.errors import NotFoundError
from sambaseg.settings import Settings, read_setting
from sambaseg.storage.column_types import now
from sambaseg.storage.database import Database
from sambaseg.storage.tables import SiteSetting

SECONDS_KNOWN = 10.0
"""How long an answer of the database holds: what another process changes counts after that."""
CHANGEABLE: Mapping[str, Field[Any]] = {row.name: row for row in fields(Settings) if row.metadata["change"]}
"""The settings that can be changed while the server runs."""


class SiteSettings:
    """The settings as they are now. All methods may be called from any thread, outside of transactions."""

    def __init__(self, database: Database, started_with: Settings) -> None:
        self._database = database
        self._started_with = started_with
        self._access = threading.Lock()
        self._known: tuple[float, Settings] | None = None

    def now(self) -> Settings:
        """Return the settings that the server was started with, and over them what was changed since."""
        with self._access:
            known = self._known
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        with self._database.reading() as session:
            rows = session.scalars(select(SiteSetting).where(SiteSetting.name.in_(CHANGEABLE)))
            changed: dict[str, Any] = {row.name: row.value["value"] for row in rows}
        settings = replace(self._started_with, **changed)
        with self._access:
            self._known = time.monotonic() + SECONDS_KNOWN, settings
        return settings

    def change(self, name: str, text: str, *, by: Actor | None = None) -> None:
        """Set a setting to what `text` stands for. Raises NotFoundError, and ParameterError for what it cannot be."""
        row = _changeable(name)
        value = read_setting(row, text.strip())
        row.metadata["change"].check(value)
        with self._database.session() as session:
            stored = session.get(SiteSetting, name, with_for_update=True)
            if stored is None:
                stored = SiteSetting(name=name)
                session.add(stored)
            stored.value, stored.changed = {"value": value}, now()
            stored.changed_by = by.id if by is not None and by.kind == "person" else None
            record(session, by, "setting changed", "setting", name, value=value)
        self._forget()

    def reset(self, name: str, *, by: Actor | None = None) -> None:
        """Set a setting to what the server was started with. Raises NotFoundError."""
        _changeable(name)
        with self._database.session() as session:
            stored = session.get(SiteSetting, name, with_for_update=True)
            if stored is not None:
                session.delete(stored)
                record(session, by, "setting reset", "setting", name)
        self._forget()

    def _forget(self) -> None:
        with self._access:
            self._known = None


def _changeable(name: str) -> Field[Any]:
    row = CHANGEABLE.get(name)
    if row is None:
        raise NotFoundError(
            "There is no such setting that can be changed while the server runs.",
            hint="Others are given in the environment when it is started.",
        )
    return row
