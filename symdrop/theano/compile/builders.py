"""``theano.OpFromGraph``: an op made of a graph, with a gradient of its own if it is given one.

Read next: ../numeric.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...autodiff import Lop
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe, substitute, toposort
from ...op import INPUT, as_node, give_way
from ...tensor.calls import composite
from ..applications import Apply, Op
from ..markers import Mark
from ..variable import Variable, spoken

DEFAULT = "default"


class OpFromGraph(Op):
    """An op that computes what a graph does.

    Args:
        inputs: the variables that stand for its inputs.
        outputs: the outputs, over these; shared variables may be used as well.
        inline: whether a call gives the graph itself, over the arguments, instead of one node.
        lop_overrides: the gradient: ``f(inputs, outputs, output_gradients)`` gives a list; or a list of such functions,
            one for each input, with "default" for those that follow from the graph.
        grad_overrides: the same without ``outputs``.
        rop_overrides, connection_pattern: accepted; forward mode follows from the gradient.
        name: what it is called.
        **kwargs: Theano's other arguments, which it gave to ``function``; accepted, they change nothing.

    Raises:
        GraphTypeError: if an input is no variable to which a value may be given, or an output is none.
        ArgumentError: for both kinds of overrides, and if the graph needs another input.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> op = theano.OpFromGraph([x, y], [x * y], grad_overrides=lambda inputs, g: [g[0] * 100, g[0]])
        >>> z = op(x, y)
        >>> [float(v) for v in theano.function([x, y], [z, *T.grad(z, [x, y])])(2.0, 3.0)]
        [6.0, 100.0, 1.0]
    """

    @public
    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        inline: bool = False,
        lop_overrides: Any = DEFAULT,
        grad_overrides: Any = DEFAULT,
        rop_overrides: Any = DEFAULT,
        connection_pattern: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inputs, list | tuple) or not isinstance(outputs, list | tuple) or not outputs:
            raise GraphTypeError(f"OpFromGraph: inputs and outputs are lists of variables{here()}")
        for one in (*inputs, *outputs):
            if not isinstance(one, Node):
                raise GraphTypeError(f"OpFromGraph: inputs and outputs are variables, not {shown(one)}{here()}")
        if DEFAULT not in (lop_overrides, grad_overrides):
            raise ArgumentError(f"OpFromGraph: give lop_overrides or grad_overrides, not both{here()}")
        missing = [one for one in toposort(outputs, stop=set(inputs).__contains__) if one.op is INPUT]
        if lost := [one for one in missing if one not in set(inputs)]:
            raise ArgumentError(f"OpFromGraph: the graph needs {describe(lost[0])}, not among its inputs{here()}")
        self.inline = inline
        self.name = name
        self.local_inputs, self.local_outputs = list(inputs), list(outputs)
        self._with_outputs = not _is_default(lop_overrides)
        self._overrides = lop_overrides if self._with_outputs else grad_overrides

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The outputs for other inputs: a variable, or a list of several."""
        given = [self._argument(k, value) for k, value in enumerate(inputs)]
        if len(given) != len(self.local_inputs):
            raise GraphTypeError(f"{self} takes {len(self.local_inputs)} inputs, not {len(given)}{here()}")
        if self.inline and _is_default(self._overrides):
            made = self._values(*given)
        else:

            def values(*arguments: Any) -> list[Any]:
                return self._values(*arguments)

            pullback = None if _is_default(self._overrides) else self._pulled
            made = spoken(composite(values, name=str(self), pullback=pullback)(*given))
            self._own(made, given)
        return made if options.get("return_list") or len(made) != 1 else made[0]

    def with_graph(self, replaced: Callable[[Sequence[Node], Op], list[Node]]) -> tuple[Op, list[Node]]:
        """The op of other outputs, and inputs that it needs beside its own.

        Args:
            replaced: gives the outputs for those of the graph and the op.

        Raises:
            NotImplementedError: if the gradient is given, which says nothing of more inputs.
        """
        outputs = replaced(self.local_outputs, self)
        if outputs == self.local_outputs:
            return self, []
        known = set(self.local_inputs)
        more = [one for one in toposort(outputs, known.__contains__) if one.op is INPUT and one not in known]
        if more and not _is_default(self._overrides):
            raise NotImplementedError(f"{self} has a gradient of its own, which says nothing of {describe(more[0])}")
        rule = {"lop_overrides" if self._with_outputs else "grad_overrides": self._overrides}
        inputs = [*self.local_inputs, *more]
        return OpFromGraph(inputs, outputs, inline=self.inline, name=self.name, **rule), more

    def _argument(self, k: int, value: Any) -> Node:
        wanted = self.local_inputs[k].type if k < len(self.local_inputs) else None
        node = as_node(value) if wanted is None else give_way(as_node(value), wanted.dtype)
        if wanted is not None and (node.type.dtype != wanted.dtype or node.ndim != len(wanted.shape)):
            raise GraphTypeError(f"{self}: input {k} is of type {wanted}, not {describe(node)}{here()}")
        return node

    def _values(self, *inputs: Node) -> list[Any]:
        return substitute(self.local_outputs, dict(zip(self.local_inputs, inputs, strict=True)))

    def _own(self, made: Sequence[Any], given: Sequence[Node]) -> None:
        """Let the owner of what was made be an application of this op."""
        for one in made:
            source = one.inputs[0]
            if isinstance(source, Variable):
                vars(source).setdefault("_apply", Apply.view(self, source, given))

    def _pulled(self, g: Any, y: Any, *inputs: Node) -> list[Any]:
        """The cotangents of the inputs, each by its own rule, or by that for all."""
        given = (list(inputs), list(y), list(g)) if self._with_outputs else (list(inputs), list(g))
        if isinstance(self._overrides, list | tuple):
            if len(self._overrides) != len(inputs):
                raise ArgumentError(f"{self}: {len(self._overrides)} overrides for {len(inputs)} inputs{here()}")
            returned = [
                self._by_graph(inputs, g, k) if _is_default(rule) else rule(*given) if callable(rule) else rule
                for k, rule in enumerate(self._overrides)
            ]
        else:
            returned = list(self._overrides(*given))
        return [None if isinstance(one, Mark) else one for one in returned]

    def _by_graph(self, inputs: Sequence[Node], g: Sequence[Node], k: int) -> Any:
        made: Any = Lop(self._values(*inputs), [inputs[k]], list(g), disconnected_inputs="ignore")
        return made[0]

    def __str__(self) -> str:
        return self.name or f"{type(self).__name__}{{inline={self.inline}}}"


def _is_default(rule: Any) -> bool:
    return isinstance(rule, str) and rule == DEFAULT
