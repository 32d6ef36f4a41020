"""Images of one file that are channels of one picture: OME-XML, ImageJ and tifffile's own description."""

import time

import numpy as np
import pytest
import tifffile

from sambaseg.errors import BrokenImageError, UnsupportedImageError
from sambaseg.images.reader import read_image

STACK = np.random.default_rng(0).integers(0, 60_000, (2, 3, 4, 16, 20), dtype=np.uint16)  # T, Z, C, Y, X


def ome(pixels, *, attributes="", name="OME"):
    return f'<?xml version="1.0"?><{name} {attributes}><Image ID="Image:0">{pixels}</Image></{name}>'


def write_pages(path, count, description, **options):
    with tifffile.TiffWriter(path) as writer:
        for page in range(count):
            image = np.full((8, 9), page, dtype=np.uint8)
            text = description if page == 0 else None
            writer.write(image, metadata=None, description=text, photometric="minisblack", **options)
    return path


@pytest.mark.parametrize("axes", ["TZCYX", "TCZYX", "ZTCYX", "CTZYX", "CZTYX", "ZCTYX"])
def test_ome_channels_are_found_in_every_order(tmp_path, axes):
    path = tmp_path / "a.ome.tif"
    stored = np.ascontiguousarray(np.einsum("tzcyx->" + axes.lower(), STACK))
    names = ["DAPI", "GFP", "mCherry", "Cy5"]
    tifffile.imwrite(path, stored, photometric="minisblack", metadata={"axes": axes, "Channel": {"Name": names}})
    slow_first, slow_second = [axis for axis in axes if axis in "TZ"]
    sizes = dict(zip("TZ", STACK.shape[:2], strict=True))
    for page in range(6):
        where = dict(zip((slow_first, slow_second), divmod(page, sizes[slow_second]), strict=True))
        micrograph = read_image(path, page=page)
        np.testing.assert_array_equal(micrograph.pixels_cyx, STACK[where["T"], where["Z"]])
    assert micrograph.info.pages == 6
    assert micrograph.info.channel_names == tuple(names)
    assert micrograph.info.format == "OME-TIFF"
    assert not micrograph.info.is_rgb


def test_ome_rgb_is_one_page(tmp_path):
    image = np.moveaxis(STACK[0, 0, :3], 0, -1).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.ome.tif", image, photometric="rgb", metadata={"axes": "YXS"})
    micrograph = read_image(tmp_path / "a.ome.tif")
    assert micrograph.info.is_rgb
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(image, -1, 0))


def test_ome_planes_may_stand_in_any_order_in_the_file(tmp_path):
    places = "".join(f'<TiffData IFD="{ifd}" FirstC="{c}" PlaneCount="1"/>' for c, ifd in enumerate((2, 0, 1)))
    pixels = f'<Pixels DimensionOrder="XYCZT" SizeC="3" SizeZ="1" SizeT="1" SizeX="9" SizeY="8">{places}</Pixels>'
    micrograph = read_image(write_pages(tmp_path / "a.tif", 3, ome(pixels)))
    assert micrograph.pixels_cyx[:, 0, 0].tolist() == [2, 0, 1]


def test_several_ome_images_are_pages(tmp_path):
    one = '<Pixels DimensionOrder="XYCZT" SizeC="{}" SizeZ="1" SizeT="1"><TiffData IFD="{}" PlaneCount="{}"/></Pixels>'
    description = f"<OME><Image>{one.format(2, 0, 2)}</Image><Image>{one.format(1, 2, 1)}</Image></OME>"
    path = write_pages(tmp_path / "a.tif", 3, description)
    assert read_image(path, page=0).pixels_cyx[:, 0, 0].tolist() == [0, 1]
    assert read_image(path, page=1).pixels_cyx[:, 0, 0].tolist() == [2]


