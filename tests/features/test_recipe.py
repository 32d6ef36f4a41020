import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from sambaseg.errors import MissingFileError, ParameterError, RecipeFileError, UnknownFamilyError
from sambaseg.features.cost import cost
from sambaseg.features.recipe import (
    DEFAULT_RECIPE,
    PRESET_NAMES,
    PRESETS,
    SAMBA_RECIPE,
    FeatureRecipe,
    read_recipe,
)
from sambaseg.features.stack import compute_stack, plane_names
from sambaseg.features.table import FAMILIES

GOOD = {"families": ["gaussian"], "scales_px": [1, 2], "sigma_convention": "sigma"}


def test_default_recipe_is_that_of_samba_with_two_larger_scales():
    assert SAMBA_RECIPE.families == DEFAULT_RECIPE.families == ("identity", "gaussian", "sobel", "hessian")
    assert SAMBA_RECIPE.scales_px == (1, 2, 4, 8, 16)
    assert DEFAULT_RECIPE.scales_px == (*SAMBA_RECIPE.scales_px, 32, 64)
    assert SAMBA_RECIPE.sigma_convention == DEFAULT_RECIPE.sigma_convention == "radius"
    assert (len(plane_names(SAMBA_RECIPE, 1)), len(plane_names(DEFAULT_RECIPE, 1))) == (42, 56)
    assert PRESETS["samba"] == SAMBA_RECIPE
    assert PRESETS["default"] == DEFAULT_RECIPE


def test_presets_differ_as_their_names_say():
    assert set(PRESET_NAMES) == set(PRESETS) == {"default", "fast", "samba", "weka", "ilastik", "all", "learned"}
    assert len(plane_names(PRESETS["fast"], 1)) < 42 < len(plane_names(PRESETS["weka"], 1))
    assert set(PRESETS["all"].families) == {family.id for family in FAMILIES} - {"position", "learned"}
    assert set(PRESETS["learned"].families) == {*DEFAULT_RECIPE.families, "learned"}
    assert PRESETS["learned"].scales_px == DEFAULT_RECIPE.scales_px
    assert set(PRESETS["weka"].families) == {family.id for family in FAMILIES if family.default_weka}


def test_ilastik_has_its_scales_and_window():
    recipe = PRESETS["ilastik"]
    assert recipe.scales_px == (0.3, 0.7, 1, 1.6, 3.5, 5, 10)
    assert (recipe.sigma_convention, recipe.window) == ("sigma", 3.5)
    assert len(plane_names(recipe, 1)) == 7 * (1 + 1 + 1 + 1 + 2 + 2)
    smallest = FeatureRecipe(recipe.families, (0.3,), "sigma", 3.5)
    image_yx = np.zeros((9, 9), np.float32)
    image_yx[4, 4] = 1
    assert (np.ptp(compute_stack(image_yx[np.newaxis], smallest), axis=(1, 2)) > 0).all()


def test_a_window_cuts_the_blur_off():
    image_yx = np.zeros((61, 61), np.float32)
    image_yx[30, 30] = 1
    for window, radius in ((4.0, 20), (3.5, 18), (2.0, 10)):
        blurred_yx = compute_stack(image_yx[np.newaxis], FeatureRecipe(("gaussian",), (5,), "sigma", window))[0]
        assert np.flatnonzero(blurred_yx[30]).tolist() == [*range(30 - radius, 31 + radius)]
        expected_yx = ndimage.gaussian_filter(image_yx.astype(np.float64), 5, truncate=window)
        np.testing.assert_allclose(blurred_yx, expected_yx, atol=1e-8)


def test_recipe_files_of_before_give_the_same_planes():
    """Recipes had no window, and none of them is written with one: files and their digests stay what they were."""
    before = {
        "families": ["identity", "gaussian", "sobel", "hessian", "median", "structure_tensor"],
        "scales_px": [1.0, 4.0],
        "sigma_convention": "radius",
    }
    recipe = FeatureRecipe.from_json(before)
    assert recipe.to_json() == before
    assert recipe.window == 4
    assert [name.text for name in plane_names(recipe, 1)] == [
        "Image",
        *(f"Gaussian, {scale} px" for scale in (1, 4)),
        *(f"Sobel, {scale}" for scale in ("no blur", "1 px", "4 px")),
        *(
            f"Hessian {plane}, {scale}"
            for scale in ("no blur", "1 px", "4 px")
            for plane in ("module", "trace", "determinant", "eigenvalue 1", "eigenvalue 2")
        ),
        *(f"Median, {scale} px" for scale in (1, 4)),
        *(f"Structure tensor eigenvalue {number}, {scale} px" for scale in (1, 4) for number in (1, 2)),
    ]


def test_order_and_kind_of_numbers_do_not_matter():
    one = FeatureRecipe(("sobel", "identity"), (4, 1.0), "sigma")
    other = FeatureRecipe(["identity", "sobel"], [1, 4], "sigma")
    assert one == other
    assert hash(one) == hash(other)
    assert one.families == ("identity", "sobel")
    assert one.scales_px == (1.0, 4.0)
    assert all(type(scale) is float for scale in one.scales_px)


