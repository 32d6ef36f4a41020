"""Suggestions from a Segment Anything model: a view is encoded once, then each prompt takes a fraction of a second."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import BrokenContainerError, ModelFileError, ModelRunError
from sambaseg.pipeline.progress import CancelToken, Progress, ReportProgress
from sambaseg.smart.container import pack_arrays, unpack_arrays
from sambaseg.smart.models.adapters.adapter import Adapter
from sambaseg.smart.models.adapters.table import find_adapter
from sambaseg.smart.models.catalogue import CATALOGUE
from sambaseg.smart.models.decoding import Frame, masks_from_logits, order_by_area, scores_from_estimates
from sambaseg.smart.models.runtime import Runtime
from sambaseg.smart.models.store import InstalledModel, sha256_of
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import ViewImage

TIMING_NAME = "timing.json"
UNKNOWN_SECONDS = 10.0
"""Expected of a first view where nothing is known of the model."""
_MOST_BEFORE_THE_END = 0.99

Embeddings = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Decoded:
    """Logits of the three masks, float32 (3, mask_side, mask_side), and scores, float32 (3,), small to large."""

    logits_3yx: npt.NDArray[np.float32]
    scores_3: npt.NDArray[np.float32]


@dataclass(frozen=True)
class SamPrepared:
    """A view whose embedding is known. Its methods may be called from any thread."""

    model: InstalledModel
    frame: Frame
    embeddings: Embeddings
    runtime: Runtime

    def to_bytes(self) -> bytes:
        """Return a container with the embeddings by the decoder's names, float32, and the frame as meta data.

        ``meta``: kind, model, height, width, learned (False: these models do not learn), input_side, input_height,
        input_width, mask_side; see `Frame`.
        """
        frame = self.frame
        meta = {
            "kind": self.model.interface,
            "model": self.model.name,
            "height": frame.height,
            "width": frame.width,
            "learned": False,
            "input_side": frame.input_side,
            "input_height": frame.input_height,
            "input_width": frame.input_width,
            "mask_side": frame.mask_side,
        }
        return pack_arrays(meta, self.embeddings)

    @classmethod
    def from_bytes(cls, content: bytes, model: InstalledModel, runtime: Runtime) -> SamPrepared:
        """Return what `to_bytes` wrote. Raises BrokenContainerError, also for a container of another model."""
        meta, arrays = unpack_arrays(content)
        adapter = find_adapter(model.interface)
        names = ("height", "width", "input_side", "input_height", "input_width")
        if meta.get("model") != model.name or not set(adapter.embeddings) <= set(arrays):
            raise BrokenContainerError(f"The view was prepared by {meta.get('model')!r:.80}, not by {model.name}.")
        if not all(isinstance(meta.get(name), int) and meta[name] > 0 for name in names):
            raise BrokenContainerError("The view's sizes are missing or no whole numbers.")
        frame = Frame(*(meta[name] for name in names))
        return cls(model, frame, {name: arrays[name] for name in adapter.embeddings}, runtime)

    def decode(self, prompt: Prompt) -> Decoded:
        """Return the masks of a prompt as the model gives them, in their order by size.

        Raises ParameterError for points outside of the view, and what a decoder raises, see `Runtime.decode`.
        """
        frame, adapter = self.frame, find_adapter(self.model.interface)
        prompt.check_inside((frame.height, frame.width))
        inputs = {**adapter.decoder_inputs(frame, prompt), **self.embeddings}
        logits, estimates = adapter.answer(self.runtime.decode(self.model.path_of("decoder"), inputs))
        if logits.shape[1:] != (frame.mask_side, frame.mask_side):
            raise ModelRunError(
                f"The decoder of {self.model.title} gave masks of {logits.shape[2]} by {logits.shape[1]} values; "
                f"{frame.mask_side} a side were expected."
            )
        order = order_by_area(logits, frame)
        return Decoded(logits[order], scores_from_estimates(estimates)[order])

    def suggest(self, prompt: Prompt) -> Suggestion:
        """Return the masks of a prompt over the view. Raises as `decode`."""
        decoded = self.decode(prompt)
        return Suggestion(masks_from_logits(decoded.logits_3yx, self.frame), decoded.scores_3)


class SamSuggester:
    """A Segment Anything model that is installed; implements `sambaseg.smart.suggester.Suggester`."""

    def __init__(self, model: InstalledModel, runtime: Runtime, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.model = model
        self._runtime = runtime
        self._clock = clock

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def title(self) -> str:
        """The model's title."""
        return self.model.title

    def expected_seconds(self) -> float:
        """Return how long a view takes: as the last one here, else as the catalogue says."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            content = (self.model.folder / TIMING_NAME).read_text(encoding="utf-8")
            seconds = float(json.loads(content)["seconds_per_view"])
            if math.isfinite(seconds) and seconds > 0:
                return seconds
        known = {model.name: model.seconds_per_view for model in CATALOGUE}
        return known.get(self.model.name, UNKNOWN_SECONDS)

    def prepare(
        self,
        image: ViewImage,
        *,
        knowledge: Knowledge | None = None,  # noqa: ARG002
        progress: ReportProgress | None = None,
        cancelled: CancelToken | None = None,
    ) -> SamPrepared:
        """Encode the view; `knowledge` is ignored. Progress is an estimate from the view before.

        Raises ModelFileError for a missing or broken file, MemoryBudgetError, ModelRunError, and CancelledError.
        """
        adapter = find_adapter(self.model.interface)
        frame = adapter.frame(image.shape_yx, self.model.input_side)
        check_files(self.model, self._runtime)
        began, expected = self._clock(), self.expected_seconds()

        def tell() -> None:
            if progress is not None:
                progress(self._progress(self._clock() - began, expected))

        embeddings = self._runtime.encode(
            self.model.path_of("encoder"),
            adapter.encoder_inputs(image, frame),
            adapter.embeddings,
            cancelled=cancelled,
            waiting=tell,
        )
        self._remember(self._clock() - began)
        return SamPrepared(self.model, frame, _checked(embeddings, adapter, self.model), self._runtime)

    def _progress(self, seconds: float, expected: float) -> Progress:
        """Return a report: in proportion up to nine tenths of the expected time, then ever slower, never whole."""
        share = seconds / expected
        fraction = share * 0.9 if share <= 1 else _MOST_BEFORE_THE_END - 0.09 * math.exp(1 - share)
        return Progress(f"Encoding the view with {self.title}", fraction, expected - seconds if share < 1 else None)

    def _remember(self, seconds: float) -> None:
        """Keep how long it took, for the next estimate; nothing depends on it."""
        with contextlib.suppress(OSError):
            path = self.model.folder / TIMING_NAME
            path.write_text(json.dumps({"seconds_per_view": round(seconds, 3)}), encoding="utf-8")


def check_files(model: InstalledModel, runtime: Runtime) -> None:
    """Raise ModelFileError unless a model's files are those that were installed; once a process for each file."""
    for file in model.files:
        path = model.folder / file.name
        try:
            facts = path.stat()
        except OSError:
            raise ModelFileError(f"The file {file.name} of {model.title} is missing.", hint=_ADD_AGAIN) from None
        key = path, facts.st_size, facts.st_mtime_ns
        if key in runtime.checked:
            continue
        if facts.st_size != file.size_bytes or sha256_of(path) != file.sha256:
            what = "truncated" if facts.st_size < file.size_bytes else "changed"
            raise ModelFileError(
                f"The file {file.name} of {model.title} was {what} since it was added: it has {facts.st_size:,} bytes, "
                f"and {file.size_bytes:,} with the SHA-256 {file.sha256} are expected.",
                hint=_ADD_AGAIN,
            )
        runtime.checked.add(key)


_ADD_AGAIN = "Remove the model and add it again: `sambaseg models remove NAME`, `sambaseg models add NAME`."


def _checked(embeddings: Embeddings, adapter: Adapter, model: InstalledModel) -> Embeddings:
    """Return the embeddings as float32. Raises ModelRunError where they are no numbers."""
    checked = {name: np.ascontiguousarray(embeddings[name], np.float32) for name in adapter.embeddings}
    for name, values in checked.items():
        if not np.isfinite(values).all():
            raise ModelRunError(
                f"The encoder of {model.title} gave values in {name} that are no numbers.",
                hint="The file may be damaged, or made for half precision, which this machine does not do well.",
            )
    return checked
