"""Merge trees: chains by hand, spanning trees by networkx, hierarchies by their definition on small graphs."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.merging import merge_by_area, merge_by_strength, merge_by_volume
from smart.hierarchy.scenes import as_networkx, regions_of, weighted_graphs

CHAIN = np.int32([[0, 1], [1, 2], [2, 3]])


def merged_sets(tree, count):
    """Return the regions of each inner node, in the order of merging."""
    return regions_of(tree.parent, count)[count:]


def merge_in_order(edges, ends_e2, count):
    """Return the regions of each node that edges make, merging one after the other."""
    parts = [{region} for region in range(count)]
    nodes = []
    for edge in edges:
        one, two = (next(part for part in parts if end in part) for end in ends_e2[edge].tolist())
        if one is not two:
            parts = [part for part in parts if part is not one and part is not two] + [one | two]
            nodes.append(one | two)
    return nodes


def test_by_strength_the_weakest_edge_merges_first():
    tree = merge_by_strength(CHAIN, np.float32([0.5, 0.1, 0.3]), 4)
    assert merged_sets(tree, 4) == [{1, 2}, {1, 2, 3}, {0, 1, 2, 3}]
    assert tree.parent.tolist() == [6, 4, 4, 5, 5, 6, -1]
    np.testing.assert_array_equal(tree.strength, np.float32([0, 0, 0, 0, 0.1, 0.3, 0.5]))


def test_by_area_the_smallest_part_merges_first_whatever_the_contrast():
    # Strength alone would merge 0 with 1; the smallest region is 3.
    tree = merge_by_area(CHAIN, np.float32([0.1, 0.3, 0.9]), np.float64([40, 30, 50, 2]))
    assert merged_sets(tree, 4) == [{2, 3}, {0, 1}, {0, 1, 2, 3}]
    np.testing.assert_array_equal(tree.strength[4:], np.float32([0.9, 0.1, 0.3]))


def test_by_volume_shallow_parts_merge_before_deep_ones():
    areas = np.float64([40, 30, 50, 10])
    strength_e = np.float32([0.1, 0.3, 0.9])  # volumes of the smaller parts: 3, 15, 9
    assert merged_sets(merge_by_area(CHAIN, strength_e, areas), 4) == [{2, 3}, {0, 1}, {0, 1, 2, 3}]
    assert merged_sets(merge_by_volume(CHAIN, strength_e, areas), 4) == [{0, 1}, {2, 3}, {0, 1, 2, 3}]


@pytest.mark.parametrize("merge", [merge_by_area, merge_by_volume])
def test_one_region_is_a_tree_of_one_node(merge):
    tree = merge(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), np.float64([7]))
    assert tree.parent.tolist() == [-1]
    assert tree.strength.tolist() == [0]


@given(weighted_graphs())
def test_the_tree_by_strength_spans_as_little_as_networkx(graph):
    ends_e2, strength_e, areas = graph
    tree = merge_by_strength(ends_e2, strength_e, areas.size)
    spanning = nx.minimum_spanning_tree(as_networkx(ends_e2, strength_e, areas.size))
    weights = sorted(weight for _, _, weight in spanning.edges(data="weight"))
    assert tree.strength[areas.size :].tolist() == weights
    sets = regions_of(tree.parent, areas.size)
    for one in range(areas.size):
        for two in range(one):
            smallest = next(node for node, regions in enumerate(sets) if {one, two} <= regions)
            passes = [spanning[a][b]["weight"] for a, b in pairwise(nx.shortest_path(spanning, one, two))]
            assert tree.strength[smallest] == max(passes)


def spanning_weights(ends_e2, strength_e, areas, attribute):
    """Return the edges of the spanning tree with the smaller attribute of what each joins, by definition."""
    spanning = nx.minimum_spanning_tree(as_networkx(ends_e2, strength_e, areas.size))
    edges = sorted(spanning.edges(data=True), key=lambda edge: edge[2]["weight"])
    below = nx.Graph()
    below.add_nodes_from(spanning)
    weights = {}
    for one, two, data in edges:
        parts = [areas[list(nx.node_connected_component(below, end))].sum() for end in (one, two)]
        weights[data["edge"]] = min(attribute(part, data["weight"]) for part in parts)
        below.add_edge(one, two)
    return weights


@given(weighted_graphs())
def test_the_hierarchy_by_area_is_its_definition(graph):
    ends_e2, strength_e, areas = graph
    weights = spanning_weights(ends_e2, strength_e, areas, lambda area, _: area)
    order = sorted(weights, key=lambda edge: (weights[edge], strength_e[edge]))
    tree = merge_by_area(ends_e2, strength_e, areas)
    assert merged_sets(tree, areas.size) == merge_in_order(order, ends_e2, areas.size)
    assert tree.strength[areas.size :].tolist() == strength_e[order].tolist()


@given(weighted_graphs())
def test_the_hierarchy_by_volume_weighs_areas_by_the_height_of_the_pass(graph):
    ends_e2, strength_e, areas = graph
    weights = spanning_weights(ends_e2, strength_e, areas, lambda area, height: area * height)
    order = sorted(weights, key=lambda edge: (weights[edge], strength_e[edge]))
    tree = merge_by_volume(ends_e2, strength_e, areas)
    assert merged_sets(tree, areas.size) == merge_in_order(order, ends_e2, areas.size)


@given(weighted_graphs(distinct=False), st.sampled_from([merge_by_area, merge_by_volume]))
def test_nodes_are_connected_and_hold_their_parts_with_ties_too(graph, merge):
    ends_e2, strength_e, areas = graph
    tree = merge(ends_e2, strength_e, areas)
    assert tree.parent.size == 2 * areas.size - 1
    assert np.bincount(tree.parent[:-1], minlength=tree.parent.size)[areas.size :].tolist() == [2] * (areas.size - 1)
    sets = regions_of(tree.parent, areas.size)
    whole = as_networkx(ends_e2, strength_e, areas.size)
    assert all(nx.is_connected(whole.subgraph(regions)) for regions in sets)
    assert sets[-1] == set(range(areas.size))


@given(weighted_graphs(), st.data())
def test_last_edges_merge_behind_all_others(graph, data):
    ends_e2, strength_e, areas = graph
    last_e = np.array(data.draw(st.lists(st.booleans(), min_size=len(ends_e2), max_size=len(ends_e2))), bool)
    tree = merge_by_area(ends_e2, strength_e, areas, last_e=last_e)
    first = nx.Graph()
    first.add_nodes_from(range(areas.size))
    first.add_edges_from(ends_e2[~last_e].tolist())
    pieces = [set(piece) for piece in nx.connected_components(first)]
    merged = merged_sets(tree, areas.size)
    inside = areas.size - len(pieces)
    assert all(any(regions <= piece for piece in pieces) for regions in merged[:inside])
    assert not any(any(regions <= piece for piece in pieces) for regions in merged[inside:])


def test_last_edges_keep_their_order_by_strength_and_area():
    # Their strengths and areas were rounded away by the number that put them last.
    ends_e2 = np.int32([[0, 1], [0, 2], [1, 3], [2, 3]])
    strength_e = np.float32([0.9, 0.2, 0.8, 0.1])
    areas = np.float64([40, 1, 30, 50])
    last_e = np.ones(4, bool)
    tree = merge_by_area(ends_e2, strength_e, areas, last_e=last_e)
    assert merged_sets(tree, 4) == merged_sets(merge_by_area(ends_e2, strength_e, areas), 4)
    np.testing.assert_array_equal(tree.strength[4:], np.float32([0.8, 0.1, 0.2]))
