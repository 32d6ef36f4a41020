"""Walking a merge tree: sums over the regions of each node, and the nodes that hold a region."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def accumulate(parent: Array, values_n: Array) -> Array:
    """Return for each node the sum of the values of its regions."""
    sums = np.zeros(parent.size)
    sums[: values_n.size] = values_n
    for node in range(parent.size):
        if parent[node] >= 0:
            sums[parent[node]] += sums[node]
    return sums


def path_to_top(parent: Array, region: int) -> Array:
    """Return the nodes that hold `region`, itself first."""
    nodes = []
    while region >= 0:
        nodes.append(region)
        region = int(parent[region])
    return np.array(nodes)
