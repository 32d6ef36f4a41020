import re

import pytest

from sambaseg.errors import UnknownFamilyError
from sambaseg.features.family import Scales
from sambaseg.features.table import FAMILIES, find_family

WEKA = {"identity", "gaussian", "sobel", "hessian", "hessian_weka", "difference_of_gaussians", "membrane"}
SAMBA = {"identity", "gaussian", "sobel", "hessian"}
OTHERS = {"mean", "minimum", "maximum", "median", "variance", "laplacian", "structure_tensor"}


def test_table_holds_each_family_once():
    assert len({family.id for family in FAMILIES}) == len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert {family.id for family in FAMILIES} >= WEKA | OTHERS


def test_defaults_are_those_of_weka_and_samba():
    assert {family.id for family in FAMILIES if family.default_weka} == WEKA
    assert {family.id for family in FAMILIES if family.default_samba} == SAMBA


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_family_describes_itself(family):
    assert re.fullmatch("[a-z][a-z_]*", family.id)
    assert family.name
    assert family.summary.endswith(".")
    steps = family.steps(Scales((1.0, 4.0), "sigma"))
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
    made = sum(len(step.names) for step in family.steps(Scales(scales_px, "radius")))
    first, *rest = (int(number) for number in re.findall(r"\d+", family.planes))
    if "pair" in family.planes:
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
