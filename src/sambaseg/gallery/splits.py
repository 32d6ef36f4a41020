"""Which part of a data set an image belongs to: train, validation or test, the same in every archive."""

from __future__ import annotations

import hashlib
from typing import Literal

from sambaseg.gallery.entry import Entry
from sambaseg.gallery.words import key_of

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_PARTS = 2**32
_VALIDATION_FROM, _TEST_FROM = 0.8, 0.9


def sample_key(entry: Entry) -> str:
    """Return what images of one sample have in common: the sample's name, else the image itself, else the entry."""
    name = key_of(entry.metadata.sample_id)
    image = entry.file("image")
    return f"sample {name}" if name else f"image {image.sha256}" if image else f"entry {entry.id}"


def split_of(entry: Entry) -> Split:
    """Return the split of an entry: by the hash of its sample, so that no sample is ever in two of them."""
    digest = hashlib.sha256(sample_key(entry).encode()).digest()
    share = int.from_bytes(digest[:4], "big") / _PARTS
    return "train" if share < _VALIDATION_FROM else "validation" if share < _TEST_FROM else "test"
