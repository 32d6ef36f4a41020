"""Images whose tiles are being made: two at once, the newest request first, each in a process of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Protocol

from sambaseg.errors import CancelledError, SambasegError

if TYPE_CHECKING:
    from sambaseg.images.building import BuiltImage

SLOTS = 2
_LOOK_SECONDS = 0.05


class Building(Protocol):
    """What makes the tiles of one image; see `PyramidBuild`."""

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def wait_for_tile(self, level: int, ty: int, tx: int, seconds: float) -> bool:
        """Return whether a tile is on the disk, after at most `seconds`."""
        ...

    def result(self) -> BuiltImage:
        """Wait for the end. Raises what went wrong."""
        ...

    def cancel(self) -> None:
        """End it."""
        ...


class BuildQueue:
    """Makes tiles in the background. All methods may be called from any thread."""

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        self._changed = threading.Condition()
        self._waiting: list[Build] = []
        self._known: dict[Hashable, Build] = {}
        self._busy = 0

    def request(
        self, key: Hashable, make: Callable[[], Building], done: Callable[[BuiltImage | SambasegError], None]
    ) -> Build:
        """Have tiles made, next; asked again while that is not done, the same `Build` comes to the front.

        `make` prepares the work, and `done` is told how it ended before those who wait for it are; both are called in
        another thread.
        """
        with self._changed:
            build = self._known.get(key)
            if build is None:
                build = self._known[key] = Build(self._changed, key, make, done)
                self._waiting.append(build)
                if self._busy < self._slots:
                    self._busy += 1
                    threading.Thread(target=self._work, name="image builds", daemon=True).start()
            elif build in self._waiting:
                self._waiting.remove(build)
                self._waiting.append(build)
            return build

    def find(self, key: Hashable) -> Build | None:
        """Return what is waiting or being made under `key`."""
        with self._changed:
            return self._known.get(key)

    def cancel(self, chosen: Callable[[Hashable], bool], seconds: float = 10.0) -> None:
        """End the builds whose key is `chosen`, and wait until nothing of them is running."""
        with self._changed:
            builds = [build for key, build in self._known.items() if chosen(key)]
            waiting = [build for build in builds if build in self._waiting]
            self._waiting = [build for build in self._waiting if build not in waiting]
        for build in builds:
            build.cancel()
        for build in waiting:
            self._finish(build, CancelledError("The image is not needed any more."))
        until = time.monotonic() + seconds
        for build in builds:
            build.wait(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._busy -= 1
                    return
                build = self._waiting.pop()
            outcome: BuiltImage | SambasegError
            try:
                outcome = build.run()
            except SambasegError as error:
                outcome = error
            except Exception as error:
                outcome = SambasegError(f"The tiles of the image could not be made: {error}")
            self._finish(build, outcome)

    def _finish(self, build: Build, outcome: BuiltImage | SambasegError) -> None:
        build.finish(outcome)
        with self._changed:
            if self._known.get(build.key) is build:
                del self._known[build.key]
            self._changed.notify_all()


class Build:
    """The tiles of one image, waiting to be made or being made."""

    def __init__(
        self,
        changed: threading.Condition,
        key: Hashable,
        make: Callable[[], Building],
        done: Callable[[BuiltImage | SambasegError], None],
    ) -> None:
        self.key = key
        self._changed = changed
        self._make = make
        self._done = done
        self._building: Building | None = None
        self._cancelled = False
        self._ended = False
        self.error: SambasegError | None = None
        """What went wrong, once it has ended."""

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        return self._building.progress if self._building is not None else 0.0

    def wait_for_tile(self, level: int, ty: int, tx: int, seconds: float) -> bool:
        """Return whether a tile is on the disk, after at most `seconds`. Raises what went wrong."""
        until = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._building is not None, seconds)
            building = self._building
        while building is not None and not self._ended and time.monotonic() < until:
            if building.wait_for_tile(level, ty, tx, min(0.5, max(0.0, until - time.monotonic()))):
                return True
        self.raise_if_failed()
        return self._ended

    def wait(self, seconds: float | None = None, stop: Callable[[], bool] | None = None) -> bool:
        """Return whether it has ended, well or not, after at most `seconds` or once `stop` returns True."""
        until = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            while not self._ended:
                left = None if until is None else until - time.monotonic()
                if (left is not None and left <= 0) or (stop is not None and stop()):
                    return False
                self._changed.wait(_LOOK_SECONDS if stop is not None else left)
        return True

    def cancel(self) -> None:
        """End it."""
        with self._changed:
            self._cancelled = True
            building = self._building
        if building is not None:
            building.cancel()

    def run(self) -> BuiltImage:
        """Make the tiles. Raises what went wrong."""
        building = self._make()
        with self._changed:
            if self._cancelled:
                raise CancelledError("The image is not needed any more.")
            building.start()
            self._building = building
            self._changed.notify_all()
        return building.result()

    def finish(self, outcome: BuiltImage | SambasegError) -> None:
        """Tell that it has ended."""
        try:
            self._done(outcome)
        except SambasegError as error:
            outcome = error
        except Exception as error:  # those who wait must hear of it, and the next one be made
            outcome = SambasegError(f"The tiles of the image could not be kept: {error}")
        finally:
            with self._changed:
                self.error = outcome if isinstance(outcome, SambasegError) else None
                self._ended = True
                self._changed.notify_all()

    def raise_if_failed(self) -> None:
        """Raise what went wrong, once it has ended."""
        if self.error is not None:
            raise type(self.error)(self.error.message, hint=self.error.hint)  # each thread its own
