"""Fitting the ranker: two tiny data sets from pictures to weights, what is never fitted to, and tables by hand."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("sklearn", reason="scikit-learn is not installed; it is needed for fitting rankers only")

from sambaseg.smart.hierarchy import ranking
from sambaseg.smart.hierarchy.measures import LEARNED_MEASURES, MEASURES
from sambaseg.smart.hierarchy.trees import COMPARED_TREES, LEARNED_TREES
from training import ranking as fitting

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PERSON = '''
"""Clicks on the middle of each disc, and strokes that are small squares."""

from types import SimpleNamespace

import numpy as np
from scipy import ndimage as ndi


def clicks_on_objects(mask_yx, instances_yx, *, most=30):
    ids = instances_yx if instances_yx is not None else ndi.label(mask_yx == 1)[0]
    found = []
    for number in range(1, min(int(ids.max()), most) + 1):
        y, x = (int(value) for value in ndi.center_of_mass(ids == number))
        found.append((SimpleNamespace(middle_yx=(y, x), inside_yx=(y + 1, x + 1)), ids == number))
    return found


def draw_strokes(mask_yx, *, strokes_per_class, name, seed=0):
    rng = np.random.default_rng(len(name) + seed)
    labels = np.zeros(mask_yx.shape, np.uint8)
    for class_index in (0, 1):
        places = np.argwhere(ndi.binary_erosion(mask_yx == class_index, iterations=2))
        for y, x in rng.permutation(places)[: 3 * strokes_per_class]:
            labels[y - 1 : y + 2, x - 1 : x + 2] = class_index + 1
    return labels
'''


def write_set(folder, *, images, spacing, value, instances=False):
    """Write images of discs, one class and where asked one instance a disc."""
    for name in ("images", "masks", *(["instances"] if instances else [])):
        (folder / name).mkdir(parents=True)
    y, x = np.indices((72, 96))
    for number in range(images):
        discs = (y % spacing - spacing // 2) ** 2 + (x % spacing - spacing // 2) ** 2 <= (spacing // 3) ** 2
        noise = np.random.default_rng(number).normal(0, 5, discs.shape)
        grey = np.clip(np.where(discs, value, 90) + noise, 0, 255).astype(np.uint8)
        ids = np.where(discs, 1 + y // spacing * 8 + x // spacing, 0)
        ids = np.searchsorted(np.unique(ids), ids).astype(np.uint8)
        Image.fromarray(grey).save(folder / "images" / f"{number}.png")
        Image.fromarray(discs.astype(np.uint8)).save(folder / "masks" / f"{number}.png")
        if instances:
            Image.fromarray(ids).save(folder / "instances" / f"{number}.png")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Write three small sets, one of unverified licence, and one that is not judged."""
    folder = tmp_path_factory.mktemp("data")
    write_set(folder / "coarse", images=3, spacing=24, value=170)
    write_set(folder / "fine", images=1, spacing=18, value=30, instances=True)
    write_set(folder / "stacks3d", images=1, spacing=24, value=170)
    write_set(folder / "uhcs", images=1, spacing=24, value=20)
    return folder


