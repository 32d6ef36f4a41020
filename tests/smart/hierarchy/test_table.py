"""The table of a view: nodes of two trees over three regions by hand, bytes and back."""

from dataclasses import fields, replace

import numpy as np
import pytest

from sambaseg.errors import BrokenContainerError, ParameterError
from sambaseg.smart.container import pack_arrays, unpack_arrays
from sambaseg.smart.hierarchy.offered import OfferedNodes
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.hierarchy.table import HierarchyTable
from smart.hierarchy.scenes import disc_view

REGIONS_YX = np.int32([[0, 0, 1, 1], [0, 2, 2, 1]])
FIRST = OfferedNodes(
    low_m=np.int32([0, 1, 0]),
    high_m=np.int32([1, 3, 3]),
    parent_m=np.int32([2, 2, -1]),
    area_m=np.float64([3, 5, 8]),
    box_m4=np.int32([[0, 0, 2, 2], [0, 1, 2, 4], [0, 0, 2, 4]]),
    score_m=np.float32([0.5, 0.25, 0.125]),
    position_n=np.int32([0, 2, 1]),
    first_n=np.int32([0, 1, 1]),
)
SECOND = OfferedNodes(
    low_m=np.int32([1]),
    high_m=np.int32([3]),
    parent_m=np.int32([-1]),
    area_m=np.float64([5]),
    box_m4=np.int32([[0, 0, 2, 3]]),
    score_m=np.float32([0.75]),
    position_n=np.int32([2, 0, 1]),
    first_n=np.int32([0, -1, 0]),
)
TABLE = HierarchyTable.join(REGIONS_YX, [FIRST, SECOND])


def assert_same(one, two):
    for field in fields(HierarchyTable):
        mine, other = getattr(one, field.name), getattr(two, field.name)
        assert mine.dtype == other.dtype, field.name
        np.testing.assert_array_equal(mine, other, err_msg=field.name)


def test_nodes_of_trees_stand_one_after_the_other():
    assert TABLE.shape_yx == (2, 4)
    assert TABLE.trees == 2
    assert TABLE.region_area_n.tolist() == [3, 3, 2]
    assert TABLE.node_tree_m.tolist() == [0, 0, 0, 1]
    assert TABLE.node_parent_m.tolist() == [2, 2, -1, -1]
    assert TABLE.positions_tn.tolist() == [[0, 2, 1], [2, 0, 1]]
    assert TABLE.node_area_m.tolist() == [3, 5, 8, 5]
    assert TABLE.node_score_m.tolist() == [0.5, 0.25, 0.125, 0.75]


def test_a_region_without_a_node_in_a_later_tree_has_none():
    # It was given the last node of the tree before, which need not hold it.
    assert TABLE.first_node_tn.tolist() == [[0, 1, 1], [3, -1, 3]]


def test_masks_are_intervals_of_positions():
    assert TABLE.mask(0).tolist() == [[1, 1, 0, 0], [1, 0, 0, 0]]
    assert TABLE.mask(1).tolist() == [[0, 0, 1, 1], [0, 1, 1, 1]]
    assert TABLE.mask(2).all()
    assert TABLE.mask(3).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0]]


def test_regions_take_two_bytes_while_they_can():
    def table_of(rows, columns):
        line_n = np.arange(rows * columns, dtype=np.int32)
        ones = np.ones(line_n.size)
        y, x = line_n // columns, line_n % columns
        box_n4 = np.stack([y, x, y + 1, x + 1], axis=1)
        nodes = OfferedNodes(line_n, line_n + 1, 0 * line_n - 1, ones, box_n4, ones.astype("f4"), line_n, line_n)
        return HierarchyTable.join(line_n.reshape(rows, columns), [nodes])

    assert table_of(255, 257).regions_yx.dtype == np.uint16
    large = table_of(256, 256)
    assert large.regions_yx.dtype == np.uint32
    assert large.regions_yx[-1, -1] == 65_535


@pytest.mark.parametrize("table", [TABLE, HierarchySuggester().prepare(disc_view()[0])], ids=["by hand", "of a disc"])
def test_bytes_hold_all_of_a_table(table):
    content = table.to_bytes()
    again = HierarchyTable.from_bytes(content)
    assert_same(again, table)
    assert again.to_bytes() == content
    meta, arrays = unpack_arrays(content)
    height, width = table.shape_yx
    assert meta == {
        "kind": "hierarchy",
        "model": "builtin",
        "height": height,
        "width": width,
        "trees": table.trees,
        "regions": table.region_area_n.size,
    }
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "regions": "uint16",
        "region_area": "uint32",
        "positions": "uint32",
        "first_node": "int32",
        "node_tree": "uint8",
        "node_low": "uint32",
        "node_high": "uint32",
        "node_parent": "int32",
        "node_area": "uint32",
        "node_box": "uint16",
        "node_score": "float32",
    }


def test_other_containers_are_no_tables():
    with pytest.raises(BrokenContainerError, match="no container"):
        HierarchyTable.from_bytes(b"SBA1")
    with pytest.raises(BrokenContainerError, match="no table of regions"):
        HierarchyTable.from_bytes(pack_arrays({"kind": "sam1"}, {"regions": np.zeros((1, 1), np.uint16)}))
    meta, arrays = unpack_arrays(TABLE.to_bytes())
    del arrays["node_box"]
    with pytest.raises(BrokenContainerError, match="no table of regions"):
        HierarchyTable.from_bytes(pack_arrays(meta, arrays))


def test_a_view_whose_boxes_do_not_fit_is_refused():
    # Boxes have two bytes a side, and wrapped around.
    wide_yx = np.zeros((1, 65_536), np.int32)
    nodes = replace(
        SECOND,
        position_n=np.int32([0]),
        first_n=np.int32([0]),
        box_m4=np.int32([[0, 0, 1, 65_536]]),
        low_m=np.int32([0]),
    )
    with pytest.raises(ParameterError, match="at most 65,535 px a side"):
        HierarchyTable.join(wide_yx, [nodes])
