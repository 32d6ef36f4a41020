"""What the columns of the tables hold: ids, times in UTC, JSON."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

ID_PATTERN = re.compile(r"[0-9a-f]{32}")


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; a time without a zone is refused, since nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time must have a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


JSON_TYPE: TypeEngine[Any] = JSON().with_variant(JSONB(), "postgresql")
BIG_TYPE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both; SQLite counts up by itself only in a column that is called INTEGER."""

Id = Annotated[str, mapped_column(String(32))]
Hash = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]


def new_id() -> str:
    """Return a new id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Tell whether `text` has the form of an id."""
    return ID_PATTERN.fullmatch(text) is not None


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)
