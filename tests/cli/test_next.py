"""What `sambaseg next` lists."""

import csv
import io

import numpy as np
import pytest
import tifffile


@pytest.fixture
def trained(run, tmp_path):
    """Write steel.tif (dark left, bright right, between them in the lower middle), its labels and their classifier."""
    rng = np.random.default_rng(0)
    grey = np.where(np.arange(300) < 150, 60.0, 180.0) + np.zeros((280, 1))
    grey[160:260, 100:200] = 120
    tifffile.imwrite(tmp_path / "steel.tif", np.clip(grey + rng.normal(0, 6, grey.shape), 0, 255).astype(np.uint8))
    labels = np.zeros(grey.shape, np.uint16)
    labels[20:60, 20:60], labels[20:60, 240:280] = 2, 700
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    assert run("train", "steel.tif", "--labels", "labels.tif", "--out", "steel.sambaseg", "--recipe", "fast").code == 0


@pytest.fixture
def next_places(run):
    return lambda *arguments: run("next", "steel.tif", "--classifier", "steel.sambaseg", *arguments)


def rows_of(ended):
    return list(csv.DictReader(io.StringIO(ended.out)))


@pytest.mark.usefixtures("trained")
def test_places_come_as_a_table_the_doubtful_first(next_places):
    ended = next_places("--labels", "labels.tif", "--places", "3")
    assert ended.code == 0, ended.err
    rows = rows_of(ended)
    assert 1 <= len(rows) <= 3
    assert (100 <= int(rows[0]["x"]) < 200, 160 <= int(rows[0]["y"]) < 260) == (True, True)
    assert rows[0]["why"].startswith("Uncertain between Class ")
    assert "far from labels" in rows[0]["why"]


@pytest.mark.usefixtures("trained")
def test_machines_get_all_that_is_known_with_the_class_ids_of_the_file(next_places):
    ended = next_places("--labels", "labels.tif", "--json")
    first = ended.json["places"][0]
    assert set(first["classes"]) == {2, 700}
    assert first["distance_px"] > 40
    assert 0 < first["uncertainty"] <= 0.5
    assert [place["interest"] for place in ended.json["places"]] == sorted(
        (place["interest"] for place in ended.json["places"]), reverse=True
    )


@pytest.mark.usefixtures("trained")
def test_an_image_without_labels_has_places_too(next_places):
    assert "nothing is labelled in this image" in rows_of(next_places())[0]["why"]


@pytest.mark.usefixtures("trained")
def test_where_nothing_is_left_it_says_so(next_places, tmp_path):
    tifffile.imwrite(tmp_path / "all.tif", np.full((280, 300), 2, np.uint16))
    ended = next_places("--labels", "all.tif")
    assert (ended.code, rows_of(ended)) == (0, [])
    assert "sure of nearly everything that is not labelled" in ended.err


@pytest.mark.usefixtures("trained")
def test_numbers_and_files_are_checked(run, next_places):
    assert next_places("--places", "0").code == 2
    assert run("next", "steel.tif").code == 2
    assert next_places("--labels", "missing.tif").code == 3
