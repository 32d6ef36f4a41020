"""Which classes rest on too little, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sambaseg.trust.confusion import recalls
from sambaseg.trust.evidence import Evidence
from sambaseg.trust.quantities import joint_table

FEW_STROKES = 3
FEW_PIXELS = 50
POOR_RECALL = 0.5


@dataclass(frozen=True)
class PoorSupport:
    """A class that rests on too little: a sentence what is wrong, and one what to do."""

    class_id: int
    message: str
    hint: str


def find_poor_support(evidence: Evidence, names: Mapping[int, str]) -> list[PoorSupport]:
    """Return the classes whose numbers mean little, at most one sentence each; `names` are theirs by id."""
    found, recall_k = [], recalls(joint_table(evidence))
    asked_k = evidence.counts_kk.sum(axis=1)
    for at, class_id in enumerate(evidence.class_ids):
        name, strokes, pixels = names.get(class_id, f"Class {class_id}"), evidence.strokes_k[at], evidence.pixels_k[at]
        if pixels < FEW_PIXELS:
            message = f"{name} is labelled in {pixels} {'pixel' if pixels == 1 else 'pixels'} only."
            found.append(PoorSupport(class_id, message, f"Mark more of {name}, in other places."))
        elif strokes < FEW_STROKES:
            message = f"{name} has {'one stroke' if strokes == 1 else f'{strokes} strokes'} only."
            hint = f"Mark {name} in {_more(FEW_STROKES - strokes)}, far from there."
            found.append(PoorSupport(class_id, message, hint))
        elif asked_k[at] and recall_k[at] < POOR_RECALL:
            message = f"Strokes of {name} that were held out are mostly taken for other classes."
            hint = f"Mark {name} where it looks different from the strokes that are there."
            found.append(PoorSupport(class_id, message, hint))
    return found


def _more(strokes: int) -> str:
    return "one more place" if strokes == 1 else f"{strokes} more places"
