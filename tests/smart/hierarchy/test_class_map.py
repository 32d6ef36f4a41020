"""The forest's classes on regions: four regions in a row by hand, components by networkx."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.class_map import map_classes
from sambaseg.smart.hierarchy.region_graph import RegionGraph
from smart.hierarchy.scenes import weighted_graphs


def graph_of(ends_e2, length_e):
    nothing = np.zeros((2, len(ends_e2)), np.float32)
    return RegionGraph(ends_e2, length_e, nothing, nothing)


def test_four_regions_in_a_row():
    graph = graph_of(np.int32([[0, 1], [1, 2], [2, 3]]), np.float64([5, 4, 2]))
    probabilities = np.float64([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    classes = map_classes(graph, np.float64([10, 20, 40, 6]), probabilities)
    np.testing.assert_allclose(classes.change_e, [0.3, 0.4, 0.5], rtol=1e-6)
    np.testing.assert_allclose(classes.disagreement_e, [0.4, 0.6, 0.7], rtol=1e-6)
    assert classes.is_border_e.tolist() == [False, True, True]
    np.testing.assert_allclose(classes.component_n, np.log([30, 30, 40, 6]))
    # The first class has 36 px inside an outline of 4 + 2, the second 40 px inside the same.
    np.testing.assert_allclose(classes.thickness_k, [6, 40 / 6])


def test_three_classes_change_by_half_of_all_differences():
    graph = graph_of(np.int32([[0, 1]]), np.float64([3]))
    classes = map_classes(graph, np.float64([12, 12]), np.float64([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]]))
    np.testing.assert_allclose(classes.change_e, [0.4], rtol=1e-6)
    np.testing.assert_allclose(classes.disagreement_e, [0.7], rtol=1e-6)
    np.testing.assert_allclose(classes.thickness_k, [4, 0, 4])


def test_nothing_is_known_without_classes():
    graph = graph_of(np.int32([[0, 1]]), np.float64([3]))
    classes = map_classes(graph, np.float64([12, 13]), np.zeros((2, 0)))
    assert classes.change_e.tolist() == classes.disagreement_e.tolist() == [0]
    assert classes.is_border_e.tolist() == [False]
    assert classes.component_n.tolist() == [0, 0]
    assert classes.thickness_k.size == 0


def test_one_region_has_one_component():
    classes = map_classes(graph_of(np.zeros((0, 2), np.int32), np.zeros(0)), np.float64([20]), np.float64([[0.1, 0.9]]))
    np.testing.assert_allclose(classes.component_n, [np.log(20)])
    np.testing.assert_allclose(classes.thickness_k, [0, 20])
    assert classes.change_e.shape == classes.is_border_e.shape == (0,)


@given(weighted_graphs(distinct=False), st.data())
def test_components_are_those_of_networkx(graph, data):
    ends_e2, _, areas = graph
    mains = data.draw(st.lists(st.integers(0, 2), min_size=areas.size, max_size=areas.size))
    probabilities = np.where(np.eye(3)[mains] > 0, 0.6, 0.2)
    classes = map_classes(graph_of(ends_e2, np.ones(len(ends_e2))), areas, probabilities)
    alike = nx.Graph()
    alike.add_nodes_from(range(areas.size))
    alike.add_edges_from((one, two) for one, two in ends_e2.tolist() if mains[one] == mains[two])
    for piece in nx.connected_components(alike):
        np.testing.assert_allclose(classes.component_n[list(piece)], np.log(areas[list(piece)].sum()))
