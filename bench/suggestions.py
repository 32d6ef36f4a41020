"""How long the built-in suggester takes to prepare a view, beside a peer, and how long a page waits for the server.

    python bench/suggestions.py [--size 1024] [--rounds 5] [--json FILE]

Peer: what a person would put together with scikit-image for regions at several scales, on the same image: watershed of
the Gaussian gradient from as many minima, region adjacency graph of boundary strength, hierarchical merging up to one
region. SLIC with a region adjacency graph, which gives regions at one scale only, stands beside it. The server is the
real one, over one kept connection: a view that nobody asked for before, the same view again, and the same view again as
a browser asks that has it.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from numpy.typing import NDArray

from soak_kill import Client, Server

SAMPLE = "coating"
EDGE_WEIGHT = 255.0
PEER_REGIONS = 6000
STROKES = 100


def micrograph(size: int) -> NDArray[np.uint8]:
    """Return a sample micrograph of 1024 px as (size, size): its top left part, mirrored on where that is too small."""
    from sambaseg.images.reader import read_image
    from sambaseg.samples.table import find_sample

    sample_yx = read_image(find_sample(SAMPLE).path).pixels_cyx[0]
    height, width = sample_yx.shape
    padding = [(0, max(size - height, 0)), (0, max(size - width, 0))]
    return np.ascontiguousarray(np.pad(sample_yx, padding, mode="symmetric")[:size, :size])


def prepare_with_sambaseg(image_yx: NDArray[np.uint8]) -> tuple[int, int]:
    """Prepare the view and make its bytes; return how many regions it has, and how many bytes."""
    from sambaseg.smart.container import unpack_arrays
    from sambaseg.smart.hierarchy.suggester import HierarchySuggester
    from sambaseg.smart.view_image import ViewImage

    content = HierarchySuggester().prepare(ViewImage.from_pixels(image_yx, is_rgb=False)).to_bytes()
    return int(unpack_arrays(content)[0]["regions"]), len(content)


def prepare_with_watershed(image_yx: NDArray[np.uint8]) -> tuple[int, int]:
    """Do with scikit-image what comes closest: return how many regions there were, and how many after all merges."""
    from skimage import graph
    from skimage.filters import gaussian, sobel
    from skimage.segmentation import watershed

    gradient_yx = sobel(gaussian(image_yx, 1.5, preserve_range=True) / EDGE_WEIGHT)
    regions_yx = watershed(gradient_yx, markers=PEER_REGIONS)
    adjacency = graph.rag_boundary(regions_yx, gradient_yx)

    def weight(rag, source, target, neighbour):
        edges = [rag[node][neighbour] for node in (source, target) if rag.has_edge(node, neighbour)]
        count = sum(edge["count"] for edge in edges)
        return {"count": count, "weight": sum(edge["count"] * edge["weight"] for edge in edges) / count}

    merged_yx = graph.merge_hierarchical(
        regions_yx,
        adjacency,
        thresh=np.inf,
        rag_copy=False,
        in_place_merge=True,
        merge_func=lambda *_: None,
        weight_func=weight,
    )
    return int(regions_yx.max()), int(merged_yx.max()) + 1


def prepare_with_slic(image_yx: NDArray[np.uint8]) -> tuple[int, int]:
    """Cut the image into superpixels and join them once at a threshold; return how many regions before and after."""
    from skimage import graph
    from skimage.segmentation import slic

    regions_yx = slic(image_yx, n_segments=PEER_REGIONS, compactness=0.1, sigma=1.5, channel_axis=None, start_label=1)
    adjacency = graph.rag_mean_color(np.repeat(image_yx[..., np.newaxis], 3, axis=2), regions_yx)
    joined_yx = graph.cut_threshold(regions_yx, adjacency, 10)
    return int(regions_yx.max()), int(joined_yx.max()) + 1


def seconds_of(action: Callable[[], object], rounds: int) -> list[tuple[float, float]]:
    """Return how long each of so many calls takes, and the processor's time; the first, which loads code, left out."""
    action()
    times = []
    for _ in range(rounds):
        began, processor = time.perf_counter(), time.process_time()
        action()
        times.append((time.perf_counter() - began, time.process_time() - processor))
    return times


