"""A feature recipe: which families, at which scales, in which convention; it travels with every classifier."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sambaseg.errors import MissingFileError, ParameterError, RecipeFileError
from sambaseg.features.blur import TRUNCATE
from sambaseg.features.family import Scales, SigmaConvention, no_image_steps
from sambaseg.features.table import FAMILIES, find_family

MAX_SCALES = 16
MAX_SCALE_PX = 64.0
MIN_WINDOW, MAX_WINDOW = 2.0, 6.0
MAX_RECIPE_BYTES = 100_000
CONVENTIONS: tuple[SigmaConvention, ...] = ("sigma", "radius")


@dataclass(frozen=True)
class FeatureRecipe:
    """Families, scales in px, and what a scale means: "sigma" blurs by it, "radius" by 0.4 of it.

    Blurs are cut off at `window` sigma, 4 where nothing else is stated (2 to 6). The image itself (scale 0) is never
    listed: families that look at it too say so in the table. Families are kept in the table's order and scales
    ascending, so that equal recipes are equal objects. At most 16 scales, each above 0 and at most 64 px.

    Raises ParameterError, and UnknownFamilyError for a family that the table does not hold.
    """

    families: tuple[str, ...]
    scales_px: tuple[float, ...]
    sigma_convention: SigmaConvention = "radius"
    window: float = TRUNCATE

    def __post_init__(self) -> None:
        families = _checked_families(self.families)
        scales_px = _checked_scales(self.scales_px)
        if self.sigma_convention not in CONVENTIONS:
            raise ParameterError(
                f"The sigma convention must be 'sigma' or 'radius', not {self.sigma_convention!r}.",
                hint="'radius' blurs by 0.4 of each scale, as Trainable Weka Segmentation and SAMBA do.",
            )
        object.__setattr__(self, "families", families)
        object.__setattr__(self, "scales_px", scales_px)
        object.__setattr__(self, "window", _checked_window(self.window))
        if not any(_makes_planes(family, self.scales) for family in families):
            raise ParameterError(
                "The recipe makes no features: its families need scales, and it has too few.",
                hint="Add a scale such as 1 px, or the family 'identity'.",
            )

    @property
    def scales(self) -> Scales:
        """The scales and what they mean as blurs."""
        return Scales(self.scales_px, self.sigma_convention, self.window)

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values; the window is left out where it is the usual one."""
        values: dict[str, Any] = {
            "families": list(self.families),
            "scales_px": list(self.scales_px),
            "sigma_convention": self.sigma_convention,
        }
        return values if self.window == TRUNCATE else {**values, "window": self.window}

    @classmethod
    def from_json(cls, values: object) -> FeatureRecipe:
        """Return the recipe that `to_json` wrote; raises ParameterError where anything is missing, extra or wrong."""
        names = ("families", "scales_px", "sigma_convention")
        if not isinstance(values, Mapping) or set(values) - {"window"} != set(names):
            found = sorted(map(str, values)) if isinstance(values, Mapping) else type(values).__name__
            raise ParameterError(
                f"A feature recipe must be an object with {', '.join(names)}, not {found!r:.200}.",
                hint='For example {"families": ["sobel"], "scales_px": [1, 2], "sigma_convention": "sigma"}.',
            )
        window = values.get("window", TRUNCATE)
        return cls(values["families"], values["scales_px"], values["sigma_convention"], window)


def _makes_planes(family_id: str, scales: Scales) -> bool:
    family = find_family(family_id)
    return bool(family.steps(scales)) or family.image_steps is not no_image_steps


def _checked_window(window: object) -> float:
    if isinstance(window, bool) or not isinstance(window, int | float) or not MIN_WINDOW <= window <= MAX_WINDOW:
        raise ParameterError(
            f"The window of a blur must be {MIN_WINDOW:g} to {MAX_WINDOW:g} sigma, not {window!r:.200}.",
            hint="SciPy and scikit-image cut off at 4 sigma, ilastik at 3.5.",
        )
    return float(window)


def _checked_families(families: object) -> tuple[str, ...]:
    if isinstance(families, str | bytes) or not isinstance(families, Iterable):
        raise ParameterError(f"Feature families must be a list of names, not {families!r:.200}.")
    names = tuple(families)
    if len(names) > len(FAMILIES):
        raise ParameterError(f"A recipe has at most {len(FAMILIES)} families, not {len(names)}.")
    for name in names:
        if not isinstance(name, str):
            raise ParameterError(f"A feature family must be named by a text, not {name!r:.200}.")
        find_family(name)
    if len(set(names)) < len(names):
        raise ParameterError("A feature family is listed twice.", hint="List each family once.")
    if not names:
        raise ParameterError("A recipe needs at least one feature family.", hint=f"The first is {FAMILIES[0].id!r}.")
    return tuple(family.id for family in FAMILIES if family.id in names)


