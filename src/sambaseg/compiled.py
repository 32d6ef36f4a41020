"""The one way this project compiles a kernel: numba, without the GIL, cached on disk, exact arithmetic.

``fastmath`` stays off everywhere: a result must not depend on where a tile begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Return `kernel` compiled on first use, releasing the GIL, and cached where the cache folder can be written."""
    jit: Callable[[Kernel], Kernel]
    try:
        jit = numba.njit(nogil=True, cache=True)
        return jit(kernel)
    except RuntimeError:  # no folder for the cache can be written: compile anew in each process
        jit = numba.njit(nogil=True)
        return jit(kernel)
