"""What is taken from a project to be shared: files that read as what was on the screen, and what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from gallery.samples import make_project, micrograph_yx, read_picture
from images.metadata_files import SECRETS, jpeg_file, png_file, tiff_file, webp_file
from project.strokes import Client, box
from sambaseg.cleaning.steps import parse_steps
from sambaseg.errors import ParameterError
from sambaseg.gallery.metadata import EntryPixelSize
from sambaseg.gallery.snapshot import _safe_name, take_from_project
from sambaseg.images.reader import read_image
from sambaseg.images.told import told_by
from sambaseg.project.cleaned import CleaningRoom
from sambaseg.storage.files import FileStore


def content(files: FileStore, snapshot, kind: str) -> bytes:
    file = next(file for file in snapshot.files if file.kind == kind)
    with files.open(file.sha256) as stream:
        return stream.read()


def read_tiff(tmp_path, data: bytes) -> np.ndarray:
    path = tmp_path / "out.tif"
    path.write_bytes(data)
    return tifffile.imread(path)


def test_the_original_comes_as_it_was_where_that_is_chosen(files, project):
    snapshot = take_from_project(files, project, 0, form="as_it_is")
    image = snapshot.files[0]
    assert (image.kind, image.file_name, image.media_type) == ("image", "A picture.tif", "image/tiff")
    assert content(files, snapshot, "image") == project.original_file().read_bytes()
    assert (snapshot.project_id, snapshot.image) == (project.id, 0)


GREY_16 = np.random.default_rng(5).integers(0, 2**16, (300, 280)).astype(np.uint16)
TELLING = {
    "a.jpg": jpeg_file("RGB", orientation=6),
    "a.png": png_file("L"),
    "a.tif": tiff_file(GREY_16),
    "floats.tif": tiff_file(np.where(GREY_16 > 60_000, np.nan, GREY_16 / 7).astype(np.float32)),
    "a.webp": webp_file(),
}


@pytest.mark.parametrize("name", sorted(TELLING))
def test_nothing_that_the_original_tells_is_shared_and_every_pixel_is(files, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(TELLING[name])
    store = make_project(tmp_path / "projects", path)
    snapshot = take_from_project(files, store, 0)
    store.close()
    for file in snapshot.files:
        content_of_file = content(files, snapshot, file.kind)
        told = [secret for secret in SECRETS if secret.encode() in content_of_file]
        assert told == [], file.kind
    shared = tmp_path / snapshot.files[0].file_name
    shared.write_bytes(content(files, snapshot, "image"))
    before, after = read_image(path), read_image(shared)
    assert after.array().dtype == before.array().dtype
    assert after.array().tobytes() == before.array().tobytes()
    assert before.info.is_rgb == after.info.is_rgb
    if before.info.pixel_size_um is not None:
        assert after.info.pixel_size_um == pytest.approx(before.info.pixel_size_um, rel=1e-9)
    assert (name == "a.webp") == (before.info.pixel_size_um is None)
    assert snapshot.files[0].file_name == name.replace(".webp", ".tif")
    assert told_by(shared, shared.name) == ()


def test_the_size_of_a_large_pixel_stays_where_tags_could_not_say_it(files, tmp_path):
    path = tmp_path / "macro.ome.tif"
    sizes = {"PhysicalSizeX": 125.0, "PhysicalSizeY": 250.0}
    tifffile.imwrite(path, micrograph_yx(300, 280), ome=True, metadata={"axes": "YX", **sizes})
    store = make_project(tmp_path / "projects", path)
    snapshot = take_from_project(files, store, 0)
    store.close()
    (tmp_path / "shared.tif").write_bytes(content(files, snapshot, "image"))
    assert read_image(tmp_path / "shared.tif").info.pixel_size_um == (250.0, 125.0)


def test_what_is_shared_is_the_cleaned_segmentation(files, project, tmp_path):
    project.cleaning.set_steps(parse_steps("remove_small:1000000:2"))  # all of the class
    project.cleaning.clean(0, CleaningRoom(2**28))
    snapshot = take_from_project(files, project, 0)
    assert (read_tiff(tmp_path, content(files, snapshot, "segmentation")) == 1).all()
    assert [entry.segmented for entry in snapshot.measured.classes] == [1.0, 0.0]


def test_labels_and_segmentation_are_those_of_the_project(files, project, tmp_path):
    snapshot = take_from_project(files, project, 0)
    labels_yx = read_tiff(tmp_path, content(files, snapshot, "labels"))
    np.testing.assert_array_equal(labels_yx, project.labels_array())
    segmented_yx = read_tiff(tmp_path, content(files, snapshot, "segmentation"))
    np.testing.assert_array_equal(segmented_yx, project.edited_segmentation())


def test_pictures_show_the_image_and_the_classes_over_it(files, project):
    snapshot = take_from_project(files, project, 0)
    preview = np.asarray(read_picture(content(files, snapshot, "preview")).convert("RGB")).astype(int)
    assert preview.shape == (600, 500, 3)
    pixels_yx = micrograph_yx().astype(int)
    assert np.corrcoef(preview[..., 0].ravel(), pixels_yx.ravel())[0, 1] > 0.99
    for size in (320, 640):
        plain = read_picture(content(files, snapshot, f"thumbnail-image-{size}"))
        assert plain.format == "WEBP"
        assert max(plain.size) == min(size, 600)
    over = np.asarray(read_picture(content(files, snapshot, "thumbnail-segmentation-320")).convert("RGB")).astype(int)
    left, right = over[:, : over.shape[1] // 2 - 4], over[:, over.shape[1] // 2 + 4 :]
    assert (left[..., 2] > left[..., 0] + 40).mean() > 0.99  # blue over the left half, orange over the right
    assert (right[..., 0] > right[..., 2] + 40).mean() > 0.99


def test_what_is_known_is_filled_in(files, project):
    snapshot = take_from_project(files, project, 0)
    assert snapshot.metadata.pixel_size == EntryPixelSize(5.0, 5.0, "nm")
    assert snapshot.metadata.licence is None
    assert snapshot.metadata.quality is None
    measured = snapshot.measured
    assert (measured.width, measured.height, measured.channels, measured.dtype) == (500, 600, 1, "uint8")
    names = {entry.id: entry for entry in measured.classes}
    assert names[1].segmented == pytest.approx(0.5)
    assert names[1].labelled == pytest.approx(200 / 300_000)
    assert names[2].labelled == pytest.approx(100 / 300_000)


def test_parts_can_be_left_out(files, project):
    snapshot = take_from_project(files, project, 0, frozenset({"labels"}))
    assert [file.kind for file in snapshot.files] == ["labels"]
    assert all(entry.segmented is None for entry in snapshot.measured.classes)
    snapshot = take_from_project(files, project, 0, frozenset({"image"}))
    assert {file.kind for file in snapshot.files} == {"image", "preview", "thumbnail-image-320", "thumbnail-image-640"}
    assert snapshot.measured.classes == ()
    with pytest.raises(ParameterError, match="nothing"):
        take_from_project(files, project, 0, frozenset({"classifier"}))


def test_only_the_page_that_was_chosen_is_shared(files, tmp_path):
    pages = np.stack([micrograph_yx(300, 280), 255 - micrograph_yx(300, 280)]).astype(np.uint16) * 200
    tifffile.imwrite(tmp_path / "pages.tif", pages, photometric="minisblack")
    store = make_project(tmp_path / "projects", tmp_path / "pages.tif")
    snapshot = take_from_project(files, store, 0)
    (tmp_path / "shared.tif").write_bytes(content(files, snapshot, "image"))
    shared = read_image(tmp_path / "shared.tif")
    assert shared.info.pages == 1
    np.testing.assert_array_equal(shared.array()[0], pages[0])
    store.close()


@pytest.mark.parametrize("is_rgb", [False, True])
def test_a_page_with_channels_reads_as_it_was(files, tmp_path, is_rgb):
    planes = np.random.default_rng(2).integers(0, 255, (2, 3, 300, 270), np.uint8)
    if is_rgb:
        tifffile.imwrite(tmp_path / "pages.tif", np.moveaxis(planes, 1, -1), photometric="rgb")
    else:
        tifffile.imwrite(tmp_path / "pages.tif", planes, imagej=True, metadata={"axes": "ZCYX"})
    store = make_project(tmp_path / "projects", tmp_path / "pages.tif")
    info = store.micrograph(0).info
    assert (info.pages, info.channels, info.is_rgb) == (2, 3, is_rgb)
    snapshot = take_from_project(files, store, 0, frozenset({"image"}))
    (tmp_path / "shared.tif").write_bytes(content(files, snapshot, "image"))
    shared = read_image(tmp_path / "shared.tif")
    assert (shared.info.pages, shared.info.channels, shared.info.is_rgb) == (1, 3, is_rgb)
    np.testing.assert_array_equal(shared.array(), planes[0])
    store.close()


def test_a_large_image_is_drawn_from_a_coarser_level(files, tmp_path):
    tifffile.imwrite(tmp_path / "large.tif", micrograph_yx(5000, 300))
    store = make_project(tmp_path / "projects", tmp_path / "large.tif")
    snapshot = take_from_project(files, store, 0)
    preview = read_picture(content(files, snapshot, "preview"))
    assert max(preview.size) == 2048
    over = np.asarray(read_picture(content(files, snapshot, "thumbnail-segmentation-640")).convert("RGB")).astype(int)
    left = over[:, : over.shape[1] // 2 - 2]
    assert left[..., 2].mean() > left[..., 0].mean() + 40
    store.close()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b\\c:d.tif", "a b c d.tif"),
        ("labels.tif", "original-labels.tif"),
        ("\x00\u202e.png", "png"),
        ("", "image"),
        ("..", "image"),
        ("x" * 300 + ".tif", "x" * 100 + ".tif"),
        ("Ω µm.tif", "Ω µm.tif"),
    ],
)
def test_names_are_made_safe(name, safe):
    assert _safe_name(name) == safe


def test_edits_are_on_top(files, project, tmp_path):
    project.apply(Client().paint(box((600, 500), 0, 0, 50, 50), 2, layer="edits"))
    snapshot = take_from_project(files, project, 0, frozenset({"segmentation"}))
    segmented_yx = read_tiff(tmp_path, content(files, snapshot, "segmentation"))
    assert (segmented_yx[:50, :50] == 2).all()
    assert [entry.segmented for entry in snapshot.measured.classes] == pytest.approx(
        [0.5 - 2500 / 300_000, 0.5 + 2500 / 300_000]
    )
