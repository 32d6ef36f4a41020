"""How far a result can be trusted, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sambaseg.server.schemas import Schema

Share = Annotated[float, Field(ge=0, le=1)]


class ClassAgreementInfo(Schema):
    """A class by strokes that were held out: overlap is the intersection over the union; null where nothing is known.

    ``strokes`` and ``pixels`` are what is labelled of it.
    """

    class_id: int
    strokes: int
    pixels: int
    overlap: Share | None
    recall: Share | None
    precision: Share | None


class AgreementInfo(Schema):
    """The estimated mean overlap of the classes with the truth, and the mean error of such estimates.

    ``confusion`` has the pixels of strokes that were held out: rows are their classes, columns the answers, both in the
    order of ``classes``. ``overlap`` is null where too little is labelled.
    """

    overlap: Share | None
    error: Share
    classes: list[ClassAgreementInfo]
    confusion: list[list[int]]


class ShareIntervalInfo(Schema):
    """The share of a class with its 95 % interval.

    ``answered`` is that of the segmentation without edits, ``corrected`` by what held-out strokes are taken for. The
    standard deviations say how much is due to the classifier and how much to the field of view, which is worth
    ``samples`` independent samples of the material.
    """

    class_id: int
    answered: Share
    corrected: Share
    low: Share
    high: Share
    classifier_error: float
    field_error: float
    samples: float


class PoorSupportInfo(Schema):
    """A class that rests on too little: what is wrong, and what to do."""

    class_id: int
    message: str
    hint: str


class TrustTrendEntry(Schema):
    """An earlier training: when, of which labels, with how many strokes in all, and what was estimated."""

    time: str
    revision: int
    overlap: Share | None
    error: Share
    strokes: int


class TrustInfo(Schema):
    """How far the newest complete result of an image can be trusted; ``agreement`` is null where that is not known."""

    agreement: AgreementInfo | None
    shares: list[ShareIntervalInfo]
    poor_support: list[PoorSupportInfo]
    trend: list[TrustTrendEntry]
