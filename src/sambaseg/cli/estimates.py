"""How well a segmentation is likely to agree with the truth, for ``segment`` and ``train`` with ``--estimate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.labelled import Labels


def estimate_values(
    classifier: Classifier, labelled: Sequence[tuple[Micrograph, Labels]], *, threads: int
) -> dict[str, Any]:
    """Return the estimate by strokes held out, and which classes rest on too little, as JSON values."""
    from sambaseg.trust.agreement import estimate_agreement
    from sambaseg.trust.evidence import gather_evidence
    from sambaseg.trust.support import find_poor_support

    evidence = gather_evidence(classifier, labelled, threads=threads)
    names = {entry.id: entry.name for entry in classifier.classes}
    return {
        **asdict(estimate_agreement(evidence)),
        "poor_support": list(map(asdict, find_poor_support(evidence, names))),
    }


def estimate_lines(values: dict[str, Any]) -> list[str]:
    """Return the same as lines for people."""
    overlap = values["overlap"]
    if overlap is None:
        lines = ["Too little is labelled to estimate the agreement."]
    else:
        lines = [f"Estimated agreement {overlap:.2f} ± {values['error']:.2f} (mean IoU) from held-out strokes"]
    return lines + [f"{entry['message']} {entry['hint']}" for entry in values["poor_support"]]
