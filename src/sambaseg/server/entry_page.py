"""The page of one entry, with what search engines for data sets read of it (schema.org as JSON-LD) in its head."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from sambaseg.server.gallery_schemas import Entry, LicenceInfo

DESCRIPTION_LENGTH = 4900
"""Search engines for data sets take 5000 characters."""


def describe_dataset(entry: Entry, licence: LicenceInfo | None, site: str) -> dict[str, Any]:
    """Return an entry as a schema.org Dataset; `site` is the address of the page without a slash at its end."""
    written = entry.metadata
    address = f"{site}/gallery/{entry.id}"
    files = f"{site}/api/gallery/entries/{entry.id}/files"
    words = [*written.keywords, written.material.name, written.instrument.type]
    known: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{address}/v/{entry.version}",
        "url": f"{address}/v/{entry.version}",
        "name": written.title,
        "description": _description(entry),
        "identifier": entry.id,
        "version": str(entry.version),
        "datePublished": None if entry.published is None else entry.published.date().isoformat(),
        "license": None if licence is None else licence.address,
        "creator": [_person(creator.name, creator.orcid, creator.affiliation) for creator in written.creators],
        "keywords": [word for word in dict.fromkeys(words) if word],
        "measurementTechnique": " ".join(filter(None, (written.instrument.type, written.instrument.mode))),
        "variableMeasured": [entry_class.name for entry_class in entry.classes],
        "citation": f"https://doi.org/{written.doi}" if written.doi else None,
        "isAccessibleForFree": True,
        "thumbnailUrl": [
            f"{site}/api/gallery/entries/{entry.id}/thumbnails/{what}/640?version={entry.version}"
            for what in entry.thumbnails
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.file_name,
                "contentUrl": f"{files}/{file.kind}?version={entry.version}",
                "encodingFormat": file.media_type,
                "contentSize": f"{file.bytes} B",
                "sha256": file.sha256,
            }
            for file in entry.files
        ],
    }
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def page_of(shell: str, dataset: dict[str, Any]) -> str:
    """Return the page's HTML with the title of an entry and its description put into the head of `shell`.

    Nothing that people wrote can end the element it stands in: as JSON, `<`, `>` and `&` are written as escapes.
    """
    head = (
        f'<link rel="canonical" href="{html.escape(str(dataset["url"]))}" />\n'
        f'<script type="application/ld+json">{as_script(dataset)}</script>\n'
    )
    title = f"<title>{html.escape(str(dataset['name']))} · sambaseg</title>"
    titled = re.sub(r"<title>[^<]*</title>", lambda _: title, shell, count=1)
    return re.sub(r"</head>", lambda _: f"{head}</head>", titled, count=1)


def as_script(value: object) -> str:
    """Return JSON that can stand in a script element, whatever texts are in it."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _person(name: str, orcid: str, affiliation: str) -> dict[str, Any]:
    person: dict[str, Any] = {"@type": "Person", "name": name}
    if orcid:
        person["@id"] = f"https://orcid.org/{orcid}"
    if affiliation:
        person["affiliation"] = {"@type": "Organization", "name": affiliation}
    return person


def _description(entry: Entry) -> str:
    """Return a few sentences, all of what was written."""
    written = entry.metadata
    material = ", ".join(filter(None, (written.material.name, written.material.composition)))
    instrument = ", ".join(filter(None, (written.instrument.type, written.instrument.mode)))
    names = ", ".join(entry_class.name for entry_class in entry.classes)
    sentences = [
        f"Micrograph of {entry.width} by {entry.height} pixels: {written.title}.",
        f"Material: {material}." if material else "",
        f"Instrument: {instrument}." if instrument else "",
        f"Classes: {names}." if names else "",
        written.preparation,
        written.notes,
    ]
    return " ".join(filter(None, sentences))[:DESCRIPTION_LENGTH]
