"""Write the tiny models in `data/` anew, with what `transformers` says about them. Needs torch and transformers.

usage: python tests/smart/models/make_tiny_models.py

Each folder holds an encoder and a decoder with random weights for an input of 128 px a side, and ``golden.npz``: the
view, its embeddings, and for each prompt the logits, the estimates, and the masks over a larger view.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "src")]

import onnx  # noqa: E402
import torch  # noqa: E402

import sam_reference as reference  # noqa: E402
from sambaseg.smart.models.export import export_checkpoint  # noqa: E402

SIDE = reference.TINY_SIDE
VIEW_YX = (96, 128)
LARGE_YX = (288, 384)
MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
SPREAD = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)

PROMPTS = {
    "inside": ([(20.5, 40.5, 1)], None),
    "both": ([(50.0, 60.25, 1), (10.5, 100.5, 0)], None),
    "box": ([], (8.0, 16.0, 60.0, 90.0)),
    "point_and_box": ([(40.5, 50.5, 1)], (8.0, 16.0, 60.0, 90.0)),
}
"""Points (y, x, inside) and box (top, left, bottom, right) in pixels of the view."""


def view_cyx():
    """Return a view with discs on a gradient, three channels from 0 to 1."""
    y, x = np.mgrid[: VIEW_YX[0], : VIEW_YX[1]]
    planes = [0.2 + x / 300, 0.8 - y / 200, 0.5 + 0.2 * np.sin(x / 9)]
    for top, left, radius in [(30, 40, 14), (60, 90, 20), (75, 25, 9)]:
        disc = (y - top) ** 2 + (x - left) ** 2 < radius**2
        planes = [np.where(disc, 1 - plane, plane) for plane in planes]
    return np.stack(planes).astype(np.float32)


def golden_of(embed, decode, *, stretched):
    """Return the golden arrays of a model by two functions of the reference."""
    pixels = torch.from_numpy(view_cyx())[None]
    height, width = (SIDE, SIDE) if stretched else VIEW_YX
    if stretched:
        pixels = torch.nn.functional.interpolate(pixels, size=(SIDE, SIDE), mode="bilinear", antialias=True)
    image = torch.zeros(1, 3, SIDE, SIDE)
    image[:, :, :height, :width] = (pixels - MEAN) / SPREAD
    embeddings = embed(image)
    golden = {"view": view_cyx()} | {f"embedding_{name}": value.numpy() for name, value in embeddings.items()}
    scale = np.float32([width / VIEW_YX[1], height / VIEW_YX[0]])
    for name, (points, box) in PROMPTS.items():
        places = torch.tensor([[(x, y) for y, x, _ in points]], dtype=torch.float32).reshape(1, 1, -1, 2)
        labels = torch.tensor([[inside for *_, inside in points]], dtype=torch.int64).reshape(1, 1, -1)
        boxes = None
        if box is not None:
            top, left, bottom, right = box
            boxes = torch.tensor([[[left, top, right, bottom]]]) * torch.tensor([*scale, *scale]) - 0.5
        answer = decode(embeddings, places * torch.from_numpy(scale) - 0.5 if points else None, labels, boxes)
        if answer is None:
            continue
        logits, estimates = answer
        large = torch.nn.functional.interpolate(
            logits[None, :, : height // 4, : width // 4], size=LARGE_YX, mode="bilinear", align_corners=False
        )[0]
        golden |= {f"logits_{name}": logits.numpy(), f"estimates_{name}": estimates.numpy()}
        golden[f"masks_{name}"] = np.packbits(large.numpy() > 0)
    return golden


def decode_sam(model):
    """Return what asks the first Segment Anything."""

    def decode(embeddings, places, labels, boxes):
        answer = model(
            image_embeddings=embeddings["image_embeddings"],
            input_points=places,
            input_labels=labels if places is not None else None,
            input_boxes=boxes,
        )
        return answer.pred_masks[0, 0], answer.iou_scores[0, 0]

    return decode


def make_sam1(folder):
    model = reference.tiny_sam(seed=1)
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Path(scratch) / "tiny.pth"
        torch.save(reference.official_weights(model), checkpoint)
        export_checkpoint(checkpoint, folder)
    return golden_of(
        lambda image: {"image_embeddings": model.get_image_embeddings(image)}, decode_sam(model), stretched=False
    )


def make_sam1_tjs(folder):
    model = reference.tiny_sam(seed=2)
    reference.export_transformers_js(model, folder)
    asked = decode_sam(model)
    return golden_of(
        lambda image: {
            "image_embeddings": model.get_image_embeddings(image),
            "image_positional_embeddings": model.get_image_wide_positional_embeddings(),
        },
        lambda embeddings, places, labels, boxes: (
            None if boxes is not None else asked(embeddings, places, labels, None)
        ),
        stretched=False,
    )


def make_sam2(folder):
    model = reference.tiny_sam2(seed=3)
    reference.export_sam2(model, folder)

    def decode(embeddings, places, labels, boxes):
        if places is not None and boxes is None:
            return decode_unpadded(model, embeddings, places, labels)
        answer = model(
            image_embeddings=list(embeddings.values()),
            input_points=places,
            input_labels=labels if places is not None else None,
            input_boxes=boxes,
        )
        return answer.pred_masks[0, 0], answer.iou_scores[0, 0]

    def embed(image):
        return {f"image_embeddings.{level}": value for level, value in enumerate(model.get_image_embeddings(image))}

    return golden_of(embed, decode, stretched=True)


def decode_unpadded(model, embeddings, places, labels):
    """Ask for points as transformers.js does, which adds no padding point where there is an empty list of boxes."""
    fine, middle, coarse = embeddings.values()
    prompts = model.prompt_encoder
    masks, estimates, *_ = model.mask_decoder(
        image_embeddings=coarse,
        image_positional_embeddings=model.get_image_wide_positional_embeddings(),
        sparse_prompt_embeddings=prompts._embed_points(places, labels, pad=False),
        dense_prompt_embeddings=prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(coarse),
        multimask_output=True,
        high_resolution_features=[fine, middle],
    )
    return masks[0, 0], estimates[0, 0]


def shorten_names(path):
    """Give everything inside a network short names: they are most of a tiny file."""
    model = onnx.load(path)
    kept = {value.name for value in (*model.graph.input, *model.graph.output)}
    short = {}

    def renamed(name):
        return name if not name or name in kept else short.setdefault(name, f"v{len(short)}")

    def walk(graph):
        for node in graph.node:
            node.name = node.doc_string = ""
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    walk(attribute.g)
        for values in (graph.initializer, graph.output):
            for value in values:
                value.name = renamed(value.name)
        del graph.value_info[:]

    walk(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    for name, make in (("sam1", make_sam1), ("sam1_tjs", make_sam1_tjs), ("sam2", make_sam2)):
        folder = HERE / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        golden = make(folder)
        for path in folder.glob("*.onnx"):
            shorten_names(path)
        np.savez_compressed(folder / "golden.npz", **golden)
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        areas = [float((golden["logits_inside"][mask] > 0).mean()) for mask in range(3)]
        print(name, sizes, "share of values above 0:", np.round(areas, 2))


if __name__ == "__main__":
    main()
