"""The weights of the encoder behind the feature family "learned".

They are part of the family's definition: a classifier names the family and means exactly these weights. So the file
never changes once it is released, and its SHA-256 stands here; a better encoder would be a family of its own, with
another id. Source: `training/train_encoder.py`; decision 068.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from sambaseg.errors import DamagedFileError
from sambaseg.features.arrays import FloatArray, IndexArray
from sambaseg.features.learned.local_contrast import RADIUS_PX

FILE = "encoder.npz"
SHA256 = "189b3c32ca7a88ff06e763f29d46596885838ad29127d66dba62c6542a2251fa"
TOGETHER = 4
"""So many outputs are mixed at a time (see `network`): the numbers of channels and of planes are multiples of it."""


class Encoder(NamedTuple):
    """Weights of a network of C channels, L layers and F planes, float32; the nine taps of a kernel row by row.

    `stem_ct` (C, 9), `stem_bias_c`; by layer `depth_lct` (L, C, 9), `point_loi` (L, C, C), `point_bias_lo`, and
    `dilations_l`, int64; `head_fi` (F, C), `head_bias_f`.
    """

    stem_ct: FloatArray
    stem_bias_c: FloatArray
    depth_lct: FloatArray
    point_loi: FloatArray
    point_bias_lo: FloatArray
    dilations_l: IndexArray
    head_fi: FloatArray
    head_bias_f: FloatArray

    @property
    def channels(self) -> int:
        """Number of channels C between the layers."""
        return self.stem_bias_c.size

    @property
    def planes(self) -> int:
        """Number of planes F that it makes."""
        return self.head_bias_f.size

    @property
    def layers_reach_px(self) -> int:
        """How far the layers look, without the stem."""
        return int(self.dilations_l.sum())

    @property
    def support_px(self) -> int:
        """How far from a pixel the image matters: local contrast, stem and layers."""
        return RADIUS_PX + 1 + self.layers_reach_px


@cache
def shipped_encoder() -> Encoder:
    """Return the encoder that comes with this library; raises DamagedFileError where its file is another one."""
    try:
        content = files("sambaseg.features.learned").joinpath(FILE).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise DamagedFileError(
            f"The weights of the learned features ({FILE}) are damaged or missing.",
            hint="Install sambaseg anew, or leave the family 'learned' out.",
        )
    return read_encoder(content)


def read_encoder(content: bytes) -> Encoder:
    """Return the encoder in the content of an .npz file; raises DamagedFileError where an array is missing or unfit.

    The arrays are float32 or float16, by name: stem_w (C, 3, 3), stem_b, depth_w (L, C, 3, 3), point_w (L, C, C) from
    the last axis to the one before, point_b (L, C), dilations (L,), head_w (F, C), head_b.
    """
    names = ("stem_w", "stem_b", "depth_w", "point_w", "point_b", "head_w", "head_b")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = {name: np.ascontiguousarray(arrays[name], dtype=np.float32) for name in names}
            dilations_l = np.ascontiguousarray(arrays["dilations"], dtype=np.int64)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DamagedFileError(f"This is no file of an encoder: {error}.") from None
    channels, layers, planes = len(weights["stem_b"]), len(dilations_l), len(weights["head_b"])
    shapes = (
        (channels, 3, 3),
        (channels,),
        (layers, channels, 3, 3),
        (layers, channels, channels),
        (layers, channels),
        (planes, channels),
        (planes,),
    )
    for (name, array), shape in zip(weights.items(), shapes, strict=True):
        if array.shape != shape or not np.isfinite(array).all():
            raise DamagedFileError(f"The array {name} of an encoder must be finite, of shape {shape}.")
    if channels % TOGETHER or planes % TOGETHER or (dilations_l < 1).any():
        raise DamagedFileError(
            f"The channels and planes of an encoder come in multiples of {TOGETHER}, and dilations are 1 or more, "
            f"not {channels}, {planes} and {dilations_l.tolist()}."
        )
    return Encoder(
        stem_ct=weights["stem_w"].reshape(channels, 9),
        stem_bias_c=weights["stem_b"],
        depth_lct=weights["depth_w"].reshape(layers, channels, 9),
        point_loi=weights["point_w"],
        point_bias_lo=weights["point_b"],
        dilations_l=dilations_l,
        head_fi=weights["head_w"],
        head_bias_f=weights["head_b"],
    )
