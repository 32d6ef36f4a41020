"""The models that are known by name: where their files are, how large they are, and what they need.

Sizes and hashes were published by others and could not be checked against the files themselves here. Where one is not
known it is None, and what was downloaded "cannot be verified", which is said to the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sambaseg.errors import UnknownModelError

Interface = Literal["sam1", "sam1_tjs", "sam2"]
"""How a model is asked; the same word as ``meta["kind"]`` of a prepared view."""
Part = Literal["encoder", "encoder_data", "decoder", "decoder_data", "checkpoint"]
"""``*_data`` are the weights beside an ONNX file; a checkpoint becomes encoder and decoder by an export."""

_MOBILE_SAM = "https://huggingface.co/Acly/MobileSAM/resolve/main/"
_SLIM_SAM = "https://huggingface.co/Xenova/slimsam-77-uniform/resolve/5850ab45f587c112167512ffef949107115e26a0/onnx/"
_SAM2_TINY = "https://huggingface.co/onnx-community/sam2.1-hiera-tiny-ONNX/resolve/814a066640debee5a91e70aa401fb8e17e030503/onnx/"
_OFFICIAL = "https://dl.fbaipublicfiles.com/segment_anything/"
_BIOIMAGE = "https://uk1s3.embassy.ebi.ac.uk/public-datasets/bioimage.io/"


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: its part, its name on disk, its address; size and SHA-256 in hexadecimal where known."""

    part: Part
    name: str
    address: str | None
    size_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class CatalogueModel:
    """A model that is known by name.

    ``seconds_per_view`` is for two cores, ``memory_mb`` the peak of the process while a view is encoded; measured with
    random weights for SAM 2.1 tiny and ViT-B, estimated from those for the others.
    """

    name: str
    title: str
    interface: Interface
    licence: str
    files: tuple[ModelFile, ...]
    seconds_per_view: float
    memory_mb: int
    note: str = ""

    @property
    def needs_export(self) -> bool:
        """Whether its file is a checkpoint that PyTorch has to export once."""
        return self.files[0].part == "checkpoint"

    @property
    def size_bytes(self) -> int | None:
        """Bytes of all files, or None where one is not known."""
        sizes = [file.size_bytes for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def can_be_verified(self) -> bool:
        """Whether a SHA-256 is known for every file."""
        return all(file.sha256 for file in self.files)

    def file_of(self, part: str) -> ModelFile:
        """Return the file of a part. Raises UnknownModelError where the model has no such part."""
        for file in self.files:
            if file.part == part:
                return file
        parts = ", ".join(file.part for file in self.files)
        raise UnknownModelError(f"{self.title} has the parts {parts}, not {part!r:.80}.")


def _checkpoint(name: str, address: str, size_bytes: int | None, sha256: str | None) -> tuple[ModelFile, ...]:
    return (ModelFile("checkpoint", name, address, size_bytes, sha256),)


_NEEDS_EXPORT = "A PyTorch checkpoint; using it needs one export, with the extra sambaseg[sam]."

CATALOGUE: tuple[CatalogueModel, ...] = (
    CatalogueModel(
        name="mobile_sam",
        title="MobileSAM",
        interface="sam1",
        licence="Apache-2.0 (weights), MIT (export)",
        files=(
            ModelFile(
                "encoder",
                "mobile_sam_image_encoder.onnx",
                _MOBILE_SAM + "mobile_sam_image_encoder.onnx",
                28_157_093,
                "580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",
            ),
            ModelFile(
                "decoder",
                "sam_mask_decoder_multi.onnx",
                _MOBILE_SAM + "sam_mask_decoder_multi.onnx",
                16_496_559,
                "8976b90a87ba50a6a72217a5ff994f7d25ce16f2229fcc1ed259e1294c622ffe",
            ),
        ),
        seconds_per_view=1.5,
        memory_mb=1000,
        note="The smallest and quickest of the full Segment Anything models.",
    ),
    CatalogueModel(
        name="slimsam",
        title="SlimSAM 77",
        interface="sam1_tjs",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "encoder",
                "vision_encoder.onnx",
                _SLIM_SAM + "vision_encoder.onnx",
                23_276_014,
                "9f8433273a6750b587779baa0cf5508111001bf7e7acfcf585d370139fd366d0",
            ),
            ModelFile(
                "decoder",
                "prompt_encoder_mask_decoder.onnx",
                _SLIM_SAM + "prompt_encoder_mask_decoder.onnx",
                16_557_892,
                "f4514391764fbd56e08e119060d874ecd7d52994bfb1968af159e12d4943b5bb",
            ),
        ),
        seconds_per_view=4.0,
        memory_mb=3500,
        note="Its decoder takes no boxes: a box counts as a point in its middle.",
    ),
    CatalogueModel(
        name="sam2_tiny",
        title="SAM 2.1 tiny",
        interface="sam2",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "encoder",
                "vision_encoder.onnx",
                _SAM2_TINY + "vision_encoder.onnx",
                354_238,
                "4f30aacd3aaefbca81a0b7fe4c1fc96345570ea0a6f80ced599493d1b3be2e8c",
            ),
            ModelFile(
                "encoder_data",
                "vision_encoder.onnx_data",
                _SAM2_TINY + "vision_encoder.onnx_data",
                134_084_864,
                "e83df9866a5afe68ea7f0f721f18f65137fc3acbf0da1c74e946d363e09c69cc",
            ),
            ModelFile(
                "decoder",
                "prompt_encoder_mask_decoder.onnx",
                _SAM2_TINY + "prompt_encoder_mask_decoder.onnx",
                213_114,
                "874414704c5d686db7d206a35f6e15d26563d50c8c4468fccc6739bd7e491dcf",
            ),
            ModelFile(
                "decoder_data",
                "prompt_encoder_mask_decoder.onnx_data",
                _SAM2_TINY + "prompt_encoder_mask_decoder.onnx_data",
                20_958_208,
                "e9874d900dd4134ed60eab1e97910327c2419e0b2954485d8fd6e7f1a1470f47",
            ),
        ),
        seconds_per_view=2.0,
        memory_mb=1100,
        note="A newer model with sharper outlines; stretches a view to a square.",
    ),
    CatalogueModel(
        name="vit_b",
        title="Segment Anything ViT-B",
        interface="sam1",
        licence="Apache-2.0",
        files=_checkpoint(
            "sam_vit_b_01ec64.pth",
            _OFFICIAL + "sam_vit_b_01ec64.pth",
            375_042_383,
            "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        ),
        seconds_per_view=5.0,
        memory_mb=1100,
        note=_NEEDS_EXPORT,
    ),
    CatalogueModel(
        name="vit_l",
        title="Segment Anything ViT-L",
        interface="sam1",
        licence="Apache-2.0",
        files=_checkpoint(
            "sam_vit_l_0b3195.pth",
            _OFFICIAL + "sam_vit_l_0b3195.pth",
            None,
            "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        ),
        seconds_per_view=16.0,
        memory_mb=3000,
        note=_NEEDS_EXPORT,
    ),
    CatalogueModel(
        name="vit_h",
        title="Segment Anything ViT-H",
        interface="sam1",
        licence="Apache-2.0",
        files=_checkpoint(
            "sam_vit_h_4b8939.pth",
            _OFFICIAL + "sam_vit_h_4b8939.pth",
            None,
            "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        ),
        seconds_per_view=32.0,
        memory_mb=5500,
        note=_NEEDS_EXPORT,
    ),
    CatalogueModel(
        name="vit_b_lm",
        title="micro-sam ViT-B, light microscopy",
        interface="sam1",
        licence="stated on its page in the BioImage Model Zoo",
        files=_checkpoint("vit_b_lm.pt", _BIOIMAGE + "diplomatic-bug/1.2/files/vit_b.pt", None, None),
        seconds_per_view=5.0,
        memory_mb=1100,
        note="Trained further on cells and nuclei. " + _NEEDS_EXPORT,
    ),
    CatalogueModel(
        name="vit_b_em_organelles",
        title="micro-sam ViT-B, organelles in electron microscopy",
        interface="sam1",
        licence="stated on its page in the BioImage Model Zoo",
        files=_checkpoint("vit_b_em_organelles.pt", _BIOIMAGE + "noisy-ox/1.2/files/vit_b.pt", None, None),
        seconds_per_view=5.0,
        memory_mb=1100,
        note="Trained further on electron micrographs of cells. " + _NEEDS_EXPORT,
    ),
)


def find_model(name: str) -> CatalogueModel:
    """Return the model called `name`. Raises UnknownModelError."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise UnknownModelError(
        f"The catalogue holds no model {name!r:.80}.",
        hint=f"There are: {', '.join(model.name for model in CATALOGUE)}.",
    )
