"""`sambaseg convert`: files that scikit-learn and ONNX Runtime read, with the same probabilities."""

import numpy as np
import pytest
import tifffile


@pytest.fixture
def trained(run, phases):
    del phases
    assert run("train", "steel.tif", "--labels", "labels.tif", "--out", "c.sambaseg", "--trees", "10").code == 0
    assert run("features", "steel.tif", "--out", "f.tif").code == 0
    assert run("apply", "c.sambaseg", "steel.tif", "--out", "s.tif", "--probabilities", "p.tif").code == 0
    features_nf = tifffile.imread("f.tif", key=slice(None)).reshape(56, -1).T
    return features_nf, tifffile.imread("p.tif", key=slice(None)).reshape(2, -1).T


def test_onnx_runtime_gives_the_same_probabilities(run, trained):
    import onnxruntime

    ended = run("convert", "c.sambaseg", "--to", "c.onnx", "--json")
    assert ended.code == 0, ended.out
    assert ended.json["features"] == 56
    features_nf, expected = trained
    session = onnxruntime.InferenceSession("c.onnx")
    answers = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(features_nf[:2000])})
    probabilities = next(answer for answer in answers if np.shape(answer) == (2000, 2))
    np.testing.assert_allclose(probabilities, expected[:2000], atol=1e-6)


def test_scikit_learn_gives_the_same_probabilities(run, trained):
    import skops.io

    assert run("convert", "c.sambaseg", "--to", "c.skops").code == 0
    features_nf, expected = trained
    forest = skops.io.load("c.skops", trusted=skops.io.get_untrusted_types(file="c.skops"))
    found = forest.predict_proba(features_nf[:2000])
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), expected[:2000], atol=1e-6)


def test_other_endings_and_files_are_refused(run, trained):
    del trained
    ended = run("convert", "c.sambaseg", "--to", "c.pkl")
    assert ended.code == 2
    assert ".skops or .onnx" in ended.err
    assert run("convert", "steel.tif", "--to", "c.onnx").code == 3
    assert run("convert", "nothing.sambaseg", "--to", "c.onnx").code == 3