def _checked_scales(scales_px: object) -> tuple[float, ...]:
    if isinstance(scales_px, str | bytes) or not isinstance(scales_px, Iterable):
        raise ParameterError(f"Scales must be a list of numbers in px, not {scales_px!r:.200}.")
    checked: list[float] = []
    for scale in scales_px:
        if len(checked) == MAX_SCALES:
            raise ParameterError(f"A recipe has at most {MAX_SCALES} scales.", hint="Leave some out.")
        if isinstance(scale, bool) or not isinstance(scale, int | float):
            raise ParameterError(f"A scale must be a number of px, not {scale!r:.200}.")
        if not (0 < scale <= MAX_SCALE_PX) or not math.isfinite(scale):
            raise ParameterError(
                f"A scale must be above 0 and at most {MAX_SCALE_PX:g} px, not {scale!r:.200}.",
                hint="The image itself (scale 0) is always part of the families that use it.",
            )
        checked.append(float(scale))
    if len(set(checked)) < len(checked):
        raise ParameterError("A scale is listed twice.", hint="List each scale once.")
    return tuple(sorted(checked))


def read_recipe(path: str | Path) -> FeatureRecipe:
    """Return the recipe in a JSON file; raises MissingFileError and RecipeFileError."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_RECIPE_BYTES + 1)
    except OSError as error:
        raise MissingFileError(f"The recipe file {path.name} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_RECIPE_BYTES:
        raise RecipeFileError(f"{path.name} is larger than a recipe file can be ({MAX_RECIPE_BYTES} bytes).")
    try:
        return FeatureRecipe.from_json(json.loads(content))
    except (ValueError, RecursionError):
        raise RecipeFileError(f"{path.name} is not valid JSON.", hint="A recipe file is a JSON object.") from None
    except ParameterError as error:
        raise RecipeFileError(f"{path.name} is no valid recipe. {error.message}", hint=error.hint) from None


_DOUBLING_PX = (1.0, 2.0, 4.0, 8.0, 16.0)
_ILASTIK_PX = (0.3, 0.7, 1.0, 1.6, 3.5, 5.0, 10.0)
_BASIC = ("identity", "gaussian", "sobel", "hessian")
_ILASTIK = (
    "gaussian",
    "laplacian",
    "gradient_magnitude",
    "difference_of_gaussians_ilastik",
    "structure_tensor",
    "hessian_eigenvalues",
)

SAMBA_RECIPE = FeatureRecipe(tuple(family.id for family in FAMILIES if family.default_samba), _DOUBLING_PX, "radius")
"""42 planes a channel, as in SAMBA: the image, Gaussian, Sobel and Hessian at 0, 1, 2, 4, 8, 16 px."""

DEFAULT_RECIPE = FeatureRecipe(_BASIC, (*_DOUBLING_PX, 32.0, 64.0), "radius")
"""56 planes a channel: the image, Gaussian, Sobel and Hessian at 0, 1, 2, 4, 8, 16, 32, 64 px."""

PRESETS: dict[str, FeatureRecipe] = {
    "default": DEFAULT_RECIPE,
    "fast": FeatureRecipe(_BASIC, (1.0, 4.0, 16.0), "radius"),
    "samba": SAMBA_RECIPE,
    "weka": FeatureRecipe(tuple(family.id for family in FAMILIES if family.default_weka), _DOUBLING_PX, "radius"),
    "ilastik": FeatureRecipe(_ILASTIK, _ILASTIK_PX, "sigma", window=3.5),
    "all": FeatureRecipe(
        tuple(family.id for family in FAMILIES if family.id not in ("learned", "position")), _DOUBLING_PX, "radius"
    ),
    "learned": FeatureRecipe((*_BASIC, "learned"), DEFAULT_RECIPE.scales_px, "radius"),
}
"""Recipes by name, as offered to people.

"all" holds what can be written down as a formula, so not what was learned, which "learned" adds to the default; and not
the position, as where a pixel lies says nothing of what it is.
"""

PRESET_NAMES: dict[str, str] = {
    "default": "Standard",
    "fast": "Fast: fewer scales",
    "samba": "As in SAMBA",
    "weka": "As in Trainable Weka Segmentation",
    "ilastik": "As in ilastik",
    "all": "All families: slow",
    "learned": "Standard and learned features",
}
"""What the presets are called."""

EVERY_KERNEL = FeatureRecipe(tuple(family.id for family in FAMILIES), (1.0, 16.0), "sigma")
"""A recipe that runs every kernel in every precision: what is compiled for it serves all recipes."""
