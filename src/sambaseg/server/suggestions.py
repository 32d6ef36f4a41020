"""Suggestions: views of projects prepared for smart labelling, each once, and prompts answered from them."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sambaseg.errors import NotFoundError, SambasegError
from sambaseg.pipeline.progress import CancelToken, Progress
from sambaseg.server.events import EventHub
from sambaseg.server.kernels import Kernels, code_fingerprint
from sambaseg.server.prepared import PreparedCache, PreparedView, ViewKey
from sambaseg.server.preparing import Preparation, PreparationQueue
from sambaseg.server.schemas import EventBody, SmartProgress
from sambaseg.server.smart_models import BUILTIN, SmartModels
from sambaseg.server.views import View, check_result, read_knowledge, read_view, whole_image_view

if TYPE_CHECKING:
    from sambaseg.project.description import ImageDescription
    from sambaseg.project.store import ProjectStore

log = logging.getLogger("sambaseg.server")

HIERARCHIES_AT_ONCE = 2
ENCODINGS_AT_ONCE = 1
"""An encoder takes all cores and gigabytes of memory."""
SOURCES = ("features", "images", "smart", "server")
"""Folders whose code decides what is answered."""


@dataclass(frozen=True)
class Asked:
    """A view of a project that somebody asks for: what names it, and where it is prepared."""

    store: ProjectStore
    image: int
    key: ViewKey
    queue: PreparationQueue


class Suggestions:
    """All views that are prepared. All methods may be called from any thread."""

    def __init__(self, events: EventHub, kernels: Kernels, models: SmartModels, *, max_mb: int) -> None:
        self._events = events
        self._kernels = kernels
        self._models = models
        self._cache = PreparedCache(max_mb * 1_000_000)
        self._hierarchies = PreparationQueue(self._cache, at_once=HIERARCHIES_AT_ONCE)
        self._encodings = PreparationQueue(self._cache, at_once=ENCODINGS_AT_ONCE)

    def find(self, store: ProjectStore, view: View, *, image: int, model: str, result_id: str | None = None) -> Asked:
        """Return what a request asks for; nothing is prepared yet. `result_id` names what the forest knows.

        Raises ParameterError for a view that does not fit, NotFoundError and ResultRunningError for a result that
        cannot be used, UnknownModelError and ModelNotInstalledError.
        """
        described = store.image(image)
        view.check_fits(described)
        files = self._models.version_of(model)
        builtin = model == BUILTIN
        if result_id is not None:
            check_result(store, result_id, image)
        key = ViewKey(
            image=_content_of(store, described),
            view=view,
            model=model,
            result_id=result_id if builtin else None,
            version=f"{code_version()} {files}",
        )
        return Asked(store, image, key, self._hierarchies if builtin else self._encodings)

    def begin(self, asked: Asked, *, ahead: bool = False) -> Preparation:
        """Return the preparation of what was asked for; whoever begins it leaves it again, see `PreparationQueue`."""
        return asked.queue.join(asked.key, lambda token: self._prepare(asked, token), ahead=ahead)

    def prepared(self, asked: Asked) -> PreparedView:
        """Return a view that was prepared before. Raises NotFoundError."""
        found = self._cache.get(asked.key)
        if found is None:
            raise NotFoundError("This view is not prepared any more.", hint="Ask for its suggestions again.")
        return found

    def prepare_ahead(self, store: ProjectStore, image: int) -> None:
        """Begin to prepare what a page will ask for first, in the background: the whole image, as far as it is small.

        What the newest complete result knows goes in, from before cleaning up. An image whose tiles are not there yet
        waits until a page asks.
        Nothing is raised: a page that asks hears what is wrong.
        """
        try:
            described = store.image(image)
            if described.state != "ready":
                return
            result = store.complete_result(image)
            known = None if result is None else result.predicted_id
            view = whole_image_view(described)
            asked = self.find(store, view, image=image, model=BUILTIN, result_id=known)
            self.begin(asked, ahead=True)
        except SambasegError as error:
            log.debug("Nothing is prepared ahead for %s: %s", store.id, error)

    def stop(self) -> None:
        """End everything that runs."""
        self._hierarchies.stop()
        self._encodings.stop()

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._hierarchies.wait()
        self._encodings.wait()

    def _prepare(self, asked: Asked, token: CancelToken) -> PreparedView:
        key, view = asked.key, asked.key.view
        telling = _Telling(self._events, asked.store.id, key.model)
        try:
            self._wait_for_kernels(key.model, token, telling)
            pixels = read_view(asked.store, view, asked.image)
            knowledge = None
            if key.result_id is not None:
                knowledge = read_knowledge(asked.store, key.result_id, view, asked.image)
            token.raise_if_cancelled()
            progress = None if key.model == BUILTIN else telling.report
            suggester = self._models.find_suggester(key.model)
            prepared = suggester.prepare(pixels, knowledge=knowledge, progress=progress, cancelled=token)
            token.raise_if_cancelled()
            return PreparedView.of(prepared, view_meta(key))
        finally:
            telling.end()

    def _wait_for_kernels(self, model: str, token: CancelToken, telling: _Telling) -> None:
        if model == BUILTIN and not self._kernels.has("suggestions"):
            telling.tell("Preparing (first start only)…", None, None)
            self._kernels.wait("suggestions", stop=lambda: token.cancelled)
        token.raise_if_cancelled()


class _Telling:
    """Tells the followers of a project how far a view is, and once that it has ended, if anything was told."""

    def __init__(self, events: EventHub, project_id: str, model: str) -> None:
        self._events = events
        self._project_id = project_id
        self._model = model
        self._told = False

    def report(self, progress: Progress) -> None:
        self.tell(progress.stage, progress.fraction, progress.seconds_left)

    def tell(self, stage: str, fraction: float | None, seconds_left: float | None, *, done: bool = False) -> None:
        self._told = True
        news = SmartProgress(model=self._model, stage=stage, fraction=fraction, seconds_left=seconds_left, done=done)
        self._events.publish(self._project_id, "smart", EventBody(smart=news))

    def end(self) -> None:
        if self._told:
            self.tell("Done", None, None, done=True)


def _content_of(store: ProjectStore, image: ImageDescription) -> str:
    """Return what tells what an image holds from anything else: its file's SHA-256, or itself while that is unknown."""
    content = image.sha256 or f"{store.id}-{image.id}"
    return f"{content} {image.page} {image.dtype} {image.channels} {image.height} {image.width}"


@functools.cache
def code_version() -> str:
    """Return what changes with the code that prepares views, so that no browser keeps what another version made."""
    return code_fingerprint(SOURCES)


def view_meta(key: ViewKey) -> dict[str, Any]:
    """Return what every container says about its view."""
    height, width = key.view.shape_yx
    return {
        "model": key.model,
        "level": key.view.level,
        "top": key.view.top,
        "left": key.view.left,
        "height": height,
        "width": width,
        "learned": key.result_id is not None,
    }
