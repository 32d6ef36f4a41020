"""Views, prompts and suggestions: what they take, what they refuse."""

import numpy as np
import pytest

from sambaseg.errors import ParameterError
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import ViewImage


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "uint32", "int64", "float32", "float64"])
def test_a_view_spans_0_to_1_whatever_the_dtype(dtype):
    view = ViewImage.from_pixels(np.arange(100).reshape(10, 10).astype(dtype), is_rgb=False)
    assert view.pixels_cyx.dtype == np.float32
    assert view.shape_yx == (10, 10)
    np.testing.assert_allclose(view.pixels_cyx.ravel(), np.arange(100) / 99, atol=1e-6)


def test_windows_of_the_whole_image_are_used():
    view = ViewImage.from_pixels(np.uint16([[[10, 20, 40]]]), is_rgb=False, windows=[(10, 30)])
    assert view.pixels_cyx.tolist() == [[[0.0, 0.5, 1.0]]]
    with pytest.raises(ParameterError, match="as many windows, not 2"):
        ViewImage.from_pixels(np.zeros((1, 2, 2)), is_rgb=False, windows=[(0, 1), (0, 1)])
    with pytest.raises(ParameterError, match="above the low one"):
        ViewImage.from_pixels(np.zeros((1, 2, 2)), is_rgb=False, windows=[(1, 1)])


def test_no_numbers_and_infinities_become_black_and_white():
    pixels = np.float32([[np.nan, np.inf, -np.inf, 0, 4, 2, 3.4e38, -3.4e38]])
    view = ViewImage.from_pixels(pixels, is_rgb=False, windows=[(0, 4)])
    assert view.pixels_cyx.tolist() == [[[0, 1, 0, 0, 1, 0.5, 1, 0]]]
    assert np.isfinite(ViewImage.from_pixels(np.full((3, 3), np.nan), is_rgb=False).pixels_cyx).all()


def test_colours_share_a_window_and_keep_their_hue():
    pixels = np.stack([np.linspace(0, 200, 64), np.linspace(0, 100, 64), np.zeros(64)]).reshape(3, 8, 8)
    red, green, blue = ViewImage.from_pixels(pixels, is_rgb=True).pixels_cyx
    np.testing.assert_allclose(green, red / 2, atol=1e-6)
    assert blue.max() == 0


@pytest.mark.parametrize(("channels", "expected"), [(1, [0, 0, 0]), (2, [0, 0, 0]), (3, [0, 1, 2]), (5, [0, 1, 2])])
def test_three_channels_are_made_of_any_number(channels, expected):
    planes = np.arange(channels, dtype=np.float32).reshape(-1, 1, 1) / 8
    view = ViewImage(np.broadcast_to(planes, (channels, 2, 2)).copy(), is_rgb=False)
    assert (view.as_rgb()[:, 0, 0] * 8).tolist() == expected


@pytest.mark.parametrize("pixels", [np.zeros((0, 3)), np.zeros((1, 2, 3, 4)), np.zeros((2, 2), complex)])
def test_other_pixels_are_refused(pixels):
    with pytest.raises(ParameterError):
        ViewImage.from_pixels(pixels, is_rgb=False)
    with pytest.raises(ParameterError, match="three channels, not 1"):
        ViewImage(np.zeros((1, 2, 2), np.float32), is_rgb=True)


def test_prompts_hold_points_or_a_box_inside_the_view():
    Prompt(points=(PromptPoint(0, 0), PromptPoint(4, 6, positive=False)), box=Box(0, 0, 4, 6)).check_inside((4, 6))
    with pytest.raises(ParameterError, match="at least one point or a box"):
        Prompt()
    with pytest.raises(ParameterError, match="at most 64 points"):
        Prompt(points=(PromptPoint(0, 0),) * 65)


@pytest.mark.parametrize("point", [(-1, 0), (0, 6.1), (float("nan"), 1), (float("inf"), 1)])
def test_points_outside_of_the_view_are_refused(point):
    with pytest.raises(ParameterError, match="outside of the view of 6 by 4 px"):
        Prompt(points=(PromptPoint(*point),)).check_inside((4, 6))


@pytest.mark.parametrize("box", [(2, 2, 2, 4), (0, 3, 4, 1), (0, 0, 5, 6), (float("nan"), 0, 1, 1)])
def test_boxes_without_area_or_outside_are_refused(box):
    with pytest.raises(ParameterError, match="has no area, or does not lie"):
        Prompt(box=Box(*box)).check_inside((4, 6))


def test_a_suggestion_knows_its_best_mask_and_its_types():
    masks = np.zeros((3, 2, 2), bool)
    assert Suggestion(masks, np.float32([0.5, 0.9, 0.9])).best == 1
    with pytest.raises(ParameterError, match="bool of shape"):
        Suggestion(masks.astype(np.uint8), np.zeros(3, np.float32))
    with pytest.raises(ParameterError, match="float32 of shape"):
        Suggestion(masks, np.zeros(3))
