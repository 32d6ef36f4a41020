"""Prompts in JSON files: every form of entry, and what is refused by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.errors import MissingFileError, ParameterError, PromptFileError
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.prompt_file import MAX_PROMPTS, read_prompts

SHAPE = (40, 60)


@pytest.fixture
def read(tmp_path):
    """Write a JSON value, or text, and read it as prompts for an image of 40 by 60 px."""

    def write_and_read(value):
        path = tmp_path / "points.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return read_prompts(path, SHAPE)

    return write_and_read


def test_whole_numbers_name_the_middle_of_a_pixel_and_others_a_place(read):
    assert read([[3, 5], [3.0, 5.25]]) == [Prompt((PromptPoint(3.5, 5.5),)), Prompt((PromptPoint(3.0, 5.25),))]
    assert read([[0, 59], [39, 0]])[1].points[0] == PromptPoint(39.5, 0.5)


def test_points_lie_inside_or_outside_of_what_is_wanted(read):
    prompts = read([{"points": [[1, 2], [3, 4, False], [5, 6, True]]}, [7, 8, False]])
    assert [[point.positive for point in prompt.points] for prompt in prompts] == [[True, False, True], [False]]


def test_boxes_are_edges_not_pixels(read):
    assert read([{"box": [0, 0, 40, 60]}]) == [Prompt(box=Box(0, 0, 40, 60))]
    both = read([{"points": [[1, 2]], "box": [0.5, 1, 30, 40]}])
    assert both == [Prompt((PromptPoint(1.5, 2.5),), Box(0.5, 1, 30, 40))]
    assert read([{"points": [[1, 2]], "box": None}])[0].box is None


def test_no_prompts_are_no_prompts(read):
    assert read([]) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[[1, 2", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ({"points": [[1, 2]]}, "holds no list"),
        (7, "holds no list"),
        ([7], "entry 1 is neither a point nor an object"),
        ([[1, 2], {"point": [1, 2]}], "entry 2 is neither a point nor an object"),
        ([{"points": 7}], "entry 1: points must be a list"),
        ([[1]], "is not \\[y, x\\]"),
        ([[1, 2, 3]], "is not \\[y, x\\]"),
        ([[1, 2, True, 4]], "is not \\[y, x\\]"),
        ([[1, "2"]], "does not hold 2 numbers"),
        ([[True, 2]], "does not hold 2 numbers"),
        ([{"box": [1, 2, 3]}], "does not hold 4 numbers"),
        ([{"box": "abcd"}], "does not hold 4 numbers"),
        ("[[NaN, 1]]", "not finite"),
        ("[[1, Infinity]]", "not finite"),
        ("[[1e999, 1]]", "not finite"),
        (f"[[1{'0' * 400}, 1]]", "not finite"),
    ],
)
def test_other_files_are_refused_by_name(read, value, message):
    with pytest.raises(PromptFileError, match=message) as refused:
        read(value)
    assert "points.json" in str(refused.value)
    assert "[y, x]" in refused.value.hint


@pytest.mark.parametrize(
    "row", [{}, {"points": []}, {"points": [[1, 1]] * 65}, [40, 0], [-1, 0], [0, 60], [39, 59.6e9]]
)
def test_prompts_that_no_view_takes_are_refused(read, row):
    with pytest.raises(ParameterError):
        read([row])


def test_boxes_outside_are_refused(read):
    with pytest.raises(ParameterError, match="no area"):
        read([{"box": [0, 0, 41, 60]}])
    with pytest.raises(ParameterError, match="no area"):
        read([{"box": [5, 5, 5, 9]}])


def test_too_many_prompts_are_refused(read):
    assert len(read([[1, 1]] * 1000)) == 1000
    with pytest.raises(PromptFileError, match="at most 100,000"):
        read([[1, 1]] * (MAX_PROMPTS + 1))


def test_files_that_are_missing_or_no_text_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.json cannot be read"):
        read_prompts(tmp_path / "none.json", SHAPE)
    with pytest.raises(MissingFileError, match="cannot be read"):
        read_prompts(tmp_path, SHAPE)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PromptFileError, match="is no JSON"):
        read_prompts(tmp_path / "bytes.json", SHAPE)


def test_files_that_are_too_large_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("sambaseg.smart.prompt_file.MAX_BYTES", 10**6)
    (tmp_path / "large.json").write_text("[" + " " * 10**6 + "]")
    with pytest.raises(PromptFileError, match="larger than 1 MB"):
        read_prompts(tmp_path / "large.json", SHAPE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=5) | st.dictionaries(st.sampled_from(["points", "box", "x"]), parts),
    max_leaves=12,
)


@given(JSON)
def test_any_json_gives_prompts_inside_the_image_or_a_named_error(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("prompts") / "points.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    try:
        prompts = read_prompts(path, SHAPE)
    except (PromptFileError, ParameterError):
        return
    for prompt in prompts:
        prompt.check_inside(SHAPE)
