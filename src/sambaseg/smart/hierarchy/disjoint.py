"""Disjoint sets: which regions have been joined so far (union-find with path halving)."""

from __future__ import annotations

from sambaseg.compiled import compiled
from sambaseg.features.arrays import RankArray


@compiled
def root_of(joined: RankArray, member: int) -> int:
    """Return the representative of `member`; ways to it are shortened in passing."""
    while joined[member] != member:
        joined[member] = joined[joined[member]]
        member = joined[member]
    return member
