"""Garbage collection beside requests."""

from __future__ import annotations

import gc

from sambaseg.server.garbage import leave_out_what_is_loaded


def test_what_was_loaded_is_left_out_of_later_collections():
    loaded = [[number] for number in range(1000)]
    try:
        leave_out_what_is_loaded()
        watched = {id(item) for item in gc.get_objects()}
        assert not any(id(item) in watched for item in loaded)
        later = [[]]
        assert any(item is later for item in gc.get_objects())
    finally:
        gc.unfreeze()
