"""Finding entries: one set of tests of relevance, filters, orders and pages for both databases."""

from __future__ import annotations

import base64
import json

import pytest

from gallery.samples import ADA
from sambaseg.errors import ParameterError
from sambaseg.gallery.postgres_search import as_tsvector
from sambaseg.gallery.search import SORTS, Query, Search, Sort, open_search
from sambaseg.gallery.words import Document, TypedText, fold, words_of

PLAIN = {
    "material": {},
    "instrument": {},
    "preparation": "",
    "notes": "",
    "keywords": [],
    "sample_id": "",
    "doi": "",
    "pixel_size": None,
    "creators": [{"name": "Nobody"}],
}


@pytest.fixture
def search(gallery) -> Search:
    return open_search(gallery.database)


@pytest.fixture
def publish(gallery, sharing):
    """Publishes an entry with nothing but what is named, and returns its id."""
    gallery.moderated = False

    def submit(title: str = "Untitled", **changes: object) -> str:
        classes, parts = changes.pop("classes", ()), changes.pop("parts", ("image",))
        return sharing.submit(ADA, title=title, classes=classes, parts=parts, **{**PLAIN, **changes})

    return submit


def ids(search: Search, text: str = "", sort: Sort = "relevance", **filters: object) -> list[str]:
    return [card.id for card in search.find(Query(text=text, **filters), sort=sort).cards]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Al₂O₃ coating", ["al2o3", "coating"]),
            ("Müller's γ′-phase", ["muller", "s", "γ", "phase"]),
            ("STRASSE straße", ["strasse", "strasse"]),
            ("Ni-20Cr_5Al (wt%)", ["ni", "20cr", "5al", "wt"]),
            ("ﬁne ５０ µm", ["fine", "50", "μm"]),
            ("'; DROP TABLE x; -- \" * AND OR NEAR(", ["drop", "table", "x", "and", "or", "near"]),
            ("", []),
            ("x" * 100, ["x" * 60]),
        ],
    )
    def test_text_becomes_words(self, text, words):
        assert words_of(text) == words

    def test_the_last_word_is_a_beginning_until_a_space_comes(self):
        assert TypedText.of("nickel sup") == TypedText(("nickel",), "sup")
        assert TypedText.of("nickel sup ") == TypedText(("nickel", "sup"))
        assert not TypedText.of(" - ")
        assert fold("É") == "e"

    def test_a_document_of_postgres_stays_within_its_bounds(self):
        text = as_tsvector(Document(("a",), ("a", "b"), ("c",) * 20_000))
        assert text.startswith("'a':1A,2B 'b':3B 'c':4D,")
        assert text.count("D") == 250


class TestRelevance:
    def test_a_word_in_the_title_counts_most_then_material_then_the_rest(self, search, publish):
        notes = publish("First", notes="There is martensite somewhere in this text about other things.")
        title = publish("Martensite in steel")
        material = publish("Third", material={"name": "Martensite"})
        publish("Something else")
        assert ids(search, "martensite") == [title, material, notes]

    def test_classes_keywords_and_instrument_are_found(self, search, publish):
        classes = publish("A", classes=["Pores", "Matrix"])
        keyword = publish("B", keywords=["porosity"])
        instrument = publish("C", instrument={"type": "SEM", "mode": "BSE"})
        assert ids(search, "pores") == [classes]
        assert set(ids(search, "por")) == {classes, keyword}
        assert ids(search, "bse") == [instrument]

    def test_all_words_must_be_there_whatever_their_order_and_place(self, search, publish):
        both = publish("Nickel superalloy", creators=[{"name": "Grace Hopper"}])
        publish("Nickel", creators=[{"name": "Ada"}])
        assert ids(search, "hopper nickel") == [both]
        assert ids(search, "nickel hopper copper") == []

    def test_words_are_found_while_they_are_typed(self, search, publish):
        entry = publish("Spheroidite in ultrahigh carbon steel")
        for end in range(1, len("spheroidite") + 1):
            assert ids(search, "spheroidite"[:end]) == [entry]
        assert ids(search, "spher steel") == []  # only the last word is a beginning
        assert ids(search, "steel spher") == [entry]
        assert ids(search, "spher ") == []

    def test_accents_and_capitals_do_not_matter(self, search, publish):
        entry = publish("A", creators=[{"name": "Jörg Müller"}])
        for text in ("MÜLLER", "muller", "Mu\u0308ller", "müll"):
            assert ids(search, text) == [entry], text

    def test_formulas_are_found_with_and_without_subscripts(self, search, publish):
        entry = publish("Coating of Al₂O₃")
        assert ids(search, "al2o3") == ids(search, "Al₂O₃") == [entry]

    def test_more_of_the_title_is_better(self, search, publish):
        once = publish("Dendrites", notes="nothing else")
        twice = publish("Dendrites", keywords=["dendrites"], notes="dendrites dendrites")
        assert ids(search, "dendrites") == [twice, once]

    def test_signs_are_no_language(self, search, publish):
        publish("Something")
        signs = ['"', "'", "\\", "%", "_", "\x00", "*", "^", "-", "a:b", "title:x"]
        for text in (*signs, 'a" OR 1=1 --', "NEAR(a b)", "a & !b | (c"):
            search.find(Query(text=text), sort="relevance")
            search.counts(Query(text=text))

    def test_a_new_version_is_found_by_its_new_words_only(self, search, publish, gallery, sharing):
        entry = publish("Cementite")
        gallery.new_version(entry, ADA)
        gallery.update_draft(entry, ADA, snapshot=sharing.snapshot(title="x"))
        draft = gallery.draft(entry, ADA)
        gallery.update_draft(entry, ADA, metadata=sharing.snapshot(**{**PLAIN, "title": "Bainite"}).metadata)
        assert draft.number == 2
        gallery.submit(entry, ADA, consent=True)
        assert ids(search, "bainite") == [entry]
        assert ids(search, "cementite") == []
        gallery.withdraw(entry, ADA)
        assert ids(search, "bainite") == ids(search) == []


