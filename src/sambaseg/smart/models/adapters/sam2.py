"""The interface of Segment Anything 2 as transformers.js has it.

Encoder: ``pixel_values`` (1, 3, s, s), the view stretched to the square and normalised; it gives three embeddings, from
fine to coarse. Decoder: points, or a box, or both; what is missing has the length 0. ``object_score_logits`` is not
used: on micrographs every click means something.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.smart.models.adapters.adapter import Arrays, normalised_square, three_masks
from sambaseg.smart.models.catalogue import Interface
from sambaseg.smart.models.decoding import Frame, box_corners, point_arrays, stretched_frame
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.view_image import ViewImage


class Sam2:
    """See the module."""

    kind: Interface = "sam2"
    embeddings = ("image_embeddings.0", "image_embeddings.1", "image_embeddings.2")

    def frame(self, shape_yx: tuple[int, int], side: int) -> Frame:
        """Return the frame of a view that is stretched."""
        return stretched_frame(*shape_yx, side)

    def encoder_inputs(self, view: ViewImage, frame: Frame) -> Arrays:
        """Return ``pixel_values`` (1, 3, s, s)."""
        return {"pixel_values": normalised_square(view, frame)}

    def decoder_inputs(self, frame: Frame, prompt: Prompt) -> Arrays:
        """Return ``input_points`` (1, 1, n, 2), ``input_labels`` int64 (1, 1, n), ``input_boxes`` (1, 0 or 1, 4)."""
        coordinates, meanings = point_arrays(frame, prompt.points)
        boxes = np.zeros((1, 0, 4), np.float32)
        if prompt.box is not None:
            boxes = box_corners(frame, prompt.box).reshape(1, 1, 4)
        return {
            "input_points": coordinates[np.newaxis, np.newaxis],
            "input_labels": np.array(meanings, np.int64)[np.newaxis, np.newaxis],
            "input_boxes": boxes,
        }

    def answer(self, outputs: Arrays) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return ``pred_masks`` (1, 1, 3, s, s) and ``iou_scores`` (1, 1, 3)."""
        return three_masks(outputs["pred_masks"], outputs["iou_scores"])
