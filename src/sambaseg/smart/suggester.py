"""What gives suggestions: prepares a view once, and then answers prompts from what it prepared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sambaseg.pipeline.progress import CancelToken, ReportProgress
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import ViewImage


@dataclass(frozen=True)
class Knowledge:
    """What the forest thinks of a view: class ids, uint8 (h, w), and its uncertainty, uint8 (h, w), 255 = 1."""

    classes_yx: npt.NDArray[np.uint8]
    uncertainty_yx: npt.NDArray[np.uint8]


class Prepared(Protocol):
    """A view that prompts can be answered for. Its methods may be called from any thread."""

    def to_bytes(self) -> bytes:
        """Return a container, see `container.pack_arrays`, from which the page answers prompts by itself.

        ``meta["kind"]`` says how: "hierarchy", "sam1", "sam1_tjs" or "sam2".
        """
        ...

    def suggest(self, prompt: Prompt) -> Suggestion:
        """Return the three masks of a prompt, over the view. Raises ParameterError for points outside of the view."""
        ...


class Suggester(Protocol):
    """A way to get suggestions: the built-in one, or a Segment Anything model."""

    @property
    def name(self) -> str:
        """What programs call it: ``builtin``, or the name of a model."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def prepare(
        self,
        image: ViewImage,
        *,
        knowledge: Knowledge | None = None,
        progress: ReportProgress | None = None,
        cancelled: CancelToken | None = None,
    ) -> Prepared:
        """Return `image` prepared for prompts; takes from a tenth of a second to a minute.

        A suggester that cannot learn ignores `knowledge`. Raises CancelledError where the work was asked to end.
        """
        ...
