"""Layouts of graphs: boxes inside their frames and apart, layers, and few crossings."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from symdrop.viz.boxes import picture
from symdrop.viz.layers import Edge, layered
from symdrop.viz.picture import graph_of
from symdrop.viz.scene import Outline, scene
from tests.viz.pictures import loop, loops_in_branches, step


def corners(outline):
    points = [point for _, some in outline.path for point in some]
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("make", [step, loop, loops_in_branches])
def test_boxes_stand_inside_their_frames_and_apart(make):
    """In the whole picture, frames included, two outlines are one inside of the other, or apart."""
    made = scene(picture(graph_of(make())))
    filled = [
        thing for thing in made.things if isinstance(thing, Outline) and thing.stroke != "none" and thing.fill != "none"
    ]
    places = [corners(outline) for outline in filled]
    for (a, b, c, d), (e, f, g, h) in combinations(places, 2):
        apart = c <= e or g <= a or d <= f or h <= b
        assert apart or (a <= e and b <= f and g <= c and h <= d) or (e <= a and f <= b and c <= g and d <= h)
    assert all(0 <= a and 0 <= b and c <= made.width and d <= made.height for a, b, c, d in places)


def random_graph(seed):
    """Sizes of boxes, and edges that lead from lower to higher numbers."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    sizes = [tuple(map(float, rng.integers(10, 80, 2))) for _ in range(count)]
    pairs = {tuple(sorted(map(int, rng.integers(0, count, 2)))) for _ in range(int(rng.integers(0, 40)))}
    return sizes, [Edge(a, b, float(rng.integers(10, 40))) for a, b in sorted(pairs) if a != b]


@pytest.mark.parametrize("seed", range(30))
def test_layout(seed):
    """Boxes apart, every arrow down, and no line through a box."""
    sizes, edges = random_graph(seed)
    laid = layered(sizes, edges)
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(laid.centres, sizes, strict=True)]
    tiny = 1e-6
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c < e + tiny or g < a + tiny or d < f + tiny or h < b + tiny
    assert all(a > -tiny and b > -tiny and c < laid.width + tiny and d < laid.height + tiny for a, b, c, d in boxes)
    for edge, route in zip(edges, laid.routes, strict=True):
        assert all(a[1] <= b[1] + tiny for a, b in pairwise(route))
        (left, _, right, bottom), (low, top, high, _) = boxes[edge.source], boxes[edge.target]
        assert left <= route[0][0] <= right and route[0][1] == pytest.approx(bottom)
        assert low <= route[-1][0] <= high and route[-1][1] == pytest.approx(top)
        for here, there in pairwise(route):
            across = sorted((here[0], there[0]))
            for a, b, c, d in boxes:
                beside = across[1] <= a + tiny or across[0] >= c - tiny
                assert beside or there[1] <= b + tiny or here[1] >= d - tiny


@pytest.mark.parametrize("seed", range(10))
def test_layers_are_the_best(seed):
    """The edges span as few layers as a solver of linear programs finds possible."""
    sizes, edges = random_graph(seed)
    laid = layered(sizes, edges)
    # A route has two points at the box that it leaves, two more for every layer, and two at the box where it ends.
    spans = sum((len(route) - 2) // 2 for route in laid.routes)
    if not edges:
        return
    differences = np.zeros((len(edges), len(sizes)))
    for row, edge in zip(differences, edges, strict=True):
        row[edge.source], row[edge.target] = 1, -1
    best = linprog(-differences.sum(axis=0), A_ub=differences, b_ub=-np.ones(len(edges)))
    assert spans == pytest.approx(best.fun)
