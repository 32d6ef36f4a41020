"""How entries are cited: a sentence, BibTeX that parses, CSL-JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from gallery.samples import metadata_of
from sambaseg.gallery.citation import Citation, cite
from sambaseg.gallery.content import Measured
from sambaseg.gallery.entry import Entry
from sambaseg.storage.owner import Owner

ADDRESS = "https://example.org/gallery/0123/v/2"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def cited(**changes: object) -> Citation:
    entry = Entry(
        id="0123456789abcdef" * 2,
        number=2,
        state="accepted",
        metadata=metadata_of(**changes),
        measured=Measured(width=1, height=1),
        files=(),
        created=AT,
        changed=AT,
        submitted=AT,
        decided=AT,
        published=AT,
        versions=(),
        public_version=2,
        latest_version=2,
        owner=Owner(),
        source_project_id=None,
        source_image=None,
    )
    return cite(entry, address=ADDRESS)


def test_the_sentence_names_who_when_what_and_where():
    assert cited().text == (
        "Lovelace, Ada (2026): Etched nickel superalloy. Version 2. Data set. CC-BY-4.0. "
        "https://example.org/gallery/0123/v/2"
    )
    several = cited(creators=[{"name": "Ada Lovelace"}, {"name": "Hopper, Grace M."}, {"name": "Plato"}])
    assert several.text.startswith("Lovelace, Ada, Hopper, Grace M. and Plato (2026): ")


def test_csl_json_has_names_date_and_address():
    (item,) = json.loads(cited().csl_json)
    assert item["type"] == "dataset"
    assert item["author"] == [{"family": "Lovelace", "given": "Ada", "ORCID": "https://orcid.org/0000-0002-1825-0097"}]
    assert item["issued"] == {"date-parts": [[2026, 3, 1]]}
    assert (item["URL"], item["version"]) == (ADDRESS, "2")
    assert json.loads(cited(creators=[{"name": "Plato"}]).csl_json)[0]["author"] == [{"literal": "Plato"}]


@pytest.mark.parametrize("title", ["{", "}}", "50 % & more_#$~^", "back\\slash", 'quote " here', "@misc{x, y}"])
def test_bibtex_stays_whole_whatever_is_written(title):
    text = cited(title=title, keywords=[title]).bibtex
    assert text.startswith("@misc{sambaseg-0123456789ab-v2,\n")
    depth = 0
    for escaped_or_brace in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(escaped_or_brace, 0)
        assert depth >= 0
    assert depth == 0
    assert text.rstrip().endswith("}")
    assert "  year = {2026}," in text
    assert f"  url = {{{ADDRESS}}}," in text