@given(
    families=st.lists(st.sampled_from([family.id for family in FAMILIES]), min_size=1, unique=True),
    scales_px=st.lists(st.floats(0.01, 64), min_size=2, max_size=15, unique=True).map(lambda scales: [*scales, 1.5]),
    convention=st.sampled_from(["sigma", "radius"]),
    window=st.one_of(st.just(4.0), st.floats(2, 6)),
)
def test_json_gives_back_the_recipe(families, scales_px, convention, window):
    recipe = FeatureRecipe(tuple(families), tuple(sorted(set(scales_px))), convention, window)
    assert FeatureRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scales_px": [0]}, "above 0"),
        ({"scales_px": [-1]}, "above 0"),
        ({"scales_px": [64.5]}, "at most 64"),
        ({"scales_px": [1e6]}, "at most 64"),
        ({"scales_px": [float("nan")]}, "above 0"),
        ({"scales_px": [float("inf")]}, "at most 64"),
        ({"scales_px": [10**400]}, "at most 64"),
        ({"scales_px": [True]}, "number of px"),
        ({"scales_px": ["1"]}, "number of px"),
        ({"scales_px": [None]}, "number of px"),
        ({"scales_px": [[1]]}, "number of px"),
        ({"scales_px": "12"}, "list of numbers"),
        ({"scales_px": 3}, "list of numbers"),
        ({"scales_px": [1, 2, 1.0]}, "twice"),
        ({"scales_px": list(range(1, 18))}, "at most 16"),
        ({"scales_px": []}, "no features"),
        ({"families": ["gaussian", "gaussian"]}, "twice"),
        ({"families": []}, "at least one"),
        ({"families": "gaussian"}, "list of names"),
        ({"families": [1]}, "named by a text"),
        ({"families": None}, "list of names"),
        ({"families": ["gaussian"] * 1000}, "at most"),
        ({"families": ["difference_of_gaussians"], "scales_px": [1]}, "no features"),
        ({"sigma_convention": "fwhm"}, "'sigma' or 'radius'"),
        ({"sigma_convention": None}, "'sigma' or 'radius'"),
        ({"sigma_convention": ["sigma"]}, "'sigma' or 'radius'"),
        ({"window": 1.9}, "2 to 6 sigma"),
        ({"window": 6.1}, "2 to 6 sigma"),
        ({"window": float("nan")}, "2 to 6 sigma"),
        ({"window": True}, "2 to 6 sigma"),
        ({"window": None}, "2 to 6 sigma"),
        ({"window": "4"}, "2 to 6 sigma"),
        ({"families": ["gabor"], "scales_px": [0.3, 0.7]}, "no features"),
    ],
)
def test_bad_recipe_is_refused_in_words(change, message):
    with pytest.raises(ParameterError, match=message):
        FeatureRecipe.from_json({**GOOD, **change})


def test_unknown_family_is_refused_by_name():
    with pytest.raises(UnknownFamilyError, match="'gausian'"):
        FeatureRecipe.from_json({**GOOD, "families": ["gausian"]})


@pytest.mark.parametrize("values", [None, 3, [], {}, {"families": ["gaussian"]}, {**GOOD, "threads": 3}])
def test_json_of_another_form_is_refused(values):
    with pytest.raises(ParameterError, match="families, scales_px, sigma_convention"):
        FeatureRecipe.from_json(values)


def test_recipe_file_is_read(tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(DEFAULT_RECIPE.to_json()))
    assert read_recipe(path) == DEFAULT_RECIPE


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 50_000, b" " * 100_001, json.dumps({**GOOD, "scales_px": [0]}).encode()],
)
def test_bad_recipe_file_is_refused_by_its_name(tmp_path, content):
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(RecipeFileError, match=r"mine\.json"):
        read_recipe(path)


def test_missing_recipe_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.json"):
        read_recipe(tmp_path / "none.json")


def test_numpy_numbers_are_taken_as_scales():
    assert FeatureRecipe(("gaussian",), tuple(np.array([1.0, 2.0])), "sigma").scales_px == (1, 2)


def test_cost_states_planes_halo_and_time():
    one, two = cost(SAMBA_RECIPE, 1), cost(SAMBA_RECIPE, 2)
    assert (one.features, two.features, one.halo_px) == (42, 84, 28)
    assert two.seconds_per_megapixel == pytest.approx(2 * one.seconds_per_megapixel, rel=0.01)
    assert 0.002 < one.seconds_per_megapixel < 0.5
    assert cost(PRESETS["fast"], 1).seconds_per_megapixel < one.seconds_per_megapixel
    everything = FeatureRecipe(tuple(family.id for family in FAMILIES), tuple(range(49, 65)), "sigma")
    assert cost(everything, 1).seconds_per_megapixel > 20 * one.seconds_per_megapixel
