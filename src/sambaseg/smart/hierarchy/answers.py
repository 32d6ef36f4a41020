"""From a prompt to three masks. The page does the same in `web/src/smart/hierarchyAnswers.ts`, number for number.

One point: all offered nodes that hold it, of all trees, are candidates; three are taken that together cover the likely
ones (greedy facility location; two nodes around the same point overlap by about the ratio of their areas) and differ. A
box: the candidates are the nodes whose bounding boxes fit it best.

Each further point corrects those of the three masks that it contradicts. A person clicks in the middle of what is
wrong, so that a disc which reaches from the point to the mask's edge is nearly always right, where no node fits the
wrong area (docs/decisions/034). A positive point far outside is another thing: the best node around it is added. No
point undoes an earlier one: its disc ends before it, its node does not hold it.

Everything is float64 arithmetic with +, -, *, /, min and max, in a stated order, so that two languages agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.features.arrays import DoubleArray
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.prompt import Box, Prompt
from sambaseg.smart.suggestion import MASKS, Suggestion

LIKELY_WITHIN = 0.35
"""Candidates that are this much worse than the best one do not count."""
UNLIKE_GAINS = 0.1
"""What a candidate's score adds to its worth where it is unlike those taken; two trees often hold the same region."""
DISC_SHARE = 0.32
"""A disc is added up to a squared radius of this share of the mask's pixels: up to about the mask's own area."""
PART_COSTS = 0.1
"""A part that is added or taken away loses this much of its score when it is as large as the mask."""
UNTOUCHED_LEAVES = 0.5
"""A mask that a further point agrees with is not the one that the person is correcting."""
BLOCKED_LEAVES = 0.1
"""A node that holds another class's labels keeps this share of its score, so that its parts come first."""
BLOCKED_PX, BLOCKED_SHARE = 3.0, 0.002
"""So many labelled pixels of another class, and so large a share of the node, are let pass."""
BOX_CANDIDATES = 60


@dataclass(frozen=True)
class Disc:
    """Pixels less than the root of `squared_px` away from pixel (y, x), added or taken away."""

    adds: bool
    y: int
    x: int
    squared_px: int


@dataclass(frozen=True)
class Part:
    """A node, added or taken away."""

    adds: bool
    node: int


@dataclass(frozen=True)
class Candidate:
    """A node and what was added or taken away after that, in order; its area is an estimate for comparing."""

    node: int
    steps: tuple[Disc | Part, ...]
    score: float
    area: float


class BlockedPixels:
    """How many pixels of each node have labels of another class than the one that is being labelled."""

    def __init__(self, table: HierarchyTable, blocked_n: npt.NDArray[np.integer]) -> None:
        """`blocked_n` counts such pixels of each region."""
        self._sums_tn = np.zeros((table.trees, blocked_n.size + 1), np.float64)
        for sums, positions in zip(self._sums_tn, table.positions_tn, strict=True):
            in_order = np.zeros(blocked_n.size, np.float64)
            in_order[positions] = blocked_n
            sums[1:] = np.cumsum(in_order)
        self._table = table

    def of(self, node: int) -> float:
        """Return the blocked pixels of `node`."""
        sums = self._sums_tn[self._table.node_tree_m[node]]
        return float(sums[self._table.node_high_m[node]] - sums[self._table.node_low_m[node]])


def suggest(table: HierarchyTable, prompt: Prompt, *, blocked: BlockedPixels | None = None) -> Suggestion:
    """Return the three masks of `prompt` over the view. Raises ParameterError for points outside of it."""
    prompt.check_inside(table.shape_yx)
    chosen = answer(table, prompt, blocked=blocked)
    masks = np.stack([mask_of(table, candidate) for candidate in chosen])
    return Suggestion(masks, np.array([candidate.score for candidate in chosen], np.float32))


def answer(table: HierarchyTable, prompt: Prompt, *, blocked: BlockedPixels | None = None) -> list[Candidate]:
    """Return the three candidates of a prompt, small to large; the last one again where there are fewer."""
    finder = _Finder(table, prompt, blocked)
    chosen = choose_three(finder.start())
    for number in range(len(prompt.points)):
        if number != finder.first:
            chosen = finder.heed(number, chosen)
    return chosen + chosen[-1:] * (MASKS - len(chosen))


