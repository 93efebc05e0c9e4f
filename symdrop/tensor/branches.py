"""Branches as users write them.

Read next: ../lower/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import as_node, constant_scalar, convert
from ..ops.branches import ifelse as ifelse_op
from ..types import is_integer, is_weak, promote
from .scan_arguments import read_node
from .trees import checked_function, in_form, leaves, leaves_like


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


def _chosen(condition: Node, then: Any, otherwise: Any, name: str | None = None) -> Node:
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


@public
def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """The value of one of two functions, of which only the chosen one is computed; ``ifelse`` of two calls.

    Args:
        pred: a scalar; true if it is not zero.
        true_fun, false_fun: functions of the operands, each called once. They return variables, or tuples, lists and
            dicts of them, of one form and of equal dtypes and numbers of axes.
        operands: variables, or tuples, lists and dicts of them.

    Returns:
        What the functions return.

    Raises:
        GraphTypeError: if the condition is not a scalar, or the functions return values of different forms or types.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> y = sd.cond(x > 0, lambda x: T.sqrt(x), lambda x: -x, x)
        >>> float(y.eval({x: 9.0})), float(y.eval({x: -9.0}))
        (3.0, 9.0)
    """
    chooser = read_node(pred, "cond: pred")
    if chooser.ndim:
        raise GraphTypeError(f"cond: pred is one truth value, not {describe(chooser)}{here()}")
    given = [in_form(one, leaves(one, f"cond: operand {k}")) for k, one in enumerate(operands)]
    functions = (("true_fun", true_fun), ("false_fun", false_fun))
    results = [checked_function(fn, f"cond: {name}")(*given) for name, fn in functions]
    return _of_one_form(chooser.astype("bool"), "cond", "true_fun", "false_fun", *results)


def _of_one_form(condition: Node, label: str, first: str, second: str, then: Any, otherwise: Any) -> Any:
    """One of two nested collections of values of one form."""
    a = leaves(then, f"{label}: what {first} returns")
    b = leaves_like(otherwise, then, f"{label}: what {second} returns", f"what {first} returns")
    return in_form(then, [_chosen(condition, *pair) for pair in zip(a, b, strict=True)])


@public
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The value of one of several functions, chosen by its number; only that one is computed.

    ``T.switch`` is Theano's name for ``T.where``, which chooses element by element.

    Args:
        index: an integer scalar; a number below 0 chooses the first function, one that is too large the last.
        branches: functions of the operands, each called once; what they return has one form, as in ``cond``.
        operands: variables, or tuples, lists and dicts of them.

    Returns:
        What the functions return.

    Raises:
        GraphTypeError: if the number is no integer scalar, or the functions return values of different forms or types.
        ArgumentError: without functions.

    Source: ``jax.lax.switch`` of J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018).

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> k, x = T.iscalar("k"), T.dscalar("x")
        >>> y = sd.switch(k, [lambda x: x, lambda x: x * 10, lambda x: x * 100], x)
        >>> [float(y.eval({k: number, x: 2.0})) for number in (-1, 0, 1, 5)]
        [2.0, 2.0, 20.0, 200.0]
    """
    number = read_node(index, "switch: index")
    if number.ndim or not is_integer(number.dtype):
        raise GraphTypeError(f"switch: index is an integer scalar, not {describe(number)}{here()}")
    if not isinstance(branches, list | tuple) or not branches:
        raise ArgumentError(f"switch: branches is a list of functions, one at least, not {shown(branches)}{here()}")
    given = [in_form(one, leaves(one, f"switch: operand {k}")) for k, one in enumerate(operands)]
    results = [checked_function(fn, f"switch: branch {k}")(*given) for k, fn in enumerate(branches)]
    known = constant_scalar(number)
    if known is not None:
        return results[min(max(int(known), 0), len(results) - 1)]
    return _bisected(number, results, 0)


def _bisected(number: Node, results: Sequence[Any], first: int) -> Any:
    """The result of a number, counted from ``first`` on, by halves: as many choices in a row as the logarithm."""
    if len(results) == 1:
        return results[0]
    half = len(results) // 2
    low, high = _bisected(number, results[:half], first), _bisected(number, results[half:], first + half)
    return _of_one_form(number < first + half, "switch", f"branch {first}", f"branch {first + half}", low, high)
