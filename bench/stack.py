"""A stack of 200 slices of 1,024 x 1,024 px: labels on three, "apply to all", cancelled on the way and taken up again.

    python bench/stack.py [--slices 200] [--size 1024] [--memory 1GB] [--json FILE]

The stack (synthetic, one multi-page TIFF) is opened by its path. Three slices are labelled, one is trained on and
segmented, then all are segmented; after a fifth of them the work is cancelled, and started again. Goals: the same
memory as for one large image (1.5 GB, PSS of all server processes together, every 100 ms), an answer to Cancel in
under 200 ms, and no tile computed twice. Slices of the saved stack are compared with runs of one single piece in
memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from driving.downloads import download
from driving.events import Follower
from driving.labels import Labeller, Region
from driving.memory import MemoryWatch
from driving.project import open_path, run_job, running_server, wait_for_job
from driving.untiled import segment_in_one_piece
from make_large import write_micrograph
from soak_kill import Server

TILE = 256
CANCEL_AFTER = 0.2
GOALS = {"peak MB": 1500, "cancel answered ms": 200, "tiles computed twice": 0}


def cancel(server: Server, job_id: str) -> tuple[float, float]:
    """Cancel a job; return the milliseconds until that was answered, and until the job had ended."""
    began = time.perf_counter()
    server.ask("DELETE", f"/api/jobs/{job_id}")
    answered = time.perf_counter()
    wait_for_job(server, job_id, wanted="cancelled", seconds=60)
    return (answered - began) * 1000, (time.perf_counter() - began) * 1000


def apply_until(server: Server, project_id: str, share: float) -> tuple[str, float]:
    """Start to segment all images, and return the job once so large a share of them is done, with the seconds."""
    began = time.perf_counter()
    job = server.ask("POST", f"/api/projects/{project_id}/apply-all", {"again": False})
    while True:
        state = server.ask("GET", f"/api/jobs/{job['id']}")
        if state["state"] not in ("queued", "running"):
            raise RuntimeError(f"The work ended too early: {state}")
        if state["images_done"] >= share * state["images_total"]:
            return job["id"], time.perf_counter() - began
        time.sleep(0.02)


def tiles_computed(follower: Follower) -> Counter[tuple[int, int, int]]:
    """Count how often each tile (image, ty, tx) was told to be computed."""
    return Counter(
        (event.body["image"], tile["ty"], tile["tx"])
        for event in follower.named("tiles")
        for tile in event.body["tiles"]
    )


def states(server: Server, project_id: str) -> Counter[str]:
    """Count the states of the images' results."""
    project = server.ask("GET", f"/api/projects/{project_id}")
    return Counter(image["result"] for image in project["images"])


def differing_pixels(saved: Path, stack: Path, classifier: Path, slices: list[int]) -> int:
    """Return how many pixels of some slices differ from their segmentation in one piece."""
    import tifffile

    differ = 0
    for page in slices:
        image_yx = tifffile.imread(stack, key=page)
        whole = (slice(0, image_yx.shape[0]), slice(0, image_yx.shape[1]))
        one_piece_yx = segment_in_one_piece(classifier, image_yx, whole)
        differ += int((tifffile.imread(saved, key=page) != one_piece_yx).sum())
    return differ


def measure(folder: Path, slices: int, size: int, memory: str) -> dict[str, Any]:
    """Go through all steps and return the figures."""
    stack, saved, classifier = folder / "stack.tif", folder / "segmentation.tif", folder / "phases.sambaseg"
    write_micrograph(stack, (size, size), slices=slices)
    labelled = [slices // 20, slices // 2, slices - slices // 20 - 1]
    with running_server(folder / "projects", memory=memory) as server, MemoryWatch(server.process.pid) as watch:
        began = time.perf_counter()
        project_id = open_path(server, stack, "Stack")
        opened = time.perf_counter() - began
        images = [image["id"] for image in server.ask("GET", f"/api/projects/{project_id}")["images"]]
        assert len(images) == slices, len(images)
        labeller = Labeller(server, project_id)
        labeller.name_classes()
        for z in labelled:
            labeller.label(Region(0, 0, size, size, z=z), (size, size), image=images[z], each=15)
        watch.part("opened and labelled")
        trained = run_job(server, project_id, "train", {"image": images[labelled[1]]})
        watch.part("trained")
        with Follower(server, project_id) as follower:
            job_id, first_seconds = apply_until(server, project_id, CANCEL_AFTER)
            answered_ms, cancelled_ms = cancel(server, job_id)
            time.sleep(0.5)
            after_cancel, computed_first = states(server, project_id), tiles_computed(follower)
            second_seconds = run_job(server, project_id, "apply-all", {"again": False})
            time.sleep(0.5)
            computed = tiles_computed(follower)
        watch.part("applied to all")
        exports = f"/api/projects/{project_id}/export"
        saved_seconds = download(server, f"{exports}/all?what=segmentation&form=stack", saved)
        download(server, f"{exports}/classifier", classifier)
        watch.part("saved")
        at_the_end = states(server, project_id)
    expected = (slices - 1) * (-(-size // TILE)) ** 2  # the slice that was trained on is segmented already
    megapixels = (slices - 1) * size**2 / 1e6
    return {
        "opened s": round(opened, 2),
        "labelled pixels": labeller.pixels,
        "trained, one slice segmented s": round(trained, 2),
        "segmented when cancelled": f"{after_cancel['complete']} and {sum(computed_first.values())} tiles",
        "cancel answered ms": round(answered_ms, 1),
        "cancelled ms": round(cancelled_ms, 1),
        "before and after the cancel s": f"{first_seconds:.1f} + {second_seconds:.1f}",
        "seconds a megapixel": round((first_seconds + second_seconds) / megapixels, 4),
        "tiles computed": f"{len(computed)} of {expected}",
        "tiles computed twice": sum(computed.values()) - len(computed),
        "segmented at the end": at_the_end["complete"],
        "saved as one stack s": round(saved_seconds, 2),
        "peak MB": watch.peak_mb,
        "peak MB without files": round(watch.most.anonymous / 1e6, 1),
        "peak MB of parts": watch.parts,
        "pixels that differ from one piece": differing_pixels(saved, stack, classifier, [0, labelled[1], slices - 1]),
    }


def main() -> None:
    """Measure, print the figures, and say where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--memory", default="1GB", help="budget of the server (default 1GB)")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        figures = measure(Path(folder), chosen.slices, chosen.size, chosen.memory)
    print(f"{chosen.slices} slices of {chosen.size} x {chosen.size}, memory budget {chosen.memory}")
    for name, value in figures.items():
        goal = f"   (goal: at most {GOALS[name]:g})" if name in GOALS else ""
        print(f"{name:40}{value!s:>20}{goal}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    missed = [name for name, goal in GOALS.items() if figures[name] > goal]
    if missed:
        print(f"Missed: {', '.join(missed)}.", file=sys.stderr)
    if figures["pixels that differ from one piece"] or figures["segmented at the end"] != chosen.slices:
        sys.exit("What was saved is not what one piece gives, or not all of it.")


if __name__ == "__main__":
    main()
