"""Suggestions over whole images: which view a prompt gets, masks put back in place, knowledge cut along."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.errors import CancelledError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import MAX_PIXELS, MAX_SIDE_PX, ViewImage
from sambaseg.smart.whole_image import VIEW_SIDE_PX, VIEW_STEP_PX, ImageView, suggest_in_image, view_for
from smart.hierarchy.scenes import disc_mask, iou, many_discs, view_of

LARGE = (3000, 4000)


def point_at(y, x, positive=True):
    return Prompt((PromptPoint(y, x, positive),))


class FakeSuggester:
    """Suggests the pixel of each point, its row, and the whole view; remembers views and knowledge."""

    name = "fake"
    title = "Fake"

    def __init__(self):
        self.views = []
        self.known = []

    def prepare(self, image, *, knowledge=None, progress=None, cancelled=None):  # noqa: ARG002
        if cancelled is not None:
            cancelled.raise_if_cancelled()
        self.views.append(image.pixels_cyx)
        self.known.append(knowledge)
        return FakePrepared(image.shape_yx)


class FakePrepared:
    def __init__(self, shape_yx):
        self.shape_yx = shape_yx

    def suggest(self, prompt):
        prompt.check_inside(self.shape_yx)
        masks = np.zeros((3, *self.shape_yx), bool)
        masks[2] = True
        for point in prompt.points:
            y, x = int(point.y), int(point.x)
            masks[0, y, x] = masks[1, y] = True
        return Suggestion(masks, np.float32([0.1, 0.2, 0.3]))


def numbered(shape_yx):
    """Return a view whose first channel holds rows and whose second holds columns, as shares."""
    y, x = np.indices(shape_yx)
    return ViewImage(np.stack([y / shape_yx[0], x / shape_yx[1]]).astype(np.float32), is_rgb=False)


def test_an_image_of_one_view_is_looked_at_whole():
    assert view_for(point_at(3, 4), (40, 60)) == ImageView(0, 0, 40, 60)
    assert view_for(point_at(3, 4), (1000, 2000)) == ImageView(0, 0, 1000, 2000)


def test_a_large_image_is_looked_at_around_the_point_at_steps():
    assert view_for(point_at(1500, 2000), LARGE) == ImageView(768, 1280, 1792, 2304)
    assert view_for(point_at(0, 0), LARGE) == ImageView(0, 0, 1024, 1024)
    assert view_for(point_at(3000, 4000), LARGE) == ImageView(1976, 2976, 3000, 4000)


def test_prompts_near_one_another_share_a_view():
    assert view_for(point_at(1500, 2000), LARGE) == view_for(point_at(1510, 2020), LARGE)


def test_all_of_a_prompt_lies_in_its_view():
    far = Prompt((PromptPoint(10, 20), PromptPoint(1400.5, 20, positive=False)), Box(5, 900, 40, 1900))
    view = view_for(far, LARGE)
    assert (view.top, view.left) == (0, 0)
    assert view.bottom >= 1401
    assert view.right >= 1900


def test_a_strip_longer_than_tables_can_count_is_cut():
    # Its pixels are few enough for one view, and boxes of nodes wrapped around.
    shape_yx = (8, MAX_SIDE_PX + 1)
    assert math.prod(shape_yx) < MAX_PIXELS
    view = view_for(point_at(2, 40_000), shape_yx)
    assert view.right - view.left == VIEW_SIDE_PX
    assert view.left <= 40_000 < view.right


@st.composite
def large_prompts(draw):
    """Draw a large image's shape and a prompt in it."""
    height, width = draw(st.integers(1, 9000)), draw(st.integers(2001, 9000))
    ys, xs = st.floats(0, height), st.floats(0, width)
    points = draw(st.lists(st.builds(PromptPoint, ys, xs), max_size=4))
    corners = draw(st.none() | st.tuples(ys, xs, ys, xs)) if points else draw(st.tuples(ys, xs, ys, xs))
    if corners is None:
        return (height, width), Prompt(tuple(points))
    (top, bottom), (left, right) = sorted(corners[::2]), sorted(corners[1::2])
    return (height, width), Prompt(tuple(points), Box(top, left, bottom, right))


