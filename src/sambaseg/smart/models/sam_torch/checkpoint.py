"""Official and fine-tuned checkpoints of Segment Anything: read as data, and the network that they are weights of.

A checkpoint may hold the weights themselves, or beside other things under a name, as micro-sam's and other training
programs write them. All sizes of the network are read off the weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from sambaseg.errors import CheckpointError, MissingFileError
from sambaseg.smart.models.sam_torch.decoder import MaskDecoder, PromptEncoder
from sambaseg.smart.models.sam_torch.encoder import ImageEncoder

WRAPPERS = ("model_state", "model_state_dict", "state_dict", "model")
"""Under which names programs keep the weights."""
PREFIXES = ("sam.", "module.", "model.")
"""What programs put before the names of weights."""
_PARTS = ("image_encoder.", "prompt_encoder.", "mask_decoder.")
MAX_GRID = 256

Weights = dict[str, Tensor]


class SamNetwork(nn.Module):
    """The three parts of Segment Anything, with the weights of a checkpoint; `side` is that of the input in px."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.image_encoder, self.side = _encoder_of(weights)
        self.prompt_encoder, self.mask_decoder = _decoder_of(weights, self.side)


def load_network(path: Path) -> SamNetwork:
    """Return the network of a checkpoint, ready to run. Raises MissingFileError and CheckpointError.

    Only tensors and plain containers are read, so that a file of unknown origin cannot run code.
    """
    weights = read_weights(path)
    try:
        network = SamNetwork(weights)
        network.load_state_dict(weights, strict=True)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        reason = str(error).strip("'\"")
        raise CheckpointError(
            f"{path.name} does not fit the network of Segment Anything: {reason:.300}",
            hint="ViT-B, ViT-L and ViT-H checkpoints can be exported; MobileSAM and SAM 2 are there as ONNX files.",
        ) from None
    network.eval().requires_grad_(requires_grad=False)
    return network


def read_weights(path: Path) -> Weights:
    """Return the weights in a checkpoint under their official names. Raises MissingFileError and CheckpointError."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise MissingFileError(f"The checkpoint {path} does not exist.") from None
    except Exception as error:  # bytes of any content make the reader fail in any way
        raise CheckpointError(
            f"{path.name} cannot be read as a PyTorch checkpoint of plain weights ({type(error).__name__}).",
            hint="It may be truncated, or hold more than weights. Fetch it again, or save its state_dict by itself.",
        ) from error
    for name in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
            break
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{path.name} holds {type(content).__name__}, not weights by name.")
    weights = {_plain_name(str(name)): value.float() for name, value in content.items() if isinstance(value, Tensor)}
    weights = {name: value for name, value in weights.items() if name.startswith(_PARTS)}
    missing = [part for part in _PARTS if not any(name.startswith(part) for name in weights)]
    if missing:
        raise CheckpointError(
            f"{path.name} holds no weights called {', '.join(part + '…' for part in missing)}.",
            hint="A checkpoint of the whole of Segment Anything is needed, such as sam_vit_b_01ec64.pth.",
        )
    return weights


def _plain_name(name: str) -> str:
    while name.startswith(PREFIXES):
        name = name.split(".", 1)[1]
    return name


def _encoder_of(weights: Weights) -> tuple[ImageEncoder, int]:
    _, grid, across, channels = weights["image_encoder.pos_embed"].shape
    patch = weights["image_encoder.patch_embed.proj.weight"].shape[-1]
    if grid != across or grid > MAX_GRID:
        raise ValueError(f"its positions are {grid} by {across}; a square of at most {MAX_GRID} was expected")
    depth = len({match[1] for name in weights if (match := re.match(r"image_encoder\.blocks\.(\d+)\.", name))})
    sides = [(weights[f"image_encoder.blocks.{block}.attn.rel_pos_h"].shape[0] + 1) // 2 for block in range(depth)]
    head = weights["image_encoder.blocks.0.attn.rel_pos_h"].shape[1]
    encoder = ImageEncoder(
        grid=grid,
        patch=patch,
        channels=channels,
        heads=channels // head,
        windows=tuple(0 if side == grid else side for side in sides),
        hidden=weights["image_encoder.blocks.0.mlp.lin1.weight"].shape[0],
        out=weights["image_encoder.neck.0.weight"].shape[0],
    )
    return encoder, grid * patch


def _decoder_of(weights: Weights, side: int) -> tuple[PromptEncoder, MaskDecoder]:
    channels = weights["mask_decoder.iou_token.weight"].shape[1]
    mask_channels = weights["prompt_encoder.mask_downscaling.3.weight"].shape[0]
    transformer = "mask_decoder.transformer.layers"
    depth = len({name.split(".")[3] for name in weights if name.startswith(transformer)})
    iou_head = "mask_decoder.iou_prediction_head.layers"
    decoder = MaskDecoder(
        channels=channels,
        inner=weights[f"{transformer}.0.cross_attn_token_to_image.q_proj.weight"].shape[0],
        hidden=weights[f"{transformer}.0.mlp.lin1.weight"].shape[0],
        depth=depth,
        iou_hidden=weights[f"{iou_head}.0.weight"].shape[0],
        iou_depth=len({name.split(".")[3] for name in weights if name.startswith(iou_head)}),
    )
    return PromptEncoder(channels, side // 16, side, mask_channels), decoder
