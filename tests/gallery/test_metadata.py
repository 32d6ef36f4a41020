"""What may be written about an entry, what may not, and what is still missing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.samples import WHOLE, metadata_of
from sambaseg.errors import MetadataError
from sambaseg.gallery.licences import LICENCES, find_licence
from sambaseg.gallery.metadata import Creator, EntryMetadata, EntryPixelSize, is_orcid


def test_what_was_written_comes_back():
    metadata = metadata_of()
    assert EntryMetadata.from_json(json.loads(json.dumps(metadata.to_json()))) == metadata
    assert metadata.creators == (Creator("Ada Lovelace", "0000-0002-1825-0097", "Example University"),)
    assert metadata.pixel_size == EntryPixelSize(10, 12, "nm")
    assert metadata.pixel_size.larger_nm == 12
    assert metadata.notes == "Taken near the edge.\nSecond line."
    assert metadata.problems() == []


def test_a_draft_may_leave_out_anything():
    assert EntryMetadata.from_json({}) == EntryMetadata()
    assert EntryMetadata.from_json(EntryMetadata().to_json()) == EntryMetadata()
    assert [problem.field for problem in EntryMetadata().problems()] == ["title", "creators", "licence", "quality"]
    missing = metadata_of(creators=[{"name": "Ada"}, {"affiliation": "Somewhere"}]).problems()
    assert [problem.field for problem in missing] == ["creators[1].name"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "turned \u202e around"}, "title"),
        ({"title": "half \ud800 a pair"}, "title"),
        ({"title": 7}, "title"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"notes": "bell \x07"}, "notes"),
        ({"material": "Steel"}, "material"),
        ({"material": {"phases": ["ferrite", 3]}}, "material.phases[1]"),
        ({"material": {"phases": "ferrite"}}, "material.phases"),
        ({"material": {"colour": "grey"}}, "material.colour"),
        ({"instrument": {"voltage_kv": -1}}, "instrument.voltage_kv"),
        ({"instrument": {"voltage_kv": float("nan")}}, "instrument.voltage_kv"),
        ({"instrument": {"wavelength_nm": "red"}}, "instrument.wavelength_nm"),
        ({"pixel_size": {"x": 1, "y": 1, "unit": "inch"}}, "pixel_size.unit"),
        ({"pixel_size": {"x": 1, "unit": "nm"}}, "pixel_size.y"),
        ({"pixel_size": {"x": 0, "y": 1, "unit": "nm"}}, "pixel_size.x"),
        ({"quality": 11}, "quality"),
        ({"quality": 7.5}, "quality"),
        ({"quality": True}, "quality"),
        ({"keywords": ["k"] * 51}, "keywords"),
        ({"creators": [{"name": "Ada", "orcid": "0000-0002-1825-0098"}]}, "creators[0].orcid"),
        ({"creators": ["Ada"]}, "creators[0]"),
        ({"licence": "MIT"}, "licence"),
        ({"doi": "not a doi"}, "doi"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_not_valid_is_refused_with_its_field(changes, field):
    with pytest.raises(MetadataError) as caught:
        metadata_of(**changes)
    assert caught.value.message.startswith(f"{field}: ")
    assert caught.value.status == 422


@pytest.mark.parametrize("values", [None, [], "text", 3])
def test_metadata_is_an_object(values):
    with pytest.raises(MetadataError):
        EntryMetadata.from_json(values)


def test_text_is_tidied():
    metadata = metadata_of(
        title="  Cafe\u0301 ", keywords=["a", "", "a", " b "], doi="https://doi.org/10.1234/ABC", notes="a\r\nb"
    )
    assert metadata.title == "Café"
    assert metadata.keywords == ("a", "b")
    assert metadata.doi == "10.1234/ABC"
    assert metadata.notes == "a\nb"
    assert metadata_of(pixel_size={"x": 1, "y": 1, "unit": "µm"}).pixel_size == EntryPixelSize(1, 1, "um")
    assert metadata_of(creators=[{"orcid": "https://orcid.org/0000-0002-1694-233x"}]).creators[0].orcid[-1] == "X"


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_real_orcids_are_taken_and_any_changed_digit_is_not(orcid):
    assert is_orcid(orcid)
    for place, digit in enumerate(orcid[:-1]):
        if digit.isdigit():
            changed = f"{orcid[:place]}{(int(digit) + 1) % 10}{orcid[place + 1 :]}"
            assert not is_orcid(changed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from([*WHOLE, "name", "x"]), x),
    )
)
def test_anything_is_metadata_or_refused_by_name(values):
    try:
        metadata = EntryMetadata.from_json(values)
    except MetadataError:
        return
    assert EntryMetadata.from_json(metadata.to_json()) == metadata


def test_licences_are_found_by_id_and_none_is_the_first_choice():
    assert {"CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "ODC-By-1.0"} <= {each.id for each in LICENCES}
    for licence in LICENCES:
        assert find_licence(licence.id) is licence
        assert licence.url.startswith("https://")
        assert licence.meaning.endswith(".")
    assert EntryMetadata().licence is None
