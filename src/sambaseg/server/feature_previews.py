"""Small pictures of features, computed one after the other when nothing else wants the processor.

Whoever looks on is soon somewhere else: a picture that nobody waits for any more is given up.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from sambaseg.errors import CancelledError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.project.store import ProjectStore
from sambaseg.server.background import step_back
from sambaseg.server.kernels import Kernels, part_for

if TYPE_CHECKING:
    from sambaseg.feature_choice.preview import Part
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.features.scaling import Scaling

NICENESS = 15
"""Behind trainings."""

SCALINGS_KEPT = 16


class PreviewRequest:
    """A preview that somebody waits for: the container of its pictures, and how it is given up."""

    def __init__(self, token: CancelToken, content: Future[bytes]) -> None:
        self._token = token
        self.content = content

    def give_up(self) -> None:
        """End it; one that has not begun never will."""
        self._token.cancel()
        self.content.cancel()


class FeaturePreviews:
    """All previews of the server, one at a time. May be used from any thread."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="preview", initializer=lambda: step_back(NICENESS))
        self._lock = threading.Lock()
        self._scalings: OrderedDict[tuple[str, int], Scaling] = OrderedDict()
        self._stopped = threading.Event()

    def begin(self, store: ProjectStore, image: int, part: Part, recipe: FeatureRecipe) -> PreviewRequest:
        """Queue a preview of a part of an image. Raises CancelledError after `stop`."""
        if self._stopped.is_set():
            raise CancelledError("The server is being stopped.")
        token = CancelToken()
        return PreviewRequest(token, self._pool.submit(self._compute, store, image, part, recipe, token))

    def stop(self) -> None:
        """End everything; nothing begins any more."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._pool.shutdown(wait=True)

    def _compute(self, store: ProjectStore, image: int, part: Part, recipe: FeatureRecipe, token: CancelToken) -> bytes:
        self._kernels.wait(part_for(recipe.families), stop=lambda: token.cancelled or self._stopped.is_set())
        token.raise_if_cancelled()
        from sambaseg.feature_choice.preview import preview_features
        from sambaseg.smart.container import pack_arrays

        pixels_cyx = store.micrograph(image, stop=lambda: token.cancelled).pixels_cyx
        preview = preview_features(pixels_cyx, part, recipe, self._scaling_of(store, image, token), cancelled=token)
        planes = [
            {"family": plane.family, "channel": plane.channel, "scale_px": plane.sigma_px, "name": plane.text}
            for plane in preview.planes
        ]
        shown, low, high = preview.shown_fyx, preview.low_f, preview.high_f
        return pack_arrays({"planes": planes}, {"shown": shown, "low": low, "high": high})

    def _scaling_of(self, store: ProjectStore, image: int, token: CancelToken) -> Scaling:
        """Return how an image is scaled; of large images it takes a while to learn, and never changes."""
        from sambaseg.features.scaling import Scaling

        key = store.id, image
        with self._lock:
            known = self._scalings.get(key)
        if known is None:
            known = Scaling.for_image(store.micrograph(image, stop=lambda: token.cancelled))
        with self._lock:
            self._scalings[key] = known
            while len(self._scalings) > SCALINGS_KEPT:
                self._scalings.popitem(last=False)
        return known
