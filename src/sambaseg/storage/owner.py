"""Whose something is: a person's, a visitor's, or, in local mode, of whoever sits at this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """The id of a person or of a visitor; neither in local mode. `name` is how the log calls them."""

    person_id: str | None = None
    visitor_id: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.person_id is not None and self.visitor_id is not None:
            raise ValueError("an owner is a person or a visitor")

    @property
    def id(self) -> str | None:
        """The id of the person or the visitor; None in local mode."""
        return self.person_id or self.visitor_id

    @property
    def label(self) -> str:
        """How the log calls the owner."""
        return self.name or ("a visitor" if self.visitor_id else "this machine")


LOCAL_OWNER = Owner()
