"""Looking for the first bad value: a wrapper that runs a call node by node before it is made.

Nothing global says whether functions are watched: what is watched is wrapped, and only
calls of the wrapper are slow.

Read next: ../viz/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from ..binding import public
from ..compiler import Function
from ..compiler.compile import BACKENDS
from ..errors import GraphTypeError, SymdropError, at_lines, here, shown
from ..graph import Graph, Node, describe, unstretched
from ..op import Constant
from ..types import is_float
from .trace import Step, chosen, steps
from .values import differ, summary

Array = np.ndarray[Any, Any]


class BadValueError(SymdropError, ArithmeticError):
    """A value that a ``Debug`` refuses, or on which a back end and NumPy disagree."""


class Debug:
    """A compiled function whose calls are first run node by node, and stopped at the first bad value.

    The nodes are those of the rewritten graph and of its loops' bodies, computed by NumPy. Nothing is committed before
    the last one has been checked: a refused call changes no state. Constants and integers are not checked.

    Args:
        f: what ``sd.function`` made.
        nan: whether NaN is refused.
        inf: whether infinite values are refused.
        largest: the largest absolute value that is not refused; None for any.
        watch: nodes, outside of loops' bodies, whose values are printed by every call.
        compare: whether to compare the back end with NumPy node by node (each compiled as an output of its own), and
            then the compiled program itself.

    Raises:
        GraphTypeError: if ``f`` is no compiled function, or something else than nodes is watched.
        BadValueError: by a call, at the first bad value; it names the node, what it was computed from, and the user's
            line.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> h = T.exp(x)
        >>> f = sd.function([x], h.sum(), name="f")
        >>> with sd.inspect.Debug(f, watch=[h]) as g:
        ...     y = g([0.0, 1.0])
        exp(x) = float64[2], 1 to 2.71828, mean 1.85914: [1.         2.71828183]
        >>> try:
        ...     sd.inspect.Debug(f, largest=100)([1.0, 8.0])
        ... except sd.inspect.BadValueError as error:
        ...     print(str(error).split(' of type')[0])
        f: a value beyond 100 at (1,), in 1 of 2 elements, in exp(x)
    """

    @public
    def __init__(
        self,
        f: Any,
        *,
        nan: bool = True,
        inf: bool = True,
        largest: float | None = None,
        watch: Sequence[Node] = (),
        compare: bool = False,
    ) -> None:
        if not isinstance(f, Function):
            # With training="runtime" every call says which function it is made of.
            chosen(f, {"training": True})
        for node in watch:
            if not isinstance(node, Node) or node.items is not None:
                raise GraphTypeError(f"watch= lists nodes of one value, not {shown(node)}{here()}")
        self.f = f
        self.nan = nan
        self.inf = inf
        self.largest = largest
        self.watch = list(watch)
        self.compare = compare
        # By function, what was compiled to look at it.
        self._watchers: dict[Function, Function] = {}
        self._doubles: dict[Function, tuple[Graph, Any]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.check(*args, **kwargs)
        return self.f(*args, **kwargs)

    def __enter__(self) -> Debug:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def check(self, *args: Any, **kwargs: Any) -> None:
        """The hook before a call: print what is watched, and refuse bad values.

        Args:
            args, kwargs: as of a call.

        Raises:
            BadValueError: at the first bad value.
        """
        keywords = dict(kwargs)
        function = chosen(self.f, keywords)
        if self.watch:
            if function not in self._watchers:
                self._watchers[function] = function.instead(self.watch)
            for node, value in zip(self.watch, self._watchers[function](*args, **keywords), strict=True):
                print(f"{node.name or node} = {summary(value)}: {np.array2string(value, threshold=20)}")
        leaves = function.arguments(*args, **keywords)
        self._check_values(function, leaves)
        if self.compare:
            self._compare(function, leaves)

    def _check_values(self, function: Function, leaves: Mapping[Node, Array]) -> None:
        # By depth, the step of the loops and what is known there: of other steps nothing is ever shown.
        seen: dict[int, tuple[tuple[int, ...], dict[Node, str]]] = {}

        def visit(step: Step) -> None:
            loops, known = seen.get(len(step.loops), ((), {}))
            if loops != step.loops or not known:
                known = {}
                seen[len(step.loops)] = step.loops, known
            known[step.node] = summary(step.value)
            if is_float(step.node.dtype):
                self._check(function, step, known)

        for step in steps(function.stages["rewritten"], leaves, visit):
            visit(step)

    def _check(self, function: Function, step: Step, known: Mapping[Node, str]) -> None:
        value = step.value
        # What is looked for, how, and the argument that allows it.
        tests: list[tuple[str, Callable[[Array], Array], str]] = []
        if self.nan:
            tests.append(("NaN", np.isnan, "nan=False"))
        if self.inf:
            tests.append(("an infinite value", np.isinf, "inf=False"))
        if (largest := self.largest) is not None:
            beyond = f"a value beyond {largest:g}"
            tests.append((beyond, lambda x: np.isfinite(x) & (np.abs(x) > largest), "a greater largest="))
        for what, test, allow in tests:
            if (bad := test(value)).any():
                first = tuple(int(i) for i in np.argwhere(bad)[0])
                place = f" at {first}" if first else ""
                count = f", in {int(bad.sum())} of {bad.size} elements" if bad.size > 1 else ""
                raise BadValueError(
                    f"{function.name}: {what}{place}{count}, in {describe(step.node)}"
                    f"{_in_loops(step)}\n  {summary(value)}{_computed_from(step.node, known)}"
                    f"\n  (allowed by {allow})"
                )

    def _compare(self, function: Function, leaves: Mapping[Node, Array]) -> None:
        backend = BACKENDS[function.backend]
        graph = function.stages["rewritten"]
        if function not in self._doubles:
            stored = [node for node in graph.nodes() if node.items is None and not node.is_leaf]
            everything = Graph([*leaves], stored)
            self._doubles[function] = everything, backend.compile(everything, {})
        everything, program = self._doubles[function]
        expected = dict(leaves)
        expected.update((step.node, step.value) for step in steps(everything, leaves, None))
        found = program(list(leaves.values()), [None] * len(everything.outputs))
        known = {node: summary(value) for node, value in expected.items()}
        for node, value in zip(everything.outputs, found, strict=True):
            if (difference := differ(value, expected[node])) is not None:
                raise BadValueError(
                    f"{function.name}: {function.backend} and NumPy disagree about {describe(node)}: {difference}\n"
                    f"  NumPy: {known[node]}\n  {function.backend}: {summary(value)}{_computed_from(node, known)}"
                )
        for label, node, value in zip(graph.labels, graph.outputs, function.results(leaves), strict=True):
            if not isinstance(node, Constant) and (difference := differ(value, expected[node])) is not None:
                raise BadValueError(
                    f"{function.name}: {function.backend} and NumPy disagree about {label} when it is computed in one "
                    f"program, though not node by node: {difference}, in {describe(node)}; please report this"
                )

    def __repr__(self) -> str:
        return f"<debug of {self.f!r}>"


def first_bad_value(f: Function, *args: Any) -> str | None:
    """A sentence about the node of a call with the first NaN or, where there is none, the first infinite value.

    Infinite values alone may be meant, such as the scores of a mask; so NaN is looked for first. None if all is finite.
    """
    for inf in (False, True):
        try:
            Debug(f, inf=inf).check(*args)
        except BadValueError as error:
            return str(error).partition("\n  (allowed by ")[0]
    return None


def _in_loops(step: Step) -> str:
    if not step.loops:
        return ""
    return f", in a loop at position {', '.join(map(str, step.loops))}"


def _computed_from(node: Node, known: Mapping[Node, str]) -> str:
    """A line for each of a node's inputs."""
    lines = []
    for source in dict.fromkeys(node.inputs):
        text = summary(source.value) if isinstance(source, Constant) else known.get(source)
        if text:
            lines.append(f"\n    from {source.name or source.op.name}: {text}{at_lines(unstretched(source).lines)}")
    return "".join(lines)
