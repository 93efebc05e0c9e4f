"""Marks in place of gradients: of what is not connected, and of what has none.

Read next: python_ops.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public


class Mark:
    """A mark that an op's ``grad`` returns instead of a variable; nothing can be computed from it.

    Args:
        type: the type, which says why there is no gradient.
    """

    def __init__(self, type: Any) -> None:
        self.type = type
        self.name: str | None = None
        self.owner = None

    def __repr__(self) -> str:
        return f"<{self.type!r}>"


class DisconnectedType:
    """The type of the gradient of what a cost does not depend on; called, it gives a mark of that type.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.gradient.DisconnectedType()()
        <DisconnectedType>
    """

    @public
    def __call__(self, name: str | None = None) -> Mark:
        """A mark that an input is not connected."""
        return Mark(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return type(self).__name__


class NullType(DisconnectedType):
    """The type of a gradient that is not defined, or that nobody has written.

    Args:
        why_null: a sentence that says why.
    """

    @public
    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null


@public
def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Mark:
    """A mark for an input in which an op has no derivative.

    Args:
        op: the op.
        x_pos: the number of the input.
        x: the input.
        comment: why.

    Returns:
        A mark; an error names the op if anybody asks for that gradient.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.gradient.grad_undefined("choose", 0, None, "indices are whole").type.why_null
        'the gradient of choose with respect to its input 0 is not defined: indices are whole'
    """
    reason = f"the gradient of {op} with respect to its input {x_pos} is not defined"
    return NullType(f"{reason}: {comment}" if comment else reason)()


@public
def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Mark:
    """A mark for an input by which nobody has written the derivative of an op.

    Args:
        op, x_pos, x, comment: as of ``grad_undefined``.

    Returns:
        A mark; an error names the op if anybody asks for that gradient.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.gradient.grad_not_implemented("choose", 0, None).type.why_null
        'the gradient of choose with respect to its input 0 is not implemented'
    """
    reason = f"the gradient of {op} with respect to its input {x_pos} is not implemented"
    return NullType(f"{reason}: {comment}" if comment else reason)()
