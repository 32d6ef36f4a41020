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
from sambaseg.trust.binned import Sample, bin_sample, probabilities_of
from sambaseg.trust.borders import count_borders
from sambaseg.trust.confusion import Table, count_answers
from sambaseg.trust.folds import choose_folds
from sambaseg.trust.held_out import HeldOutAnswers, hold_out_strokes
from sambaseg.trust.looked import choose_windows
from sambaseg.trust.second_opinions import ask_other_forests

FEATURES_SHARE = 0.4
"""Of the time that gathering takes, until all features are computed."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known about a segmentation besides itself; all tables are in the order of ``class_ids``.

    ``strokes_k`` and ``pixels_k``: what is labelled of each class. ``groups``: for each stroke that was held out, or
    part of the only one, its true class (a place in ``class_ids``) and its pixels by answer. Of the pixels looked at
    besides: ``shares_k``, the share of each answer; ``opinion_kk``, what the probabilities say of true class (rows)
    and answer; ``agreements``, for each fold the shares by its answer (rows) and the classifier's; ``others``, the same
    for forests that look or grow in other ways (`second_opinions`); ``borders_k2``, for each class how many pairs of
    neighbours have it on one side only, and how many of these lie where the image has an edge (`borders`).
    """

    class_ids: tuple[int, ...]
    strokes_k: tuple[int, ...]
    pixels_k: tuple[int, ...]
    groups: tuple[tuple[int, tuple[int, ...]], ...]
    shares_k: Table
    opinion_kk: Table
    agreements: tuple[Table, ...]
    others: tuple[Table, ...]
    borders_k2: npt.NDArray[np.int64]

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
            "others": [table.tolist() for table in self.others],
            "borders": self.borders_k2.tolist(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave. Raises what reading bad values raises.

        Evidence that was kept before there were other forests has none, and no borders.
        """
        class_ids = tuple(values["class_ids"])
        return cls(
            class_ids=class_ids,
            strokes_k=tuple(values["strokes"]),
            pixels_k=tuple(values["pixels"]),
            groups=tuple((group[0], tuple(group[1:])) for group in values["groups"]),
            shares_k=np.array(values["shares"], np.float64),
            opinion_kk=np.array(values["opinion"], np.float64),
            agreements=tuple(np.array(table, np.float64) for table in values["agreements"]),
            others=tuple(np.array(table, np.float64) for table in values.get("others", [])),
            borders_k2=np.array(values.get("borders", [[0, 0]] * len(class_ids)), np.int64),
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
    looked_fm = features_of(looked_at, looked.pixels, None)
    stage.tell(FEATURES_SHARE)
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in chosen]).astype(np.int64)
    folds = choose_folds(chosen)
    sample = bin_sample(classifier.forest, Sample(sample_fn, class_ids_n, folds), looked_fm, threads=threads)
    answers = hold_out_strokes(classifier, sample, threads=threads, cancelled=cancelled)
    others = ask_other_forests(classifier, sample, threads=threads, cancelled=cancelled)
    stage.tell(1.0)
    class_ids = tuple(int(entry) for entry in classifier.forest.class_ids)
    probabilities_km = probabilities_of(classifier.forest, sample.looked_fm, classifier.forest.class_ids)
    return Evidence(
        class_ids=class_ids,
        strokes_k=tuple(folds.strokes_of_class.get(entry, 0) for entry in class_ids),
        pixels_k=tuple(counts.get(entry, 0) for entry in class_ids),
        groups=_answers_by_group(answers, len(class_ids)),
        **_judged(probabilities_km, answers, others),
        borders_k2=count_borders(looked_at, looked, probabilities_km.argmax(axis=0), len(class_ids)),
    )


def _answers_by_group(answers: HeldOutAnswers, classes: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    groups = []
    for group in np.unique(answers.groups_n):
        of_group = answers.groups_n == group
        counts_k = np.bincount(answers.answer_n[of_group], minlength=classes)
        groups.append((int(answers.truth_n[of_group][0]), tuple(counts_k.tolist())))
    return tuple(groups)


def _judged(
    probabilities_km: npt.NDArray[np.float32], answers: HeldOutAnswers, others: Sequence[npt.NDArray[np.intp]]
) -> dict[str, Any]:
    """Return the fields of `Evidence` that compare what forests say of the pixels looked at."""
    classes, pixels = probabilities_km.shape
    answer_m = probabilities_km.argmax(axis=0)

    def compare(other_m: npt.NDArray[np.intp]) -> Table:
        shares_kk: Table = count_answers(other_m, answer_m, classes) / pixels
        return shares_kk

    return {
        "shares_k": np.bincount(answer_m, minlength=classes) / pixels,
        "opinion_kk": np.stack([np.bincount(answer_m, each_m, minlength=classes) for each_m in probabilities_km])
        / pixels,
        "agreements": tuple(compare(fold_km.argmax(axis=0)) for fold_km in answers.elsewhere),
        "others": tuple(map(compare, others)),
    }
