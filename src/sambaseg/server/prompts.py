"""Prompts that the server answers itself, from views that it prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sambaseg.errors import ParameterError
from sambaseg.server.prepared import PreparedView
from sambaseg.server.smart_models import BUILTIN
from sambaseg.server.smart_schemas import DecodeBody
from sambaseg.smart.container import pack_arrays
from sambaseg.smart.prompt import Box, Prompt, PromptPoint

if TYPE_CHECKING:
    from sambaseg.smart.models.suggester import Decoded


@runtime_checkable
class Decoding(Protocol):
    """A prepared view that is decoded: what models of Segment Anything give."""

    def decode(self, prompt: Prompt) -> Decoded:
        """Return the logits of the three masks and their scores, small to large. Raises ParameterError."""
        ...


def prompt_of(body: DecodeBody) -> Prompt:
    """Return the prompt of a request. Raises ParameterError where it is empty."""
    points = tuple(PromptPoint(point.y, point.x, point.positive) for point in body.points)
    return Prompt(points, None if body.box is None else Box(**body.box.model_dump()))


def check_is_decoded(model: str) -> None:
    """Raise ParameterError for what answers in the page."""
    if model == BUILTIN:
        raise ParameterError("The built-in suggester answers in the page; only models are decoded here.")


def decode_prompt(view: PreparedView, prompt: Prompt) -> bytes:
    """Return a container with `logits` and `scores`. Raises ParameterError for a view that is not decoded."""
    if not isinstance(view.prepared, Decoding):
        raise ParameterError("This view was prepared by something that is not decoded.")
    decoded = view.prepared.decode(prompt)
    return pack_arrays({"kind": "decoded"}, {"logits": decoded.logits_3yx, "scores": decoded.scores_3})
