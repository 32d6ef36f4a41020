"""What an interface has to say: how a view becomes an encoder's input, a prompt a decoder's, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ModelRunError
from sambaseg.smart.models.catalogue import Interface
from sambaseg.smart.models.decoding import Frame
from sambaseg.smart.prompt import Prompt
from sambaseg.smart.suggestion import MASKS
from sambaseg.smart.view_image import ViewImage

Arrays = Mapping[str, npt.NDArray[Any]]

COLOUR_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
COLOUR_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
"""Of the photographs that the models were trained on (ImageNet), red, green, blue, on a scale from 0 to 1."""


class Adapter(Protocol):
    """One interface. Its names of inputs and outputs are those of the ONNX files."""

    @property
    def kind(self) -> Interface:
        """The interface's name."""
        ...

    @property
    def embeddings(self) -> tuple[str, ...]:
        """What the encoder gives and the decoder takes, by name."""
        ...

    def frame(self, shape_yx: tuple[int, int], side: int) -> Frame:
        """Return how a view lies in the square input of `side` px a side."""
        ...

    def encoder_inputs(self, view: ViewImage, frame: Frame) -> Arrays:
        """Return the inputs of the encoder."""
        ...

    def decoder_inputs(self, frame: Frame, prompt: Prompt) -> Arrays:
        """Return the inputs of the decoder without the embeddings; a decoder may lack some of them."""
        ...

    def answer(self, outputs: Arrays) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the three masks' logits, float32 (3, mask_side, mask_side), and the model's estimates, (3,).

        Raises ModelRunError where the decoder gave something else.
        """
        ...


def resized_rgb(view: ViewImage, height: int, width: int) -> npt.NDArray[np.float32]:
    """Return the view as (3, height, width) from 0 to 1: bilinear, and averaging where it becomes smaller."""
    from PIL import Image

    planes = view.as_rgb()
    if planes.shape[1:] == (height, width):
        return planes
    grey = view.pixels_cyx.shape[0] < 3
    resized = [
        np.asarray(Image.fromarray(plane, "F").resize((width, height), Image.Resampling.BILINEAR))
        for plane in (planes[:1] if grey else planes)
    ]
    return np.stack(resized * 3 if grey else resized)


def normalised_square(view: ViewImage, frame: Frame) -> npt.NDArray[np.float32]:
    """Return the view as float32 (1, 3, side, side): colours by mean and spread, padding 0."""
    pixels = resized_rgb(view, frame.input_height, frame.input_width)
    square = np.zeros((1, 3, frame.input_side, frame.input_side), np.float32)
    normalised = (pixels - COLOUR_MEAN[:, None, None]) / COLOUR_SPREAD[:, None, None]
    square[0, :, : frame.input_height, : frame.input_width] = normalised
    return square


def three_masks(
    logits: npt.NDArray[Any], estimates: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the last three of one image's masks and estimates; models put one for all scales together before them.

    Raises ModelRunError where there are fewer than three, or where they do not belong to one prompt of one image.
    """
    per_prompt = logits.shape[-3] if logits.ndim >= 3 else 0
    if per_prompt < MASKS or logits.size != per_prompt * logits.shape[-2] * logits.shape[-1]:
        raise ModelRunError(
            f"The model gave masks of shape {logits.shape}; three or four masks of one prompt were expected.",
            hint="Use the decoder for several masks, often called 'multi'.",
        )
    if estimates.size != per_prompt:
        raise ModelRunError(f"The model gave {estimates.size} estimates for {per_prompt} masks.")
    masks = logits.reshape(per_prompt, *logits.shape[-2:])[-MASKS:].astype(np.float32, copy=False)
    return masks, estimates.reshape(per_prompt)[-MASKS:].astype(np.float32, copy=False)
