"""What `sambaseg info` says."""

import numpy as np
import pytest
import tifffile


@pytest.mark.usefixtures("phases")
def test_an_image_is_described_for_people(run):
    ended = run("info", "steel.tif")
    assert ended.code == 0
    assert "steel.tif: TIFF, 280 × 300 pixels" in ended.out
    assert "uint8, 8 bits" in ended.out
    assert "pixel size  0.2 µm" in ended.out


def test_an_image_is_described_for_machines(run, tmp_path):
    image = np.zeros((2, 4, 5), dtype=np.float32)
    image[0, 0, :3] = np.nan, np.inf, 7
    image[1] = np.nan
    metadata = {"axes": "CYX", "Channel": {"Name": ["SE", "BSE"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", image, metadata=metadata, photometric="minisblack")
    values = run("info", "a.ome.tif", "--json").json
    assert values["kind"] == "image"
    assert (values["width"], values["height"], values["channels"]) == (5, 4, 2)
    assert values["channel_names"] == ["SE", "BSE"]
    assert (values["nan_count"], values["inf_count"]) == (21, 1)
    assert values["value_ranges"] == [[0.0, 7.0], None]
    text = run("info", "a.ome.tif").out
    assert "21 NaN, 1 infinite" in text
    assert "SE 0 to 7; BSE none" in text


def test_a_page_is_chosen(run, tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.arange(3 * 20).reshape(3, 4, 5).astype(np.uint8), metadata=None, photometric="minisblack"
    )
    values = run("info", "a.tif", "--page", "2", "--json").json
    assert (values["pages"], values["page"], values["value_ranges"]) == (3, 2, [[40, 59]])
    assert run("info", "a.tif", "--page", "3").code == 2


def test_what_is_no_image_ends_with_3(run, tmp_path):
    (tmp_path / "a.tif").write_bytes(b"hello")
    ended = run("info", "a.tif")
    assert ended.code == 3
    assert "a.tif is no image in a known format" in ended.err
    assert run("info", "nothing.tif").code == 3
    assert run("info", tmp_path).code == 3


@pytest.mark.usefixtures("phases")
def test_the_limit_of_the_settings_holds(run, monkeypatch):
    monkeypatch.setenv("SAMBASEG_MAX_IMAGE_MB", "0")
    assert run("info", "steel.tif").code == 5


@pytest.mark.usefixtures("phases")
def test_a_classifier_is_described(run):
    assert run("train", "steel.tif", "--labels", "labels.tif", "--out", "c.sambaseg", "--trees", "5").code == 0
    values = run("info", "c.sambaseg", "--json").json
    assert values["kind"] == "classifier"
    assert [entry["id"] for entry in values["classes"]] == [2, 7]
    assert (values["features"], values["channels"]) == (56, 1)
    text = run("info", "c.sambaseg").out
    assert "56: identity, gaussian, sobel, hessian" in text
    assert "Class 7" in text


def test_another_zip_is_no_classifier(run, tmp_path):
    (tmp_path / "a.sambaseg").write_bytes(b"PK\x03\x04" + bytes(40))
    assert run("info", "a.sambaseg").code == 3
