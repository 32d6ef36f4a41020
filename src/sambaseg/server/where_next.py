"""Where next: the places of a project's images that are worth a label, from their results as they are now.

Of each image a level of its pyramids is read that has few pixels, and of a stack the images that are unsure most, so
that the answer takes about as long for any project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sambaseg.errors import NotFoundError
from sambaseg.images.pyramid import level_shapes
from sambaseg.server.guidance_schemas import LabelPlace, WhereNext
from sambaseg.server.views import View, read_labels, read_rectangle

if TYPE_CHECKING:
    from sambaseg.guidance.maps import ResultMaps
    from sambaseg.labels.classes import LabelClass
    from sambaseg.project.store import ProjectStore

PLACES = 12
OTHER_IMAGES = 15
"""So many images besides the one that is shown, those that are unsure most."""
PIXELS_OF_OTHERS = 256 * 256


def where_next(store: ProjectStore, image: int) -> WhereNext:
    """Return the places of all images with a result, the most interesting first, at most `PLACES`.

    Those of `image`, which somebody is looking at, are looked for at a finer level. Raises NotFoundError where no image
    has a result.
    """
    from sambaseg.guidance.maps import MOST_PX
    from sambaseg.guidance.ranking import rank_places
    from sambaseg.guidance.words import reason_for

    asked = _images_to_ask(store, image)
    if not asked:
        raise NotFoundError(
            "Nothing is segmented yet, so that nothing is known to be uncertain.",
            hint="Mark some pixels of two classes and train; then ask again where to go next.",
        )
    labelled, found = store.labels().counts(), list[LabelPlace]()
    for each in asked:
        maps, classes = _read_maps(store, each, MOST_PX if each == image else PIXELS_OF_OTHERS)
        names, described = {entry.id: entry.name for entry in classes}, store.image(each)
        for place in rank_places(maps, wanted=PLACES):
            reason = reason_for(place, names=names, labelled=labelled, shape_yx=(described.height, described.width))
            found.append(LabelPlace(image=each, reason=reason, **{**vars(place), "classes": list(place.classes)}))
    return WhereNext(places=sorted(found, key=lambda place: -place.interest)[:PLACES])


def _images_to_ask(store: ProjectStore, image: int) -> list[int]:
    """Return the images to be looked at: `image` first, then those with the highest mean uncertainty."""
    states = store.result_states()
    unsure = store.mean_uncertainties()
    others = sorted((each for each in unsure if each != image), key=lambda each: -unsure[each])[:OTHER_IMAGES]
    return [each for each in (image, *others) if each in states]


def _read_maps(store: ProjectStore, image: int, most_px: int) -> tuple[ResultMaps, tuple[LabelClass, ...]]:
    """Return what the newest result of an image says, from before cleaning up, and its classes.

    Raises NotFoundError where the result goes meanwhile.
    """
    from sambaseg.guidance.maps import ResultMaps, level_for

    result, described = store.result(image), store.image(image)
    if result is None:
        raise NotFoundError("The result that was looked at has gone.", hint="Ask again.")
    level = level_for((described.height, described.width), most_px)
    _, height, width = level_shapes((1, described.height, described.width))[level]
    view = View(level, 0, 0, height, width)
    maps = ResultMaps(
        read_rectangle(view, lambda ty, tx: store.read_result_tile(result.predicted_id, "segmentation", level, ty, tx)),
        read_rectangle(view, lambda ty, tx: store.read_result_tile(result.predicted_id, "uncertainty", level, ty, tx)),
        read_labels(store, view, "labels", image),
        2**level,
        (described.height, described.width),
    )
    return maps, result.classes
