"""What Segment Anything models cost: seconds and peak memory of an encoder, milliseconds of a decoder.

usage: python bench/sam.py [--only NAME ...] [--threads N] [--json FILE]

Real architectures with random weights, made here by PyTorch and transformers; without these it says so and ends. The
peer of the exported ViT-B is the same network exported plainly, as `transformers` computes it. Each encoder runs in a
process of its own (on Linux), once to warm up and once for the clock; "processor" adds up the time of all threads, and
the peak is that of the process, loading included.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("torch", "transformers", "onnx")
RUN_ENCODER = """
import json, sys, time
from pathlib import Path
import numpy as np
from sambaseg.smart.models.adapters.table import find_adapter
from sambaseg.smart.models.runtime import Runtime
from sambaseg.smart.view_image import ViewImage
path, kind, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
adapter, runtime = find_adapter(kind), Runtime(threads=threads)
view = ViewImage(np.random.default_rng(0).random((1, 1024, 1024), np.float32), is_rgb=False)
frame = adapter.frame(view.shape_yx, 1024)
for _ in range(2):
    began, cores = time.perf_counter(), time.process_time()
    runtime.encode(path, adapter.encoder_inputs(view, frame), adapter.embeddings)
    seconds, core_seconds = time.perf_counter() - began, time.process_time() - cores
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak_gb, after_gb = (int(status[name].split()[0]) / 2**20 for name in ("VmHWM", "VmRSS"))
print(json.dumps({"seconds": seconds, "core_seconds": core_seconds, "peak_gb": peak_gb, "after_gb": after_gb}))
"""


def make_vit_b(folder: Path) -> str:
    """Export ViT-B as a checkpoint is exported."""
    import torch

    import sam_reference
    from sambaseg.smart.models.export import export_checkpoint

    torch.save(sam_reference.official_weights(sam_reference.full_sam()), folder / "vit_b.pth")
    export_checkpoint(folder / "vit_b.pth", folder)
    return "sam1"


def make_plain_vit_b(folder: Path) -> str:
    """Export ViT-B as transformers computes it."""
    import sam_reference

    sam_reference.export_transformers_js(sam_reference.full_sam(), folder)
    return "sam1_tjs"


def make_sam2(folder: Path) -> str:
    """Export SAM 2.1 hiera tiny."""
    import sam_reference

    sam_reference.export_sam2(sam_reference.full_sam2(), folder)
    return "sam2"


MODELS: dict[str, Callable[[Path], str]] = {
    "vit_b": make_vit_b,
    "vit_b_plain": make_plain_vit_b,
    "sam2_tiny": make_sam2,
}


def decoder_milliseconds(folder: Path, kind: str, threads: int) -> tuple[float, float]:
    """Return the median time of one prompt, by the decoder alone and with the masks over a view of 1024 by 1024 px."""
    from sambaseg.smart.models.adapters.table import find_adapter
    from sambaseg.smart.models.decoding import masks_from_logits
    from sambaseg.smart.models.runtime import Runtime, read_signature
    from sambaseg.smart.prompt import Prompt, PromptPoint

    adapter, runtime = find_adapter(kind), Runtime(threads=threads)
    _, shapes = read_signature(folder / "decoder.onnx")
    frame, rng = adapter.frame((1024, 1024), 1024), np.random.default_rng(0)
    embeddings = {name: rng.standard_normal((1, *shapes[name][1:]), np.float32) for name in adapter.embeddings}
    alone, whole = [], []
    for _ in range(15):
        began = time.perf_counter()
        inputs = adapter.decoder_inputs(frame, Prompt((PromptPoint(*rng.uniform(0, 1024, 2)),)))
        logits, _ = adapter.answer(runtime.decode(folder / "decoder.onnx", {**inputs, **embeddings}))
        alone.append(time.perf_counter() - began)
        masks_from_logits(logits, frame)
        whole.append(time.perf_counter() - began)
    runtime.close()
    return float(np.median(alone[5:]) * 1000), float(np.median(whole[5:]) * 1000)


def measure(name: str, threads: int) -> dict[str, Any]:
    """Make a model and return its figures."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        kind = MODELS[name](folder)
        command = [sys.executable, "-c", RUN_ENCODER, str(folder / "encoder.onnx"), kind, str(threads)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise SystemExit(answer.stderr)
        alone, whole = decoder_milliseconds(folder, kind, threads)
        size = sum((folder / f"{part}.onnx").stat().st_size for part in ("encoder", "decoder"))
        figures = {"name": name, "kind": kind, "megabytes": size / 1e6, "decoder_ms": alone, "prompt_ms": whole}
        return {**figures, **json.loads(answer.stdout)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=tuple(MODELS), default=list(MODELS), help="which models")
    parser.add_argument("--threads", type=int, default=2, help="threads (default 2)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"bench/sam.py needs {', '.join(missing)}: skipped. CONTRIBUTING.md says how to install them.")
        return
    sys.path.insert(0, str(ROOT / "tests"))
    print(f"{args.threads} threads, views of 1024 x 1024 px, random weights")
    print(
        f"{'model':12} {'files':>8} {'encoder':>10} {'processor':>11} {'peak':>9} {'after':>9} {'decoder':>10} "
        f"{'prompt to masks':>16}"
    )
    rows = []
    for name in args.only:
        row = measure(name, args.threads)
        rows.append(row)
        print(
            f"{name:12} {row['megabytes']:5.0f} MB {row['seconds']:8.1f} s {row['core_seconds']:9.1f} s "
            f"{row['peak_gb']:6.2f} GB {row['after_gb']:6.2f} GB "
            f"{row['decoder_ms']:7.0f} ms {row['prompt_ms']:13.0f} ms",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