@given(large_prompts())
def test_views_lie_in_the_image_and_hold_the_prompt(drawn):
    shape_yx, prompt = drawn
    view = view_for(prompt, shape_yx)
    assert 0 <= view.top < view.bottom <= shape_yx[0]
    assert 0 <= view.left < view.right <= shape_yx[1]
    box = prompt.box
    ys = [point.y for point in prompt.points] + ([] if box is None else [box.top, box.bottom])
    xs = [point.x for point in prompt.points] + ([] if box is None else [box.left, box.right])
    assert all(view.top <= y <= view.bottom for y in ys)
    assert all(view.left <= x <= view.right for x in xs)
    if math.prod(shape_yx) > MAX_PIXELS:
        assert view.bottom - view.top <= max(VIEW_SIDE_PX, max(ys) - min(ys) + 2 * VIEW_STEP_PX)
        assert view.right - view.left >= min(VIEW_SIDE_PX, shape_yx[1])


def test_masks_are_put_back_where_the_view_lay():
    fake = FakeSuggester()
    image = numbered((1200, 2400))
    prompts = [point_at(1100.5, 2300.5), point_at(20.5, 30.5), point_at(1101, 2299)]
    found = dict(suggest_in_image(fake, image, prompts))
    assert sorted(found) == [0, 1, 2]
    assert len(fake.views) == 2, "two prompts share a view"
    assert [np.argwhere(found[number].masks_3yx[0]).tolist() for number in range(3)] == [
        [[1100, 2300]],
        [[20, 30]],
        [[1101, 2299]],
    ]
    view = view_for(prompts[0], image.shape_yx)
    ys, xs = np.nonzero(found[0].masks_3yx[2])
    assert (ys.min(), xs.min(), ys.max() + 1, xs.max() + 1) == (view.top, view.left, view.bottom, view.right)
    np.testing.assert_array_equal(fake.views[0], image.pixels_cyx[:, view.top : view.bottom, view.left : view.right])
    np.testing.assert_array_equal(found[1].scores_3, np.float32([0.1, 0.2, 0.3]))


def test_boxes_move_with_the_view():
    asked = []

    class Prepared(FakePrepared):
        def suggest(self, prompt):
            asked.append(prompt)
            return super().suggest(prompt)

    fake = FakeSuggester()
    fake.prepare = lambda image, **_: Prepared(image.shape_yx)
    prompt = Prompt((PromptPoint(1100, 2300, positive=False),), Box(1000, 2200, 1150, 2350))
    list(suggest_in_image(fake, numbered((1200, 2400)), [prompt]))
    view = view_for(prompt, (1200, 2400))
    assert (view.top, view.left) == (176, 1376)
    assert asked == [Prompt((PromptPoint(924, 924, positive=False),), Box(824, 824, 974, 974))]


def test_knowledge_is_cut_along_with_the_view():
    fake = FakeSuggester()
    image = numbered((1200, 2400))
    y, x = np.indices(image.shape_yx)
    knowledge = Knowledge((y % 251).astype(np.uint8), (x % 241).astype(np.uint8))
    list(suggest_in_image(fake, image, [point_at(1100, 2300)], knowledge=knowledge))
    np.testing.assert_array_equal(fake.known[0].classes_yx, knowledge.classes_yx[176:, 1376:])
    np.testing.assert_array_equal(fake.known[0].uncertainty_yx, knowledge.uncertainty_yx[176:, 1376:])
    list(suggest_in_image(fake, image, [point_at(1100, 2300)]))
    assert fake.known[1] is None


def test_progress_is_told_view_by_view_and_work_can_be_cancelled():
    told = []
    image = numbered((1200, 2400))
    prompts = [point_at(1100, 2300), point_at(20, 30), point_at(21, 31)]
    list(suggest_in_image(FakeSuggester(), image, prompts, progress=told.append))
    assert [(report.stage, report.fraction) for report in told] == [
        ("Suggesting with Fake", 0.5),
        ("Suggesting with Fake", 1.0),
    ]
    token = CancelToken()
    answers = suggest_in_image(FakeSuggester(), image, prompts, cancelled=token)
    next(answers)
    token.cancel()
    with pytest.raises(CancelledError):
        list(answers)


def test_no_prompts_prepare_nothing():
    fake = FakeSuggester()
    assert list(suggest_in_image(fake, numbered((20, 30)), [])) == []
    assert fake.views == []


def test_an_object_is_found_in_an_image_of_many_views():
    grey_yx, mask_yx = many_discs((1300, 1700), 64, 20)
    (_, found), (_, corner) = suggest_in_image(
        HierarchySuggester(), view_of(grey_yx), [point_at(672, 1056), point_at(9, 9)]
    )
    disc_yx = mask_yx & disc_mask(mask_yx.shape, (672, 1056), 24)
    assert max(iou(found_yx, disc_yx) for found_yx in found.masks_3yx) > 0.9
    assert corner.masks_3yx[:, 9, 9].all()