def choose_three(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return at most three candidates, small to large, that cover the likely ones best."""
    scores: DoubleArray = np.array([candidate.score for candidate in candidates], np.float64)
    areas: DoubleArray = np.array([candidate.area for candidate in candidates], np.float64)
    likely = np.maximum(0.0, 1.0 - (scores.max() - scores) / LIKELY_WITHIN)
    likely = likely * likely
    covered, closest = np.zeros(scores.size, np.float64), np.zeros(scores.size, np.float64)
    chosen: list[int] = []
    for _ in range(min(MASKS, scores.size)):
        best, most = -1, -1.0
        for number in range(scores.size):
            if number in chosen:
                continue
            value = _coverage(number, scores, areas, likely, covered)
            if chosen:
                value += UNLIKE_GAINS * scores[number] * (1.0 - closest[number])
            if value > most:
                best, most = number, value
        chosen.append(best)
        ratio = np.minimum(areas, areas[best]) / np.maximum(areas, areas[best])
        covered, closest = np.maximum(covered, ratio * scores[best]), np.maximum(closest, ratio)
    chosen.sort(key=lambda number: (areas[number], number))
    return [candidates[number] for number in chosen]


def _coverage(number: int, scores: DoubleArray, areas: DoubleArray, likely: DoubleArray, covered: DoubleArray) -> float:
    """Return how well the likely candidates are covered with candidate `number` added; summed one after the other."""
    ratio = np.minimum(areas, areas[number]) / np.maximum(areas, areas[number])
    return float(np.cumsum(likely * np.maximum(covered, ratio * scores[number]))[-1])


def mask_of(table: HierarchyTable, candidate: Candidate) -> npt.NDArray[np.bool_]:
    """Return the pixels of a candidate, bool (h, w)."""
    mask_yx = table.mask(candidate.node)
    for step in candidate.steps:
        mask_yx[_pixels_of(table, step)] = step.adds
    return mask_yx


def _pixels_of(table: HierarchyTable, step: Disc | Part) -> npt.NDArray[np.bool_]:
    if isinstance(step, Part):
        return table.mask(step.node)
    rows_y, columns_x = np.ogrid[: table.shape_yx[0], : table.shape_yx[1]]
    inside_yx: npt.NDArray[np.bool_] = (rows_y - step.y) ** 2 + (columns_x - step.x) ** 2 < step.squared_px
    return inside_yx


def _squared_distance(wanted_yx: npt.NDArray[np.bool_], y: int, x: int) -> int | None:
    """Return the squared distance of pixel (y, x) to the nearest wanted one; None where there is none."""
    reach = 8
    while True:
        top, left = max(y - reach, 0), max(x - reach, 0)
        ys, xs = np.nonzero(wanted_yx[top : y + reach + 1, left : x + reach + 1])
        squared = int(((ys + top - y) ** 2 + (xs + left - x) ** 2).min()) if ys.size else None
        if squared is not None and squared <= reach * reach:
            return squared
        if reach > sum(wanted_yx.shape):
            return None
        reach *= 2


class _Finder:
    """Candidates of one prompt."""

    def __init__(self, table: HierarchyTable, prompt: Prompt, blocked: BlockedPixels | None) -> None:
        self._table = table
        self._blocked = blocked
        self._points = prompt.points
        self._pixels = [self._pixel(point.y, point.x) for point in prompt.points]
        self._regions = [int(table.regions_yx[pixel]) for pixel in self._pixels]
        positive = [number for number, point in enumerate(prompt.points) if point.positive]
        self._box = prompt.box
        self.first = positive[0] if positive and prompt.box is None else -1

    def _pixel(self, y: float, x: float) -> tuple[int, int]:
        height, width = self._table.shape_yx
        return min(int(y), height - 1), min(int(x), width - 1)

    def start(self) -> list[Candidate]:
        """Return the candidates before any correction: nodes that fit the box, else those around a point."""
        areas = self._table.node_area_m
        if self._box is not None:
            return [Candidate(node, (), score, float(areas[node])) for node, score in self.around(self._box)]
        nodes = self.chain(self._regions[max(self.first, 0)])
        return [Candidate(node, (), self.score(node), float(areas[node])) for node in nodes]

    def heed(self, number: int, candidates: list[Candidate]) -> list[Candidate]:
        """Return the candidates, small to large, with those corrected that point `number` contradicts."""
        heeded = [self._corrected(number, candidate) for candidate in candidates]
        return sorted(heeded, key=lambda candidate: candidate.area)

    def _corrected(self, number: int, candidate: Candidate) -> Candidate:
        adds, (y, x) = self._points[number].positive, self._pixels[number]
        mask_yx, score, area = mask_of(self._table, candidate), candidate.score, candidate.area
        if bool(mask_yx[y, x]) == adds:
            return Candidate(candidate.node, candidate.steps, score * UNTOUCHED_LEAVES, area)
        squared = _squared_distance(mask_yx if adds else ~mask_yx, y, x)
        if squared is None or (adds and squared > DISC_SHARE * area):
            part = self._best_part(number, area)
            if part >= 0:
                change = float(self._table.node_area_m[part])
                area = area + change if adds else max(area - change, 1.0)
                return Candidate(candidate.node, (*candidate.steps, Part(adds, part)), score, area)
            squared = 1
        disc = Disc(adds, y, x, min([squared, *self._ways_to_earlier(number)]))
        change = float(_pixels_of(self._table, disc).sum())
        area = area + change if adds else max(area - change, 1.0)
        return Candidate(candidate.node, (*candidate.steps, disc), score, area)

    def _earlier(self, number: int) -> list[int]:
        """Return the points of the other kind that were heeded before point `number`."""
        before = [other for other in range(len(self._points)) if other < number or other == self.first]
        return [other for other in before if self._points[other].positive != self._points[number].positive]

    def _ways_to_earlier(self, number: int) -> list[int]:
        """Return the squared distances to those points, at least 1: no dab undoes another point."""
        y, x = self._pixels[number]
        others = [self._pixels[other] for other in self._earlier(number)]
        return [max((other_y - y) ** 2 + (other_x - x) ** 2, 1) for other_y, other_x in others]

    def _best_part(self, number: int, area: float) -> int:
        """Return the best node around a point that holds no earlier point of the other kind; -1 where there is none."""
        others = [self._regions[other] for other in self._earlier(number)]
        best, most = -1, -np.inf
        for node in self.chain(self._regions[number]):
            value = self.score(node) - PART_COSTS * float(self._table.node_area_m[node]) / area
            if value > most and not any(self.holds(node, other) for other in others):
                best, most = node, value
        return best

    def chain(self, region: int) -> list[int]:
        """Return the offered nodes that hold `region`: tree by tree, small to large."""
        nodes: list[int] = []
        for first in self._table.first_node_tn[:, region]:
            node = int(first)
            while node >= 0:
                nodes.append(node)
                node = int(self._table.node_parent_m[node])
        return nodes

    def holds(self, node: int, region: int) -> bool:
        """Return whether `region` belongs to `node`."""
        table = self._table
        position = table.positions_tn[table.node_tree_m[node], region]
        return bool(table.node_low_m[node] <= position < table.node_high_m[node])

    def score(self, node: int) -> float:
        """Return the node's score, lowered where it holds labels of another class."""
        score = float(self._table.node_score_m[node])
        if self._blocked is None:
            return score
        pixels, area = self._blocked.of(node), float(self._table.node_area_m[node])
        is_blocked = pixels > BLOCKED_PX and pixels > BLOCKED_SHARE * area
        return score * BLOCKED_LEAVES * (1.0 - pixels / area) if is_blocked else score

    def around(self, box: Box) -> list[tuple[int, float]]:
        """Return the nodes whose bounding boxes overlap `box` best, with their scores times that overlap."""
        boxes = self._table.node_box_m4.astype(np.float64)
        height = np.minimum(boxes[:, 2], box.bottom) - np.maximum(boxes[:, 0], box.top)
        width = np.minimum(boxes[:, 3], box.right) - np.maximum(boxes[:, 1], box.left)
        shared = np.maximum(height, 0.0) * np.maximum(width, 0.0)
        own = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        drawn = (box.bottom - box.top) * (box.right - box.left)
        overlap = shared / (own + drawn - shared)
        value = overlap * (0.5 + 0.5 * self._table.node_score_m.astype(np.float64))
        best = np.argsort(-value, kind="stable")[:BOX_CANDIDATES]
        return [(int(node), float(overlap[node]) * (0.5 + 0.5 * self.score(int(node)))) for node in best]
