"""The smallest size runs from samples to a table, and the exported file says what PyTorch says. Needs PyTorch."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is needed for training only")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; it is needed for training only")
pytest.importorskip("onnx", reason="onnx is not installed; it is needed for training only")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from training.train import PLANS, train

    checkpoint = tmp_path_factory.mktemp("training") / "tiny.pt"
    train(PLANS["tiny"], checkpoint)
    return checkpoint


@pytest.mark.parametrize(("weight_bits", "tolerance"), [(32, 1e-4), (16, 1e-2)])
def test_the_exported_file_says_what_pytorch_says(trained, tmp_path, weight_bits, tolerance):
    from training.export import export, probabilities, read_network
    from training.learned import LearnedBoundaries
    from training.normalise import normalise

    image = np.random.default_rng(0).random((96, 80), dtype=np.float32)
    file = tmp_path / "tiny.onnx"
    export(trained, file, weight_bits=weight_bits)
    expected = probabilities(read_network(trained), torch.from_numpy(normalise(image))[None, None])[0].numpy()
    np.testing.assert_allclose(LearnedBoundaries(file)(image), expected, atol=tolerance)
    assert LearnedBoundaries(file)(image[:50, :37]).shape == (3, 50, 37)


def test_training_goes_on_from_its_checkpoint(trained, tmp_path):
    from training.train import PLANS, train

    copy = tmp_path / "copy.pt"
    copy.write_bytes(trained.read_bytes())
    state = train(replace(PLANS["tiny"], steps=14), copy)
    assert state.step == 14


def test_the_smallest_size_runs_from_samples_to_a_table(tmp_path):
    from training.__main__ import run
    from training.train import PLANS

    text = run(replace(PLANS["tiny"], steps=3), tmp_path, data_dir=None)
    assert "learned − gradient" in text
    assert set(json.loads((tmp_path / "scores.json").read_text())["grains"]) >= {"gradient", "learned"}


def test_all_sizes_keep_within_the_number_of_parameters():
    from training.network import WIDTHS, BoundaryNetwork, parameter_count

    assert all(parameter_count(BoundaryNetwork(widths)) <= 1_500_000 for widths in WIDTHS.values())


def test_turned_samples_keep_boundaries_between_the_same_pixels():
    from training.samples import Sample, _turned
    from training.targets import boundary_targets

    regions = np.random.default_rng(1).integers(0, 3, (12, 12)).astype(np.int32)
    sample = Sample(regions[None].astype(np.float32), boundary_targets(regions), np.ones((3, 12, 12), np.float32))
    for seed in range(12):
        turned = _turned(np.random.default_rng(seed), sample)
        np.testing.assert_array_equal(turned.targets, boundary_targets(turned.image[0].astype(np.int32)))
