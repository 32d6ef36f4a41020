"""The one way this project compiles a kernel: numba, without the GIL, cached on disk, exact arithmetic.

``fastmath`` stays off everywhere: a result must not depend on where a tile begins.

The cache notices a change of the file that a kernel is in, and not of files whose kernels it calls. Who changes one of
those deletes ``__pycache__/*.nbi`` beside the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Return `kernel` compiled on first use, releasing the GIL, and cached where the cache folder can be written."""
    return _compile(kernel)


def compiled_without_allocation(kernel: Kernel) -> Kernel:
    """Return `kernel` as `compiled` does, for one that makes no arrays and does not return any.

    Nobody counts who uses an array then. Where a kernel takes many arrays out of tuples, counting takes two fifths of
    its time, and more where threads share the arrays.
    """
    return _compile(kernel, _nrt=False)


def inlined(kernel: Kernel) -> Kernel:
    """Return `kernel` as `compiled_without_allocation` does, for kernels that call it: it becomes part of them."""
    return _compile(kernel, _nrt=False, forceinline=True)


def _compile(kernel: Kernel, **options: bool) -> Kernel:
    jit: Callable[[Kernel], Kernel]
    try:
        jit = numba.njit(nogil=True, cache=True, **options)
        return jit(kernel)
    except RuntimeError:  # no folder for the cache can be written: compile anew in each process
        jit = numba.njit(nogil=True, **options)
        return jit(kernel)
