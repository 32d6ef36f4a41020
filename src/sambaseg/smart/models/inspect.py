"""What the ONNX files of a folder are: which one is the encoder, which the decoder, and of which interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sambaseg.errors import UnknownInterfaceError
from sambaseg.smart.models.adapters.adapter import Adapter
from sambaseg.smart.models.adapters.table import Signature, find_adapter, recognise
from sambaseg.smart.models.catalogue import Interface
from sambaseg.smart.models.decoding import PATCH_PX
from sambaseg.smart.models.runtime import Runtime, read_signature
from sambaseg.smart.prompt import Prompt, PromptPoint

USUAL_SIDE = 1024
"""Of the square that an encoder sees, where the file does not say it."""
MAX_SIDE = 4096
_ONNX_ENDING = ".onnx"


@dataclass(frozen=True)
class FoundModel:
    """File names of encoder and decoder, their interface, and the side of the encoder's square in px."""

    encoder: str
    decoder: str
    interface: Interface
    input_side: int


def inspect_model(folder: Path, names: Sequence[str]) -> FoundModel:
    """Return what the files `names` in `folder` are, after a try of the decoder.

    Raises UnknownInterfaceError where they are no encoder and decoder of one known interface, ModelFileError where one
    cannot be loaded, and ModelRunError where the decoder gives other than three or four masks.
    """
    networks = [name for name in names if name.lower().endswith(_ONNX_ENDING)]
    if len(networks) != 2:
        raise UnknownInterfaceError(
            f"A model is two ONNX files, an encoder and a decoder; {len(networks)} came"
            f"{': ' + ', '.join(networks) if networks else ''}.",
            hint="Give both at once, with the files of their weights where there are any (.onnx_data).",
        )
    found: dict[str, tuple[Interface, str]] = {}
    shapes: dict[str, list[Any]] = {}
    for name in networks:
        signature, inputs = read_signature(folder / name)
        known = recognise(signature)
        if known is None:
            raise _unknown(name, signature)
        found[known[1]] = (known[0], name)
        if known[1] == "decoder":
            shapes = inputs
    if set(found) != {"encoder", "decoder"}:
        raise UnknownInterfaceError(
            f"{networks[0]} and {networks[1]} are both {next(iter(found))}s.",
            hint="An encoder and a decoder are needed.",
        )
    (interface, encoder), (other, decoder) = found["encoder"], found["decoder"]
    if interface != other:
        raise UnknownInterfaceError(
            f"The encoder {encoder} has the interface {interface}, the decoder {decoder} has {other}.",
            hint="Take both files from the same place.",
        )
    side = _input_side(find_adapter(interface), shapes)
    _try_decoder(folder / decoder, find_adapter(interface), shapes, side)
    return FoundModel(encoder, decoder, interface, side)


def _input_side(adapter: Adapter, shapes: dict[str, list[Any]]) -> int:
    """Return the side of the encoder's input, by the coarsest embedding that the decoder takes."""
    cells = shapes[adapter.embeddings[-1]][-1]
    return cells * PATCH_PX if isinstance(cells, int) and 0 < cells * PATCH_PX <= MAX_SIDE else USUAL_SIDE


def _try_decoder(path: Path, adapter: Adapter, shapes: dict[str, list[Any]], side: int) -> None:
    """Ask the decoder for the masks of an empty view, where it says which sizes it takes. Raises as `inspect_model`."""
    sizes = {name: shapes[name][1:] for name in adapter.embeddings}
    if not all(isinstance(size, int) for known in sizes.values() for size in known):
        return
    frame, runtime = adapter.frame((side, side), side), Runtime(threads=1)
    embeddings = {name: np.zeros((1, *known), np.float32) for name, known in sizes.items()}
    inputs = adapter.decoder_inputs(frame, Prompt((PromptPoint(side / 2, side / 2),)))
    try:
        adapter.answer(runtime.decode(path, {**inputs, **embeddings}))
    finally:
        runtime.close()


def _unknown(name: str, signature: Signature) -> UnknownInterfaceError:
    return UnknownInterfaceError(
        f"The network {name} is none that is known: it takes {', '.join(sorted(signature.inputs))} and gives "
        f"{', '.join(sorted(signature.outputs))}.",
        hint="Known are the official export of Segment Anything with MobileSAM's encoder, and those of transformers.js "
        "for SAM and SAM 2. PyTorch checkpoints are exported by `sambaseg models export`.",
    )
