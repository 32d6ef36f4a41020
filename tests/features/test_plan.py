import numpy as np
import pytest
from scipy import ndimage

from sambaseg.features.plan import make_plan
from sambaseg.features.recipe import SAMBA_RECIPE, FeatureRecipe
from sambaseg.features.stack import TileComputer
from sambaseg.features.table import FAMILIES


def test_planes_stand_family_by_family_and_are_computed_blur_by_blur():
    plan = make_plan(SAMBA_RECIPE)
    blurs = [step.step.sources[0].blur_px for step in plan.steps]
    assert blurs == sorted(blurs)
    firsts = sorted(step.first for step in plan.steps)
    assert firsts == [*range(12), *range(12, 42, 5)]


def test_one_buffer_serves_all_blurs_of_the_recipe_of_samba():
    plan = make_plan(SAMBA_RECIPE)
    assert set(plan.slots) == {0.4 * scale for scale in (1, 2, 4, 8, 16)}
    assert set(plan.slots.values()) == {0}
    assert not plan.doubles


def test_blurs_that_are_needed_together_have_buffers_of_their_own():
    plan = make_plan(FeatureRecipe(("difference_of_gaussians",), (1, 2, 4), "sigma"))
    assert sorted(plan.slots.values()) == [0, 1, 2]


def test_margin_of_a_blur_is_the_widest_that_any_family_needs():
    plan = make_plan(FeatureRecipe(("gaussian", "sobel", "hessian"), (1,), "sigma"))
    assert plan.margins == {0.0: 2, 1.0: 2}
    assert plan.halo_px == 4 + 2


def test_wide_blurs_are_held_in_double_precision_where_second_differences_are_taken():
    assert make_plan(FeatureRecipe(("hessian",), (7, 8), "sigma")).doubles == {8}
    assert make_plan(FeatureRecipe(("laplacian",), (3, 4), "sigma")).doubles == {4}
    assert not make_plan(FeatureRecipe(("gaussian", "sobel"), (64,), "sigma")).doubles


def test_curvatures_stay_right_at_wide_blurs(peer_image, compute_family, assert_close):
    """At 16 px float32 alone is off by several 1e-4 of the range."""
    blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), 16)
    gy, gx = np.gradient(blurred)
    trace = np.gradient(gy)[0] + np.gradient(gx)[1]
    assert_close(compute_family(peer_image, "hessian", (16,))["Hessian trace, 16 px"], trace, margin=2)
    assert_close(
        compute_family(peer_image, "laplacian", (16,))["Laplacian of Gaussian, 16 px"], ndimage.laplace(blurred)
    )


@pytest.mark.parametrize("family", [family.id for family in FAMILIES if family.id != "colour"])
def test_families_take_no_more_memory_than_they_state(family):
    """But for some rows; memory budgets rely on that."""
    recipe, tile_px = FeatureRecipe((family,), (1.0, 4.0, 20.0), "sigma"), 200
    computer = TileComputer(recipe, 1, (tile_px, tile_px))
    side_px = tile_px + 2 * computer.halo_px
    computer.compute_each(np.random.default_rng(0).random((1, side_px, side_px), dtype=np.float32), lambda *_: None)
    sizes = computer._scratch.sizes()
    own = sum(size for name, size in sizes.items() if name != "planes" and not name.startswith("blur"))
    assert own <= make_plan(recipe).scratch_bytes(tile_px) + 4 * 50 * tile_px
