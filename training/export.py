"""Export: the averaged network of a checkpoint as one ONNX file that ONNX Runtime runs without PyTorch."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from training.network import WIDTHS, BoundaryNetwork
from training.normalise import STRIDE_PX

OPSET = 17
MOST_BYTES = 8_000_000


class _Probabilities(nn.Module):
    """The network with a sigmoid behind it: what is exported says 0 to 1."""

    def __init__(self, network: BoundaryNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(self.network(image))


def read_network(checkpoint: Path) -> BoundaryNetwork:
    """Return the averaged network of a checkpoint, on the CPU, ready to answer."""
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network = BoundaryNetwork(WIDTHS[content["plan"]["size"]])
    network.load_state_dict(content["averaged"])
    return network.eval()


def probabilities(network: BoundaryNetwork, image: Tensor) -> Tensor:
    """Return (n, 3, h, w) from 0 to 1: what the exported file must say too."""
    with torch.inference_mode():
        return _Probabilities(network)(image)


def export(checkpoint: Path, out: Path, *, weight_bits: int = 16) -> int:
    """Write the ONNX file and return its size in bytes; at 16 bits only the file is smaller, sums stay at 32 bits.

    Input `image` (1, 1, h, w) float32, normalised, h and w multiples of 16; output `boundaries` (1, 3, h, w) float32.
    """
    network = _Probabilities(read_network(checkpoint))
    example = torch.zeros(1, 1, 4 * STRIDE_PX, 6 * STRIDE_PX)
    with warnings.catch_warnings():
        # The newer exporter needs another package and writes the same graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            str(out),
            input_names=["image"],
            output_names=["boundaries"],
            dynamic_axes={"image": {2: "height", 3: "width"}, "boundaries": {2: "height", 3: "width"}},
            opset_version=OPSET,
            dynamo=False,
        )
    if weight_bits == 16:
        _halve_weights(out)
    size = out.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"The exported network must have at most {MOST_BYTES} bytes, not {size}.")
    return size


def _halve_weights(path: Path) -> None:
    """Store the weights of convolutions at 16 bits, each with a cast in front of where it is used."""
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 4:
            continue
        name = tensor.name
        halved = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.16")
        tensor.CopyFrom(halved)
        casts.append(helper.make_node("Cast", [f"{name}.16"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weight-bits", type=int, choices=(16, 32), default=16)
    args = parser.parse_args()
    print(f"{args.out}: {export(args.checkpoint, args.out, weight_bits=args.weight_bits):,} bytes")


if __name__ == "__main__":
    main()