@pytest.fixture
def person(tmp_path, monkeypatch):
    """Write a simulated person and return its module."""
    (tmp_path / "simulated_person.py").write_text(PERSON)
    monkeypatch.delitem(sys.modules, "simulated_person", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    import simulated_person

    yield simulated_person
    sys.modules.pop("simulated_person", None)


@pytest.fixture
def small(monkeypatch):
    """Fit to few examples of one stroke."""
    monkeypatch.setattr(fitting, "EXAMPLES", 10_000)
    monkeypatch.setattr(fitting, "CORRECTION_EXAMPLES", 10_000)
    monkeypatch.setattr(fitting, "STROKES", (1,))
    monkeypatch.setattr(fitting, "SEEDS", (0,))


@pytest.fixture
def command(data_dir, person, small, tmp_path, monkeypatch):
    """Run `python -m training.ranking` in this process, with the package's weights out of reach."""
    del person, small
    monkeypatch.setattr(ranking, "__file__", str(tmp_path / "ranking.py"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ranking", str(data_dir), "--person", str(tmp_path), *arguments])
        fitting.main()
        return tmp_path / "ranking.json"

    return run


def test_weights_are_fitted_saved_and_judged(command, capsys):
    path = command("--save", "--judge", "set")
    content = json.loads(path.read_text())
    base, correction = (ranking._network(content[name]) for name in ("base", "correction"))
    assert base.hidden_fh.shape == (len(MEASURES) + 4, fitting.BASE_HIDDEN)
    inputs = 1 + len(MEASURES) + len(LEARNED_MEASURES) + len(COMPARED_TREES) + len(LEARNED_TREES)
    assert correction.hidden_fh.shape == (inputs, fitting.CORRECTION_HIDDEN)
    printed = capsys.readouterr().out
    tables = printed.split("set left out")[1:]
    assert len(tables) == 2, "before learning and after one stroke"
    for table in tables:
        rows = {line.split()[0]: [float(number) for number in line.split()[-4:]] for line in table.splitlines()[1:5]}
        assert {"coarse", "fine", "uhcs", "mean"} == set(rows)
        for best_node, best_of_three, first, share in rows.values():
            assert 1 >= best_node >= best_of_three >= first >= 0
            assert 0 <= share <= 1
        assert rows["coarse"][0] > 0.9
        assert rows["uhcs"][1] > 0.8, "its discs are like those of the other sets, which were fitted to"


def test_images_can_be_left_out_instead_of_fewer_than_four_too(command, capsys):
    command("--judge", "image")
    assert capsys.readouterr().out.count("image left out") == 2


def test_cases_are_the_images_with_objects(data_dir, person):
    names, cases = fitting.read_cases(data_dir, person)
    assert names == ["coarse", "fine", "uhcs"]
    assert [(case.data_set, case.image, case.name) for case in cases] == [
        (0, 0, "coarse/0"),
        (0, 1, "coarse/1"),
        (0, 2, "coarse/2"),
        (1, 0, "fine/0"),
        (2, 0, "uhcs/0"),
    ]
    for case in cases:
        assert len(case.objects) >= 12
        for points, truth_yx in case.objects:
            assert len(points) == 4
            assert all(truth_yx[point] for point in points)


def test_examples_are_the_nodes_around_each_click(data_dir, person):
    _, cases = fitting.read_cases(data_dir, person)
    with ThreadPoolExecutor(1) as threads:
        examples = fitting.collect(cases[:1], lambda _: None, threads)
    objects = cases[0].objects
    assert examples.click_set.size == 4 * len(objects)
    assert examples.click_judged.sum() == 2 * len(objects)
    assert examples.measures.shape == (examples.tree.size, len(MEASURES))
    assert set(examples.tree) == {0, 1, 2, 3}
    assert ((examples.quality >= 0) & (examples.quality <= 1)).all()
    sizes = [truth_yx.sum() for _, truth_yx in objects for _ in range(4)]
    possible = np.minimum(examples.area, np.array(sizes)[examples.click]) / np.maximum(
        examples.area, np.array(sizes)[examples.click]
    )
    assert (examples.quality <= possible + 1e-9).all(), "no overlap is larger than the areas allow"
    for middle in range(0, examples.click_set.size, 4):
        assert examples.quality[examples.click == middle].max() > 0.9


def test_what_was_learned_is_learned_from_nodes_that_could_be_offered(data_dir, person):
    _, cases = fitting.read_cases(data_dir, person)
    case = cases[0]
    with ThreadPoolExecutor(1) as threads:
        knowledge = fitting.knowledge_after(case, 3, 0, person)
        examples = fitting.collect([case], lambda _: knowledge, threads)
    learned = len(LEARNED_MEASURES) + len(COMPARED_TREES)
    assert examples.measures.shape == (examples.tree.size, len(MEASURES) + learned)
    assert set(examples.tree) == set(range(len(LEARNED_TREES)))
    for click in range(0, examples.click_set.size, 4):
        for tree in range(len(LEARNED_TREES)):
            areas = examples.area[(examples.click == click) & (examples.tree == tree)]
            assert (np.diff(areas) > 0).all()
    agreement = examples.measures[:, -len(COMPARED_TREES) :]
    assert ((agreement > 0) & (agreement <= 1)).all()
    own = [agreement[examples.tree == tree, place] for place, tree in enumerate(COMPARED_TREES)]
    assert all((shares == 1).all() for shares in own)


def test_sets_of_unverified_licence_teach_nothing(command, monkeypatch):
    fitted = []
    monkeypatch.setattr(fitting, "fit_base", lambda part, use: fitted.append((part, use)) or fit_base(part, use))
    command("--save", "--judge", "set")
    assert len(fitted) == 4, "once to save, and once for each set that is left out"
    for part, use in fitted:
        assert use.any()
        assert 2 not in part.click_set[part.click[use]]


fit_base = fitting.fit_base


def hand_made():
    """Return examples of two clicks in two sets: three nodes around the first, one around the second."""
    return fitting.Examples(
        measures=np.zeros((4, len(MEASURES)), np.float32),
        tree=np.array([0, 0, 1, 1]),
        quality=np.array([0.2, 0.8, 0.5, 0.4]),
        area=np.array([10.0, 40.0, 90.0, 50.0]),
        click=np.array([0, 0, 0, 1]),
        click_set=np.array([0, 1]),
        click_image=np.array([0, 0]),
        click_judged=np.array([True, True]),
    )


def test_judging_by_hand():
    rows = fitting.judge(hand_made(), np.array([0.9, 0.7, 0.8, 0.3]), ["one", "two"])
    assert rows.tolist() == [[0.8, 0.8, 0.2, 1], [0.4, 0.4, 0.4, 0]]


def test_sets_count_alike_and_so_do_the_clicks_of_a_set():
    np.testing.assert_allclose(fitting.weights_of(hand_made(), np.ones(4, bool)), [1 / 3, 1 / 3, 1 / 3, 1])
    two_clicks = replace(hand_made(), click=np.array([0, 0, 0, 1]), click_set=np.array([0, 0]))
    np.testing.assert_allclose(fitting.weights_of(two_clicks, np.ones(4, bool)), [1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_rows_keep_their_order_when_trees_are_taken_one_by_one():
    part = replace(hand_made(), tree=np.array([1, 0, 1, 0]))
    part.measures[:, 0] = [10, 20, 30, 40]
    use = np.array([True, True, False, True])
    found = fitting._by_tree(part, use, lambda measures, tree, rows: measures[:, 0] + tree + rows / 10)
    np.testing.assert_allclose(found, [11, 20.1, 40.2], rtol=1e-6)


def test_a_network_learns_a_line():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3000, 2)).astype(np.float32)
    target = 0.5 + 0.2 * inputs[:, 0]
    network = fitting.fit_network([inputs], [target], [np.ones(3000)], hidden=8, decay=1e-4, examples=40_000, passes=14)
    assert np.corrcoef(network(inputs), target)[0, 1] > 0.97
