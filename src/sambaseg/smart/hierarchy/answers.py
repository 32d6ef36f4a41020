"""From a prompt to three masks. The page does the same in `web/src/smart/hierarchyAnswers.ts`, number for number.

One point: all offered nodes that hold it, of all trees, are candidates; three are taken that together cover the likely
ones (greedy facility location; two nodes around the same point overlap by about the ratio of their areas). More
points correct each candidate of the first positive one: a positive point outside adds the best node around it that
holds no negative point; a negative point inside takes away the best node around it that holds no positive point.
A box: candidates are the nodes whose bounding boxes fit it best.

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
CORRECTION_COSTS = 0.9
"""Each added or removed part leaves this share of a candidate's score."""
BLOCKED_LEAVES = 0.1
"""A node that holds another class's labels keeps this share of its score, so that its parts come first."""
BLOCKED_PX, BLOCKED_SHARE = 3.0, 0.002
"""So many labelled pixels of another class, and so large a share of the node, are let pass."""
BOX_CANDIDATES = 60


@dataclass(frozen=True)
class Candidate:
    """A node, the nodes added to it and those taken away after that; its area is an estimate for comparing."""

    node: int
    added: tuple[int, ...]
    removed: tuple[int, ...]
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
    chosen = choose_three(find_candidates(table, prompt, blocked=blocked))
    while len(chosen) < MASKS:
        chosen.append(chosen[-1])
    masks = np.stack([mask_of(table, candidate) for candidate in chosen])
    return Suggestion(masks, np.array([candidate.score for candidate in chosen], np.float32))


def find_candidates(table: HierarchyTable, prompt: Prompt, *, blocked: BlockedPixels | None = None) -> list[Candidate]:
    """Return all candidates of a prompt, at least one."""
    finder = _Finder(table, prompt, blocked)
    if prompt.box is not None:
        return finder.correct(finder.around(prompt.box))
    if finder.positive:
        return finder.correct([(node, finder.score(node)) for node in finder.chain(finder.positive[0])])
    return finder.correct([(node, finder.score(node)) for node in finder.chain(finder.negative[0])])


def choose_three(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return at most three candidates, small to large, that cover the likely ones best."""
    scores: DoubleArray = np.array([candidate.score for candidate in candidates], np.float64)
    areas: DoubleArray = np.array([candidate.area for candidate in candidates], np.float64)
    likely = np.maximum(0.0, 1.0 - (scores.max() - scores) / LIKELY_WITHIN)
    likely = likely * likely
    covered = np.zeros(scores.size, np.float64)
    chosen: list[int] = []
    for _ in range(min(MASKS, scores.size)):
        best, most = -1, -1.0
        for number in range(scores.size):
            if number in chosen:
                continue
            value = _coverage(number, scores, areas, likely, covered)
            if value > most:
                best, most = number, value
        chosen.append(best)
        ratio = np.minimum(areas, areas[best]) / np.maximum(areas, areas[best])
        covered = np.maximum(covered, ratio * scores[best])
    chosen.sort(key=lambda number: (areas[number], number))
    return [candidates[number] for number in chosen]


def _coverage(number: int, scores: DoubleArray, areas: DoubleArray, likely: DoubleArray, covered: DoubleArray) -> float:
    """Return how well the likely candidates are covered with candidate `number` added; summed one after the other."""
    ratio = np.minimum(areas, areas[number]) / np.maximum(areas, areas[number])
    return float(np.cumsum(likely * np.maximum(covered, ratio * scores[number]))[-1])


def mask_of(table: HierarchyTable, candidate: Candidate) -> npt.NDArray[np.bool_]:
    """Return the pixels of a candidate, bool (h, w)."""
    mask_yx = table.mask(candidate.node)
    for node in candidate.added:
        mask_yx |= table.mask(node)
    for node in candidate.removed:
        mask_yx &= ~table.mask(node)
    return mask_yx


class _Finder:
    """Candidates of one prompt."""

    def __init__(self, table: HierarchyTable, prompt: Prompt, blocked: BlockedPixels | None) -> None:
        self._table = table
        self._blocked = blocked
        self.positive = [self._region(point.y, point.x) for point in prompt.points if point.positive]
        self.negative = [self._region(point.y, point.x) for point in prompt.points if not point.positive]

    def _region(self, y: float, x: float) -> int:
        height, width = self._table.shape_yx
        return int(self._table.regions_yx[min(int(y), height - 1), min(int(x), width - 1)])

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

    def correct(self, nodes: list[tuple[int, float]]) -> list[Candidate]:
        """Return the candidates that `nodes` become when every point is heeded."""
        additions = {region: self._best(region, without=self.negative) for region in self.positive}
        removals = {region: self._best(region, without=self.positive) for region in self.negative}
        return [self._corrected(node, score, additions, removals) for node, score in nodes]

    def _best(self, region: int, *, without: list[int]) -> int:
        """Return the best node that holds `region` and none of the regions `without`; -1 where there is none."""
        best, most = -1, -1.0
        for node in self.chain(region):
            if self.score(node) > most and not any(self.holds(node, other) for other in without):
                best, most = node, self.score(node)
        return best

    def _corrected(self, node: int, score: float, additions: dict[int, int], removals: dict[int, int]) -> Candidate:
        areas = self._table.node_area_m
        added, removed, area = list[int](), list[int](), float(areas[node])
        for region, other in additions.items():
            if other >= 0 and not any(self.holds(part, region) for part in (node, *added)):
                added.append(other)
                area += float(areas[other])
                score *= CORRECTION_COSTS
        for region, other in removals.items():
            is_inside = any(self.holds(part, region) for part in (node, *added))
            if other >= 0 and is_inside and not any(self.holds(part, region) for part in removed):
                removed.append(other)
                area = max(area - float(areas[other]), 1.0)
                score *= CORRECTION_COSTS
        return Candidate(node, tuple(added), tuple(removed), score, area)
