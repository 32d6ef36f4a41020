import subprocess
import sys

import numpy as np
import pytest
from skimage import filters

from sambaseg.errors import ParameterError
from sambaseg.features.recipe import SAMBA_RECIPE, FeatureRecipe
from sambaseg.features.stack import TileComputer, compute_stack, compute_tile, halo_px, plane_names


def reference_planes(image_yx):
    """The 42 planes as scikit-image and NumPy compute them, in the order of the default recipe."""
    columns = []
    for sigma in (0, 1, 2, 4, 8, 16):
        blurred = filters.gaussian(image_yx, 0.4 * sigma, preserve_range=True, mode="reflect") if sigma else image_yx
        gy, gx = np.gradient(blurred)
        (yy, yx), (_, xx) = np.gradient(gy), np.gradient(gx)
        root = np.sqrt(4 * yx**2 + (yy - xx) ** 2)
        hessian = [np.sqrt(yy**2 + yx**2 + xx**2), yy + xx, yy * xx - yx**2, (yy + xx + root) / 2, (yy + xx - root) / 2]
        columns.append((blurred, filters.sobel(blurred), *hessian))
    blurred, sobel, *_ = zip(*columns, strict=True)
    return [*blurred, *sobel, *(plane for column in columns for plane in column[2:])]


def test_recipe_of_samba_has_42_planes_equal_to_scikit_image(peer_image, assert_close):
    stack = compute_stack(peer_image[np.newaxis], SAMBA_RECIPE)
    expected = reference_planes(peer_image.astype(np.float64))
    assert stack.shape == (42, *peer_image.shape)
    assert len(expected) == 42
    for plane, reference in zip(stack, expected, strict=True):
        assert_close(plane, reference, margin=2)  # numpy.gradient is one-sided at the edges


def test_names_are_readable():
    texts = [name.text for name in plane_names(SAMBA_RECIPE, 1)]
    assert texts[0] == "Image"
    assert texts[3] == "Gaussian, 4 px"
    assert texts[6] == "Sobel, no blur"
    assert texts[15] == "Hessian eigenvalue 1, no blur"
    assert texts[-1] == "Hessian eigenvalue 2, 16 px"
    assert len(set(texts)) == 42


def test_names_of_several_channels_say_the_channel():
    names = plane_names(FeatureRecipe(("identity", "difference_of_gaussians"), (1, 2.5), "sigma"), 2)
    assert [name.text for name in names] == [
        "Image, channel 1",
        "Difference of Gaussians, 1 and 2.5 px, channel 1",
        "Image, channel 2",
        "Difference of Gaussians, 1 and 2.5 px, channel 2",
    ]
    assert [(name.family, name.channel, name.sigma_px) for name in names[1:3]] == [
        ("difference_of_gaussians", 0, 2.5),
        ("identity", 1, None),
    ]


def test_halo_is_the_largest_support():
    assert halo_px(SAMBA_RECIPE) == int(4 * 6.4 + 0.5) + 2
    assert halo_px(FeatureRecipe(("identity",), ())) == 0
    assert halo_px(FeatureRecipe(("identity", "median"), (5.5,))) == 5


def test_whole_image_is_mirrored_at_its_edges():
    """The edge pixel is repeated: a ramp that starts at the edge has half the central difference there."""
    ramp_yx = np.tile(np.arange(10, dtype=np.float32), (6, 1))
    recipe = FeatureRecipe(("sobel",), (), "sigma")
    sobel = compute_stack(ramp_yx[np.newaxis], recipe)[0]
    np.testing.assert_allclose(sobel[:, 1:-1], 2 / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(sobel[:, [0, -1]], 1 / np.sqrt(2), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 56, 80), (2, 80, 80), (80, 80)])
def test_tile_of_the_wrong_shape_is_refused(shape):
    with pytest.raises(ParameterError, match=r"1 channels, more than 56"):
        TileComputer(SAMBA_RECIPE, 1).compute(np.zeros(shape, np.float32))


def test_tile_larger_than_promised_is_refused():
    with pytest.raises(ParameterError, match="up to"):
        TileComputer(SAMBA_RECIPE, 1, (16, 16)).compute(np.zeros((1, 56 + 17, 56 + 16), np.float32))


