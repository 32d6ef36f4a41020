"""The page of an entry says what it is to search engines, and nothing that people wrote becomes a part of the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sambaseg.server.entry_page import describe_dataset, page_of
from sambaseg.server.gallery_schemas import Entry, LicenceInfo
from server.gallery_people import SHELL, WRITTEN, Page

LICENCE = LicenceInfo(
    id="CC-BY-4.0", name="CC BY 4.0", address="https://creativecommons.org/licenses/by/4.0/", meaning="Name the makers."
)
PAYLOADS = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&lt;/script&gt;",
    "</ScRiPt ><img src=x onerror=alert(1)>",
    "\u2028alert(1)\u2029",
    '"><svg onload=alert(1)>',
    "\\u003c/script\\u003e",
    "\\g<0> \\1",
]


def entry_with(**written):
    return Entry.model_validate(
        {
            "id": "ab" * 16,
            "version": 2,
            "state": "accepted",
            "published": datetime(2025, 3, 1, tzinfo=UTC),
            "versions": [],
            "metadata": {**WRITTEN, **written},
            "width": 200,
            "height": 120,
            "classes": [{"id": 1, "name": "Matrix", "colour": "#1f77b4", "segmented": 0.5, "labelled": None}],
            "files": [
                {"kind": "image", "file_name": "a.tif", "media_type": "image/tiff", "bytes": 12, "sha256": "ab" * 32}
            ],
            "thumbnails": ["image"],
        }
    )


def test_dataset_names_what_search_engines_ask_for():
    dataset = describe_dataset(entry_with(), LICENCE, "https://example.org")
    assert dataset["@type"] == "Dataset"
    assert dataset["name"] == WRITTEN["title"]
    assert 50 <= len(dataset["description"]) <= 5000
    assert dataset["url"] == f"https://example.org/gallery/{'ab' * 16}/v/2"
    assert dataset["license"] == LICENCE.address
    assert dataset["datePublished"] == "2025-03-01"
    assert dataset["creator"][0]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    assert dataset["citation"] == "https://doi.org/10.1000/example"
    assert dataset["distribution"][0]["sha256"] == "ab" * 32


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_people_wrote_leaves_the_element_it_stands_in(payload):
    written = {
        "title": payload,
        "notes": payload,
        "preparation": payload,
        "keywords": [payload],
        "material": {"name": payload, "composition": payload, "phases": [payload]},
        "creators": [{"name": payload, "orcid": "", "affiliation": payload}],
        "doi": payload,
    }
    dataset = describe_dataset(entry_with(**written), LICENCE, "https://example.org")
    page = Page(page_of(SHELL, dataset))
    assert [tag for tag, _ in page.elements] == ["html", "head", "title", "link", "script", "body", "div"]
    assert dict(page.elements)["script"] == {"type": "application/ld+json"}
    assert json.loads(page.texts["script"].strip()) == dataset
    assert page.texts["title"].strip() == f"{payload} · sambaseg".strip()
