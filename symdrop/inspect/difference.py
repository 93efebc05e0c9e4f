"""Differences between two stages of a graph.

Nodes are compared by what they compute, not by identity, so that a graph and its rewritten
form share all that no rule has touched.

Read next: costs.py
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Graph, Node, toposort
from ..op import Constant
from .brief import rest
from .printed import Printed
from .text import Printer, graph_to_text
from .tree import labelled

_Key = tuple[Any, ...]


@public
def diff(stage_a: Any, stage_b: Any, *, most: int = 1000) -> str:
    """The formulas that stand in only one of two graphs, like a unified diff.

    Args:
        stage_a: a Graph such as ``f.stages["merged"]``, an expression, or a compiled function.
        stage_b: the other one.
        most: how many formulas to show.

    Returns:
        A line for every formula that the text printer puts on a line of its own: "-" for those of the first alone,
        "+" for those of the second alone, and a space for the others. Temporary names are the printer's, those of
        each graph being its own.

    Raises:
        GraphTypeError: for what holds no graph.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> f = sd.function([x], T.log(T.exp(x)) * 1)
        >>> print(sd.inspect.diff(f.stages["merged"], f.stages["rewritten"]))
        - output 0 = log(exp(x)) * 1
        + output 0 = x
    """
    numbers: dict[_Key, int] = {}
    first, second = _statements(stage_a, numbers), _statements(stage_b, numbers)
    in_first, in_second = (set(known) for _, known in (first, second))
    (old, _), (new, _) = first, second
    lines: list[str] = []
    matcher = SequenceMatcher(None, [key for key, _ in old], [key for key, _ in new], autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        kept = [key for key, _ in old[a:b]]
        lines += [f"{' ' if _somewhere(key, in_second) else '-'} {text}" for key, text in old[a:b]]
        lines += [f"{' ' if _somewhere(key, in_first) else '+'} {text}" for key, text in new[c:d] if key not in kept]
    more = [rest(len(lines) - most, "formula", most)] * (len(lines) > most)
    return Printed("\n".join([*(line for text in lines[:most] for line in _prefixed(text)), *more]))


def _somewhere(key: _Key, known: set[Any]) -> bool:
    return key in known or (key[0] == "" and key[1] in known)


def _prefixed(text: str) -> list[str]:
    return [line if i == 0 else f"{text[0]} {line}" for i, line in enumerate(text.splitlines())]


def _statements(what: Any, numbers: dict[_Key, int]) -> tuple[list[tuple[_Key, str]], set[Any]]:
    """The statements of a graph, and all that is known of each: a key for every node and every labelled output."""
    roots = labelled(what)
    if not roots:
        raise GraphTypeError(f"{shown(what)} has no outputs to compare{here()}")
    outputs = [node for _, node in roots]
    printer = Printer(outputs)
    number: dict[Node, int] = {}
    for node in toposort(outputs):
        number[node] = numbers.setdefault(_key(node, number), len(numbers))
    named = {text: node for node in number if "\n" not in (text := printer[node])}
    found: list[tuple[_Key, str]] = []
    for line in printer.lines:
        name = line.partition(" = ")[0]
        found.append((("", number[named[name]]), line))
    for i, (label, node) in enumerate(roots):
        found.append(((label or f"output {i}", number[node]), f"{label or f'output {i}'} = {printer[node]}"))
    known: set[Any] = set(number.values())
    known.update(key for key, _ in found)
    return found, known


def _key(node: Node, number: dict[Node, int]) -> _Key:
    if isinstance(node, Constant):
        return "constant", str(node.type), node.value.tobytes()
    if node.is_leaf:
        return (node,)
    params = [(key, graph_to_text(value) if isinstance(value, Graph) else repr(value)) for key, value in
              sorted(node.params.items())]  # fmt: skip
    return node.op.name, *(number[source] for source in node.inputs), *params
