"""From a checkpoint of Segment Anything to an encoder and a decoder as ONNX files, once; needs PyTorch.

The files have the interface of the official export (`adapters/sam1.py`). ``pip install "sambaseg[sam]"`` brings what is
needed; nothing but an export needs it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.durable import sync_folder
from sambaseg.errors import MissingExtraError, StorageError

if TYPE_CHECKING:
    from sambaseg.smart.models.sam_torch.checkpoint import SamNetwork

ENCODER_NAME, DECODER_NAME = "encoder.onnx", "decoder.onnx"
WEIGHTS_NAME = "encoder.onnx_data"
"""Of an encoder with more weights than fit into an ONNX file, such as ViT-H's."""
MOST_BYTES_IN_ONE_FILE = 1_900_000_000
"""An ONNX file has at most 2 GiB."""
OPSET = 17
"""Read by ONNX Runtime since 1.12 (2022) and by its WebAssembly build."""
_NEEDED = ("torch", "onnx")


def export_checkpoint(checkpoint: Path, folder: Path, *, report: Callable[[str], None] | None = None) -> list[Path]:
    """Write ``encoder.onnx`` and ``decoder.onnx`` of a checkpoint into `folder`, which is made; return their paths.

    The weights of a large encoder lie beside it in ``encoder.onnx_data``, the third path.

    `report` takes sentences about what is being done. Raises MissingExtraError without PyTorch, MissingFileError and
    CheckpointError for a file that is no checkpoint of Segment Anything, StorageError.
    """
    check_exporter()
    from sambaseg.smart.models.sam_torch.checkpoint import load_network

    say = report or (lambda _: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    say(f"Reading {checkpoint.name}")
    network = load_network(checkpoint)
    with _quietly(), _scratch_beside(folder) as scratch:
        say("Exporting the encoder")
        _export_encoder(network, scratch / "raw.onnx")
        names = _gather(scratch / "raw.onnx", scratch)
        say("Exporting the decoder")
        _export_decoder(network, scratch / DECODER_NAME)
        names = [names[0], DECODER_NAME, *names[1:]]
        return [_move(scratch / name, folder / name) for name in names]


def check_exporter() -> None:
    """Raise MissingExtraError where what an export needs is not installed."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"Exporting a checkpoint needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
            "installed.",
            hint='Run: pip install "sambaseg[sam]". It is needed once; the exported files need no PyTorch.',
        )


@contextlib.contextmanager
def _scratch_beside(folder: Path) -> Iterator[Path]:
    """Yield a folder for what is half done. Raises StorageError where the disk is full."""
    scratch = folder / f".export-{secrets.token_hex(8)}"
    try:
        scratch.mkdir()
        yield scratch
    except OSError as error:
        raise StorageError(
            f"The exported files could not be saved in {folder}: {error.strerror or error}.",
            hint="Check that the folder may be written and that the disk has room.",
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _gather(raw: Path, folder: Path) -> list[str]:
    """Put the exporter's many files of a large network into one or two; return their names."""
    import onnx

    pieces = sum(path.stat().st_size for path in raw.parent.iterdir())
    if pieces <= MOST_BYTES_IN_ONE_FILE:
        raw.replace(folder / ENCODER_NAME)
        return [ENCODER_NAME]
    model = onnx.load(raw)
    onnx.save(
        model,
        folder / ENCODER_NAME,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=WEIGHTS_NAME,
    )
    return [ENCODER_NAME, WEIGHTS_NAME]


def _move(source: Path, target: Path) -> Path:
    with source.open("r+b") as file:
        os.fsync(file.fileno())
    source.replace(target)
    sync_folder(target.parent)
    return target


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep the exporter's remarks on its own future from people."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _export_encoder(network: SamNetwork, path: Path) -> None:
    import torch

    from sambaseg.smart.models.sam_torch.encoder import EncoderForExport

    _export(
        EncoderForExport(network.image_encoder, network.side).eval(),
        (torch.zeros(network.side * 3 // 4, network.side, 3),),
        path,
        input_names=["input_image"],
        output_names=["image_embeddings"],
        dynamic_axes={"input_image": {0: "height", 1: "width"}},
    )


def _export_decoder(network: SamNetwork, path: Path) -> None:
    import torch

    from sambaseg.smart.models.sam_torch.decoder import DecoderForExport

    module = DecoderForExport(network.prompt_encoder, network.mask_decoder).eval()
    grid, side = network.prompt_encoder.grid, network.side // 4
    channels = network.mask_decoder.iou_token.weight.shape[1]
    sample = (
        torch.zeros(1, channels, grid, grid),
        torch.zeros(1, 3, 2),
        torch.ones(1, 3),
        torch.zeros(1, 1, side, side),
        torch.zeros(1),
    )
    _export(
        module,
        sample,
        path,
        input_names=["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input"],
        output_names=["iou_predictions", "low_res_masks"],
        dynamic_axes={"point_coords": {1: "points"}, "point_labels": {1: "points"}},
    )


def _export(module: Any, sample: tuple[Any, ...], path: Path, **names: Any) -> None:  # noqa: ANN401
    import torch

    with torch.no_grad():
        torch.onnx.export(
            module, sample, str(path), opset_version=OPSET, dynamo=False, do_constant_folding=True, **names
        )
