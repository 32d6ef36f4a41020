"""The interfaces that are known, and how a model's is recognised by the names of its inputs and outputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sambaseg.errors import UnknownInterfaceError
from sambaseg.smart.models.adapters.adapter import Adapter
from sambaseg.smart.models.adapters.sam1 import Sam1
from sambaseg.smart.models.adapters.sam2 import Sam2
from sambaseg.smart.models.adapters.transformers_js import TransformersJs
from sambaseg.smart.models.catalogue import Interface

ADAPTERS: tuple[Adapter, ...] = (Sam1(), TransformersJs(), Sam2())


@dataclass(frozen=True)
class Signature:
    """The names of a network's inputs and outputs."""

    inputs: frozenset[str]
    outputs: frozenset[str]

    def has(self, inputs: Collection[str], outputs: Collection[str]) -> bool:
        """Return whether all these names are among its own."""
        return self.inputs >= set(inputs) and self.outputs >= set(outputs)


_ENCODERS: dict[Interface, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sam2": (("pixel_values",), Sam2.embeddings),
    "sam1_tjs": (("pixel_values",), TransformersJs.embeddings),
    "sam1": (("input_image",), Sam1.embeddings),
}
_DECODERS: dict[Interface, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sam2": ((*Sam2.embeddings, "input_points", "input_labels", "input_boxes"), ("iou_scores", "pred_masks")),
    "sam1_tjs": ((*TransformersJs.embeddings, "input_points", "input_labels"), ("iou_scores", "pred_masks")),
    "sam1": ((*Sam1.embeddings, "point_coords", "point_labels"), ("iou_predictions", "low_res_masks")),
}


def find_adapter(kind: str) -> Adapter:
    """Return the adapter of an interface. Raises UnknownInterfaceError."""
    for adapter in ADAPTERS:
        if adapter.kind == kind:
            return adapter
    known = ", ".join(adapter.kind for adapter in ADAPTERS)
    raise UnknownInterfaceError(f"The interface {kind!r:.80} is none of those that are known: {known}.")


def recognise(signature: Signature) -> tuple[Interface, str] | None:
    """Return the interface of a network and whether it is its "encoder" or "decoder"; None for any other network."""
    for kind, (inputs, outputs) in _DECODERS.items():
        if signature.has(inputs, outputs):
            return kind, "decoder"
    for kind, (inputs, outputs) in _ENCODERS.items():
        if signature.has(inputs, outputs):
            return kind, "encoder"
    return None
