"""Garbage collection that never holds requests up for long.

Compiled kernels, routes and schemas are hundreds of thousands of objects that live as long as the server. A full
collection would look at each of them, about a tenth of a second in which no request is answered.
"""

from __future__ import annotations

import gc


def leave_out_what_is_loaded() -> None:
    """Let collections from now on look only at objects that are made later; called when something large was loaded.

    Only the young objects are collected before: what else is garbage by then is little, and stays.
    """
    gc.collect(1)
    gc.freeze()