class Page:
    """Asks for views as a page does, over one kept connection."""

    def __init__(self, server: Server, project_id: str) -> None:
        self._connection = http.client.HTTPConnection(server.host, timeout=120)
        self._headers = {"Authorization": f"Bearer {server.token}"}
        self._path = f"/api/projects/{project_id}/suggestions"

    def ask(self, size: int, *, smaller: int = 0, tag: str = "") -> tuple[float, str, int]:
        """Ask for a view that is so many pixels smaller; return seconds, the tag, and how many bytes came."""
        began = time.perf_counter()
        query = f"?level=0&top=0&left=0&bottom={size}&right={size - smaller}"
        self._connection.request("GET", self._path + query, headers={**self._headers, "If-None-Match": tag})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 304):
            raise RuntimeError(f"The server answered {answer.status}: {content[:300]!r}")
        return time.perf_counter() - began, answer.headers["ETag"], len(content)


def seconds_to_save(server: Server, client: Client, rounds: int) -> list[float]:
    """Return how long strokes take until they are on the disk, a twentieth of a second apart."""
    path = f"/api/projects/{client.project_id}/operations"
    connection, times = http.client.HTTPConnection(server.host, timeout=60), []
    for _ in range(rounds):
        operation, began = client.draw(), time.perf_counter()
        client.revision = server.ask("POST", path, operation, connection)["revision"]
        times.append(time.perf_counter() - began)
        time.sleep(0.05)
    return times


def seconds_to_save_beside(server: Server, client: Client, size: int, rounds: int) -> list[float]:
    """Return the same while another page asks for one new view after the other."""
    done = threading.Event()

    def flood() -> None:
        page = Page(server, client.project_id)
        for smaller in itertools.count(100):
            if done.is_set():
                return
            page.ask(size, smaller=smaller)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        return seconds_to_save(server, client, rounds)
    finally:
        done.set()
        thread.join()


def new_project(data_dir: Path, image_yx: NDArray[np.uint8]) -> str:
    """Make a project and return its id."""
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.project.new_image import NewImage
    from sambaseg.project.workspace import Workspace

    workspace = Workspace(data_dir)
    store = workspace.create_project([NewImage.of(Micrograph.from_array(image_yx), Path(__file__))], name="Suggestions")
    workspace.close()
    return store.id


def measure_server(image_yx: NDArray[np.uint8], rounds: int) -> dict[str, list[float]]:
    """Return how long a page waits, in seconds: the first view after the start, new ones, the same, revalidated."""
    size = len(image_yx)
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        project_id = new_project(Path(folder), image_yx)
        server = Server(Path(folder))
        server.start()
        server.wait_until_up()
        try:
            while not server.ask("GET", "/api/health")["kernels_ready"]:
                time.sleep(0.5)
            page = Page(server, project_id)
            waits: dict[str, list[float]] = {"first view after the start": [page.ask(size)[0]]}
            waits["new view"] = [page.ask(size, smaller=1 + number)[0] for number in range(rounds)]
            kept = [page.ask(size) for _ in range(rounds)]
            waits["same view"] = [seconds for seconds, _, _ in kept]
            waits["same view, revalidated"] = [page.ask(size, tag=kept[0][1])[0] for _ in range(rounds)]
            client = Client("benchmark-1", project_id, 0)
            waits["save a stroke"] = seconds_to_save(server, client, STROKES)
            waits["save a stroke beside new views"] = seconds_to_save_beside(server, client, size, STROKES)
        finally:
            server.kill()
    return waits


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    image_yx = micrograph(arguments.size)
    preparing = {
        "sambaseg": seconds_of(lambda: prepare_with_sambaseg(image_yx), max(arguments.rounds, 5)),
        "scikit-image watershed and merging": seconds_of(
            lambda: prepare_with_watershed(image_yx), arguments.peer_rounds
        ),
        "scikit-image SLIC and one cut": seconds_of(lambda: prepare_with_slic(image_yx), arguments.peer_rounds),
    }
    regions, size_bytes = prepare_with_sambaseg(image_yx)
    print(f"prepare a view of {arguments.size} x {arguments.size} px ({SAMPLE}), ms: median, fastest, processor's time")
    for name, times in preparing.items():
        waited, used = (np.array(column) * 1e3 for column in zip(*times, strict=True))
        print(f"{name:36}{np.median(waited):10.0f}{waited.min():10.0f}{np.median(used):10.0f}")
    print(f"{regions:,} regions, {size_bytes / 1e6:.1f} MB for the page")
    waits = measure_server(image_yx, max(arguments.rounds, 5))
    print("a page waits for the server, ms: median, longest")
    for name, times in waits.items():
        print(f"{name:36}{np.median(times) * 1e3:10.0f}{max(times) * 1e3:10.0f}")
    if arguments.json:
        figures = {"size": arguments.size, "preparing": preparing, "server": waits}
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
