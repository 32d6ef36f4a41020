"""The arithmetic around a model, by cases that can be worked out by hand."""

import numpy as np
import pytest

from sambaseg.smart.models.decoding import (
    box_corners,
    fitted_frame,
    interpolation_steps,
    labelled_points,
    masks_from_logits,
    order_by_area,
    point_arrays,
    points_of_box,
    scores_from_estimates,
    stretched_frame,
    to_input,
    upsample,
)
from sambaseg.smart.prompt import Box, Prompt, PromptPoint


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1024, 1024), (1024, 1024)),
        ((768, 1024), (768, 1024)),
        ((100, 50), (1024, 512)),
        ((1, 3000), (1, 1024)),
        ((333, 1000), (341, 1024)),
    ],
)
def test_the_longer_side_fills_the_square(shape, expected):
    frame = fitted_frame(*shape, 1024)
    assert (frame.input_height, frame.input_width) == expected
    assert frame.mask_side == 256
    assert (frame.mask_height, frame.mask_width) == (expected[0] / 4, expected[1] / 4)
    assert stretched_frame(*shape, 1024).mask_height == 256


def test_the_middle_of_the_first_pixel_is_0_in_a_view_that_is_not_scaled():
    assert to_input(fitted_frame(1024, 1024, 1024), 0.5, 0.5) == (0.0, 0.0)
    assert to_input(fitted_frame(512, 1024, 1024), 10.25, 20.5) == (9.75, 20.0)
    assert to_input(fitted_frame(512, 256, 1024), 100.0, 3.0) == (199.5, 5.5)
    assert to_input(stretched_frame(512, 256, 1024), 100.0, 3.0) == (199.5, 11.5)


def test_points_come_as_x_before_y_and_padding_stands_for_the_missing_box():
    frame = fitted_frame(1024, 1024, 1024)
    points = (PromptPoint(10.5, 20.5), PromptPoint(1.5, 2.5, positive=False))
    coordinates, meanings = labelled_points(frame, Prompt(points))
    assert coordinates.tolist() == [[20, 10], [2, 1], [0, 0]]
    assert meanings.tolist() == [1, 0, -1]
    assert coordinates.dtype == meanings.dtype == np.float32
    coordinates, meanings = labelled_points(frame, Prompt(points[:1], Box(1.5, 2.5, 11.5, 22.5)))
    assert coordinates.tolist() == [[20, 10], [2, 1], [22, 11]]
    assert meanings.tolist() == [1, 2, 3]
    assert box_corners(frame, Box(1.5, 2.5, 11.5, 22.5)).tolist() == [[2, 1], [22, 11]]
    assert point_arrays(frame, ())[0].shape == (0, 2)


def test_a_box_as_a_point_is_its_middle():
    prompt = Prompt((PromptPoint(1, 1, positive=False),), Box(0, 10, 4, 20))
    assert points_of_box(prompt) == (PromptPoint(1, 1, positive=False), PromptPoint(2, 15))


def test_interpolation_goes_by_the_middles_of_pixels():
    steps = interpolation_steps(8, 4.0)
    assert steps.first.tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert steps.second.tolist() == [1, 1, 1, 2, 2, 3, 3, 3]
    np.testing.assert_allclose(steps.share, [0, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25])


def test_values_of_the_padding_are_never_read():
    logits = np.full((32, 32), np.nan, np.float32)
    frame = fitted_frame(70, 128, 128)
    logits[:18] = 1.0  # 17.5 rows belong to the view
    assert np.isfinite(upsample(logits, frame)).all()
    assert interpolation_steps(70, 17.5).second.max() == 17


def test_a_plane_stays_a_plane():
    y, x = np.mgrid[:32, :32].astype(np.float32)
    frame = fitted_frame(256, 256, 128)
    upsampled = upsample(2 * y - x, frame)
    rows, columns = np.mgrid[:256, :256]
    expected = 2 * ((rows + 0.5) / 8 - 0.5) - ((columns + 0.5) / 8 - 0.5)
    np.testing.assert_allclose(upsampled[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-12)


def test_masks_are_ordered_by_area_and_equal_ones_keep_their_order():
    logits = np.full((3, 32, 32), -1, np.float32)
    logits[0, :8], logits[1, :2], logits[2, :2] = 1, 1, 1
    assert order_by_area(logits, fitted_frame(128, 128, 128)) == [1, 2, 0]
    logits[1, 16:] = 1  # in the padding: does not count
    assert order_by_area(logits, fitted_frame(64, 128, 128)) == [1, 2, 0]


def test_0_is_outside_of_a_mask():
    assert not masks_from_logits(np.zeros((3, 32, 32), np.float32), fitted_frame(9, 9, 128)).any()


def test_scores_lie_between_0_and_1():
    estimates = np.float32([1.2, -0.1, np.nan])
    assert scores_from_estimates(estimates).tolist() == [1, 0, 0]
