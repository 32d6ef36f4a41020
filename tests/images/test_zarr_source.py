"""OME-Zarr images and plain arrays of Zarr 2 and 3: the right planes, or a refusal by name."""

import json
import os

import numcodecs
import numpy as np
import pytest
import zarr

from sambaseg.errors import (
    BrokenImageError,
    ImageTooLargeError,
    SambasegError,
    UnsupportedImageError,
    UsageError,
)
from sambaseg.images.label_reader import read_labels
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.reader import describe_image, read_image
from sambaseg.images.region_source import open_pixels
from sambaseg.images.stack import find_images

VOLUME_TCZYX = np.random.default_rng(0).integers(0, 60_000, (2, 3, 4, 50, 60)).astype(np.uint16)
SPACE = {"type": "space", "unit": "nanometer"}
AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    *({"name": n, **SPACE} for n in "zyx"),
]


def write_image(folder, array=VOLUME_TCZYX, *, version=3, axes=AXES, scale=(1, 1, 5, 20, 10), omero=None, **options):
    """Write an OME-Zarr of one level, 0.5 in Zarr 3 and 0.4 in Zarr 2."""
    group = zarr.open_group(folder, mode="w", zarr_format=version)
    chunks = (1,) * (array.ndim - 2) + (16, 32)
    group.create_array("0", data=array, chunks=chunks, **options)
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(scale)}]}]
    ome = {"multiscales": [{"axes": axes, "datasets": datasets}], **({"omero": omero} if omero else {})}
    group.attrs.update({"ome": {"version": "0.5", **ome}} if version == 3 else ome)
    return folder


@pytest.mark.parametrize("version", [2, 3])
def test_pages_are_planes_and_channels_are_channels(tmp_path, version):
    path = write_image(tmp_path / "a.zarr", version=version)
    info = describe_image(path)
    assert (info.format, info.channels, info.pages, info.width, info.height) == ("OME-Zarr", 3, 8, 60, 50)
    assert (info.dtype, info.bits, info.is_rgb, info.pixel_size_um) == ("uint16", 16, False, (0.02, 0.01))
    for page in range(8):
        expected = VOLUME_TCZYX[page // 4, :, page % 4]
        np.testing.assert_array_equal(read_image(path, page=page).pixels_cyx, expected)
        pixels = open_pixels(path, page=page)
        np.testing.assert_array_equal(pixels[:, 3:40, 5:33], expected[:, 3:40, 5:33])
        assert pixels.grain == (16, 32)
    with pytest.raises(UsageError, match="no page 8"):
        open_pixels(path, page=8)
    names = [found.name for found in find_images([path])]
    assert names == [f"a.zarr · {page + 1}" for page in range(8)]


def test_axes_may_come_in_another_order(tmp_path):
    axes = [AXES[4], AXES[1], AXES[3]]  # x, c, y
    array = VOLUME_TCZYX[0, :, 0].transpose(2, 0, 1)
    path = write_image(tmp_path / "a.zarr", array, axes=axes, scale=(10, 1, 20))
    np.testing.assert_array_equal(read_image(path).pixels_cyx, VOLUME_TCZYX[0, :, 0])
    assert describe_image(path).pixel_size_um == (0.02, 0.01)


def test_names_and_colours_of_channels(tmp_path):
    channels = [{"label": "R", "color": "ff0000"}, {"label": "G", "color": "00FF00"}, {"label": "B", "color": "0000FF"}]
    path = write_image(tmp_path / "a.zarr", omero={"channels": channels})
    info = describe_image(path)
    assert info.is_rgb
    assert info.channel_names == ("R", "G", "B")
    path = write_image(tmp_path / "b.zarr", omero={"channels": channels[:2]})
    assert describe_image(path).channel_names == ("Channel 1", "Channel 2", "Channel 3")


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float16, ">u2", np.float64, np.uint64])
def test_numbers_of_plain_arrays(tmp_path, dtype):
    array = (VOLUME_TCZYX[0, 0, 0] % 100).astype(dtype)
    version = 2 if dtype == ">u2" else 3
    zarr.create_array(tmp_path / "a.zarr", data=array, chunks=(16, 32), zarr_format=version)
    micrograph = read_image(tmp_path / "a.zarr")
    expected = np.where(array, 255, 0) if dtype == np.bool_ else array
    np.testing.assert_array_equal(micrograph.pixels_cyx[0], expected)
    assert micrograph.pixels_cyx.dtype.isnative
    assert micrograph.pixels_cyx.dtype.name == micrograph.info.dtype
    assert (micrograph.info.format, micrograph.info.channels) == ("Zarr", 1)


