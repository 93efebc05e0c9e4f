"""The program: steps and plan written out as one Python function.

Read next: ../native/__init__.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Any, ClassVar

import numpy as np

from ...errors import ArgumentError, shown
from ...graph import Graph, Node, unstretched
from ...op import Constant, explain, raise_shapes_differ
from ...op.casting import cast_array
from ...ops.numpy_maths import NUMPY
from ..base import Array, Listing, Program
from .blend import blend
from .plan import plan
from .steps import Steps

# Arenas of this many different sets of sizes are kept; a training run has two (the last batch is smaller).
_KEPT_ARENAS = 4

_numbers = count()


def _own(value: Any, *operands: Any) -> Array:
    """The value in memory of its own."""
    array = np.asarray(value)
    if array.base is not None or any(array is operand for operand in operands):
        return array.copy()
    return array


_NAMES = {
    "NUMPY": NUMPY,
    "asarray": np.asarray,
    "array": np.array,
    "empty": np.empty,
    "copyto": np.copyto,
    "cast": cast_array,
    "blend": blend,
    "where": np.where,
    "matmul": np.matmul,
    "differ": raise_shapes_differ,
    "own": _own,
    "inf": float("inf"),
    "nan": float("nan"),
}


class NumpyProgram(Program):
    """A graph as a straight line of NumPy calls over buffers that later calls use again."""

    backend: ClassVar[str] = "numpy"

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        steps = Steps(graph)
        memory = plan(steps)
        names = [value.name for value in steps.inputs]
        arguments = ", ".join(names)
        head = ["def run(values, spares, arena):"]
        if names:
            head.append(f"    {arguments}, = values")
        if memory.buffers:
            head.append(f"    {', '.join(f'b{i}' for i in range(len(memory.buffers)))}, = arena")
        for position, (dtype, shape) in memory.prepared.items():
            size = f"({', '.join(shape)},)"
            head.append(f"    o{position} = spares[{position}]")
            unfit = f"o{position} is None or o{position}.shape != {size}"
            head.append(f"    if {unfit}: o{position} = empty({size}, '{dtype}')")
        body = [f"    {step.render(memory.out.get(step))}" for step in steps.steps]
        tail = [f"    return {self._results(steps)}"]
        self._first_line = len(head) + 1
        self._steps = steps.steps
        self._names = {node: value.name for node, value in steps.values.items()}
        self.kernels = [f"{step.label}: {shown(step.node)}" for step in steps.steps]
        self._buffers = len(memory.buffers)
        make = [f"empty(({', '.join(shape)},), '{dtype}')" for dtype, shape in memory.buffers]
        sizes = sorted({text for _, shape in memory.buffers for text in shape if not text.isdigit()})
        extra = [
            "def key(values):",
            *([f"    {arguments}, = values"] if names else []),
            f"    return ({', '.join(sizes)}{',' if sizes else ''})",
            "def make_arena(values):",
            *([f"    {arguments}, = values"] if names else []),
            f"    return [{', '.join(make)}]",
        ]
        self._text = "\n".join(head + body + tail + extra) + "\n"
        self.filename = f"<symdrop program {next(_numbers)}>"
        namespace: dict[str, Any] = {**_NAMES, **steps.constants}
        exec(compile(self._text, self.filename, "exec"), namespace)
        self._run = namespace["run"]
        self._key = namespace["key"]
        self._make_arena = namespace["make_arena"]
        self._arenas: dict[tuple[int, ...], list[list[Array]]] = {}

    @staticmethod
    def _results(steps: Steps) -> str:
        made_by = {step.target: step for step in steps.steps}
        returned: set[Any] = set()
        texts = []
        for value in steps.outputs:
            step = made_by.get(value)
            if step is None or value in returned:
                texts.append(f"array({value.name})")
            elif value.owners == frozenset((value,)):
                texts.append(value.name if value.sizes else f"asarray({value.name})")
            else:
                texts.append(f"own({', '.join([value.name, *(operand.name for operand in step.operands)])})")
            returned.add(value)
        return f"({', '.join(texts)}{',' if texts else ''})"

    def __call__(self, values: Sequence[Array], spares: Sequence[Array | None]) -> Sequence[Array]:
        arena: list[Array] = []
        key: tuple[int, ...] = ()
        if self._buffers:
            key = self._key(values)
            try:
                arena = self._arenas[key].pop()
            except (KeyError, IndexError):
                arena = self._make_arena(values)
        try:
            with np.errstate(all="ignore"):
                results: Sequence[Array] = self._run(values, spares, arena)
        except Exception as error:
            explained = self._explain(error, error.__traceback__)
            if explained is not error:
                raise explained from None
            raise
        if arena:
            self._give_back(key, arena)
        return results

    def _give_back(self, key: tuple[int, ...], arena: list[Array]) -> None:
        kept = self._arenas
        if key not in kept and len(kept) >= _KEPT_ARENAS:
            # Another thread may change the dictionary between any two steps, but not while it is listed.
            for oldest in list(kept)[:1]:
                kept.pop(oldest, None)
        kept.setdefault(key, []).append(arena)

    def _explain(self, error: Exception, traceback: TracebackType | None) -> Exception:
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_filename == self.filename and frame.f_code.co_name == "run":
                i = traceback.tb_lineno - self._first_line
                if 0 <= i < len(self._steps):
                    node = self._steps[i].node
                    values = {**frame.f_globals, **frame.f_locals}
                    given = [self._value(source, values) for source in node.inputs]
                    error = explain(error, node, given, self._graph)
            traceback = traceback.tb_next
        return error

    def _value(self, node: Node, values: Mapping[str, Any]) -> Any:
        """The value of a node among those of a running program."""
        node = node if node in self._names else unstretched(node)
        return node.value if isinstance(node, Constant) else values.get(self._names.get(node, ""))

    def listings(self, assembly: bool) -> list[Listing]:
        lines = self._text.splitlines()[self._first_line - 1 :]
        return [
            Listing(step.label, line.strip(), "", frozenset((step.node,)))
            for step, line in zip(self._steps, lines, strict=False)
        ]

    def source(self, what: str) -> str:
        if what != "kernels":
            raise ArgumentError(f"the NumPy back end has no {shown(what)} source; it has 'kernels'")
        return self._text
