"""The licences that an entry can have, by their SPDX ids. None is chosen beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from sambaseg.errors import MetadataError


@dataclass(frozen=True)
class Licence:
    """A licence: its SPDX id, its name, where it can be read, and what it means in a sentence."""

    id: str
    name: str
    url: str
    meaning: str


def _creative_commons(id_: str, path: str, name: str, meaning: str) -> Licence:
    return Licence(id_, name, f"https://creativecommons.org/{path}/", meaning)


LICENCES: tuple[Licence, ...] = (
    _creative_commons(
        "CC-BY-4.0",
        "licenses/by/4.0",
        "Creative Commons Attribution 4.0",
        "Anybody may use and change it for anything, and must name you.",
    ),
    _creative_commons(
        "CC0-1.0",
        "publicdomain/zero/1.0",
        "Creative Commons Zero 1.0",
        "You give up all rights: anybody may use and change it for anything.",
    ),
    _creative_commons(
        "CC-BY-SA-4.0",
        "licenses/by-sa/4.0",
        "Creative Commons Attribution-ShareAlike 4.0",
        "As CC BY, and what others make of it must have the same licence.",
    ),
    _creative_commons(
        "CC-BY-NC-4.0",
        "licenses/by-nc/4.0",
        "Creative Commons Attribution-NonCommercial 4.0",
        "As CC BY, but not for commercial use.",
    ),
    _creative_commons(
        "CC-BY-NC-SA-4.0",
        "licenses/by-nc-sa/4.0",
        "Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
        "As CC BY, but not for commercial use, and what others make of it must have the same licence.",
    ),
    Licence(
        "ODC-By-1.0",
        "Open Data Commons Attribution 1.0",
        "https://opendatacommons.org/licenses/by/1-0/",
        "For data: anybody may use and change it for anything, and must name you.",
    ),
    Licence(
        "PDDL-1.0",
        "Open Data Commons Public Domain Dedication and License 1.0",
        "https://opendatacommons.org/licenses/pddl/1-0/",
        "For data: you give up all rights.",
    ),
)
_BY_ID = {licence.id: licence for licence in LICENCES}


def find_licence(id_: str) -> Licence:
    """Return the licence of an id. Raises MetadataError where there is none."""
    try:
        return _BY_ID[id_]
    except KeyError:
        raise MetadataError(
            f"licence: {id_[:40]!r} is none of the licences that can be chosen.", hint=f"One of {', '.join(_BY_ID)}."
        ) from None
