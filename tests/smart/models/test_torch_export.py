"""Checkpoints become ONNX files that answer as `transformers` does, also at full size, within memory.

Needs PyTorch and transformers, which the locked requirements do not hold; CONTRIBUTING.md says how to run these.
"""

import os
import subprocess
import sys

import numpy as np
import pytest

from sambaseg.errors import CheckpointError, MissingFileError
from sambaseg.smart.models import export as export_module
from sambaseg.smart.models.export import export_checkpoint
from sambaseg.smart.models.install import install_from_disk
from sambaseg.smart.models.suggester import SamSuggester
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.view_image import ViewImage

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch", reason="needs PyTorch, see CONTRIBUTING.md")
pytest.importorskip("transformers", reason="needs transformers, see CONTRIBUTING.md")
pytest.importorskip("onnx", reason="needs onnx")

import sam_reference as reference  # noqa: E402

MOST_GIGABYTES = 4.0
MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
SPREAD = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)


def view_of(height, width):
    y, x = np.mgrid[:height, :width]
    planes = [0.5 + 0.4 * np.sin(x / (7 + 3 * c)) * np.cos(y / (11 - 2 * c)) for c in range(3)]
    return ViewImage(np.stack(planes).astype(np.float32), is_rgb=True)


def compare(model, prepared, view, prompt):
    """Compare embeddings, masks and scores with the reference's; the view must need no scaling."""
    height, width = view.shape_yx
    side = prepared.frame.input_side
    image = torch.zeros(1, 3, side, side)
    image[:, :, :height, :width] = (torch.from_numpy(view.pixels_cyx)[None] - MEAN) / SPREAD
    embedding = model.get_image_embeddings(image)
    np.testing.assert_allclose(prepared.embeddings["image_embeddings"], embedding.numpy(), atol=1e-3)
    points = [[[[point.x - 0.5, point.y - 0.5] for point in prompt.points]]]
    box = prompt.box and [
        [[prompt.box.left - 0.5, prompt.box.top - 0.5, prompt.box.right - 0.5, prompt.box.bottom - 0.5]]
    ]
    answer = model(
        image_embeddings=embedding,
        input_points=torch.tensor(points),
        input_labels=torch.tensor([[[int(point.positive) for point in prompt.points]]]),
        input_boxes=None if box is None else torch.tensor(box),
    )
    decoded, suggestion = prepared.decode(prompt), prepared.suggest(prompt)
    logits = answer.pred_masks[0, 0].numpy()
    inside = logits[:, : -(-height // 4), : -(-width // 4)] > 0
    order = np.argsort(inside.sum(axis=(1, 2)), kind="stable")
    np.testing.assert_allclose(decoded.logits_3yx, logits[order], atol=1e-3)
    np.testing.assert_allclose(decoded.scores_3, answer.iou_scores[0, 0].numpy()[order].clip(0, 1), atol=1e-3)
    square = torch.nn.functional.interpolate(answer.pred_masks[0], size=(side, side), mode="bilinear")
    official = square[0, :, :height, :width].numpy()[order] > 0
    assert (suggestion.masks_3yx == official).mean() >= 0.995  # the official way lets padding in at the border


@pytest.fixture
def checkpoint(tmp_path):
    """Write the checkpoint of a tiny model, with its weights wrapped as asked for; return model and path."""

    def write(wrap=lambda weights: weights):
        model = reference.tiny_sam(seed=5)
        path = tmp_path / "tiny.pth"
        torch.save(wrap(reference.official_weights(model)), path)
        return model, path

    return write


def prefixed(weights, prefix):
    return {f"{prefix}{name}": value for name, value in weights.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"model_state": prefixed(weights, "sam."), "epoch": 3},
        lambda weights: {"model_state": weights, "decoder_state": {"conv.weight": torch.zeros(2)}},
        lambda weights: {"state_dict": prefixed(weights, "module.")},
        lambda weights: {name: value.half().float() if "x" in name else value for name, value in weights.items()},
    ],
    ids=["official", "training", "micro-sam", "parallel", "plain"],
)
def test_a_checkpoint_answers_as_the_reference(wrap, checkpoint, store, runtime):
    model, path = checkpoint(wrap)
    prepared = SamSuggester(install_from_disk(store, [path], name="tiny"), runtime).prepare(view := view_of(96, 128))
    for prompt in (
        Prompt((PromptPoint(30.5, 40.5),)),
        Prompt((PromptPoint(60.5, 90.5), PromptPoint(5.5, 5.5, positive=False)), Box(20, 40, 90, 120)),
    ):
        compare(model, prepared, view, prompt)


