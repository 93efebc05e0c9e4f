"""Printing: expressions as the mathematics they are.

Small expressions print on one line. What is used twice or grows long is printed once,
on a line of its own under a name, so that printing takes time linear in the graph::

    h = tanh(x @ W)
    where(bernoulli(...), 0, h * 2)

What is inside a loop stands indented below it, in terms of what is outside::

    sums = scan(i in range(x.shape[0]), s=0):
        s = s + x[i]
        row s
    sums.stack[0]

Read next: brief.py
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ..binding import public
from ..graph import Graph, Node, toposort, unstretched
from ..op import TEXT, Constant, Text, bodies
from ..ops.scan import Loop

# Longer texts get a line and a name of their own.
LONG = 72

# A name, or a part of what has one: x, x[i], t0.stack[0].
_NAMED = re.compile(r"\w+(\.\w+|\[\w+\])*")


class Printer:
    """Text of nodes, each written once.

    Args:
        outputs: what to write.
        around: of a loop's body, the printer of the graph around it.
        known: what some nodes are called.
        long: texts longer than this get a line of their own.

    Attributes:
        lines: the definitions written so far, "name = text".
    """

    def __init__(
        self,
        outputs: Sequence[Node],
        around: Printer | None = None,
        known: Mapping[Node, str] | None = None,
        long: int = LONG,
    ) -> None:
        self.lines: list[str] = []
        self._long = long
        order = toposort(outputs)
        uses = Counter(source for node in order for source in node.inputs)
        if around:
            uses.update(outputs)
        for node in reversed(order):
            if node.op.hidden:
                uses[node.inputs[0]] += uses[node] - 1
        self._taken: set[str] = {node.name for node in order if node.name} | (around._taken if around else set())
        self._texts = {node: Text(text) for node, text in (known or {}).items()}
        # What inputs of the bodies around this one stand for.
        self._outside: dict[Node, Node] = {**around._outside, **around._captured} if around else {}
        self._captured: dict[Node, Node] = {}
        self._lined: set[str] = set(around._lined) if around else set()
        self._around = around
        # So does what loops take from outside, since it is computed outside, once.
        taken = {node for loop in order if loop.op.name == "scan" for node in _taken_from_outside(Loop(loop))}
        # A row that is the next state, or that something else is computed from, stands on a line too.
        roots = {node for node in outputs if not around or uses[node] == 1}
        for node in order:
            if node in self._texts:
                continue
            if bodies(node) and node.op.notation_rule is None:
                # Named first, so that nothing inside takes the name.
                name = node.name or self._fresh()
                name = self._unused(name) if name in self._lined else name
                self._lined.add(name)
                self._define(node, name, self._write(node).text)
                continue
            text = self._write(node)
            if not node.is_leaf and (
                (node not in roots and self._deserves_line(node, text.text, uses[node]))
                or (node in taken and not _NAMED.fullmatch(text.text))
            ):
                self._define(node, node.name or self._fresh(), text.text)
            else:
                self._texts[node] = text

    def _define(self, node: Node, name: str, text: str) -> None:
        self.lines.append(f"{name} = {text}")
        self._lined.add(name)
        self._texts[node] = Text(name)

    def __getitem__(self, node: Node) -> str:
        printer = self
        while node not in printer._texts and printer._around is not None:
            printer = printer._around
        return printer._texts[node].text

    def _deserves_line(self, node: Node, text: str, uses: int) -> bool:
        if node.op.hidden or node.op.inline:
            return False
        return bool(node.name and node.origin is None) or len(text) > self._long or (uses > 1 and len(text) > 12)

    def _fresh(self) -> str:
        n = len(self.lines)
        while (name := f"t{n}") in self._taken:
            n += 1
        self._taken.add(name)
        return name

    def _write(self, node: Node) -> Text:
        if isinstance(node, Constant):
            return Text(constant_text(node))
        if node.is_leaf:
            return Text(node.name or f"<{node.op.name} {node.type}>")
        operands = [self._texts[source] for source in node.inputs]
        if node.op.kind == "draw":
            return Text(self._draw(node, operands))
        if bodies(node) and node.op.notation_rule is None:
            return Text(self._loop(node) if node.op.name == "scan" else self._bodies(node))
        return TEXT.write(node, operands)

    def _loop(self, node: Node) -> str:
        """A loop: its positions and states, and below them what a step computes."""
        loop, params = Loop(node), node.params
        state_names = [self._unused(state.name or "s") for state in loop.states]
        position = self._unused(loop.position.name or "i")
        known = {loop.position: position, **dict(zip(loop.states, state_names, strict=True))}
        for leaf, sequence, offset in zip(loop.slices, loop.sequences, params["offsets"], strict=True):
            place = f"{position} + {offset}" if offset else position
            known[leaf] = TEXT.indexed(self._texts[sequence], place).text
        known.update((leaf, self[outer]) for leaf, outer in zip(loop.inner, loop.captured, strict=True))
        self._captured = dict(zip(loop.inner, loop.captured, strict=True))
        body = Printer(loop.body.outputs, self, known)
        first, count = self[loop.first], self[loop.count]
        stop = count if first == "0" else f"{first} + {count}"
        steps = f"range({stop})" if first == "0" else f"range({first}, {stop})"
        states = [f", {name}={self[start]}" for name, start in zip(state_names, loop.initial, strict=True)]
        header = f"{position} in {f'reversed({steps})' if params['reverse'] else steps}{''.join(states)}"
        if loop.rows is not loop.count and self[loop.rows] != count:
            header += f", rows={self[loop.rows]}"
        lines = list(body.lines)
        changes = [(name, body[new]) for name, new in zip(state_names, loop.new_states, strict=True)]
        changes = [(name, text) for name, text in changes if name != text]
        if changes:
            lines.append(f"{', '.join(name for name, _ in changes)} = {', '.join(text for _, text in changes)}")
        # Rows are written with the values that the states had before.
        lines[len(body.lines) : len(body.lines)] = [f"row {body[row]}" for row in loop.stacked]
        if loop.stop is not None:
            lines.append(f"until {body[loop.stop]}")
        return f"scan({header}):" + "".join(map(_indented, lines))

    def _bodies(self, node: Node) -> str:
        """Any other op that holds closed graphs: each is written below it."""
        plain = [self[source] for source in node.inputs]
        plain += [f"{k}={v}" for k, v in node.params.items() if not isinstance(v, Graph)]
        lines = []
        for name, body in bodies(node).items():
            lines += [f"{name}:", *("    " + line for line in graph_to_text(body).splitlines())]
        return f"{node.op.name}({', '.join(plain)}):" + "".join(map(_indented, lines))

    def _unused(self, name: str) -> str:
        found, n = name, 1
        while found in self._taken:
            found, n = f"{name}_{n}", n + 1
        self._taken.add(found)
        return found

    def _draw(self, node: Node, texts: Sequence[Text]) -> str:
        """A draw names its stream and site, which say all about its bits, and the positions of the loops around it."""
        ndim = node.params["ndim"]
        key, positions = node.inputs[0], ""
        while (key := self._outside.get(key, key)).inputs and key.inputs[1].op.name == "loop_words":
            positions = f" at {self[key.inputs[1].inputs[0]]}{positions.replace(' at', ',')}"
            key = key.inputs[0]
        site = key.inputs[1] if key.inputs else None
        stream = key.inputs[0].name if key.inputs else texts[0][0]
        place = f"site {site_number(site)}" if isinstance(site, Constant) else texts[0][0]
        size = ", ".join(text for text, _ in texts[2 : 2 + ndim])
        parameters = "".join(f", {text}" for text, _ in texts[2 + ndim :])
        return f"{node.op.name}({stream or 'stream'}, {place}{positions}, size=({size}){parameters})"


def _taken_from_outside(loop: Loop) -> list[Node]:
    taken = [unstretched(node) for node in (*loop.sequences, *loop.captured)]
    return [node for node in taken if not (node.op.hidden or node.op.inline)]


def _indented(lines: str) -> str:
    return "".join(f"\n    {line}" for line in lines.splitlines())


def constant_text(node: Constant) -> str:
    """A constant: its name, or its value if that is short."""
    if node.name:
        return node.name
    if node.value.ndim == 0:
        value = node.value.item()
        return f"{value:.7g}" if isinstance(value, float) else str(value)
    if node.value.size <= 6:
        return np.array2string(node.value, separator=", ").replace("\n", "")
    return f"<constant {node.type}>"


def site_number(site: Constant) -> str:
    """The site of a draw: its name, or its number."""
    if site.name:
        return site.name
    high, low = (int(word) for word in site.value)
    return str(low) if high == 0 else f"0x{high:08x}{low:08x}"


@public
def to_text(node: Node) -> str:
    """An expression as mathematics: one line if it is small, definitions and then the expression otherwise.

    Args:
        node: any node.

    Returns:
        What ``print(node)`` shows.

    Example:
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), T.matrix("W")
        >>> print(T.tanh(x @ W) * 2)
        tanh(x @ W) * 2
    """
    printer = Printer([node])
    return "\n".join([*printer.lines, printer[node]])


@public
def graph_to_text(graph: Graph) -> str:
    """A closed graph: its inputs, the definitions, and what each output is.

    Args:
        graph: any graph.

    Returns:
        What ``print(graph)`` shows.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> print(Graph([x], [x + 1]))
        inputs: x: float32[?]
        output 0 = x + 1
    """
    printer = Printer(graph.outputs)
    inputs = ", ".join(f"{node.name or node.op.name}: {node.type}" for node in graph.inputs)
    outputs = [f"{label} = {printer[node]}" for label, node in zip(graph.labels, graph.outputs, strict=True)]
    return "\n".join([f"inputs: {inputs or 'none'}", *printer.lines, *outputs])