@pytest.mark.parametrize(
    ("shape", "channels", "pages"), [((3, 50, 60), 3, 1), ((9, 50, 60), 1, 9), ((2, 9, 50, 60), 2, 9)]
)
def test_plain_arrays_without_names(tmp_path, shape, channels, pages):
    zarr.create_array(tmp_path / "a.zarr", shape=shape, chunks=(1,) * (len(shape) - 2) + (16, 32), dtype=np.uint8)
    info = describe_image(tmp_path / "a.zarr")
    assert (info.channels, info.pages) == (channels, pages)


def test_several_images_side_by_side_give_the_first(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w").attrs["bioformats2raw.layout"] = 3
    write_image(tmp_path / "a.zarr" / "0")
    assert describe_image(tmp_path / "a.zarr").pages == 8


def test_own_layers_and_labels_are_read(tmp_path):
    image = np.random.default_rng(0).integers(0, 5, (1, 300, 400)).astype(np.uint8)
    TileLayer.create(tmp_path / "a.zarr", image.shape, np.uint8, pixel_size_um=(0.5, 0.25)).write_array(image)
    np.testing.assert_array_equal(read_image(tmp_path / "a.zarr").pixels_cyx, image)
    assert describe_image(tmp_path / "a.zarr").pixel_size_um == (0.5, 0.25)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.zarr", (300, 400)), image[0])


def test_limits_hold(tmp_path):
    path = write_image(tmp_path / "a.zarr")
    with pytest.raises(ImageTooLargeError):
        read_image(path, limits=ReadLimits(max_bytes=1000))
    with pytest.raises(ImageTooLargeError):
        open_pixels(path, limits=ReadLimits(max_streamed_bytes=1000))
    assert open_pixels(path, limits=ReadLimits(max_bytes=1000)) is not None


def changed(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_code_in_a_codec_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    path = write_image(tmp_path / "a.zarr", version=2)
    changed(path / "0" / ".zarray", lambda values: values.update(compressor={"id": "pickle", "protocol": 5}))
    for chunk in (path / "0").rglob("0"):
        if chunk.is_file():
            chunk.write_bytes(numcodecs.Pickle().encode(np.array([Trap()], dtype=object)))
    with pytest.raises(UnsupportedImageError, match="pickle"):
        read_image(path)
    changed(path / "0" / ".zarray", lambda values: values.update(compressor=None, dtype="|O"))
    with pytest.raises(UnsupportedImageError, match="type"):
        read_image(path)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("outside", ["../b.zarr/0", "/etc", "0/../../b.zarr/0", "link"])
def test_a_level_outside_the_folder_is_refused(tmp_path, outside):
    write_image(tmp_path / "b.zarr")
    path = write_image(tmp_path / "a.zarr")
    (path / "link").symlink_to(tmp_path / "b.zarr" / "0")

    def lead_away(values):
        values["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = outside

    changed(path / "zarr.json", lead_away)
    with pytest.raises(BrokenImageError, match="outside"):
        describe_image(path)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda v: v.update(shape=[2, 3, 4, 50]), SambasegError),
        (lambda v: v.update(shape=[2, 3, 4, 0, 60]), BrokenImageError),
        (lambda v: v.update(shape=[2, 3, 4, 50, -1]), BrokenImageError),
        (lambda v: v.update(shape="five"), BrokenImageError),
        (lambda v: v.update(data_type="string"), UnsupportedImageError),
        (lambda v: v.update(data_type="complex64"), UnsupportedImageError),
        (lambda v: v.update(data_type={"name": "numpy.datetime64"}), UnsupportedImageError),
        (lambda v: v.update(codecs=[{"name": "numcodecs.pickle"}]), UnsupportedImageError),
        (lambda v: v.update(codecs=[]), BrokenImageError),
        (lambda v: v.pop("codecs"), BrokenImageError),
        (lambda v: v.update(shape=[1, 1, 1, 10**5, 10**5])
         or v["chunk_grid"]["configuration"].update(chunk_shape=[1, 1, 1, 10**5, 10**5]), UnsupportedImageError),
        (lambda v: v.update(shape=[2**40] * 5), ImageTooLargeError),
    ],
)  # fmt: skip
def test_damaged_and_hostile_metadata_are_refused(tmp_path, change, kind):
    path = write_image(tmp_path / "a.zarr")
    changed(path / "0" / "zarr.json", change)
    with pytest.raises(kind):
        read_image(path)


def test_a_plate_and_a_group_without_image_are_refused(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w").attrs["ome"] = {"plate": {}}
    with pytest.raises(UnsupportedImageError, match="plate"):
        describe_image(tmp_path / "a.zarr")
    zarr.open_group(tmp_path / "b.zarr", mode="w")
    with pytest.raises(UnsupportedImageError, match="without an image"):
        describe_image(tmp_path / "b.zarr")


def test_damaged_chunks_are_refused(tmp_path):
    path = write_image(tmp_path / "a.zarr")
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"no zstd")
    pixels = open_pixels(path)
    with pytest.raises(BrokenImageError):
        pixels[:]
