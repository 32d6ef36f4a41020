"""Draws into a project until it is killed, again and again; tells what was acknowledged. Run by test_killed.py.

Each round a child of this process opens the project and draws; it writes each acknowledged number into a pipe after
`apply` has returned. This process kills it a random moment after a random number of them, and keeps what it read. A
round that is killed while the project is being opened is as good as any other. Forking saves the second that starting
Python takes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path

import numpy as np

from project.strokes import Client
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore

RECORD = struct.calcsize("<QQ")


def draw_until_killed(folder: Path, pipe: int, client_name: str) -> None:
    """Draw as fast as strokes are acknowledged."""
    store = ProjectStore.open(folder)
    chance, client = np.random.default_rng(int(client_name[-4:])), Client(client_name)
    images = {image.id: (image.height, image.width) for image in store.description().images}
    while True:
        revision = store.history().revision
        kind = chance.choice(["paint", "paint", "paint", "undo", "redo", "images"])
        if kind == "images":
            arrange_images(store, images, chance)
            continue
        if kind == "paint":
            image = int(chance.choice(list(images)))
            mask_yx = np.zeros(images[image], dtype=bool)
            top, left = chance.integers(0, mask_yx.shape[0]), chance.integers(0, mask_yx.shape[1])
            mask_yx[top : top + 30, left : left + 60] = True
            class_id = int(chance.integers(1, 3))
            operation = client.paint(mask_yx, class_id, overwrite=True, base_revision=revision, image=image)
        else:
            operation = client.operation(str(kind), base_revision=revision)
        ack = store.apply(operation)
        os.write(pipe, struct.pack("<QQ", ack.client_seq, ack.revision))


def arrange_images(store: ProjectStore, images: dict[int, tuple[int, int]], chance: np.random.Generator) -> None:
    """Add an image, or remove one where there are many, or put them into another order."""
    ids = list(images)
    if len(ids) < 3:
        pixels_yx = np.zeros((int(chance.integers(1, 300)), 300), np.uint8)
        micrograph = Micrograph.from_array(pixels_yx)
        (image,) = store.add_images([NewImage.of(micrograph, store.original_file(ids[0]))])
        images[image] = micrograph.shape_yx
    elif len(ids) > 3 or chance.random() < 0.5:
        store.reorder([int(image) for image in chance.permutation(ids)])
        image = int(chance.choice(ids))
        store.remove_image(image)
        del images[image]


def play_round(folder: Path, client_name: str, strokes: int, seconds: float) -> dict[int, int]:
    """Let one child draw, kill it `seconds` after `strokes` were acknowledged; return the revision of each number."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        draw_until_killed(folder, writing, client_name)
    os.close(writing)
    received = b""
    while len(received) < strokes * RECORD and (more := os.read(reading, RECORD)):
        received += more
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"The child of {client_name} ended by itself; its own message stands above.")
    while more := os.read(reading, 1 << 16):
        received += more
    os.close(reading)
    whole = len(received) // RECORD * RECORD
    return dict(struct.iter_unpack("<QQ", received[:whole]))


def main() -> None:
    """Play the rounds and print what was acknowledged as JSON."""
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    acknowledged = {}
    for number in range(rounds):
        client = f"client-{number:04}"
        strokes = chance.choice((0, 1, 2, 4, 8, 12))
        acknowledged[client] = play_round(folder, client, strokes, chance.uniform(0.0, 0.02 if strokes else 0.2))
    print(json.dumps(acknowledged))


if __name__ == "__main__":
    main()
