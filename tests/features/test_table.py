import re

import pytest

from sambaseg.errors import UnknownFamilyError
from sambaseg.features.family import GROUP_NAMES, Scales
from sambaseg.features.table import FAMILIES, find_family

WEKA = {"identity", "gaussian", "sobel", "hessian", "hessian_weka", "difference_of_gaussians", "membrane"}
SAMBA = {"identity", "gaussian", "sobel", "hessian"}
ILASTIK = {"gradient_magnitude", "hessian_eigenvalues", "difference_of_gaussians_ilastik", "structure_tensor"}
DISKS = {"mean", "minimum", "maximum", "median", "variance", "entropy"}
SMOOTHING = {"bilateral", "kuwahara", "anisotropic_diffusion", "lipschitz"}
OTHERS = {"laplacian", "derivatives", "structure_tensor_weka", "gabor", "neighbours", "learned", "colour", "position"}


def test_table_holds_each_family_once():
    assert len({family.id for family in FAMILIES}) == len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert {family.id for family in FAMILIES} == WEKA | ILASTIK | DISKS | SMOOTHING | OTHERS


def test_families_of_earlier_recipes_keep_their_order():
    """Planes of a recipe stand in the table's order, and classifiers that were saved rely on that."""
    earlier = ["identity", "gaussian", "sobel", "hessian", "hessian_weka", "difference_of_gaussians", "membrane"]
    earlier += ["mean", "minimum", "maximum", "median", "variance", "laplacian", "structure_tensor"]
    assert [family.id for family in FAMILIES if family.id in earlier] == earlier


def test_defaults_are_those_of_weka_and_samba():
    assert {family.id for family in FAMILIES if family.default_weka} == WEKA
    assert {family.id for family in FAMILIES if family.default_samba} == SAMBA


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_family_describes_itself(family):
    assert re.fullmatch("[a-z][a-z_]*", family.id)
    assert family.name
    assert family.summary.endswith(".")
    assert family.group in GROUP_NAMES
    steps = family.steps(Scales((1.0, 4.0), "sigma"))
    if family.id in ("colour", "position"):
        assert not steps
        assert family.image_steps(3)
        return
    assert steps
    assert family.support_px(Scales((1.0, 4.0), "sigma")) == max(step.support_px for step in steps)
    names = [(name, step.scale_text) for step in steps for name in step.names]
    assert len(set(names)) == len(names)
    assert all(step.ns_per_pixel > 0 for step in steps)
    assert (family.steps(Scales((), "sigma")) == ()) or not family.uses_scales or step_of_image(family)


def step_of_image(family):
    return all(step.scale_px == 0 for step in family.steps(Scales((), "sigma")))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_stated_number_of_planes_is_right(family):
    scales_px = (1.0, 2.0, 5.0)
    made = sum(len(step.names) for step in (*family.steps(Scales(scales_px, "radius")), *family.image_steps(3)))
    first, *rest = (int(number) for number in re.findall(r"\d+", family.planes))
    if "pair" in family.planes:
        expected = first * 3
    elif "from 1 px on" in family.planes:
        assert len(family.steps(Scales((0.5, 0.9, 1.0), "sigma"))) == 1
        expected = first * 3
    elif "scale" in family.planes:
        expected = first * 3 + sum(rest)
    else:
        expected = first
    assert made == expected


def test_unknown_family_is_refused_by_name():
    with pytest.raises(UnknownFamilyError, match="'gabor9'"):
        find_family("gabor9")


def test_convention_radius_blurs_by_two_fifths():
    assert Scales((10.0,), "radius").blur_px(10.0) == pytest.approx(4)
    assert Scales((10.0,), "sigma").blur_px(10.0) == 10
