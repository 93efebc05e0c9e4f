"""Ops of the engine as scripts of Theano see them: those that computed a variable, and those that scripts make.

Read next: element_ops.py
"""

from __future__ import annotations

from typing import Any, Self

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node
from .applications import Op
from .methods import operators


class EngineOp(Op):
    """An op of the engine, as scripts of Theano see it; two that are written alike are equal.

    Attributes:
        name: the engine's name of it.
        params: what else it needs to know.
    """

    name: str
    params: dict[str, Any]
    # The engine's op; None of one that a script has made.
    _op: Any = None

    @public
    def __init__(self, *arguments: Any, **named: Any) -> None:
        raise GraphTypeError(f"{type(self).__name__} is made by the function that computes its outputs{here()}")

    @classmethod
    def view(cls, node: Node) -> Self:
        """The op that a node of the engine applies."""
        made = cls.__new__(cls)
        made.name, made.params, made._op = node.op.name, dict(node.params), node.op
        made.read(node)
        return made

    def read(self, node: Node) -> None:
        """Take the attributes that Theano's class has from a node that applies it."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The same op on other inputs."""
        return self._op.make(list(inputs), self.params)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self), str(self)))

    def __str__(self) -> str:
        return type(self).__name__ if type(self) is not EngineOp else self.name


class CalledOp(EngineOp):
    """An op that scripts also make themselves, to call it.

    Attributes:
        function: the name in ``theano.tensor`` of what a call computes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.Dot()([1, 2], [3, 4]).eval().tolist(), T.Dot() == T.dot([1, 2], [3, 4]).owner.op
        (11, True)
    """

    function = ""

    @public
    def __init__(self) -> None:
        self.name, self.params = self.function, {}

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The outputs for inputs, a list where there are several."""
        return self.compute(*inputs) if self._op is None else super().__call__(*inputs)

    def compute(self, *inputs: Any) -> Any:
        """The outputs of an op that a script has made."""
        return operators[self.function](*inputs)
