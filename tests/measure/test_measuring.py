"""Measurements of segmentations whose measures are known, and beside scikit-image."""

import numpy as np
import pytest
from skimage.measure import label, regionprops_table

from sambaseg.errors import CancelledError, LabelsFileError, MemoryBudgetError
from sambaseg.labels.classes import LabelClass
from sambaseg.measure.class_rows import ClassRows, find_class_ids
from sambaseg.measure.correlation import correlate, fast_length
from sambaseg.measure.histogram import longest_chord_px, longest_diameter, of_chords, of_diameters
from sambaseg.measure.measurements import Chords, UnnamedClass
from sambaseg.measure.measuring import measure_segmentation
from sambaseg.measure.regions import RegionFinder
from sambaseg.measure.scale import Scale
from sambaseg.measure.settings import MeasureSettings

TWO = [LabelClass(1, "matrix", "#1f77b4"), LabelClass(2, "phase", "#ff7f0e")]
PX = Scale()


def measure(classes_yx, *, scale=PX, classes=TWO, **settings):
    return measure_segmentation(
        np.asarray(classes_yx)[np.newaxis], classes, scale=scale, settings=MeasureSettings(**settings)
    )


def disc(side, radius):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.where(y**2 + x**2 <= radius**2, 2, 1).astype(np.uint8)


def noise(shape, seed, classes=3):
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.2)
    return (np.digitize(smooth, np.quantile(smooth, np.arange(1, classes) / classes)) + 1).astype(np.uint8)


def test_a_disc_has_the_diameter_and_perimeter_of_a_disc():
    measured = measure(disc(201, 60), scale=Scale(0.5, 0.5, "µm")).classes[1]
    assert len(measured.regions) == 1
    assert measured.sizes.mean == pytest.approx(60, rel=0.005)
    assert measured.perimeter == pytest.approx(2 * np.pi * 30, rel=0.01)
    assert measured.perimeter_per_area == pytest.approx(2 / 30, rel=0.015)
    np.testing.assert_allclose(measured.regions.centres_n2, [[100, 100]])


def test_a_disc_in_pixels_that_are_not_square_is_measured_in_real_units():
    y, x = np.mgrid[:300, :151]
    real = ((y - 149.5) * 0.5) ** 2 + (x - 75.0) ** 2 <= 50**2
    measured = measure(np.where(real, 2, 1).astype(np.uint8), scale=Scale(0.5, 1.0, "µm")).classes[1]
    assert measured.sizes.mean == pytest.approx(100, rel=0.005)
    assert measured.perimeter == pytest.approx(2 * np.pi * 50, rel=0.02)


def test_stripes_have_known_chords_and_correlation():
    stripes = np.tile(np.repeat([1, 2, 2, 2], 5), 8)
    measured = measure(np.broadcast_to(stripes.astype(np.uint8), (90, 160)))
    one, two = measured.classes
    assert (one.fraction, two.fraction) == (0.25, 0.75)
    assert np.flatnonzero(one.chords_across.counts_l).tolist() == [5]
    assert one.chords_across.count == 90 * 7  # the first stripe of each row begins at the edge
    assert two.chords_across.mean == 15
    assert one.chords_down.count == two.chords_down.count == 0  # all go from edge to edge
    np.testing.assert_allclose(one.correlation.down_d, 0.25)
    offsets = np.arange(46)
    expected = [np.mean((stripes[: 160 - d] == 1) & (stripes[d:] == 1)) for d in offsets]
    np.testing.assert_allclose(one.correlation.across_d, expected, rtol=1e-12)
    assert one.perimeter == pytest.approx(15 * 90, rel=0.06)  # Crofton of a straight line along the grid


def test_a_checkerboard_alternates():
    y, x = np.mgrid[:64, :64]
    measured = measure(((y + x) % 2 + 1).astype(np.uint8), longest_px=6)
    np.testing.assert_array_equal(measured.classes[0].correlation.across_d, [0.5, 0, 0.5, 0, 0.5, 0, 0.5])
    assert len(measured.classes[0].regions) == 1
    apart = measure(((y + x) % 2 + 1).astype(np.uint8), connectivity=4).classes[0]
    assert len(apart.regions) == 64 * 64 // 2
    assert apart.regions_at_border == 126


