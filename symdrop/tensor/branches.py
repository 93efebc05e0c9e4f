"""Branches as users write them.

Read next: ../lower/__init__.py
"""

from __future__ import annotations

from typing import Any, overload

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node, convert
from ..ops.branches import ifelse as ifelse_op
from ..types import is_weak, promote
from .scan_arguments import read_node


@overload
def ifelse(condition: Any, then_branch: list[Any], else_branch: Any, name: str | None = None) -> list[Node]: ...
@overload
def ifelse(
    condition: Any, then_branch: tuple[Any, ...], else_branch: Any, name: str | None = None
) -> tuple[Node, ...]: ...
@overload
def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Node: ...
@public
def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """One of two values, of which only the chosen one is computed.

    ``T.where`` (``T.switch``) chooses element by element and computes both.

    Args:
        condition: a scalar; true if it is not zero.
        then_branch, else_branch: variables of equal dtype and number of axes, or lists of as many such variables.
        name: the name of the result.

    Returns:
        A variable, or a list or tuple as the branches are.

    Raises:
        GraphTypeError: if the condition is not a scalar, or the branches do not have identical types.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, train = T.dvector("x"), T.iscalar("train")
        >>> y = sd.ifelse(T.eq(train, 1), x * 2, x)
        >>> sd.function([x, train], y)([1.0, 2.0], 1).tolist()
        [2.0, 4.0]
    """
    chooser = as_node(condition)
    if chooser.ndim:
        raise GraphTypeError(
            f"ifelse: one truth value chooses, not {describe(chooser)}; T.where chooses element by element{here()}"
        )
    chooser = chooser if chooser.dtype == "bool" else chooser.astype("bool")
    several = [isinstance(branch, list | tuple) for branch in (then_branch, else_branch)]
    if not any(several):
        return _chosen(chooser, then_branch, else_branch, name)
    if not all(several) or len(then_branch) != len(else_branch):
        raise GraphTypeError(f"ifelse: the two branches must give equally many values{here()}")
    made = [_chosen(chooser, a, b, name) for a, b in zip(then_branch, else_branch, strict=True)]
    return tuple(made) if isinstance(then_branch, tuple) else made


def _chosen(condition: Node, then: Any, otherwise: Any, name: str | None) -> Node:
    a, b = read_node(then, "ifelse: the first branch"), read_node(otherwise, "ifelse: the second branch")
    if a.type.weak or b.type.weak:
        # Python's numbers take the dtype of what they meet.
        types = [a.type, b.type]
        dtype = promote(types)
        a, b = (convert(node, dtype, is_weak(dtype, types)) for node in (a, b))
    made = ifelse_op(condition, a, b)
    if name is not None:
        made.name = name
    return made
