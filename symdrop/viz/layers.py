"""A layered layout: boxes in rows, arrows down, few of them crossing.

In four steps, which are Sugiyama's: a layer for every box; an order within the layers, in
which an arrow over several layers takes a place in each; positions, which are the nearest to
the neighbours' that leave the boxes apart; and routes, which bend only between layers, so that
no line runs through a box. Arrows from one box share their way as far as they have it in common.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures", 1981; the layers as a flow: Gansner, Koutsofios, North and Vo, "A technique for
drawing directed graphs", 1993.

Read next: scene.py
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

# Between boxes side by side, beside lines, and between layers.
GAP, LINE_GAP, LAYER_GAP = 18.0, 12.0, 40.0

# The least room of a head, and how far above the box it points straight down.
ROOM, STRAIGHT = 14.0, 14.0

# An odd number, so that the last one goes down.
_SWEEPS = 25

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Edge:
    """From one item to another; ``room`` is the width at its head, for what is written to the right of it."""

    source: int
    target: int
    room: float = ROOM


@dataclass(slots=True)
class Layout:
    """The places of everything in a picture.

    Attributes:
        width, height: of the whole.
        centres: of the items.
        routes: for every edge its corners: straight down between the first two, a bend between the next two, and so on.
    """

    width: float
    height: float
    centres: list[Point]
    routes: list[list[Point]]


@dataclass(slots=True)
class _Place:
    """An item, or an edge on its way through, with a place in a layer."""

    item: int
    real: bool
    width: float
    height: float
    layer: int
    above: list[_Place]
    below: list[_Place]
    rank: int = 0
    x: float = 0.0


def layered(sizes: Sequence[Point], edges: Sequence[Edge]) -> Layout:
    """Lay out an acyclic graph.

    Args:
        sizes: width and height of every item.
        edges: at most one from one item to another.

    Returns:
        The layout; the same for the same arguments.

    Example:
        >>> layered([(10, 10), (10, 10)], [Edge(0, 1)]).centres
        [(5.0, 5.0), (5.0, 55.0)]
    """
    if not sizes:
        return Layout(0.0, 0.0, [], [])
    layer_of = _layers(len(sizes), edges)
    items, ways, layers = _places(sizes, edges, layer_of)
    _order(layers)
    _position(layers)
    left = min(place.x - place.width / 2 for layer in layers for place in layer)
    for layer in layers:
        for place in layer:
            place.x -= left
    tops, bottoms = _heights(layers)
    ports = _ports(items, ways, edges)
    centres = [(place.x, (tops[place.layer] + bottoms[place.layer]) / 2) for place in items]
    routes = []
    for number, edge in enumerate(edges):
        source, target, port = items[edge.source], items[edge.target], ports[number]
        route = [(source.x, centres[edge.source][1] + source.height / 2), (source.x, bottoms[source.layer])]
        for place in ways[number]:
            route += [(place.x, tops[place.layer]), (place.x, bottoms[place.layer])]
        route += [(port, tops[target.layer] - STRAIGHT), (port, centres[edge.target][1] - target.height / 2)]
        routes.append(route)
    width = max(place.x + place.width / 2 for layer in layers for place in layer)
    return Layout(width, bottoms[-1], centres, routes)


def _layers(count: int, edges: Sequence[Edge]) -> list[int]:
    """A layer for every item, such that the edges are as short as can be in sum.

    That is a linear program, whose dual is a flow through the graph. The layers that are best are those in which every
    edge with flow is as short as possible; among them the highest are taken, so the answer is one.
    """
    import networkx

    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(((edge.source, edge.target) for edge in edges), weight=-1)
    for item in graph:
        graph.nodes[item]["demand"] = graph.in_degree(item) - graph.out_degree(item)
    _, flow = networkx.network_simplex(graph)
    layer = [0] * count
    order = list(networkx.topological_sort(graph))
    moved = True
    while moved:
        moved = False
        for item in order:
            for user, amount in flow[item].items():
                if layer[user] <= layer[item]:
                    layer[user], moved = layer[item] + 1, True
                elif amount and layer[user] > layer[item] + 1:
                    layer[item], moved = layer[user] - 1, True
    return layer


def _places(
    sizes: Sequence[Point], edges: Sequence[Edge], layer_of: Sequence[int]
) -> tuple[list[_Place], list[list[_Place]], list[list[_Place]]]:
    """The places of the items, those that every edge passes through, and all of them by layer."""
    items = [_Place(i, True, w, h, layer_of[i], [], []) for i, (w, h) in enumerate(sizes)]
    layers: list[list[_Place]] = [[] for _ in range(max(layer_of) + 1)]
    for place in items:
        layers[place.layer].append(place)
    trunks: dict[tuple[int, int], _Place] = {}
    ways = []
    for edge in edges:
        last = items[edge.source]
        way: list[_Place] = []
        for number in range(last.layer + 1, layer_of[edge.target]):
            if (edge.source, number) not in trunks:
                place = trunks[edge.source, number] = _Place(edge.source, False, 0.0, 0.0, number, [last], [])
                last.below.append(place)
                layers[number].append(place)
            last = trunks[edge.source, number]
            way.append(last)
        target = items[edge.target]
        last.below.append(target)
        target.above.append(last)
        ways.append(way)
    return items, ways, layers


def _order(layers: list[list[_Place]]) -> None:
    """Sort every layer by its neighbours' middle, down and up again, and keep the order with the fewest crossings."""
    for layer in layers:
        # Items came in topological order, and an edge starts out beside the item that it leaves.
        layer.sort(key=lambda place: (place.item, place.real))
    best: list[list[_Place]] = []
    fewest = -1
    for sweep in range(_SWEEPS):
        for layer in layers:
            _number(layer)
        crossings = sum(map(_crossings, layers))
        if fewest < 0 or crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            middles = {id(place): _middle(place, place.above if down else place.below) for place in layer}
            layer.sort(key=lambda place: middles[id(place)])
            _number(layer)
    layers[:] = best
    for layer in layers:
        _number(layer)