class TestFilters:
    def test_each_filter(self, search, publish):
        a = publish(
            "Quartz",
            licence="CC0-1.0",
            quality=9,
            pixel_size={"x": 2, "y": 5, "unit": "nm"},
            material={"name": "Steel"},
            instrument={"type": "SEM"},
            parts=("image", "labels"),
            classes=["Pores"],
        )
        b = publish("B", quality=3, pixel_size={"x": 1.5, "y": 1, "unit": "um"}, material={"name": "Copper"})
        c = publish("C", quality=5, instrument={"type": "TEM"}, classes=["Grain", "pores "])
        cases = [
            ({"licences": ["CC0-1.0"]}, {a}),
            ({"licences": ["CC0-1.0", "CC-BY-4.0"]}, {a, b, c}),
            ({"materials": ["steel"]}, {a}),
            ({"materials": ["STEEL", "copper"]}, {a, b}),
            ({"instruments": ["tem"]}, {c}),
            ({"classes": ["pores"]}, {a, c}),
            ({"classes": ["grain", "nothing"]}, {c}),
            ({"min_quality": 5}, {a, c}),
            ({"with_labels": True}, {a}),
            ({"min_pixel_nm": 5}, {a, b}),
            ({"max_pixel_nm": 1499}, {a}),
            ({"min_pixel_nm": 6, "max_pixel_nm": 1500}, {b}),
            ({"min_quality": 5, "classes": ["pores"], "instruments": ["TEM"]}, {c}),
            ({"licences": ["MIT"]}, set()),
        ]
        for filters, expected in cases:
            assert set(ids(search, sort="newest", **filters)) == expected, filters
            assert set(ids(search, "quar", **filters)) == expected & {a}, filters
            assert search.find(Query(**filters)).total == len(expected), filters

    def test_counts_of_a_busy_machine_do_not_hide_what_came_since(self, search, publish, monkeypatch):
        monkeypatch.setattr("sambaseg.gallery.search.SLOW_SECONDS", 0)
        assert search.counts(Query()).total == 0
        publish("Rust")
        assert search.counts(Query()).total == 1
        monkeypatch.setattr("sambaseg.gallery.search.LEAST_KEPT_TOTAL", 1)
        assert search.counts(Query()).total == 1
        publish("Moss")
        assert search.counts(Query()).total == 1, "what is many is kept for a while"

    def test_counts_say_what_a_filter_would_find(self, search, publish):
        publish(
            "A", material={"name": "Steel"}, instrument={"type": "SEM"}, classes=["Pores"], parts=("image", "labels")
        )
        publish("B", material={"name": "STEEL"}, licence="CC0-1.0", classes=["Pores", "Grain"])
        publish("C")
        counts = search.counts(Query())
        assert (counts.total, counts.with_labels) == (3, 1)
        assert dict(counts.licences) == {"CC-BY-4.0": 2, "CC0-1.0": 1}
        assert [(name.lower(), count) for name, count in counts.materials] == [("steel", 2)]
        assert counts.instruments == (("SEM", 1),)
        assert counts.classes == (("Pores", 2), ("Grain", 1))
        narrowed = search.counts(Query(text="b", classes=["grain"]))
        assert (narrowed.total, narrowed.with_labels, narrowed.licences) == (1, 0, (("CC0-1.0", 1),))


