"""The region adjacency graph: a view of six pixels by hand, random label images pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.graph import RAG

from sambaseg.smart.hierarchy.region_graph import build_graph
from smart.hierarchy.scenes import label_images


def test_six_pixels():
    regions_yx = np.int32([[0, 0, 1], [0, 2, 1]])
    boundary_yx = np.float32([[1, 2, 7], [4, 3, 5]])
    graph = build_graph(regions_yx, 3, np.stack([boundary_yx, 10 - boundary_yx]))
    assert graph.ends_e2.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert graph.length_e.tolist() == [1, 2, 1]
    assert graph.lowest_ce.tolist() == [[7, 3, 5], [8, 7, 7]]
    assert graph.mean_ce.tolist() == [[7, 3.5, 5], [8, 7.5, 7]]


@given(label_images(), st.integers(0, 2**32 - 1))
def test_edges_are_those_that_pairs_of_pixels_make(image, seed):
    regions_yx, count = image
    boundaries_cyx = np.random.default_rng(seed).random((2, *regions_yx.shape), np.float32)
    pairs = {}
    for y, x in np.ndindex(regions_yx.shape):
        for ny, nx in ((y, x + 1), (y + 1, x)):
            if ny < regions_yx.shape[0] and nx < regions_yx.shape[1] and regions_yx[y, x] != regions_yx[ny, nx]:
                ends = tuple(sorted((int(regions_yx[y, x]), int(regions_yx[ny, nx]))))
                pairs.setdefault(ends, []).append(np.maximum(boundaries_cyx[:, y, x], boundaries_cyx[:, ny, nx]))
    graph = build_graph(regions_yx, count, boundaries_cyx)
    found = [tuple(ends) for ends in graph.ends_e2.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == set(pairs)
    assert graph.mean_ce.shape == graph.lowest_ce.shape == (2, len(pairs))
    for edge, ends in enumerate(found):
        assert graph.length_e[edge] == len(pairs[ends])
        np.testing.assert_array_equal(graph.lowest_ce[:, edge], np.min(pairs[ends], axis=0))
        np.testing.assert_allclose(graph.mean_ce[:, edge], np.mean(pairs[ends], axis=0), rtol=1e-6)


@given(label_images())
def test_neighbours_are_those_of_scikit_image(image):
    regions_yx, count = image
    graph = build_graph(regions_yx, count, np.zeros((1, *regions_yx.shape), np.float32))
    expected = {tuple(sorted(map(int, edge))) for edge in RAG(regions_yx, connectivity=1).edges if len(set(edge)) == 2}
    assert {tuple(ends) for ends in graph.ends_e2.tolist()} == expected


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 6), (4, 5)])
def test_one_region_has_no_edges(shape_yx):
    graph = build_graph(np.zeros(shape_yx, np.int32), 1, np.ones((2, *shape_yx), np.float32))
    assert graph.ends_e2.shape == (0, 2)
    assert graph.length_e.shape == (0,)
    assert graph.lowest_ce.shape == graph.mean_ce.shape == (2, 0)
