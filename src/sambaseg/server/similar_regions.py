"""Label all like this: the regions of a view that are like those a person labelled as a class there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import NotEnoughLabelsError, ParameterError, UnknownClassError
from sambaseg.server.prepared import PreparedView
from sambaseg.server.smart_schemas import SimilarBody
from sambaseg.server.suggestions import Asked, view_meta
from sambaseg.server.views import View, read_knowledge, read_labels, read_view
from sambaseg.smart.container import pack_arrays

if TYPE_CHECKING:
    from sambaseg.project.store import ProjectStore
    from sambaseg.smart.similar import SimilarRegion


def read_examples(store: ProjectStore, view: View, body: SimilarBody) -> NDArray[np.uint8]:
    """Return the labels of a view, uint8 (h, w), among which there are some of the class that is asked for.

    Raises UnknownClassError and NotEnoughLabelsError.
    """
    if all(entry.id != body.class_id for entry in store.classes()):
        raise UnknownClassError(f"The project has no class {body.class_id}.", hint="Choose one of its classes.")
    labels_yx = read_labels(store, view, body.layer, body.image)
    if not np.any(labels_yx == body.class_id):
        raise NotEnoughLabelsError(
            "Nothing in this view is labelled as this class.", hint="Label one or two regions first, as examples."
        )
    return labels_yx


def propose_similar(asked: Asked, prepared: PreparedView, labels_yx: NDArray[np.uint8], class_id: int) -> bytes:
    """Return a container with the unlabelled regions of a view that are like those of a class, most similar first.

    `prepared` is what `asked` was prepared as, `labels_yx` what is labelled there.
    """
    from sambaseg.smart.hierarchy.table import HierarchyTable
    from sambaseg.smart.similar import find_similar

    key, view = asked.key, asked.key.view
    if not isinstance(prepared.prepared, HierarchyTable):
        raise ParameterError("Only the built-in suggester knows the regions of a view.")
    knowledge = None if key.result_id is None else read_knowledge(asked.store, key.result_id, view, asked.image)
    image = read_view(asked.store, view, asked.image)
    regions = find_similar(prepared.prepared, image, labels_yx, class_id, knowledge=knowledge)
    meta = {**view_meta(key), "kind": "similar", "class_id": class_id, "regions": len(regions)}
    return pack_arrays(meta, _arrays_of(regions))


def _arrays_of(regions: Sequence[SimilarRegion]) -> dict[str, NDArray[Any]]:
    """Return boxes, similarities and the bits of the boxes, row by row, the lowest bit of a byte first."""
    boxes = [(row.top, row.left, row.top + row.mask_yx.shape[0], row.left + row.mask_yx.shape[1]) for row in regions]
    bits = [np.packbits(region.mask_yx, bitorder="little") for region in regions]
    return {
        "box": np.array(boxes, np.uint16).reshape(-1, 4),
        "similarity": np.array([region.similarity for region in regions], np.float32),
        "bits_start": np.cumsum([0, *(row.size for row in bits)]).astype(np.uint32),
        "bits": np.concatenate([np.zeros(0, np.uint8), *bits]),
    }
