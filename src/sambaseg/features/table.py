"""The one table of feature families: the page, the command line and the manual take their lists from it.

To add a family, write `families/NAME.py` and add its line here.
"""

from __future__ import annotations

from sambaseg.errors import UnknownFamilyError
from sambaseg.features.families.anisotropic_diffusion import ANISOTROPIC_DIFFUSION
from sambaseg.features.families.bilateral import BILATERAL
from sambaseg.features.families.colour import COLOUR
from sambaseg.features.families.derivatives import DERIVATIVES
from sambaseg.features.families.difference_of_gaussians import DIFFERENCE_OF_GAUSSIANS
from sambaseg.features.families.difference_of_gaussians_ilastik import DIFFERENCE_OF_GAUSSIANS_ILASTIK
from sambaseg.features.families.entropy import ENTROPY
from sambaseg.features.families.gabor import GABOR
from sambaseg.features.families.gaussian import GAUSSIAN
from sambaseg.features.families.gradient_magnitude import GRADIENT_MAGNITUDE
from sambaseg.features.families.hessian import HESSIAN
from sambaseg.features.families.hessian_eigenvalues import HESSIAN_EIGENVALUES
from sambaseg.features.families.hessian_weka import HESSIAN_WEKA
from sambaseg.features.families.identity import IDENTITY
from sambaseg.features.families.kuwahara import KUWAHARA
from sambaseg.features.families.laplacian import LAPLACIAN
from sambaseg.features.families.learned import LEARNED
from sambaseg.features.families.lipschitz import LIPSCHITZ
from sambaseg.features.families.maximum import MAXIMUM
from sambaseg.features.families.mean import MEAN
from sambaseg.features.families.median import MEDIAN
from sambaseg.features.families.membrane import MEMBRANE
from sambaseg.features.families.minimum import MINIMUM
from sambaseg.features.families.neighbours import NEIGHBOURS
from sambaseg.features.families.position import POSITION
from sambaseg.features.families.sobel import SOBEL
from sambaseg.features.families.structure_tensor import STRUCTURE_TENSOR
from sambaseg.features.families.structure_tensor_weka import STRUCTURE_TENSOR_WEKA
from sambaseg.features.families.variance import VARIANCE
from sambaseg.features.family import Family

FAMILIES: tuple[Family, ...] = (
    IDENTITY,
    GAUSSIAN,
    SOBEL,
    GRADIENT_MAGNITUDE,
    HESSIAN,
    HESSIAN_WEKA,
    HESSIAN_EIGENVALUES,
    DIFFERENCE_OF_GAUSSIANS,
    DIFFERENCE_OF_GAUSSIANS_ILASTIK,
    MEMBRANE,
    MEAN,
    MINIMUM,
    MAXIMUM,
    MEDIAN,
    VARIANCE,
    ENTROPY,
    BILATERAL,
    KUWAHARA,
    ANISOTROPIC_DIFFUSION,
    LIPSCHITZ,
    LAPLACIAN,
    DERIVATIVES,
    STRUCTURE_TENSOR,
    STRUCTURE_TENSOR_WEKA,
    GABOR,
    NEIGHBOURS,
    LEARNED,
    COLOUR,
    POSITION,
)
"""All families, in the order in which their planes stand in a feature stack.

New ones may stand anywhere: the planes of a recipe keep their order as long as its families do.
"""

_BY_ID = {family.id: family for family in FAMILIES}


def find_family(family_id: str) -> Family:
    """Return the family called `family_id`; raises UnknownFamilyError."""
    family = _BY_ID.get(family_id)
    if family is None:
        raise UnknownFamilyError(
            f"There is no feature family called {family_id!r}.", hint=f"Families are: {', '.join(_BY_ID)}."
        )
    return family