@pytest.mark.parametrize("channels", [0, 65])
def test_number_of_channels_is_bounded(channels):
    with pytest.raises(ParameterError, match="channels"):
        plane_names(SAMBA_RECIPE, channels)


def test_colour_alone_needs_three_channels():
    recipe = FeatureRecipe(("colour",), ())
    assert [name.text for name in plane_names(recipe, 3)] == ["Hue", "Saturation", "Brightness"]
    with pytest.raises(ParameterError, match="no features of an image of 1 channel"):
        compute_stack(np.zeros((1, 5, 5), np.float32), recipe)


def test_planes_of_the_image_as_a_whole_stand_behind_those_of_all_channels():
    names = plane_names(FeatureRecipe(("identity", "colour", "position"), ()), 3)
    assert [(name.family, name.channel) for name in names] == [
        *(("identity", channel) for channel in range(3)),
        *(("colour", None),) * 3,
        *(("position", None),) * 2,
    ]


def test_read_only_and_strided_tiles_are_taken():
    recipe = FeatureRecipe(("gaussian", "hessian", "median"), (1, 2), "sigma")
    tile = np.random.default_rng(0).random((1, 60, 60), dtype=np.float32)
    expected = compute_tile(tile, recipe)
    wide = np.repeat(tile, 2, axis=2)
    read_only = tile.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(compute_tile(wide[:, :, ::2], recipe), expected)
    np.testing.assert_array_equal(compute_tile(read_only, recipe), expected)


def test_largest_allowed_values_stay_finite():
    from sambaseg.features.table import FAMILIES

    rng = np.random.default_rng(5)
    image = (rng.integers(0, 2, (3, 40, 40)) * 2 - 1).astype(np.float32) * np.float32(1e8)
    recipe = FeatureRecipe(tuple(family.id for family in FAMILIES), (0.3, 1, 3), "sigma")
    assert np.isfinite(compute_stack(image, recipe)).all()


FIND_KERNELS = """
import importlib, pkgutil
import numpy as np
import sambaseg.features
from sambaseg.features.recipe import SAMBA_RECIPE, EVERY_KERNEL, PRESETS, FeatureRecipe
from sambaseg.features.stack import compute_stack

image = np.zeros((3, 30, 30), np.float32)
names = [module.name for module in pkgutil.walk_packages(sambaseg.features.__path__, "sambaseg.features.")]
modules = [importlib.import_module(name) for name in names]

def kernels():
    found = [kernel for module in modules for kernel in vars(module).values() if hasattr(kernel, "signatures")]
    return {kernel.__name__: kernel for kernel in found if kernel.signatures}

def signatures():
    return {name: len(kernel.signatures) for name, kernel in kernels().items()}
"""


def run_in_another_process(code):
    subprocess.run([sys.executable, "-c", FIND_KERNELS + code], check=True, timeout=100)


def test_kernels_are_compiled_once_for_all_processes():
    """A second process loads the kernels of the default recipe from the cache instead of compiling them."""
    compute_stack(np.zeros((1, 30, 30), np.float32), SAMBA_RECIPE)
    run_in_another_process(
        "compute_stack(image, SAMBA_RECIPE)\n"
        "assert signatures() == {'filter_rows': 1, 'filter_columns': 1, '_sobel': 1, '_hessian': 1}, signatures()\n"
        "assert not any(kernel.stats.cache_misses for kernel in kernels().values())\n"
    )


def test_one_recipe_runs_every_kernel_in_every_precision():
    run_in_another_process(
        "compute_stack(image, EVERY_KERNEL)\n"
        "before = signatures()\n"
        "assert len(before) > 10, before\n"
        "for family in EVERY_KERNEL.families:\n"
        "    for convention in ('sigma', 'radius'):\n"
        "        compute_stack(image, FeatureRecipe((family,), (0.5, 3, 4, 10, 30), convention))\n"
        "for recipe in PRESETS.values():\n"
        "    compute_stack(image, recipe)\n"
        "assert signatures() == before, (before, signatures())\n"
    )