def test_the_correlation_of_a_boolean_model_is_the_known_one():
    side, radius, intensity = 700, 9.0, 0.002
    random = np.random.default_rng(3)
    count = random.poisson(intensity * (side + 40) ** 2)
    y, x = np.mgrid[:side, :side]
    covered = np.zeros((side, side), bool)
    for cy, cx in random.uniform(-20, side + 20, (count, 2)):
        rows, columns = (slice(max(0, int(c) - 10), max(0, int(c) + 11)) for c in (cy, cx))
        covered[rows, columns] |= (y[rows, columns] - cy) ** 2 + (x[rows, columns] - cx) ** 2 <= radius**2
    curve = measure(np.where(covered, 2, 1).astype(np.uint8), longest_px=40).classes[0].correlation
    r = curve.distances_d
    half = np.minimum(r / (2 * radius), 1)
    lens = 2 * radius**2 * (np.arccos(half) - half * np.sqrt(1 - half**2))
    expected = np.exp(-intensity * (2 * np.pi * radius**2 - lens))
    np.testing.assert_allclose(curve.s2_d, expected, atol=0.025)
    assert curve.s2_d[0] - curve.s2_d[-1] > 0.15


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("seed", range(4))
def test_regions_are_those_of_scikit_image(connectivity, seed):
    classes_yx = noise((157, 203), seed)
    measured = measure(classes_yx, classes=[*TWO, LabelClass(3, "third", "#2ca02c")], connectivity=connectivity)
    for each in measured.classes:
        regions = label(classes_yx == each.class_id, connectivity=connectivity // 4)
        table = regionprops_table(
            np.pad(regions, 1), properties=("area", "equivalent_diameter_area", "centroid", "bbox", "perimeter_crofton")
        )
        found = each.regions
        at_border = (np.minimum(table["bbox-0"], table["bbox-1"]) == 1) | (table["bbox-2"] == 158)
        at_border |= table["bbox-3"] == 204
        mine = np.lexsort((*found.centres_n2.T, found.pixels_n))
        theirs = np.lexsort((table["centroid-0"], table["centroid-1"], table["area"]))
        np.testing.assert_array_equal(found.pixels_n[mine], table["area"][theirs])
        assert each.regions_at_border == at_border.sum()
        np.testing.assert_allclose(np.sort(found.diameters_n), np.sort(table["equivalent_diameter_area"]))
        if connectivity == 8:
            inside = np.sort(found.inside().perimeters_n)
            np.testing.assert_allclose(inside, np.sort(table["perimeter_crofton"][~at_border]))


def test_many_regions_find_room_and_bands_change_nothing():
    classes_yx = np.random.default_rng(0).integers(1, 4, (300, 401)).astype(np.uint8)
    whole = RegionFinder((300, 401), connectivity=4, memory_bytes=2**26)
    whole.add(classes_yx)
    banded = RegionFinder((300, 401), connectivity=4, memory_bytes=2**26)
    for row in range(0, 300, 7):
        banded.add(classes_yx[row : row + 7])
    one, other = whole.found(PX), banded.found(PX)
    np.testing.assert_array_equal(one.sums_ns, other.sums_ns)
    assert len(one) == sum(label(classes_yx == k, connectivity=1).max() for k in (1, 2, 3))
    tight = RegionFinder((300, 401), connectivity=4, memory_bytes=140 * 2000)
    with pytest.raises(MemoryBudgetError, match="regions"):
        tight.add(classes_yx)


def test_the_correlation_is_that_of_all_pairs_however_many_blocks_there_are(monkeypatch):
    classes_yx = noise((70, 93), 5)
    classes_yx[20:30, 40:55] = 0
    rows = ClassRows(classes_yx[np.newaxis], [1, 2, 3])
    whole = correlate(rows, 12, PX)
    monkeypatch.setattr("sambaseg.measure.correlation.BLOCK_PX", 16)
    for one, other, class_id in zip(whole, correlate(rows, 12, PX), (1, 2, 3), strict=True):
        np.testing.assert_array_equal(one.s2_d, other.s2_d)
        known, inside = classes_yx != 0, classes_yx == class_id
        for d in range(13):
            pairs = (known[:, : 93 - d] & known[:, d:]).sum()
            assert one.across_d[d] == (inside[:, : 93 - d] & inside[:, d:]).sum() / pairs
        assert one.s2_d[0] == pytest.approx(inside.sum() / known.sum())
        first = [inside[:, :-1] & inside[:, 1:], inside[:-1] & inside[1:], inside[1:, 1:] & inside[:-1, :-1]]
        first.append(inside[1:, :-1] & inside[:-1, 1:])
        every = [known[:, :-1] & known[:, 1:], known[:-1] & known[1:], known[1:, 1:] & known[:-1, :-1]]
        every.append(known[1:, :-1] & known[:-1, 1:])
        assert one.s2_d[1] == pytest.approx(sum(p.sum() for p in first) / sum(p.sum() for p in every))


def test_pixels_without_a_class_are_outside_of_everything():
    classes_yx = np.ones((9, 9), np.uint8)
    classes_yx[2:7, 2:7] = 2
    classes_yx[4, 4] = 0
    one, two = measure(classes_yx).classes
    assert (one.fraction, two.fraction) == (56 / 80, 24 / 80)
    assert two.regions_at_border == 1
    assert two.sizes.count == 0
    assert two.sizes.mean is None
    assert two.chords_across.counts_l[5] == 4
    assert two.chords_across.count == 4


def test_border_regions_count_where_they_are_kept():
    classes_yx = np.ones((20, 20), np.uint8)
    classes_yx[5:8, 5:8] = classes_yx[:4, 15:] = 2
    assert measure(classes_yx).classes[1].sizes.count == 1
    assert measure(classes_yx, border_regions="keep").classes[1].sizes.count == 2


def test_ids_of_any_size_are_found_and_measured():
    classes_yx = np.full((5, 6), 70_000, np.int32)
    classes_yx[2] = 0
    assert find_class_ids(classes_yx[np.newaxis]) == (70_000,)
    measured = measure(classes_yx, classes=[UnnamedClass(70_000)])
    assert measured.classes[0].pixels == 24
    with pytest.raises(LabelsFileError, match="no segmentation"):
        find_class_ids(np.arange(400, dtype=np.uint16).reshape(1, 20, 20))
    with pytest.raises(LabelsFileError, match="channels"):
        find_class_ids(np.zeros((3, 4, 4), np.uint8))


def test_measuring_ends_when_it_is_cancelled():
    with pytest.raises(CancelledError):
        measure_segmentation(np.ones((1, 9, 9), np.uint8), TWO, scale=PX, cancelled=lambda: True)


def test_lengths_of_fft_have_small_factors():
    assert [fast_length(n) for n in (1, 7, 11, 1024, 1025)] == [1, 8, 12, 1024, 1080]


def test_the_histograms_of_all_classes_have_the_same_bins_and_shares_that_add_up():
    measured = measure(noise((120, 150), 2), classes=[*TWO, UnnamedClass(3)]).classes
    longest = longest_diameter(measured)
    diameters = [of_diameters(each.sized_regions, longest) for each in measured]
    chords_px = longest_chord_px(each.chords_across for each in measured)
    chords = [of_chords(each.chords_across, chords_px) for each in measured]
    for histograms in (diameters, chords):
        for each in histograms:
            np.testing.assert_array_equal(each.edges, histograms[0].edges)
            assert each.shares_b.sum() == pytest.approx(1)
    assert all(each.by_area_b.sum() == pytest.approx(1) for each in diameters)
    assert len(of_diameters(measured[0].regions.of_rank(99), 1.0).edges) == 0
    assert len(of_chords(Chords(np.zeros(5, np.int64), 1.0), 4).edges) == 0
