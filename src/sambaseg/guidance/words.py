"""Why a place is proposed, in words: "Uncertain between matrix and pore, far from labels, pore has few labels"."""

from __future__ import annotations

from collections.abc import Mapping

from sambaseg.guidance.ranking import RankedPlace

FAR = 1 / 6
"""From this share of the image's shorter side on, labels are far."""
FEW = 1 / 4
"""A class with less than this share of the labels that the most labelled one has, has few."""


def reason_for(
    place: RankedPlace, *, names: Mapping[int, str], labelled: Mapping[int, int], shape_yx: tuple[int, int]
) -> str:
    """Return why a place of an image of a size is proposed.

    `names` are those of the classes by id, `labelled` how many pixels of each have labels, in all images together.
    """
    known = [names.get(entry, f"class {entry}") for entry in place.classes]
    told = [f"Uncertain between {_listed(known)}" if len(known) > 1 else f"Unsure whether this is {known[0]}"]
    if place.distance_px is None:
        told.append("nothing is labelled in this image")
    elif place.distance_px > FAR * min(shape_yx):
        told.append("far from labels")
    most = max(labelled.values(), default=0)
    few = [names.get(entry, f"class {entry}") for entry in place.classes if labelled.get(entry, 0) < FEW * most]
    if few:
        told.append(f"{_listed(few)} {'has' if len(few) == 1 else 'have'} few labels")
    return ", ".join(told)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
