"""The interface of the first Segment Anything as transformers.js has it, such as SlimSAM.

Encoder: ``pixel_values`` (1, 3, s, s), normalised and padded. Decoder: points only; it adds a padding point by itself
and takes no boxes, so that a box counts as a point in its middle.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.smart.models.adapters.adapter import Arrays, normalised_square, three_masks
from sambaseg.smart.models.catalogue import Interface
from sambaseg.smart.models.decoding import Frame, fitted_frame, point_arrays, points_of_box
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.view_image import ViewImage


class TransformersJs:
    """See the module."""

    kind: Interface = "sam1_tjs"
    embeddings = ("image_embeddings", "image_positional_embeddings")

    def frame(self, shape_yx: tuple[int, int], side: int) -> Frame:
        """Return the frame of a view in proportion."""
        return fitted_frame(*shape_yx, side)

    def encoder_inputs(self, view: ViewImage, frame: Frame) -> Arrays:
        """Return ``pixel_values`` (1, 3, s, s)."""
        return {"pixel_values": normalised_square(view, frame)}

    def decoder_inputs(self, frame: Frame, prompt: Prompt) -> Arrays:
        """Return ``input_points`` float32 (1, 1, n, 2) and ``input_labels`` int64 (1, 1, n)."""
        coordinates, meanings = point_arrays(frame, points_of_box(prompt))
        return {
            "input_points": coordinates[np.newaxis, np.newaxis],
            "input_labels": np.array(meanings, np.int64)[np.newaxis, np.newaxis],
        }

    def answer(self, outputs: Arrays) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return ``pred_masks`` (1, 1, 3, s, s) and ``iou_scores`` (1, 1, 3)."""
        return three_masks(outputs["pred_masks"], outputs["iou_scores"])
