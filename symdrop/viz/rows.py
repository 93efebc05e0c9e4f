"""Everything that can be said of a node by looking at it.

Read next: record.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import SourceLine
from ..graph import Node
from ..inspect.brief import brief
from ..inspect.text import to_text
from ..op import INPUT, bodies
from ..op.base import Op
from .atlas import Atlas
from .draws import Draws
from .groups import Groups, lines_of, where
from .kernels import Kernels
from .labels import draw_label
from .measure import Measures
from .parts import mark

# Characters of a node's label in the picture, and of its formula beside it.
_LABEL, _FORMULA = 24, 100
# Lines of a loop.
_BODY = 40
# What leaves without a name are called, with a number: states, and what a body is given.
_GIVEN = {"shared": "state", "input": "given"}
# Lines of a node, and characters of each.
_LINES, _LINE = 3, 120


def node_rows(atlas: Atlas, groups: Groups, kernels: Kernels, measures: Measures, draws: Draws) -> list[dict[str, Any]]:
    """The rows of all drawn nodes, in the order of their numbers.

    Args:
        atlas: the graphs.
        groups: gives every node its groups.
        kernels: the steps of their programs.
        measures: the values for a call.
        draws: the draws.
    """
    number = atlas.number
    origins, created = _relations(atlas)
    names = names_in(atlas)
    rows = []
    for node in number:
        places = kernels.of.get(node, [])
        before = atlas.before.get(node)
        gradients = [found.get(node) for found in measures.gradients]
        rule = node.op.pull_rule if isinstance(node.op, Op) and not node.is_leaf else None
        rows.append({
            "op": node.op.name,
            "kind": node.op.kind,
            "label": names.get(node) or _label(node, names),
            "formula": _formula(node, names),
            "name": node.name,
            "type": str(node.type),
            "shape": _shape(node),
            "part": groups.part[node],
            "mark": mark(node),
            "inputs": [number[source] for source in node.inputs],
            "lines": _lines(lines_of(node)),
            "groups": groups.of(node),
            "pullback": rule.__name__ if rule else None,
            "origin": {"rule": node.origin.rule, "node": origins.get(node)} if node.origin else None,
            "created": created.get(node, []),
            "before": None if before is None else number[before],
            "kernels": [list(place) for place in places],
            "bodies": [{"title": name, "graph": atlas.bodies[body]} for name, body in bodies(node).items()],
            "value": measures.of.get(node),
            "gradient": next((number for number in gradients if number is not None), None),
            "draw": draws.of.get(node),
            # For a node of both functions, one for each of them.
            **({"gradients": gradients} if len({*gradients, None}) > 2 else {}),
        })  # fmt: skip
    return rows


def _label(node: Node, names: dict[Node, str]) -> str:
    return draw_label(node, names) if node.op.kind == "draw" else brief(node, names, depth=1, width=_LABEL)


def _formula(node: Node, names: dict[Node, str]) -> str:
    """One line; of a loop or a branch also what stands in its bodies, in terms of what it is given."""
    if node.is_leaf and node in names:
        return names[node]
    if not bodies(node):
        return brief(node, names, depth=3, width=_FORMULA)
    texts = [(source.type, brief(source, names)) for source in node.inputs]
    given = tuple(Node(INPUT, (), kind, None, f"({text})" if " " in text else text, ()) for kind, text in texts)
    # The last line is the name that the first one gives to it.
    lines = to_text(Node(node.op, given, node.type, node.params, None, ())).splitlines()[:-1]
    more = [f"... and {len(lines) - _BODY} more lines"] * (len(lines) > _BODY)
    return "\n".join([*lines[:_BODY], *more])


def names_in(atlas: Atlas) -> dict[Node, str]:
    """The names of nodes: the user's, or, of what is given to a function or a body, a number."""
    names = {leaf: leaf.name or f"input {i}" for i, leaf in enumerate(atlas.last(0).graph.inputs)}
    count = Counter[str]()
    for node in atlas.number:
        what = _GIVEN.get(node.op.name)
        if node.name and node.origin is None:
            names[node] = node.name
        elif what and node not in names:
            names[node] = f"{what} {count[what]}"
            count[what] += 1
    return names


def _shape(node: Node) -> str:
    sizes = ["?" if size is None else str(size) for size in node.type.shape] if node.items is None else ["..."]
    return f"({sizes[0]},)" if len(sizes) == 1 and node.items is None else f"({', '.join(sizes)})"


def _lines(lines: Sequence[SourceLine]) -> list[dict[str, str]]:
    return [{"where": where(line), "text": line.text[:_LINE], "function": line.function} for line in lines[:_LINES]]


def _relations(atlas: Atlas) -> tuple[dict[Node, int], dict[Node, list[int]]]:
    """For a gradient's nodes the node each was made for, and for that node those that were made, graph by graph."""
    origins: dict[Node, int] = {}
    created: dict[Node, dict[int, None]] = {}
    for drawn in atlas.graphs:
        stands_for: dict[Node, Node] = {}
        for node in drawn.nodes:
            earlier: Node | None = node
            while earlier is not None:
                stands_for.setdefault(earlier, node)
                earlier = atlas.before.get(earlier)
        for node in drawn.nodes:
            if node.origin is None:
                continue
            maker = stands_for.get(node.origin.node, node.origin.node)
            if maker in atlas.number:
                origins.setdefault(node, atlas.number[maker])
                created.setdefault(maker, {})[atlas.number[node]] = None
    return origins, {node: list(numbers) for node, numbers in created.items()}