def test_weights_beside_a_large_encoder_are_kept_with_it(checkpoint, store, runtime, monkeypatch, tmp_path):
    monkeypatch.setattr(export_module, "MOST_BYTES_IN_ONE_FILE", 1000)
    model, path = checkpoint()
    paths = export_checkpoint(path, tmp_path / "out")
    assert [file.name for file in paths] == ["encoder.onnx", "decoder.onnx", "encoder.onnx_data"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(file.name for file in paths)
    prepared = SamSuggester(install_from_disk(store, paths, name="tiny"), runtime).prepare(view := view_of(96, 128))
    compare(model, prepared, view, Prompt((PromptPoint(30.5, 40.5),)))


def test_files_that_are_no_checkpoint_are_named(checkpoint, tmp_path):
    class Other:
        pass

    model, path = checkpoint()
    weights = reference.official_weights(model)
    content = path.read_bytes()
    for name, value, words in [
        ("other.pth", {"fc.weight": torch.zeros(2, 2)}, "no weights called"),
        ("list.pth", [torch.zeros(2)], "holds list"),
        ("half.pth", {name: weights[name] for name in weights if "neck" not in name}, "does not fit"),
        ("odd.pth", weights | {"image_encoder.pos_embed": torch.zeros(1, 3, 5, 16)}, "does not fit"),
    ]:
        torch.save(value, tmp_path / name)
        with pytest.raises(CheckpointError, match=words):
            export_checkpoint(tmp_path / name, tmp_path / "out")
    (tmp_path / "cut.pth").write_bytes(content[: len(content) // 2])
    (tmp_path / "words.pth").write_text("these are words")
    for name in ("cut.pth", "words.pth"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            export_checkpoint(tmp_path / name, tmp_path / "out")
    with pytest.raises(MissingFileError):
        export_checkpoint(tmp_path / "gone.pth", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    torch.save({"model_state": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(CheckpointError, match="cannot be read"):
        export_checkpoint(tmp_path / "trap.pth", tmp_path / "out")
    assert not (tmp_path / "run").exists()


PEAK = """
import sys
from pathlib import Path
import numpy as np
from sambaseg.smart.models.runtime import Runtime
image = np.random.default_rng(0).random((1024, 1024, 3), np.float32) * 255
runtime = Runtime(threads=2)
for _ in range(2):
    runtime.encode(Path(sys.argv[1]), {"input_image": image}, ["image_embeddings"])
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 2**20)  # ru_maxrss would be that of the parent, where it was larger
"""


def test_vit_b_at_full_size_answers_as_the_reference_within_memory(tmp_path, store, runtime):
    model = reference.full_sam()
    torch.save(reference.official_weights(model), tmp_path / "vit_b.pth")
    installed = install_from_disk(store, [tmp_path / "vit_b.pth"], name="vit_b_random")
    assert installed.input_side == 1024
    prepared = SamSuggester(installed, runtime).prepare(view := view_of(768, 1024))
    compare(model, prepared, view, Prompt((PromptPoint(300.5, 400.5), PromptPoint(20.5, 30.5, positive=False))))
    if not sys.platform.startswith("linux"):
        return  # where the peak of a process is not to be had
    command = [sys.executable, "-c", PEAK, str(installed.path_of("encoder"))]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(answer.stdout) < MOST_GIGABYTES
