"""The encoder learns, and the package computes what PyTorch computes. Needs PyTorch."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is needed for training only")

DILATIONS = (1, 2, 4)


@pytest.fixture(scope="module")
def network():
    from training.encoder import Encoder

    torch.manual_seed(0)
    return Encoder(8, DILATIONS, 4)


def test_the_package_says_what_pytorch_says(network, tmp_path):
    from training.encoder import locally_standardised
    from training.train_encoder import save

    from sambaseg.features.families.learned import learned_step
    from sambaseg.features.family import Plane, Target
    from sambaseg.features.learned.encoder import read_encoder
    from sambaseg.features.scratch import Scratch

    save(network, tmp_path / "encoder.npz")
    encoder = read_encoder((tmp_path / "encoder.npz").read_bytes())
    margin = encoder.support_px
    image_yx = np.random.default_rng(0).random((40 + 2 * margin, 50 + 2 * margin), np.float32)
    with torch.no_grad():
        said = network(locally_standardised(torch.from_numpy(image_yx)[None, None].double()).float())[0].numpy()
    found_fyx = np.empty((4, 40, 50), np.float32)
    learned_step(encoder).compute((Plane(image_yx, margin, margin),), Target(found_fyx, 0, 0, 0, 40, 50), Scratch())
    np.testing.assert_allclose(found_fyx, said[:, margin:-margin, margin:-margin], atol=2e-4)


def test_judges_tell_what_the_planes_tell():
    from training.encoder import EXTRAS, Judges

    classes = torch.tensor([[0, 0, 1, 1, -1]])
    support = torch.zeros(1, 5, 2 + EXTRAS)
    support[0, 2:, 0] = 1.0
    query = torch.zeros(1, 2, 2 + EXTRAS)
    query[0, 1, 0] = 1.0
    for said in Judges(2)(support, classes, query, most=3):
        assert said.argmax(-1).tolist() == [[0, 1]]
        assert (said[..., 2] < -100).all()  # nobody labelled the third class


def test_a_few_steps_lower_the_loss():
    from training.encoder import Encoder, Judges
    from training.episodes import make_episode
    from training.train_encoder import Learner, episode_loss, take_step

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    made = [make_episode(rng, []) for _ in range(2)]
    names = ("image_yx", "support_n", "support_classes_n", "query_n", "query_classes_n")
    batch = [torch.from_numpy(np.stack([getattr(episode, name) for episode in made])) for name in names]
    learner = Learner.of(Encoder(8, DILATIONS, 4), Judges(4), 1e-3)
    before, _ = episode_loss(learner.network, learner.judges, batch, kept="all")
    for _ in range(15):
        take_step(learner, batch, 5e-3, 0.9)
    after, right = episode_loss(learner.network, learner.judges, batch, kept="all")
    assert after < before
    assert (right > 0.5).all()


def test_the_command_writes_weights_that_the_package_reads(tmp_path):
    from training.train_encoder import DILATIONS as ALL_DILATIONS
    from training.train_encoder import train_all

    from sambaseg.features.learned.encoder import read_encoder

    options = argparse.Namespace(
        out=tmp_path,
        minutes=5.0,
        steps=2,
        workers=1,
        batch=2,
        width=8,
        planes=4,
        seed=0,
        data_dir=None,
        fold_minutes=0.0,
    )
    train_all(options)
    encoder = read_encoder((tmp_path / "synthetic.npz").read_bytes())
    assert encoder.planes == 4
    assert encoder.layers_reach_px == sum(ALL_DILATIONS)
