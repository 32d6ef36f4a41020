"""Plans fit into the budget, and a budget that is too small is refused with the amount that is enough."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import MemoryBudgetError
from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS
from sambaseg.pipeline.memory import MB, PROCESS_BYTES, MemoryBudget, in_words
from sambaseg.pipeline.settings import TrainingSettings


@settings(deadline=None)
@given(
    megabytes=st.integers(1, 20_000),
    recipe=st.sampled_from(list(PRESETS.values())),
    channels=st.integers(1, 8),
    classes=st.integers(2, 255),
    trees=st.integers(1, 1000),
    threads=st.integers(1, 64),
    points=st.one_of(st.none(), st.integers(0, 200_000)),
    at_once=st.integers(1, 3),
    beside=st.integers(0, 200 * MB),
)
def test_all_parts_of_a_plan_together_fit_or_the_refusal_names_what_would(
    megabytes, recipe, channels, classes, trees, threads, points, at_once, beside
):
    work = {"points": points, "at_once": at_once, "beside": beside}
    try:
        plan = MemoryBudget.of_megabytes(megabytes).plan(recipe, channels, classes, trees, threads, **work)
    except MemoryBudgetError as refused:
        number, unit = re.search(r"at least ([\d.,]+) (MB|GB)", refused.message).groups()
        enough = round(float(number.replace(",", "")) * (1024 if unit == "GB" else 1)) + 1
        assert enough > megabytes
        MemoryBudget.of_megabytes(enough).plan(recipe, channels, classes, trees, threads, **work)
        return
    assert 1 <= plan.threads <= threads
    parts = plan.segment_bytes + plan.sample_bytes + plan.sample_cache_bytes + plan.bin_cache_bytes
    assert PROCESS_BYTES + at_once * (parts + beside) <= megabytes * MB
    assert min(plan.sample_cache_bytes, plan.bin_cache_bytes) >= 0


def test_more_memory_never_gives_less():
    plans = [MemoryBudget.of_megabytes(mb).plan(DEFAULT_RECIPE, 1, 3, 200, 8) for mb in range(360, 4000, 40)]
    for fewer, more in itertools.pairwise(plans):
        assert more.threads >= fewer.threads
    assert plans[0].threads < plans[-1].threads == 8


def test_a_training_is_planned_for_the_pixels_that_train():
    budget, work = MemoryBudget.of_megabytes(600), {"channels": 1, "classes": 2, "threads": 2}
    for points, labelled in ((50_000, 10**9), (None, 50_000)):
        plan = budget.plan_training(DEFAULT_RECIPE, TrainingSettings(points=points), labelled=labelled, **work)
        assert plan.sample_bytes >= 4 * 42 * 50_000
    with pytest.raises(MemoryBudgetError, match="needs at least"):
        budget.plan_training(DEFAULT_RECIPE, TrainingSettings(points=None), labelled=10**8, **work)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 MB"), (730 * MB, "730 MB"), (1024 * MB, "1 GB"), (1500 * MB, "1.5 GB")]
)
def test_bytes_in_words(count, words):
    assert in_words(count) == words
