"""All that is gathered of a training before its numbers are judged: small tables, kept with the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sambaseg.forest.classifier import Classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.labelled import LabelledPixels, Labels, choose_labelled, count_labels
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.sample_cache import SampleCache
from sambaseg.pipeline.training_sample import compute_samples
from sambaseg.settings import default_threads
from sambaseg.trust.confusion import Table, count_answers
from sambaseg.trust.folds import choose_folds
from sambaseg.trust.held_out import HeldOutAnswers, Sample, hold_out_strokes
from sambaseg.trust.looked import Looked, choose_windows

FEATURES_SHARE = 0.4
"""Of the time that gathering takes, until all features are computed."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known about a segmentation besides itself; all tables are in the order of ``class_ids``.

    ``strokes_k`` and ``pixels_k``: what is labelled of each class. ``groups``: for each stroke that was held out, or
    part of the only one, its true class (a place in ``class_ids``) and its pixels by answer. Of the pixels looked at
    besides: ``shares_k``, the share of each answer; ``opinion_kk``, what the probabilities say of true class (rows)
    and answer; ``agreements``, for each fold the shares by its answer (rows) and the classifier's; ``edge_share``, how
    many have a neighbour of another answer; ``uncertainty``, the mean of 1 − largest probability.
    """

    class_ids: tuple[int, ...]
    strokes_k: tuple[int, ...]
    pixels_k: tuple[int, ...]
    groups: tuple[tuple[int, tuple[int, ...]], ...]
    shares_k: Table
    opinion_kk: Table
    agreements: tuple[Table, ...]
    edge_share: float
    uncertainty: float

    @property
    def counts_kk(self) -> Table:
        """Pixels that were held out by true class (rows) and answer, (k, k)."""
        counts_kk = np.zeros((len(self.class_ids), len(self.class_ids)))
        for truth, answers_k in self.groups:
            counts_kk[truth] += answers_k
        return counts_kk

    def of_whole_image(self, pixels_of_class: Mapping[int, int]) -> Evidence:
        """Return this with the shares of a whole segmentation, where that is known."""
        counts_k = np.array([pixels_of_class.get(class_id, 0) for class_id in self.class_ids], np.float64)
        return replace(self, shares_k=counts_k / counts_k.sum()) if counts_k.sum() else self

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "class_ids": list(self.class_ids),
            "strokes": list(self.strokes_k),
            "pixels": list(self.pixels_k),
            "groups": [[truth, *answers_k] for truth, answers_k in self.groups],
            "shares": self.shares_k.tolist(),
            "opinion": self.opinion_kk.tolist(),
            "agreements": [table.tolist() for table in self.agreements],
            "edge_share": self.edge_share,
            "uncertainty": self.uncertainty,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave. Raises what reading bad values raises."""
        return cls(
            class_ids=tuple(values["class_ids"]),
            strokes_k=tuple(values["strokes"]),
            pixels_k=tuple(values["pixels"]),
            groups=tuple((group[0], tuple(group[1:])) for group in values["groups"]),
            shares_k=np.array(values["shares"], np.float64),
            opinion_kk=np.array(values["opinion"], np.float64),
            agreements=tuple(np.array(table, np.float64) for table in values["agreements"]),
            edge_share=float(values["edge_share"]),
            uncertainty=float(values["uncertainty"]),
        )


