"""Steps: a graph as a straight line of NumPy calls, before anybody says where results go.

Elementwise formulas are traced into single ufunc calls, so that each can write into a
buffer. A stretched operand is passed as it is, since NumPy stretches it itself.

Read next: plan.py
"""

from __future__ import annotations

from collections.abc import Callable

from ...graph import Graph, Node
from ...op import Constant, Elementwise, KnownSizes, Size, constant_scalar, is_dim
from ...ops.linalg import matmul
from ...ops.views import dimshuffle
from .step import Draft, Step, Value
from .trace import Untraceable, trace


class Steps(Draft):
    """The straight-line program of a graph.

    Attributes:
        inputs: a value for every input of the graph.
        outputs: a value for every output of the graph.
        values: the value of every node that has one; literals and stretched operands have none.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self._sizes = KnownSizes()
        self.values: dict[Node, Value] = {}
        self.inputs = [self._leaf(node, f"x{i}") for i, node in enumerate(graph.inputs)]
        for node in graph.nodes():
            if node not in self.values and not (node.op.stretches or isinstance(node, Constant)):
                self._add(node)
        self.outputs = [self.value(node) for node in graph.outputs]

    def sizes(self, node: Node) -> tuple[Size, ...]:
        """The sizes of a node, by representatives."""
        return tuple(self.find(size) for size in self._sizes(node))

    def value(self, node: Node) -> Value:
        """The value of a node, computed if no step does so yet."""
        if node not in self.values:
            if isinstance(node, Constant):
                self.constants[name := f"c{len(self.constants)}"] = node.value
                self._leaf(node, name)
            else:
                self._add(node)
        return self.values[node]

    def _leaf(self, node: Node, name: str) -> Value:
        value = Value(name, node.dtype, self.sizes(node))
        value.owners = frozenset((value,))
        self.values[node] = value
        return value

    def _evaluation(self, node: Node) -> Callable[..., str]:
        """The line that evaluates a node's op as a whole."""
        function = f"op_{node.op.name}"
        if self.constants.setdefault(function, node.op.evaluate) != node.op.evaluate:
            # Another op of that name: one that was defined anew, as a notebook does.
            function = self.refer(node.op.evaluate, function)
        plain = all(isinstance(value, str | int | tuple) for value in node.params.values())
        params = repr(dict(node.params)) if plain else self.refer(dict(node.params), "params")
        return lambda *names: f"{function}(NUMPY, [{', '.join(names)}], {params})"

    def _add(self, node: Node) -> None:
        if isinstance(node.op, Elementwise):
            self._check_sizes(node)
            self.values[node] = self._elementwise(node)
        elif is_dim(node):
            self.values[node] = self._call(node, lambda x: f"asarray({x}.shape[{node.params['axis']}])", "dim")
        elif node.op is dimshuffle:
            index = _dimshuffle_text(node)
            self.values[node] = self._call(node, lambda x: f"{x}{index}", "dimshuffle", shares=True)
        elif node.op is matmul and node.ndim <= 2:
            self.values[node] = self._matmul(node)
        else:
            self.values[node] = self._call(node, self._evaluation(node), node.op.name, node.op.aliases)

    def _call(self, node: Node, text: Callable[..., str], label: str, shares: bool = False) -> Value:
        operands = tuple(self.value(source) for source in node.inputs)
        names = [operand.name for operand in operands]
        dtype, sizes = (node.dtype, self.sizes(node)) if node.items is None else ("", None)
        target = self.new(dtype, sizes, operands if shares else ())
        self.steps.append(Step(node, target, operands, lambda out: f"{target.name} = {text(*names)}", label))
        return target

    def _matmul(self, node: Node) -> Value:
        operands = tuple(self.value(source) for source in node.inputs)
        names = ", ".join(operand.name for operand in operands)
        inner = self.sizes(node.inputs[0])[-1], self.sizes(node.inputs[1])[-min(node.inputs[1].ndim, 2)]
        if inner[0] != inner[1]:
            # The op itself says what does not fit.
            evaluate = self._evaluation(node)(*(operand.name for operand in operands))
            last = f"{operands[1].name}.shape[{-min(node.inputs[1].ndim, 2)}]"
            line = f"if {operands[0].name}.shape[-1] != {last}: {evaluate}"
            self.steps.append(Step(node, None, operands, lambda out: line, "check sizes"))
            self.equate(*inner)
        target = self.new(node.dtype, self.sizes(node))

        def render(out: str | None) -> str:
            return f"{target.name} = matmul({names}{f', {out}' if out else ''})"

        self.steps.append(Step(node, target, operands, render, "matmul", takes_out=node.ndim > 0))
        return target

    def _check_sizes(self, node: Node) -> None:
        """Emit a check of every two axes not known to be equal; afterwards they are."""
        full = [i for i, source in enumerate(node.inputs) if source.ndim == node.ndim and node.ndim]
        for i in full[1:]:
            pairs = zip(self.sizes(node.inputs[full[0]]), self.sizes(node.inputs[i]), strict=True)
            for axis, (a, b) in enumerate(pairs):
                if self.find(a) != self.find(b):
                    self._check_axis(node, full[0], i, axis)
                    self.equate(self.find(a), self.find(b))

    def _check_axis(self, node: Node, i: int, j: int, axis: int) -> None:
        # An axis that stretches has the size it stretches to, so that only axes of what is stretched are compared.
        narrow = [self._narrow(node.inputs[k], node) for k in (i, j)]
        behind = [axis - (node.ndim - source.ndim) for source in narrow]
        if any(
            at < 0 or (source is not node.inputs[k] and source.type.shape[at] == 1)
            for at, source, k in zip(behind, narrow, (i, j), strict=True)
        ):
            narrow, behind = [node.inputs[i], node.inputs[j]], [axis, axis]
        first, second = (self.value(source) for source in narrow)
        line = (
            f"if {first.name}.shape[{behind[0]}] != {second.name}.shape[{behind[1]}]: "
            f"differ({self.refer(node, 'node')}, {i}, {j}, {first.name}.shape, {second.name}.shape)"
        )
        self.steps.append(Step(node, None, (first, second), lambda out: line, "check sizes"))

    def _elementwise(self, node: Node) -> Value:
        operands: list[Value | complex] = []
        narrow = [self._narrow(source, node) for source in node.inputs]
        stretched = [i for i, source in enumerate(node.inputs) if narrow[i] is not source]
        if stretched and all(i in stretched or source.ndim == 0 for i, source in enumerate(node.inputs)):
            # Somebody has to bring the full shape.
            narrow[stretched[0]] = node.inputs[stretched[0]]
        for source in narrow:
            scalar = constant_scalar(source)
            operands.append(scalar if scalar is not None and len(narrow) > 1 else self.value(source))
        if not any(isinstance(operand, Value) for operand in operands):
            operands = [self.value(source) for source in node.inputs]
        before = len(self.steps)
        try:
            traced = trace(self, node, operands)
        except Untraceable:
            del self.steps[before:]
            return self._call(node, self._evaluation(node), node.op.name, shares=True)
        return traced.value

    def _narrow(self, source: Node, user: Node) -> Node:
        """The operand of a stretched operand, NumPy doing the stretching."""
        return source.inputs[0] if source.op.stretches and user.ndim else source


def _dimshuffle_text(node: Node) -> str:
    pattern = node.params["pattern"]
    kept = [axis for axis in pattern if axis != "x"]
    dropped = [axis for axis in range(node.inputs[0].ndim) if axis not in kept]
    order = (*kept, *dropped)
    text = "" if order == tuple(range(len(order))) else f".transpose({order})"
    if "x" in pattern or dropped:
        entries = [":" if axis != "x" else "None" for axis in pattern] + ["0"] * len(dropped)
        text += f"[{', '.join(entries)}]"
    return text or "[...]"
