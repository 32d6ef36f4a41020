"""How far the result of a training can be trusted: found out at the end of its job, told by a route."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.pyramid import TILE_PX, level_shapes
from sambaseg.project.store import ProjectStore
from sambaseg.server.jobs import Job
from sambaseg.server.segmenting import part_of
from sambaseg.server.trust_schemas import (
    AgreementInfo,
    ClassAgreementInfo,
    PoorSupportInfo,
    ShareIntervalInfo,
    TrustInfo,
    TrustTrendEntry,
)

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.labels.layer import LabelLayer
    from sambaseg.pipeline.sample_cache import SampleCache
    from sambaseg.trust.evidence import Evidence

SEGMENTED_SHARE = 0.9
"""Of the time that a training takes, until the result is there and this begins."""
LARGEST_SIDE = 2048
"""Shares of classes are compared between parts of the image on its finest level whose sides are up to this."""


def note_trust(
    job: Job,
    store: ProjectStore,
    labelled: Mapping[int, tuple[Micrograph, LabelLayer]],
    classifier: Classifier,
    image: int,
    samples: SampleCache,
    threads: int,
) -> None:
    """Hold out strokes of the training that gave `image` its complete result, and keep what that says with the result.

    It is of the classes as predicted: what is cleaned up or corrected afterwards does not count.

    `labelled` are the images that trained, `samples` has their features. Raises CancelledError, StorageError.
    """
    from sambaseg.trust.evidence import gather_evidence

    result = store.complete_result(image)
    if result is None:
        return
    shown = labelled[image][0] if image in labelled else store.micrograph(image, stop=lambda: job.token.cancelled)
    evidence = gather_evidence(
        classifier,
        list(labelled.values()),
        looked_at=[shown],
        threads=threads,
        cache=samples,
        image_ids=list(labelled),
        progress=part_of(job, SEGMENTED_SHARE, 1.0),
        cancelled=job.token,
    )
    shape_yx = shown.shape_yx
    evidence = evidence.of_whole_image(
        {share.class_id: round(share.predicted * shape_yx[0] * shape_yx[1]) for share in result.fractions}
    )
    fields = _field_variances(store, result.predicted_id, shape_yx, evidence.class_ids)
    trust = {"evidence": evidence.to_json(), "fields": fields, "revision": result.revision}
    store.note_trust(result.predicted_id, trust, _trend_entry(evidence, result.revision))


def present_trust(store: ProjectStore, image: int) -> TrustInfo:
    """Return how far the newest complete result of an image can be trusted, and how that developed."""
    trend = [TrustTrendEntry(**entry) for entry in store.trust_trend()]
    kept = store.trust_of(image)
    if kept is None:
        return TrustInfo(agreement=None, shares=[], poor_support=[], trend=trend)
    from sambaseg.trust.agreement import estimate_agreement
    from sambaseg.trust.evidence import Evidence
    from sambaseg.trust.shares import share_intervals
    from sambaseg.trust.support import find_poor_support

    evidence = Evidence.from_json(kept["evidence"])
    agreement = estimate_agreement(evidence)
    names = {entry.id: entry.name for entry in store.classes()}
    return TrustInfo(
        agreement=AgreementInfo(
            overlap=agreement.overlap,
            error=agreement.error,
            classes=[ClassAgreementInfo(**vars(entry)) for entry in agreement.classes],
            confusion=[list(row) for row in agreement.confusion_kk],
        ),
        shares=[
            ShareIntervalInfo(**vars(interval))
            for interval in share_intervals(evidence, [(variance, samples) for variance, samples in kept["fields"]])
        ],
        poor_support=[PoorSupportInfo(**vars(entry)) for entry in find_poor_support(evidence, names)],
        trend=trend,
    )


def _trend_entry(evidence: Evidence, revision: int) -> dict[str, Any]:
    from sambaseg.trust.agreement import estimate_agreement

    agreement = estimate_agreement(evidence)
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revision,
        "overlap": agreement.overlap,
        "error": agreement.error,
        "strokes": sum(evidence.strokes_k),
    }


def _field_variances(
    store: ProjectStore, result_id: str, shape_yx: tuple[int, int], class_ids: tuple[int, ...]
) -> list[tuple[float, float]]:
    """Return for each class what `share_variance` says of the image as one field of view."""
    from sambaseg.trust.field import cells_of, share_variance

    classes_yx = _read_coarse(store, result_id, shape_yx)
    return [share_variance([cells_of(classes_yx == class_id)]) for class_id in class_ids]


def _read_coarse(store: ProjectStore, result_id: str, shape_yx: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the segmentation on the finest level whose sides are small enough."""
    shapes = [shape[-2:] for shape in level_shapes((1, *shape_yx))]
    level = next(at for at, shape in enumerate(shapes) if max(shape) <= LARGEST_SIDE)
    height, width = shapes[level]
    classes_yx = np.zeros((height, width), np.uint8)
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            tile_yx = store.read_result_tile(result_id, "segmentation", level, top // TILE_PX, left // TILE_PX)
            classes_yx[top : top + tile_yx.shape[0], left : left + tile_yx.shape[1]] = tile_yx
    return classes_yx