def _number(layer: Sequence[_Place]) -> None:
    for rank, place in enumerate(layer):
        place.rank = rank


def _middle(place: _Place, near: Sequence[_Place]) -> float:
    """The mean rank of a place's neighbours in one layer; its own if it has none."""
    return sum(neighbour.rank for neighbour in near) / len(near) if near else float(place.rank)


def _crossings(layer: Sequence[_Place]) -> int:
    """How many lines from a layer to the next one cross each other."""
    passed: list[int] = []
    crossings = 0
    for place in layer:
        ends = sorted(below.rank for below in place.below)
        crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
        for end in ends:
            insort(passed, end)
    return crossings


def _position(layers: Sequence[Sequence[_Place]]) -> None:
    """Move every place towards its neighbours, above and below by turns, keeping order and distance."""
    for layer in layers:
        _settle(layer, [0.0] * len(layer), [1.0] * len(layer))
    for sweep in range(_SWEEPS):
        # In the end lines are straight from above, while boxes stand between all their neighbours.
        down, last = sweep % 2 == 0, sweep >= _SWEEPS - 3
        for layer in layers if down else reversed(layers):
            wanted, weights = [], []
            for place in layer:
                near = place.above if down else place.below
                if not near or (last and place.real):
                    near = [*place.above, *place.below]
                pulls = [_pull(place, other) for other in near]
                total = sum(pulls)
                wanted.append(sum(p * n.x for p, n in zip(pulls, near, strict=True)) / total if near else place.x)
                weights.append(total or 1.0)
            _settle(layer, wanted, weights)


def _pull(place: _Place, other: _Place) -> float:
    """How much a line should be straight: long ones most."""
    return 1.0 if place.real and other.real else 3.0 if place.real or other.real else 8.0


def _distance(a: _Place, b: _Place) -> float:
    return (a.width + b.width) / 2 + (GAP if a.real and b.real else LINE_GAP)


def _settle(layer: Sequence[_Place], wanted: Sequence[float], weights: Sequence[float]) -> None:
    """Positions nearest to those wanted, in least squares, that keep order and distance: isotonic regression."""
    shift = 0.0
    shifts: list[float] = []
    # Of places that move as one: the sum of their wishes, that of their weights, and how many they are.
    blocks: list[tuple[float, float, int]] = []
    for i, place in enumerate(layer):
        shift += _distance(layer[i - 1], place) if i else 0.0
        shifts.append(shift)
        total, weight, count = weights[i] * (wanted[i] - shift), weights[i], 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / weight:
            before = blocks.pop()
            total, weight, count = total + before[0], weight + before[1], count + before[2]
        blocks.append((total, weight, count))
    i = 0
    for total, weight, count in blocks:
        for _ in range(count):
            layer[i].x = total / weight + shifts[i]
            i += 1


def _heights(layers: Sequence[Sequence[_Place]]) -> tuple[list[float], list[float]]:
    """The bounds of every layer; lines that go far to the side get more room to bend."""
    tops, bottoms, y = [], [], 0.0
    for layer in layers:
        tops.append(y)
        y += max(place.height for place in layer)
        bottoms.append(y)
        far = max((abs(place.x - below.x) for place in layer for below in place.below), default=0.0)
        y += LAYER_GAP + min(60.0, far / 14)
    return tops, bottoms


def _ports(items: Sequence[_Place], ways: Sequence[Sequence[_Place]], edges: Sequence[Edge]) -> list[float]:
    """The ends of edges on a target's upper side: side by side, in the order in which they come."""
    arriving: dict[int, list[int]] = {}
    for number, edge in enumerate(edges):
        arriving.setdefault(edge.target, []).append(number)
    ports = [0.0] * len(edges)
    for target, numbers in arriving.items():
        numbers.sort(key=lambda number: (ways[number] or [items[edges[number].source]])[-1].x)
        rooms = [edges[number].room for number in numbers]
        narrow = min(1.0, 0.9 * items[target].width / sum(rooms))
        x = items[target].x - narrow * sum(rooms) / 2
        for number, room in zip(numbers, rooms, strict=True):
            ports[number] = x + narrow * ROOM / 2
            x += narrow * room
    return ports
