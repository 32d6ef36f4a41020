"""The three interfaces: embeddings, logits and masks of tiny models are those of `transformers`."""

import numpy as np
import pytest

from sambaseg.errors import ModelRunError, UnknownInterfaceError
from sambaseg.smart.models.adapters.adapter import normalised_square, resized_rgb, three_masks
from sambaseg.smart.models.adapters.table import ADAPTERS, Signature, find_adapter, recognise
from sambaseg.smart.models.decoding import fitted_frame, masks_from_logits, stretched_frame
from sambaseg.smart.models.suggester import SamPrepared, SamSuggester
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.view_image import ViewImage


def test_embeddings_are_those_of_the_reference(kind, installed, golden, view, runtime):
    prepared = SamSuggester(installed(kind), runtime).prepare(view)
    expected = {name[10:]: array for name, array in golden(kind).items() if name.startswith("embedding_")}
    assert set(prepared.embeddings) == set(expected)
    for name, array in expected.items():
        assert prepared.embeddings[name].dtype == np.float32
        np.testing.assert_allclose(prepared.embeddings[name], array, atol=1e-3)


def test_logits_and_estimates_are_those_of_the_reference(kind, installed, golden, view, runtime, prompts):
    prepared = SamSuggester(installed(kind), runtime).prepare(view)
    expected, compared = golden(kind), 0
    for name, prompt in prompts.items():
        if f"logits_{name}" not in expected:
            continue
        decoded = prepared.decode(prompt)
        order = order_of(expected[f"logits_{name}"], kind)
        np.testing.assert_allclose(decoded.logits_3yx, expected[f"logits_{name}"][order], atol=1e-3)
        np.testing.assert_allclose(decoded.scores_3, expected[f"estimates_{name}"][order].clip(0, 1), atol=1e-3)
        compared += 1
    assert compared == (2 if kind == "sam1_tjs" else 4)


def test_masks_over_a_larger_view_are_those_of_the_reference(kind, installed, golden, runtime, prompts):
    model, expected = installed(kind), golden(kind)
    frame = (stretched_frame if kind == "sam2" else fitted_frame)(288, 384, 128)
    embeddings = {name: expected[f"embedding_{name}"] for name in find_adapter(kind).embeddings}
    prepared = SamPrepared(model, frame, embeddings, runtime)
    for name, prompt in prompts.items():
        if f"masks_{name}" not in expected:
            continue
        large = scaled_prompt(prompt, 3.0)
        suggestion = prepared.suggest(large)
        masks = np.unpackbits(expected[f"masks_{name}"]).reshape(3, 288, 384).astype(bool)
        masks = masks[order_of(expected[f"logits_{name}"], kind)]
        assert (suggestion.masks_3yx == masks).mean() >= 0.999


def order_of(logits, kind):
    """Return the order of masks by area; the padding of models that do not stretch does not count."""
    inside = logits[:, : 32 if kind == "sam2" else 24] > 0
    return np.argsort(inside.sum(axis=(1, 2)), kind="stable")


def scaled_prompt(prompt, scale):
    points = tuple(PromptPoint(point.y * scale, point.x * scale, point.positive) for point in prompt.points)
    box = prompt.box
    if box is not None:
        box = Box(box.top * scale, box.left * scale, box.bottom * scale, box.right * scale)
    return Prompt(points, box)


def test_a_box_without_points_is_its_middle_where_boxes_are_not_taken(installed, view, runtime):
    prepared = SamSuggester(installed("sam1_tjs"), runtime).prepare(view)
    by_box = prepared.decode(Prompt(box=Box(10, 20, 30, 60)))
    by_point = prepared.decode(Prompt((PromptPoint(20, 40),)))
    np.testing.assert_array_equal(by_box.logits_3yx, by_point.logits_3yx)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (700, 2), (96, 128), (1000, 1400)])
def test_views_of_any_shape_give_masks_of_their_shape(kind, shape, installed, runtime):
    pixels = np.random.default_rng(0).random((1, *shape), np.float32)
    prepared = SamSuggester(installed(kind), runtime).prepare(ViewImage(pixels, is_rgb=False))
    suggestion = prepared.suggest(Prompt((PromptPoint(shape[0] / 2, shape[1] / 2),)))
    assert suggestion.masks_3yx.shape == (3, *shape)


def test_grey_is_the_same_as_three_equal_channels():
    plane = np.random.default_rng(0).random((40, 60), np.float32)
    grey, rgb = ViewImage(plane[None], is_rgb=False), ViewImage(np.stack([plane] * 3), is_rgb=True)
    np.testing.assert_array_equal(resized_rgb(grey, 80, 128), resized_rgb(rgb, 80, 128))
    assert resized_rgb(grey, 40, 60).shape == (3, 40, 60)


def test_the_square_is_normalised_and_padded_with_zeros():
    frame = fitted_frame(64, 128, 128)
    square = normalised_square(ViewImage(np.ones((3, 64, 128), np.float32), is_rgb=True), frame)
    assert square.shape == (1, 3, 128, 128)
    np.testing.assert_allclose(square[0, :, 0, 0], (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225], 1e-6)
    assert not square[0, :, 64:].any()


def test_masks_are_the_last_three_of_four_and_other_numbers_are_refused():
    logits = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1)
    masks, estimates = three_masks(logits, np.float32([[0, 0.1, 0.2, 0.3]]))
    assert masks.ravel().tolist() == [1, 2, 3]
    np.testing.assert_allclose(estimates, [0.1, 0.2, 0.3])
    with pytest.raises(ModelRunError, match="three or four masks"):
        three_masks(logits[:, :1], np.zeros(1, np.float32))
    with pytest.raises(ModelRunError, match="three or four masks"):
        three_masks(np.zeros((2, 3, 4, 4), np.float32), np.zeros(3, np.float32))
    with pytest.raises(ModelRunError, match="2 estimates for 3 masks"):
        three_masks(np.zeros((1, 3, 4, 4), np.float32), np.zeros(2, np.float32))


def test_interfaces_are_recognised_by_names_alone():
    encoder = Signature(frozenset({"input_image"}), frozenset({"image_embeddings"}))
    assert recognise(encoder) == ("sam1", "encoder")
    official = {"image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"}
    decoder = Signature(frozenset(official), frozenset({"masks", "iou_predictions", "low_res_masks"}))
    assert recognise(decoder) == ("sam1", "decoder")
    assert recognise(Signature(frozenset({"image"}), frozenset({"class"}))) is None
    assert {adapter.kind for adapter in ADAPTERS} == {"sam1", "sam1_tjs", "sam2"}
    with pytest.raises(UnknownInterfaceError, match="none of those that are known"):
        find_adapter("sam9")


def test_masks_of_plain_logits_need_no_model():
    logits = np.full((3, 32, 32), -1, np.float32)
    logits[1, :16] = 1
    masks = masks_from_logits(logits, fitted_frame(256, 256, 128))
    assert masks.sum(axis=(1, 2)).tolist() == [0, 256 * 128, 0]
