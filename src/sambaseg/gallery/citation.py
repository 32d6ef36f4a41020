"""How to cite one version of an entry: a sentence, BibTeX, and CSL-JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sambaseg.gallery.entry import Entry
from sambaseg.gallery.licences import find_licence
from sambaseg.gallery.metadata import Creator


@dataclass(frozen=True)
class Citation:
    """A sentence, a BibTeX record, and CSL-JSON as text."""

    text: str
    bibtex: str
    csl_json: str


def cite(entry: Entry, *, address: str) -> Citation:
    """Return how to cite a version that can be seen at `address`, such as ``https://host/gallery/ID/v/1``."""
    return Citation(_sentence(entry, address), _bibtex(entry, address), json.dumps([csl(entry, address)], indent=2))


def csl(entry: Entry, address: str) -> dict[str, Any]:
    """Return a version as an item of CSL-JSON."""
    metadata, at = entry.metadata, entry.published or entry.changed
    item: dict[str, Any] = {
        "id": f"{entry.id}-v{entry.number}",
        "type": "dataset",
        "title": metadata.title,
        "author": [_csl_name(creator) for creator in metadata.creators],
        "issued": {"date-parts": [[at.year, at.month, at.day]]},
        "version": str(entry.number),
        "URL": address,
    }
    if metadata.keywords:
        item["keyword"] = ", ".join(metadata.keywords)
    if metadata.licence:
        item["license"] = find_licence(metadata.licence).url
    if metadata.doi:
        item["note"] = f"Paper: https://doi.org/{metadata.doi}"
    return item


def _sentence(entry: Entry, address: str) -> str:
    metadata, at = entry.metadata, entry.published or entry.changed
    names = [_inverted(creator) for creator in metadata.creators]
    shown = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else "Anonymous"
    licence = f" {metadata.licence}." if metadata.licence else ""
    return f"{shown} ({at.year}): {_ended(metadata.title)} Version {entry.number}. Data set.{licence} {address}"


def _bibtex(entry: Entry, address: str) -> str:
    metadata, at = entry.metadata, entry.published or entry.changed
    fields = {
        "author": " and ".join(_escaped(_inverted(creator)) for creator in metadata.creators),
        "title": f"{{{_escaped(metadata.title)}}}",
        "year": str(at.year),
        "month": str(at.month),
        "version": str(entry.number),
        "url": address,
        "howpublished": "Data set",
        "note": _escaped(f"Licence: {metadata.licence}") if metadata.licence else "",
        "keywords": _escaped(", ".join(metadata.keywords)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{sambaseg-{entry.id[:12]}-v{entry.number},", *lines, "}", ""])


def _names(creator: Creator) -> tuple[str, str]:
    """Return family name and given names, as far as one can tell: "Family, Given" as written, else the last word."""
    if "," in creator.name:
        family, _, given = creator.name.partition(",")
        return family.strip(), given.strip()
    given, _, family = creator.name.rpartition(" ")
    return family.strip(), given.strip()


def _inverted(creator: Creator) -> str:
    family, given = _names(creator)
    return f"{family}, {given}" if given else family


def _csl_name(creator: Creator) -> dict[str, str]:
    family, given = _names(creator)
    name = {"family": family, "given": given} if given else {"literal": family}
    return {**name, "ORCID": f"https://orcid.org/{creator.orcid}"} if creator.orcid else name


_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "$": r"\$",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def _escaped(text: str) -> str:
    return " ".join(text.translate(_BIBTEX).split())


def _ended(title: str) -> str:
    return title if title[-1:] in ".?!" else f"{title}."
