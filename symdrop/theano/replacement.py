"""``map_variables``: expressions with every variable replaced by what a function makes of it, in loops too.

Read next: scan_module.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Graph, Node, rebuild, substitution, toposort
from ..op import SharedVariable, as_node, is_item
from ..ops.closures import close_over
from .applications import Apply, Op
from .variable import Variable, as_variable


class IntroducedUpdateError(GraphTypeError, NotImplementedError):
    """A shared variable with an update that would come into a loop; in Theano a ``NotImplementedError``."""


@public
def map_variables(
    replacer: Callable[[Any], Any], graphs: Sequence[Any], additional_inputs: Sequence[Any] = ()
) -> list[Any]:
    """Expressions with every variable replaced by what a function makes of it, those of loops and ``OpFromGraph`` too.

    Args:
        replacer: is given each variable, an input or a value computed of what is replaced already, and returns it or
            another of its type.
        graphs: the expressions.
        additional_inputs: accepted; what a replacement needs is found.

    Returns:
        A list. Variables keep their tags.

    Raises:
        GraphTypeError: if the function returns a variable of another type, or none.
        IntroducedUpdateError: if a replacement brings a shared variable with an update into a loop or ``OpFromGraph``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> rows, _ = theano.scan(lambda one: one * 2, x)
        >>> doubled, = theano.scan_module.map_variables(lambda v: v + 1 if v is x else v, [rows])
        >>> doubled.eval({x: [1.0, 2.0]}).tolist()
        [4.0, 6.0]
    """
    if not isinstance(graphs, list | tuple):
        raise GraphTypeError(f"map_variables: expressions stand in a list, not {shown(graphs)}{here()}")
    given = [as_node(one) for one in graphs]
    return _replaced(given, _Replacing(replacer))


class _Replacing:
    """The replacement of one variable, by a function of the script's.

    Args:
        replacer: the function.
        op: the loop or op in whose step the variable stands, for errors; None outside of one.
    """

    def __init__(self, replacer: Callable[[Any], Any], op: Any = None) -> None:
        self._replacer = replacer
        self._op = op

    def inside(self, op: Any) -> _Replacing:
        """The same in the step of an op."""
        return _Replacing(self._replacer, op)

    def __call__(self, node: Node) -> Node:
        """The variable that takes the place of another."""
        asked = node if isinstance(node, Variable) else as_variable(node)
        # What stands in a step for a value from outside is no variable of the script's.
        new = self._replacer(asked) if isinstance(asked, Variable) else asked
        if new is asked:
            return node
        if not isinstance(new, Node) or new.dtype != node.dtype or new.ndim != node.ndim:
            kind = f", of type {new.type}" if isinstance(new, Node) else ""
            problem = f"cannot replace {shown(node)} of type {node.type} by {shown(new)}{kind}"
            raise GraphTypeError(f"map_variables: {problem}{here()}")
        if self._op is not None:
            self._check(new)
        return new

    def _check(self, new: Node) -> None:
        for one in toposort([new]):
            if isinstance(one, SharedVariable) and (one.default_update is not None or "update" in vars(one)):
                problem = f"the shared variable {one.name or shown(one)}, which has an update, into {self._op}"
                problem += f"; update it outside of the loop{here()}"
                raise IntroducedUpdateError(f"map_variables: the replacement brings {problem}")


def _mapped(outputs: Sequence[Node], replacing: _Replacing) -> dict[Node, Node]:
    """For each node that outputs depend on what takes its place."""

    def make(node: Node, inputs: Sequence[Node]) -> Node:
        made = _with_body(node, inputs, replacing)
        if made is not node and isinstance(node, Variable) and isinstance(made, Variable):
            for attribute, value in node.tag.known().items():
                setattr(made.tag, attribute, value)
        # What has several values is no variable.
        return made if made.items is not None else replacing(made)

    return substitution(outputs, {}, make)


def _replaced(outputs: Sequence[Node], replacing: _Replacing) -> list[Node]:
    mapped = _mapped(outputs, replacing)
    return [mapped[one] for one in outputs]


def _with_body(node: Node, inputs: Sequence[Node], replacing: _Replacing) -> Node:
    """A node on other inputs, with the variables of its step replaced if it has one."""
    applied = getattr(node, "__dict__", {}).get("_apply")
    if isinstance(applied, Apply) and isinstance(applied.op, Op):
        op, more = applied.op.with_graph(lambda outputs, op: _replaced(outputs, replacing.inside(op)))
        if op is not applied.op:
            first: Node = op(*inputs[: len(applied.inputs)], *more, return_list=True)[0]
            return first.inputs[0] if is_item(first) else first
    body = node.params.get("body")
    if not isinstance(body, Graph):
        return rebuild(node, inputs)
    outputs = _replaced(body.outputs, replacing.inside(node.op.name))
    if outputs == list(body.outputs):
        return rebuild(node, inputs)
    graph, captured = close_over(outputs, body.inputs)
    made: Node = node.op.make([*inputs, *captured], {**node.params, "body": graph})
    return made
