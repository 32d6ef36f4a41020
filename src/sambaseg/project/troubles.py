"""What keeps the images of a project from being read for now: a file that is missing or changed, a full disk."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass

from sambaseg.errors import ImageFileChangedError, MissingFileError, SambasegError


@dataclass(frozen=True)
class Look:
    """A look at the file of an image, numbered in the order in which looks began."""

    image: int
    number: int


class Troubles:
    """What keeps images from being read for now.

    Files are looked at from several threads, and a slow disk may answer late. Of two looks at a file, what the one
    found that began later counts, so that a late answer does not bring back what is not so any more.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._access = threading.Lock()
        self._numbers = itertools.count(1)
        self._errors: dict[int, SambasegError] = {}
        self._newest: dict[int, int] = {}  # the number of the look whose answer counts, by image

    def get(self, image: int) -> SambasegError | None:
        """Return what keeps an image from being read, None where nothing is known to."""
        return self._errors.get(image)

    def of_file(self, image: int) -> MissingFileError | ImageFileChangedError | None:
        """Return what is wrong with the file of an image, None where nothing is known to be."""
        error = self.get(image)
        return error if isinstance(error, MissingFileError | ImageFileChangedError) else None

    def look(self, image: int) -> Look:
        """Begin a look at the file of an image, which `found` or `found_well` ends."""
        return Look(image, next(self._numbers))

    def found(self, look: Look, error: MissingFileError | ImageFileChangedError) -> bool:
        """Remember what a look found to be wrong; return whether that is news."""
        with self._access:
            if not self._counts(look):
                return False
            before = self._errors.get(look.image)
            self._errors[look.image] = error
            return before is None or before.message != error.message

    def found_well(self, look: Look) -> bool:
        """Forget what was wrong with a file, since a look found it well; return whether that is news."""
        with self._access:
            if not self._counts(look) or self.of_file(look.image) is None:
                return False
            del self._errors[look.image]
            return True

    def put(self, image: int, error: SambasegError) -> None:
        """Remember what came up while an image was read."""
        with self._access:
            self._errors[image] = error

    def try_again(self, image: int) -> None:
        """Forget what is not a matter of the file, such as a full disk, since it is tried anew."""
        with self._access:
            if self.of_file(image) is None:
                self._errors.pop(image, None)

    def forget(self, image: int) -> None:
        """Forget all about an image."""
        with self._access:
            self._errors.pop(image, None)
            self._newest.pop(image, None)

    def _counts(self, look: Look) -> bool:
        if look.number < self._newest.get(look.image, 0):
            return False
        self._newest[look.image] = look.number
        return True
