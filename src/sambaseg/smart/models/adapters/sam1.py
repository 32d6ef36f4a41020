"""The interface of the official export of Segment Anything, with an encoder as MobileSAM's.

Encoder: ``input_image`` float32 (h, w, 3), red, green, blue from 0 to 255, the longer side as long as the square; it
normalises and pads by itself. Decoder: points by meaning, box corners among them; four masks, of which the last three
are the scales.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.smart.models.adapters.adapter import Arrays, resized_rgb, three_masks
from sambaseg.smart.models.catalogue import Interface
from sambaseg.smart.models.decoding import Frame, fitted_frame, labelled_points
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.view_image import ViewImage


class Sam1:
    """See the module."""

    kind: Interface = "sam1"
    embeddings = ("image_embeddings",)

    def frame(self, shape_yx: tuple[int, int], side: int) -> Frame:
        """Return the frame of a view in proportion."""
        return fitted_frame(*shape_yx, side)

    def encoder_inputs(self, view: ViewImage, frame: Frame) -> Arrays:
        """Return ``input_image`` (h, w, 3)."""
        pixels = resized_rgb(view, frame.input_height, frame.input_width)
        return {"input_image": np.ascontiguousarray(np.moveaxis(pixels, 0, -1) * np.float32(255.0))}

    def decoder_inputs(self, frame: Frame, prompt: Prompt) -> Arrays:
        """Return ``point_coords`` (1, n, 2), ``point_labels`` (1, n), an empty mask, and the size of the view.

        Decoders that enlarge masks by themselves take ``orig_im_size`` for that. The enlarged masks are not used, so
        that a small size is given.
        """
        coordinates, meanings = labelled_points(frame, prompt)
        return {
            "point_coords": coordinates[np.newaxis],
            "point_labels": meanings[np.newaxis],
            "mask_input": np.zeros((1, 1, frame.mask_side, frame.mask_side), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array([16.0, 16.0], np.float32),
        }

    def answer(self, outputs: Arrays) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return masks 1 to 3 of ``low_res_masks`` (1, 4, s, s) and of ``iou_predictions`` (1, 4)."""
        return three_masks(outputs["low_res_masks"], outputs["iou_predictions"])