class TestPages:
    @pytest.fixture
    def published(self, publish):
        return [publish(f"Steel {'abc'[n % 3]} {n:02}", quality=n % 4) for n in range(11)]

    def test_pages_hold_each_entry_once_in_order(self, search, published):
        for sort in SORTS:
            for query in (Query(), Query(text="steel")):
                whole = search.find(query, sort=sort)
                assert whole.cursor is None
                cursor, cards = None, []
                for _ in range(4):
                    page = search.find(query, sort=sort, cursor=cursor, limit=3)
                    assert page.total == 11
                    cards += page.cards
                    cursor = page.cursor
                assert cursor is None
                assert cards == list(whole.cards)
                assert {card.id for card in cards} == set(published)
        assert ids(search, sort="newest") == published[::-1]
        titles = [card.title for card in search.find(Query(), sort="title").cards]
        assert titles == sorted(titles)
        qualities = [card.quality for card in search.find(Query(), sort="quality").cards]
        assert qualities == sorted(qualities, reverse=True)

    def test_an_entry_that_comes_in_between_moves_nothing(self, search, published, publish):
        first = search.find(Query(), limit=5)
        publish("Steel, the newest")
        second = search.find(Query(), limit=100, cursor=first.cursor)
        assert [card.id for card in (*first.cards, *second.cards)] == published[::-1]

    def test_a_cursor_from_elsewhere_is_refused(self, search):
        made = [
            ["title", "a", 1, 1],
            ["newest", "a", 1, 1],
            ["newest", "2026-01-01", 1, 1],
            ["newest", 5, 1, 1],
            ["newest", "2026-01-01T00:00:00+00:00", -1, 1],
            ["newest", "2026-01-01T00:00:00+00:00", "x", 1],
        ]
        cursors = [base64.urlsafe_b64encode(json.dumps(values).encode()).decode() for values in made]
        for cursor in ("x", "%%%", "e30", "é", *cursors):
            with pytest.raises(ParameterError, match="cursor"):
                search.find(Query(), cursor=cursor)

    def test_a_card_shows_what_the_entry_says(self, search, publish):
        entry = publish(
            "Card",
            quality=8,
            pixel_size={"x": 2, "y": 3, "unit": "um"},
            material={"name": "Steel"},
            instrument={"type": "SEM"},
            parts=("image", "labels", "segmentation"),
            classes=["Pores"],
        )
        (card,) = search.find(Query()).cards
        assert (card.id, card.number, card.title, card.material, card.instrument) == (entry, 1, "Card", "Steel", "SEM")
        assert (card.quality, card.pixel_nm, card.has_labels, card.creators) == (8, 3000, True, ("Nobody",))
        assert (card.width, card.height, card.thumbnails) == (640, 480, ("image", "segmentation"))
        assert [(each.name, each.segmented, each.labelled) for each in card.classes] == [("Pores", 0.5, 0.25)]

    def test_pages_are_the_same_whether_few_or_many_are_found(self, search, publish, monkeypatch):
        for number in range(7):
            publish(f"Steel {number % 3}", quality=number % 4)
        others = [publish(f"Copper {n}", quality=n) for n in range(3)]
        queries = [Query(text="steel"), Query(text="ste", min_quality=2), Query(text="copper"), Query(min_quality=1)]

        def pages(query, sort):
            first = search.find(query, sort=sort, limit=2)
            rest = search.find(query, sort=sort, cursor=first.cursor) if first.cursor else None
            return first, rest, search.counts(query)

        few = [pages(query, sort) for query in queries for sort in SORTS]
        monkeypatch.setattr("sambaseg.gallery.search.MANY", 0)
        assert [pages(query, sort) for query in queries for sort in SORTS] == few
        assert {card.id for card in search.find(Query(text="copper"), sort="newest").cards} == set(others)

    def test_all_that_is_found_is_listed_for_an_archive(self, search, published):
        assert search.all_entries(Query(text="steel")) == sorted((entry, 1) for entry in published)

    @pytest.mark.parametrize("many", [0, 1000])
    def test_where_only_the_newest_are_ranked_the_others_follow(self, search, published, monkeypatch, many):
        monkeypatch.setattr("sambaseg.gallery.search.MANY_TO_RANK", many)
        monkeypatch.setattr("sambaseg.gallery.postgres_search.MOST_RANKED", 4)
        cursor, found = None, []
        for _ in range(11):
            page = search.find(Query(text="steel"), sort="relevance", cursor=cursor, limit=3)
            found += [card.id for card in page.cards]
            cursor = page.cursor
            if cursor is None:
                break
        assert len(found) == 11
        assert set(found) == set(published)
