"""The one table of feature families: the page, the command line and the manual take their lists from it.

To add a family, write `families/NAME.py` and add its line here.
"""

from __future__ import annotations

from sambaseg.errors import UnknownFamilyError
from sambaseg.features.families.difference_of_gaussians import DIFFERENCE_OF_GAUSSIANS
from sambaseg.features.families.gaussian import GAUSSIAN
from sambaseg.features.families.hessian import HESSIAN
from sambaseg.features.families.hessian_weka import HESSIAN_WEKA
from sambaseg.features.families.identity import IDENTITY
from sambaseg.features.families.laplacian import LAPLACIAN
from sambaseg.features.families.maximum import MAXIMUM
from sambaseg.features.families.mean import MEAN
from sambaseg.features.families.median import MEDIAN
from sambaseg.features.families.membrane import MEMBRANE
from sambaseg.features.families.minimum import MINIMUM
from sambaseg.features.families.sobel import SOBEL
from sambaseg.features.families.structure_tensor import STRUCTURE_TENSOR
from sambaseg.features.families.variance import VARIANCE
from sambaseg.features.family import Family

FAMILIES: tuple[Family, ...] = (
    IDENTITY,
    GAUSSIAN,
    SOBEL,
    HESSIAN,
    HESSIAN_WEKA,
    DIFFERENCE_OF_GAUSSIANS,
    MEMBRANE,
    MEAN,
    MINIMUM,
    MAXIMUM,
    MEDIAN,
    VARIANCE,
    LAPLACIAN,
    STRUCTURE_TENSOR,
)
"""All families, in the order in which their planes stand in a feature stack."""

_BY_ID = {family.id: family for family in FAMILIES}


def find_family(family_id: str) -> Family:
    """Return the family called `family_id`; raises UnknownFamilyError."""
    family = _BY_ID.get(family_id)
    if family is None:
        raise UnknownFamilyError(
            f"There is no feature family called {family_id!r}.", hint=f"Families are: {', '.join(_BY_ID)}."
        )
    return family
