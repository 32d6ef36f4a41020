"""The table of a view: its regions, and the nodes of several trees over them that are worth offering.

It is what the page holds; prompts are answered from it by `answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import BrokenContainerError, ParameterError
from sambaseg.features.arrays import FloatArray, RankArray
from sambaseg.smart.container import pack_arrays, unpack_arrays
from sambaseg.smart.hierarchy.offered import OfferedNodes
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import MAX_SIDE_PX

KIND = "hierarchy"
_LARGEST_16_BIT = 65_535
_ARRAYS = (
    "regions",
    "region_area",
    "positions",
    "first_node",
    "node_tree",
    "node_low",
    "node_high",
    "node_parent",
    "node_area",
    "node_box",
    "node_score",
)
"""Names in the container, in the order of the table's fields."""

Unsigned = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class HierarchyTable:
    """Regions and nodes of a view (h, w); the dtypes are those of the container.

    `regions_yx` uint16 or uint32 (h, w), the region of each pixel; `region_area_n` uint32; for each of T trees
    `positions_tn` uint32, the place of each region, and `first_node_tn` int32, the smallest node that holds it. Of all
    M nodes, tree by tree: `node_tree_m` uint8, `node_low_m` and `node_high_m` uint32 (a half-open interval of
    positions), `node_parent_m` int32 (-1 at the top), `node_area_m` uint32 in pixels, `node_box_m4` uint16 (top, left,
    bottom, right; half-open), `node_score_m` float32.
    """

    regions_yx: Unsigned
    region_area_n: npt.NDArray[np.uint32]
    positions_tn: npt.NDArray[np.uint32]
    first_node_tn: RankArray
    node_tree_m: npt.NDArray[np.uint8]
    node_low_m: npt.NDArray[np.uint32]
    node_high_m: npt.NDArray[np.uint32]
    node_parent_m: RankArray
    node_area_m: npt.NDArray[np.uint32]
    node_box_m4: npt.NDArray[np.uint16]
    node_score_m: FloatArray

    @classmethod
    def join(cls, regions_yx: RankArray, trees: Sequence[OfferedNodes]) -> HierarchyTable:
        """Return the table of the nodes of `trees` over the same regions. Raises ParameterError for too long a view."""
        if max(regions_yx.shape) > MAX_SIDE_PX:
            raise ParameterError(f"A view has at most {MAX_SIDE_PX:,} px a side, not {max(regions_yx.shape):,}.")
        count = trees[0].position_n.size
        begins = np.cumsum([0, *(tree.low_m.size for tree in trees)])
        kind = np.uint16 if count <= _LARGEST_16_BIT else np.uint32
        parents = [_moved(tree.parent_m, begin) for tree, begin in zip(trees, begins, strict=False)]
        firsts = [_moved(tree.first_n, begin) for tree, begin in zip(trees, begins, strict=False)]
        numbers = [np.full(tree.low_m.size, number, np.uint8) for number, tree in enumerate(trees)]
        return cls(
            regions_yx.astype(kind),
            np.bincount(regions_yx.reshape(-1), minlength=count).astype(np.uint32),
            np.stack([tree.position_n for tree in trees]).astype(np.uint32),
            np.stack(firsts).astype(np.int32),
            np.concatenate(numbers),
            np.concatenate([tree.low_m for tree in trees]).astype(np.uint32),
            np.concatenate([tree.high_m for tree in trees]).astype(np.uint32),
            np.concatenate(parents).astype(np.int32),
            np.concatenate([tree.area_m for tree in trees]).astype(np.uint32),
            np.concatenate([tree.box_m4 for tree in trees]).astype(np.uint16),
            np.concatenate([tree.score_m for tree in trees]),
        )

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width of the view."""
        return self.regions_yx.shape[0], self.regions_yx.shape[1]

    @property
    def trees(self) -> int:
        """Number of trees."""
        return len(self.positions_tn)

    def to_bytes(self) -> bytes:
        """Return the table as a container of kind "hierarchy"."""
        height, width = self.shape_yx
        regions = self.region_area_n.size
        meta = {
            "kind": KIND,
            "model": "builtin",
            "height": height,
            "width": width,
            "trees": self.trees,
            "regions": regions,
        }
        arrays = {name: getattr(self, field.name) for name, field in zip(_ARRAYS, fields(self), strict=True)}
        return pack_arrays(meta, arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> HierarchyTable:
        """Return the table of a container. Raises BrokenContainerError for anything else."""
        meta, arrays = unpack_arrays(content)
        if meta.get("kind") != KIND or not set(_ARRAYS) <= set(arrays):
            raise BrokenContainerError(
                "The container holds no table of regions and nodes.", hint="Prepare the view anew."
            )
        return cls(*(arrays[name] for name in _ARRAYS))

    def mask(self, node: int) -> npt.NDArray[np.bool_]:
        """Return the pixels of a node, bool (h, w)."""
        mask_yx = np.zeros(self.shape_yx, np.bool_)
        top, left, bottom, right = self.node_box_m4[node]
        positions = self.positions_tn[self.node_tree_m[node]][self.regions_yx[top:bottom, left:right]]
        mask_yx[top:bottom, left:right] = (positions >= self.node_low_m[node]) & (positions < self.node_high_m[node])
        return mask_yx

    def suggest(self, prompt: Prompt) -> Suggestion:
        """Return the three masks of a prompt; see `answers.suggest`."""
        from sambaseg.smart.hierarchy.answers import suggest

        return suggest(self, prompt)


def _moved(nodes: RankArray, begin: int) -> npt.NDArray[Any]:
    """Return numbers of nodes that stand behind `begin` others; none, -1, stays none."""
    return np.where(nodes >= 0, nodes + begin, -1)