SIZES = 'DimensionOrder="XYCZT" SizeC="{}" SizeZ="1" SizeT="1"'


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (f"<Pixels {SIZES.format(1_000_000_000)}/>", "describes 1,000,000,000"),
        (f"<Pixels {SIZES.format(4)}/>", "describes 4"),
        (f"<Pixels {SIZES.format(0)}/>", "describes 0"),
        (f"<Pixels {SIZES.format('many')}/>", "lacks a usable"),
        ("<Pixels/>", "lacks a usable 'DimensionOrder'"),
        (f'<Pixels {SIZES.format(2)}><TiffData IFD="0"/></Pixels>', "1 are not in the file"),
        (f'<Pixels {SIZES.format(1)}><TiffData IFD="9"/></Pixels>', "1 are not in the file"),
        (f'<Pixels {SIZES.format(1)}><TiffData IFD="x"/></Pixels>', "without numbers"),
        (f"<Pixels {SIZES.format(1)}>", "cannot be read"),
        (f"<Pixels {SIZES.format(2).replace('XYCZT', 'CXYZT')}/>", "in the order CXYZT"),
    ],
)
def test_ome_that_does_not_fit_the_file_is_refused(tmp_path, pixels, reason):
    path = write_pages(tmp_path / "a.tif", 3, ome(pixels))
    with pytest.raises(BrokenImageError, match=reason):
        read_image(path)


def test_ome_that_needs_other_files_is_refused_without_opening_them(tmp_path):
    other = '<TiffData IFD="0" FirstC="1"><UUID FileName="../../secret.tif">urn:uuid:other</UUID></TiffData>'
    pixels = f"<Pixels {SIZES.format(2)}>{other}</Pixels>"
    path = write_pages(tmp_path / "a.tif", 3, ome(pixels, attributes='UUID="urn:uuid:own"'))
    with pytest.raises(UnsupportedImageError, match="secret"):
        read_image(path)


def test_an_exploding_xml_entity_is_refused_quickly(tmp_path):
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY e0 "boom">{entities}]><OME><Image>&e11;</Image></OME>'
    start = time.monotonic()
    with pytest.raises(BrokenImageError):
        read_image(write_pages(tmp_path / "a.tif", 1, bomb))
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("truncated", [False, True])
def test_imagej_hyperstacks(tmp_path, truncated):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, imagej=True, metadata={"axes": "TZCYX"})
    if truncated:  # ImageJ links only the first image of files above 4 GiB
        with tifffile.TiffFile(path, mode="r+") as tiff:
            first = tiff.pages[0]
            tiff.filehandle.seek(first.offset + 2 + 12 * len(first.tags))
            tiff.filehandle.write(bytes(4))
    for page in range(6):
        micrograph = read_image(path, page=page)
        np.testing.assert_array_equal(micrograph.pixels_cyx, STACK[page // 3, page % 3])
    assert (micrograph.info.pages, micrograph.info.format) == (6, "ImageJ TIFF")


def test_a_file_that_describes_more_images_than_it_has_keeps_its_pages(tmp_path):
    path = write_pages(tmp_path / "a.tif", 2, "ImageJ=1.54f\nimages=900000000\nchannels=3\n")
    assert read_image(path).info.pages == 2
    path = write_pages(tmp_path / "b.tif", 2, '{"shape": [900000000, 900000000, 8, 9]}')
    assert read_image(path).info.pages == 2


def test_tifffile_arrays_with_a_channel_axis(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], photometric="minisblack", metadata={"axes": "ZCYX"})
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", page=2).pixels_cyx, STACK[0, 2])
    tifffile.imwrite(tmp_path / "b.tif", STACK[0, 0], photometric="minisblack")
    assert read_image(tmp_path / "b.tif").info.pages == 4


def test_tifffile_arrays_of_which_only_the_first_image_is_linked(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK[0, 0], photometric="minisblack", truncate=True)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", page=3).pixels_cyx[0], STACK[0, 0, 3])


def test_channels_that_differ_in_size_are_refused(tmp_path):
    description = ome(f"<Pixels {SIZES.format(2)}/>")
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(np.zeros((8, 9), dtype=np.uint8), metadata=None, description=description)
        writer.write(np.zeros((8, 8), dtype=np.uint8), metadata=None)
    with pytest.raises(UnsupportedImageError, match="differ"):
        read_image(tmp_path / "a.tif")
