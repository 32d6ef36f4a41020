"""The one table of feature families: the page, the command line and the manual take their lists from it.

To add a family, write `families/NAME.py` and add its line here.
"""

from __future__ import annotations

from sambaseg.errors import UnknownFamilyError
from sambaseg.features.families.gaussian import GAUSSIAN
from sambaseg.features.families.hessian import HESSIAN
from sambaseg.features.families.identity import IDENTITY
from sambaseg.features.families.sobel import SOBEL
from sambaseg.features.family import Family

FAMILIES: tuple[Family, ...] = (
    IDENTITY,
    GAUSSIAN,
    SOBEL,
    HESSIAN,
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
