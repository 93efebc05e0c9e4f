"""``theano.gof.fg``: the graph of a compiled function, as scripts look at it.

Read next: utils.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import MissingInputError, here
from ...graph import Node, describe, substitute, toposort
from ...op import INPUT
from ..applications import Apply, owner_of
from ..op_names import op_of
from .graph import clone as clone_graph


class FunctionGraph:
    """The variables and applications between inputs and outputs.

    Args:
        inputs, outputs: variables.
        features: accepted; it changes nothing.
        clone: whether the graph is over copies.

    Attributes:
        inputs, outputs: lists of variables.

    Raises:
        MissingInputError: if an output needs another input.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> [node.op for node in theano.gof.FunctionGraph([x], [T.exp(x)]).toposort()]
        [Elemwise{exp,no_inplace}]
    """

    @public
    def __init__(
        self, inputs: Sequence[Any], outputs: Sequence[Any], features: Any = None, clone: bool = True, **options: Any
    ) -> None:
        given, made = clone_graph(inputs, outputs) if clone else (inputs, outputs)
        self.inputs = list(given)
        self.outputs = list(made)
        missing = [leaf for leaf in toposort(made) if leaf.op is INPUT and leaf not in set(given)]
        if missing:
            raise MissingInputError(f"the graph needs {describe(missing[0])}, which is not among its inputs{here()}")

    @property
    def variables(self) -> set[Node]:
        """All variables."""
        return {node for node in toposort(self.outputs) if node.items is None} | set(self.inputs)

    @property
    def apply_nodes(self) -> set[Apply]:
        """All applications."""
        return set(self.toposort())

    @public
    def toposort(self) -> list[Apply]:
        """The applications, each after those that it needs."""
        known = set(self.inputs)
        order = toposort(self.outputs, stop=known.__contains__)
        owners = (None if node in known else owner_of(node, op_of) for node in order)
        return list(dict.fromkeys(owner for owner in owners if owner is not None))

    @public
    def replace(self, r: Any, new_r: Any, **options: Any) -> None:
        """Put a variable in place of another."""
        self.outputs = substitute(self.outputs, {r: new_r})

    replace_validate = replace

    @public
    def clone(self) -> FunctionGraph:
        """A graph over copies."""
        return FunctionGraph(self.inputs, self.outputs)

    def __repr__(self) -> str:
        return f"[{', '.join(map(str, self.outputs))}]"
