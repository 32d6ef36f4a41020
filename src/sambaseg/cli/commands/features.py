"""``sambaseg features``: the feature stack of an image as a file."""

from __future__ import annotations

from argparse import Namespace

from sambaseg.cli.inputs import read_micrograph, read_recipe_option, thread_count
from sambaseg.cli.output import Output
from sambaseg.cli.targets import check_tiff_target
from sambaseg.errors import MemoryBudgetError

_MOST_BYTES = 8 * 2**30


def features(options: Namespace, output: Output) -> None:
    """Compute and save all feature planes. Raises MemoryBudgetError where they would need more than 8 GB."""
    check_tiff_target(options.out, inputs=[options.image])
    recipe = read_recipe_option(options.recipe)
    micrograph = read_micrograph(options.image, options.page)

    from sambaseg.features.scaling import Scaling
    from sambaseg.features.stack import compute_stack, plane_names
    from sambaseg.images.save import save_planes

    names = [name.text for name in plane_names(recipe, micrograph.channels)]
    height, width = micrograph.shape_yx
    needed = len(names) * height * width * 4
    if needed > _MOST_BYTES:
        raise MemoryBudgetError(
            f"{len(names)} features of {width} by {height} pixels need {needed / 2**30:.1f} GB; "
            f"at most {_MOST_BYTES / 2**30:.0f} GB are computed at once.",
            hint="Crop the image, or use a recipe with fewer features, such as --recipe fast.",
        )
    scaling = Scaling.for_image(micrograph)
    planes = compute_stack(scaling.apply(micrograph.array()), recipe, threads=thread_count(options))
    extra = {"recipe": recipe.to_json(), "scaling": scaling.to_json()}
    save_planes(options.out, planes, names=names, pixel_size_um=micrograph.info.pixel_size_um, extra=extra)
    output.result(
        {"features": names, "recipe": recipe.to_json(), "out": str(options.out)},
        [f"{options.out}: {len(names)} features, one page each"],
    )
