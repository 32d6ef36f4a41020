"""What ``zarr.json`` says in a tile layer: Zarr 3 arrays in shards, and OME-Zarr 0.5 multiscales over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sambaseg.images.micrograph import PixelSize
from sambaseg.images.pixels import Shape
from sambaseg.images.shards import CHUNKS_A_SIDE, ZSTD_LEVEL

FILE_NAME = "zarr.json"
CHUNK_PX = 256
SHARD_PX = CHUNK_PX * CHUNKS_A_SIDE
_SUM = {"name": "crc32c"}


def array_metadata(shape: Shape, dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return the metadata of one level: an array (C, H, W) in shards of one channel."""
    little: dict[str, Any] = {"name": "bytes", "configuration": {"endian": "little"}}
    codecs = [
        {"name": "bytes"} if dtype.itemsize == 1 else little,
        {"name": "zstd", "configuration": {"level": ZSTD_LEVEL, "checksum": False}},
    ]
    sharding = {
        "chunk_shape": [1, CHUNK_PX, CHUNK_PX],
        "codecs": codecs,
        "index_codecs": [little, _SUM],
        "index_location": "end",
    }
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, SHARD_PX, SHARD_PX]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0 if dtype.kind == "f" else False if dtype.kind == "b" else 0,
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "dimension_names": ["c", "y", "x"],
        "attributes": {},
    }


def group_metadata(
    paths: Mapping[int, str],
    *,
    name: str,
    reduce: str,
    pixel_size_um: PixelSize | None,
    own: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the metadata of an image whose level k is stored at ``paths[k]``.

    `own` is kept for this program under "sambaseg", `extra` is added beside the multiscales ("omero", "image-label").
    """
    unit = {} if pixel_size_um is None else {"unit": "micrometer"}
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space", **unit} for axis in "yx")]
    size_y, size_x = pixel_size_um or (1.0, 1.0)
    # a coarser pixel covers 2^level finer ones; its centre lies between theirs, unless it is the first of them
    shift = 0.0 if reduce == "nearest" else 0.5
    datasets = [
        {
            "path": path,
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, size_y * 2**level, size_x * 2**level]},
                {
                    "type": "translation",
                    "translation": [0.0, size_y * (2**level - 1) * shift, size_x * (2**level - 1) * shift],
                },
            ],
        }
        for level, path in sorted(paths.items())
    ]
    multiscale = {"name": name, "axes": axes, "datasets": datasets, "type": reduce}
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {
            "ome": {"version": "0.5", "multiscales": [multiscale], **(extra or {})},
            "sambaseg": dict(own),
        },
    }


def write_metadata(folder: Path, values: Mapping[str, Any]) -> None:
    """Put ``zarr.json`` into `folder`, which is made, whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE_NAME}.part"
    temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")
    temporary.replace(folder / FILE_NAME)


def read_metadata(folder: Path) -> dict[str, Any]:
    """Return what ``zarr.json`` in `folder` says. Raises OSError and ValueError."""
    values = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{FILE_NAME} holds no object")
    return values


def describes_level(values: Mapping[str, Any], shape: Shape, dtype: np.dtype[Any]) -> bool:
    """Return whether `values` are the metadata that this program writes for such a level."""
    expected = array_metadata(shape, dtype)
    return all(values.get(key) == expected[key] for key in ("shape", "data_type", "chunk_grid", "codecs"))


def stored_levels(values: Mapping[str, Any]) -> Sequence[str]:
    """Return the paths of the levels that the multiscales name. Raises KeyError and TypeError."""
    return [str(dataset["path"]) for dataset in values["attributes"]["ome"]["multiscales"][0]["datasets"]]
