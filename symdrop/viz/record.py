"""A compiled function as plain data: what the explorer's page shows.

Lists, dictionaries, numbers and strings, and places in lists instead of references.

Read next: assemble.py
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler import Function
from ..compiler.inputs import NAMELESS
from ..config import VERSION
from ..errors import SymdropError
from ..inspect.brief import brief
from .atlas import LARGEST, Atlas, Drawn, draws_of
from .draws import Draws
from .examples import Examples, given, made_up
from .groups import Groups
from .kernels import Kernels
from .measure import Measures
from .rows import names_in, node_rows

# Firings that are shown of each stage.
_EXAMPLES = 20

# What is shown of a function, in order: the stages that it keeps, and the rewritten graph once more by kernel.
_SHOWN = {
    "user": ("what you wrote", "The formulas as written; a gradient is an input here."),
    "gradient": ("with the gradient", "What the gradients consist of: every node on the way back knows its pullback."),
    "specialised": ("flags fixed", "Each flag has a value now; what no longer matters is gone."),
    "merged": ("equal nodes merged", "What computes the same is one node."),
    "rewritten": ("rewritten", "Simplified and made stable by named rules; this is what runs."),
    "decomposed": ("decomposed", "In terms that kernels are made of: a softmax written out, products that add."),
    "kernels": ("fused kernels", "The rewritten nodes, in the loops and calls that compute them."),
}

# Those that every back end has.
STAGES = tuple(name for name in _SHOWN if name not in ("decomposed", "kernels"))

_NAMELESS = re.compile(NAMELESS + r"(?P<where>\S+?:\d+)(: (?P<text>.*))?", re.DOTALL)


def record(
    functions: Sequence[Function], inputs: Any = None, title: str | None = None, largest: int = LARGEST
) -> dict[str, Any]:
    """Everything that the page shows of a function.

    Args:
        functions: a compiled function, and its counterpart if it has one.
        inputs: arguments of a call, for which values are shown; None makes some up, and False shows no values.
        title: what to call it; None takes its name, or that of the variable it was assigned to.
        largest: the number of nodes beyond which a graph is only counted.

    Returns:
        What can be written as JSON.
    """
    atlas = Atlas(functions, largest)
    name = functions[0].name
    kernels, measures = Kernels(atlas), Measures()
    groups = Groups(atlas, kernels)
    examples, note = _examples(atlas, inputs)
    if examples is not None:
        measures.add(atlas, examples.arrays)
    draws = Draws(atlas, measures)
    title = title or _title(name)
    rows = [
        _function_row(atlas, number, title, kernels, groups, measures.notes.get(number, note))
        for number in range(len(atlas.functions))
    ]
    return {
        "version": 1,
        "title": title,
        "about": _about(name),
        "symdrop": VERSION,
        "functions": rows,
        "stages": _stage_rows(atlas),
        "graphs": [_graph_row(atlas, drawn, title) for drawn in atlas.graphs],
        "nodes": node_rows(atlas, groups, kernels, measures, draws),
        "groups": groups.rows,
        "values": measures.values.rows,
        "draws": draws.rows,
        "examples": _examples_row(atlas, examples),
    }


def _examples(atlas: Atlas, inputs: Any) -> tuple[Examples | None, str | None]:
    """The arguments for which values are shown, or why there are none."""
    if inputs is not None and inputs is not False:
        return given(atlas.functions[0], inputs), None
    if inputs is False or atlas.last(0).is_large:
        return None, None
    try:
        return made_up(atlas.functions[0]), None
    except SymdropError as error:
        return None, f"values are missing: {error}"


def _examples_row(atlas: Atlas, examples: Examples | None) -> dict[str, Any] | None:
    if examples is None:
        return None
    names = names_in(atlas)
    rows = [
        {"name": names[leaf], "shape": list(np.shape(array)), "dtype": leaf.dtype, "how": how}
        for leaf, array, how in zip(atlas.last(0).graph.inputs, examples.arrays, examples.how, strict=True)
    ]
    return {"made_up": examples.made_up, "inputs": rows}


def _title(name: str) -> str:
    nameless = _NAMELESS.fullmatch(name)
    assigned = re.match(r"([\w.]+)\s*=[^=]", (nameless["text"] or "") if nameless else "")
    return assigned[1] if assigned else "function" if nameless else name


def _about(name: str) -> str:
    nameless = _NAMELESS.fullmatch(name)
    return f"function of {nameless['where']}" if nameless else name


def _function_row(
    atlas: Atlas, number: int, title: str, kernels: Kernels, groups: Groups, note: str | None
) -> dict[str, Any]:
    f = atlas.functions[number]
    last = atlas.last(number)
    return {
        "title": title,
        "subtitle": ", ".join(f"{name}={value}" for name, value in f.flags.items()),
        "flags": f.flags,
        "backend": f.backend,
        "stages": atlas.stages[number],
        "kernels": [row | {"group": groups.kernels[place]} for place, row in kernels.places() if place[0] == number],
        "counts": {"nodes": len(last.graph), "draws": None if last.is_large else len(draws_of(last.graph))},
        "note": note,
    }


def _stage_rows(atlas: Atlas) -> list[dict[str, Any]]:
    rows = []
    for name, (title, about) in _SHOWN.items():
        drawn = "rewritten" if name == "kernels" else name
        graphs = list(dict.fromkeys(stages[drawn] for stages in atlas.stages if drawn in stages))
        if not graphs:
            continue
        rows.append({"name": name, "title": title, "about": about, "graphs": graphs})
    return [*rows[:-1], {**rows[-1], "grouping": "kernel"}]


def _graph_row(atlas: Atlas, drawn: Drawn, title: str) -> dict[str, Any]:
    number = {} if drawn.is_large else atlas.number
    return {
        "title": title if drawn.holder is None else drawn.title,
        "function": drawn.function,
        "nodes": [number[node] for node in drawn.nodes],
        "outputs": [
            {"label": label, "node": number[node]}
            for label, node in zip(drawn.graph.labels, drawn.graph.outputs, strict=True)
            if node in number
        ],
        "rules": _rules(drawn),
        "summary": _summary(drawn) if drawn.is_large else None,
    }


def _rules(drawn: Drawn) -> list[dict[str, Any]]:
    """How often each rule fired, and a few of the firings: at least one of each rule before a second of any."""
    fired: dict[str, list[dict[str, str]]] = {}
    counts = Counter(firing.rule for firing in drawn.rules)
    most = max(1, _EXAMPLES // max(1, len(counts)))
    shown = 0
    for firing in drawn.rules:
        examples = fired.setdefault(firing.rule, [])
        if shown < _EXAMPLES and len(examples) < most:
            examples.append({"before": brief(firing.before), "after": brief(firing.after)})
            shown += 1
    return [{"rule": rule, "count": count, "examples": fired[rule]} for rule, count in counts.most_common()]


def _summary(drawn: Drawn) -> dict[str, Any]:
    nodes = drawn.graph.nodes()
    return {
        "nodes": len(nodes),
        "ops": [list(pair) for pair in Counter(node.op.name for node in nodes).most_common()],
        "about": f"{len(nodes):,} nodes are too many to draw; counted by op.",
    }