def gather_evidence(
    classifier: Classifier,
    labelled: Sequence[tuple[Micrograph, Labels]],
    *,
    looked_at: Sequence[Micrograph] | None = None,
    threads: int | None = None,
    cache: SampleCache | None = None,
    image_ids: Sequence[int] | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Evidence:
    """Return the evidence on a classifier that was trained on these images with their labels.

    Unlabelled pixels are looked at in the images `looked_at`, those with labels where it is None. `cache` has features
    of the training, of images by their `image_ids`. Raises CancelledError.
    """
    threads, cancelled = threads or default_threads(), cancelled or CancelToken()
    micrographs, stage = [micrograph for micrograph, _ in labelled], Stage(progress, "Holding out strokes")

    def features_of(
        images: Sequence[Micrograph], pixels: Sequence[LabelledPixels], kept: SampleCache | None
    ) -> npt.NDArray[np.float32]:
        return compute_samples(
            images,
            pixels,
            classifier.recipe,
            classifier.scaling,
            threads=threads,
            stage_of=lambda _start, _end: Stage(None, ""),
            cancelled=cancelled,
            images=image_ids if kept is not None else None,
            cache=kept,
        )

    counts: dict[int, int] = {}
    for _, labels in labelled:
        for class_id, count in count_labels(labels).items():
            counts[class_id] = counts.get(class_id, 0) + count
    counts = dict(sorted(counts.items()))
    points = sum(entry.used for entry in classifier.training.points)
    chosen = choose_labelled(
        [labels for _, labels in labelled], counts, points=points, seed=classifier.training.settings.seed
    )
    looked_at = micrographs if looked_at is None else looked_at
    looked = choose_windows([micrograph.shape_yx for micrograph in looked_at])
    sample_fn = features_of(micrographs, chosen, cache)
    looked_fn = features_of(looked_at, looked.pixels, None)
    stage.tell(FEATURES_SHARE)
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in chosen]).astype(np.int64)
    folds = choose_folds(chosen)
    answers = hold_out_strokes(
        classifier, Sample(sample_fn, class_ids_n, folds), looked_fn, threads=threads, cancelled=cancelled
    )
    stage.tell(1.0)
    class_ids = tuple(int(entry) for entry in classifier.forest.class_ids)
    return Evidence(
        class_ids=class_ids,
        strokes_k=tuple(folds.strokes_of_class.get(entry, 0) for entry in class_ids),
        pixels_k=tuple(counts.get(entry, 0) for entry in class_ids),
        groups=_answers_by_group(answers, len(class_ids)),
        **_judged(classifier, answers, looked, looked_fn),
    )


def _answers_by_group(answers: HeldOutAnswers, classes: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    groups = []
    for group in np.unique(answers.groups_n):
        of_group = answers.groups_n == group
        counts_k = np.bincount(answers.answer_n[of_group], minlength=classes)
        groups.append((int(answers.truth_n[of_group][0]), tuple(counts_k.tolist())))
    return tuple(groups)


def _judged(
    classifier: Classifier, answers: HeldOutAnswers, looked: Looked, looked_fn: npt.NDArray[np.float32]
) -> dict[str, Any]:
    """Return the fields of `Evidence` that tell of the pixels looked at besides."""
    probabilities_kn = classifier.forest.predict_proba(looked_fn.T).T
    classes, pixels = probabilities_kn.shape
    answer_n = probabilities_kn.argmax(axis=0)
    opinion_kk = np.stack([np.bincount(answer_n, each_n, minlength=classes) for each_n in probabilities_kn]) / pixels
    return {
        "shares_k": np.bincount(answer_n, minlength=classes) / pixels,
        "opinion_kk": opinion_kk,
        "agreements": tuple(
            count_answers(fold_kn.argmax(axis=0), answer_n, classes) / pixels for fold_kn in answers.elsewhere
        ),
        "edge_share": _edge_share(looked.laid_out(answer_n)),
        "uncertainty": float(1.0 - probabilities_kn.max(axis=0).mean()),
    }


def _edge_share(windows_wyx: npt.NDArray[np.int64]) -> float:
    """Return the share of neighbours, across and down, whose answers differ; -1 is no pixel."""
    differ = known = 0
    for one, other in ((windows_wyx[:, 1:], windows_wyx[:, :-1]), (windows_wyx[:, :, 1:], windows_wyx[:, :, :-1])):
        both = (one >= 0) & (other >= 0)
        known += int(both.sum())
        differ += int((both & (one != other)).sum())
    return differ / max(known, 1)
