"""Which planes belong to a family or a scale, and what is left without it."""

import pytest

from sambaseg.feature_choice.groups import FeatureGroup, find_planes, groups_in, planes_of
from sambaseg.features.recipe import PRESETS, FeatureRecipe
from sambaseg.features.stack import plane_names

RECIPE = FeatureRecipe(("identity", "gaussian", "sobel", "difference_of_gaussians"), (1, 2, 4))


def texts(recipe, group):
    names = plane_names(recipe, 1)
    return [names[at].text for at in planes_of(recipe, 1, group)]


def test_a_scale_has_the_planes_that_are_missing_without_it():
    assert [group.id for group in groups_in(RECIPE)] == [*RECIPE.families, "0", "1", "2", "4"]
    of_scale = texts(RECIPE, FeatureGroup("scale", "2", "2 px"))
    assert of_scale == [
        "Gaussian, 2 px",
        "Sobel, 2 px",
        "Difference of Gaussians, 1 and 2 px",
        "Difference of Gaussians, 2 and 4 px",
    ]
    assert texts(RECIPE, FeatureGroup("scale", "0", "no blur")) == ["Sobel, no blur"]
    assert texts(RECIPE, FeatureGroup("family", "sobel", "Sobel"))[0] == "Sobel, no blur"


def test_what_cannot_go_is_not_left_out():
    only = FeatureRecipe(("gaussian",), (4,))
    assert FeatureGroup("family", "gaussian", "Gaussian").left_out_of(only) is None
    assert FeatureGroup("scale", "4", "4 px").left_out_of(only) is None
    assert FeatureGroup("scale", "0", "no blur").left_out_of(RECIPE) is None
    smaller = FeatureGroup("scale", "4", "4 px").left_out_of(RECIPE)
    assert smaller == FeatureRecipe(RECIPE.families, (1, 2))


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_left_of_every_preset_stands_among_its_planes(preset):
    recipe = PRESETS[preset]
    names = plane_names(recipe, 3)
    for group in groups_in(recipe):
        smaller = group.left_out_of(recipe)
        if smaller is None:
            continue
        left = find_planes(smaller, names, 3)
        assert left is not None, group
        assert sorted([*left, *planes_of(recipe, 3, group)]) == list(range(len(names))), group


def test_planes_that_the_larger_recipe_lacks_are_not_found():
    assert find_planes(FeatureRecipe(("gaussian",), (8,)), plane_names(RECIPE, 1), 1) is None
