"""Arguments of draws as users give them (seed, site, shape, probability), read into what a draw needs.

Read next: distributions.py
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Constant, Size, as_node, as_size, stretch
from ..ops.checks import required
from ..ops.logic import ge, gt, isfinite, isinf, le, lt, where
from ..ops.numpy_maths import NUMPY
from ..ops.random import check_probability
from ..ops.threefry import STEPS
from ..tensor.arguments import dtype_or_default, python_integer
from ..tensor.shaping import stretch_to
from ..types import is_float, is_integer, promote

Site = int | str | None

SEEDS = 2**64
NAMED_SITES = 2**63  # names take the upper half of 64 bits, numbers at most the lower 32 bits
NUMBERED_SITES = 2**32


def whole_number(value: Any, what: str, limit: int) -> int:
    """A Python integer in [0, limit).

    Raises:
        GraphTypeError: if the value is not an integer; ``ArgumentError`` if it is outside the range.
    """
    number = python_integer(value, what)
    if not 0 <= number < limit:
        raise ArgumentError(f"{what} lies in [0, {limit}), which {number} does not{here()}")
    return number


def number_of_trials(n: Any, dtype: str) -> int:
    """A number of trials, which counts of an integer dtype may reach.

    Raises:
        GraphTypeError: if the value is not an integer; ``ArgumentError`` if it is negative or too large.
    """
    most = min(2**31 - 1, int(np.iinfo(dtype).max)) if is_integer(dtype) else 2**31 - 1
    return whole_number(n, f"a number of trials counted in {dtype}", most + 1)


def two_words(number: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """64 bits as two words, the high one first."""
    return np.array([number >> 32, number & 0xFFFFFFFF], np.uint32)


def site_words(site: int | str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The two words that a site's number or name folds into a key; no name meets a number.

    Example:
        >>> site_words(3).tolist(), bool(site_words("hidden")[0] >> 31)
        ([0, 3], True)
    """
    if isinstance(site, str):
        digest = blake2b(site.encode(), digest_size=8).digest()
        return two_words(int.from_bytes(digest, "big") | NAMED_SITES)
    return two_words(whole_number(site, "a site that is not a name", NUMBERED_SITES))


def step_number(step: Any) -> int:
    """A step that the counters can tell apart from every other."""
    return whole_number(step, "a step", STEPS)


def probability(p: Any, what: str = "p", axis: int | None = None) -> Node:
    """A node for probabilities: a constant is checked now, a symbolic value at every call.

    Args:
        p: a number, array or variable.
        what: what to call it in an error.
        axis: the axis along which the probabilities must sum to 1, if any.

    Raises:
        ArgumentError: if a constant is outside [0, 1] or NaN, or does not sum to 1.
    """
    node = as_node(p)
    if axis is not None and node.ndim == 0:
        raise GraphTypeError(f"{what} are the probabilities of several outcomes, not {shown(p)}{here()}")
    if node.op is check_probability and node.params["axis"] == axis:
        return node
    if not isinstance(node, Constant):
        return check_probability(node, label=f"{what} = {describe(node)}", axis=axis)
    try:
        check_probability.formula(NUMPY, node.value, label=what, axis=axis)
    except ArgumentError as error:
        raise ArgumentError(f"{error}{here()}") from None
    return node


def not_negative(scale: Node, what: str = "the standard deviation") -> Node:
    """A scale: a constant is checked now, a symbolic value at every call.

    Raises:
        ArgumentError: if a constant is negative or NaN.
    """
    return required(scale, ge(scale, 0), f"{what} {bound(scale)}", "0 or more")


def positive(parameter: Node, what: str) -> Node:
    """A parameter above 0 and finite: a constant is checked now, a symbolic value at every call.

    Raises:
        ArgumentError: if a constant is 0, negative, infinite or NaN.
    """
    holds = gt(parameter, 0) & isfinite(parameter)
    return required(parameter, holds, f"{what} {bound(parameter)}", "above 0 and finite")


def in_order(low: Node, high: Node, strictly: bool = False) -> Node:
    """The upper bound of an interval, checked against the lower one: constants now, symbolic values at every call.

    Args:
        low, high: the bounds.
        strictly: whether they must differ.

    Raises:
        ArgumentError: if constants are out of order, NaN or infinitely far from each other.
    """
    holds = lt(low, high) if strictly else le(low, high) & isfinite(high - low)
    domain = f"{'greater than low' if strictly else 'low or more, and finitely far from it'}: low is {bound(low)}"
    return required(high, holds, "high" if isinstance(high, Constant) else f"high, {describe(high)},", domain)


def at_most(parameter: Node, what: str, most: float) -> Node:
    """A parameter from 0 to a bound: a constant is checked now, a symbolic value at every call.

    Raises:
        ArgumentError: if a constant is outside or NaN.
    """
    holds = ge(parameter, 0) & le(parameter, most)
    return required(parameter, holds, f"{what} {bound(parameter)}", f"in [0, {most:.0f}]")


def inside(low: Node, middle: Node, high: Node) -> Node:
    """The upper end of an interval that is not empty and holds ``middle``; constants are checked now.

    Raises:
        ArgumentError: if constants are out of order, NaN or infinite.
    """
    last = in_order(low, high, strictly=True)
    holds = le(low, middle) & le(middle, last) & isfinite(last - low)
    return required(last, holds, f"the upper end {bound(high)}", f"right of {bound(middle)}, right of {bound(low)}")


def standardized(end: Node, mean: Node, std: Node) -> Node:
    """The bound of an interval in standard deviations from the mean, on which an infinite bound does not depend."""
    endless = isinf(end)
    return where(endless, end, (where(endless, 0, end) - mean) / std)


def bound(node: Node) -> str:
    """A parameter in an error: its value if it is a constant number, else its name."""
    return str(node.exact) if isinstance(node, Constant) and not node.ndim else describe(node)


def fit(size: Any, *parameters: Any) -> tuple[tuple[Size, ...], list[Node]]:
    """The sizes of a draw's axes, and its parameters as scalars or nodes of that shape.

    Args:
        size: an int, a tuple of ints and integer scalars of the graph, an integer vector of known length, or None
            for the shape in which the parameters meet.
        *parameters: parameters of the distribution.

    Raises:
        ShapeError: if the number of axes cannot be known or a parameter does not fit.
        ArgumentError: if a size is negative.
    """
    nodes = [as_node(parameter) for parameter in parameters]
    if size is None:
        nodes = stretch(nodes)
        return next((node.shape for node in nodes if node.ndim), ()), nodes
    sizes = tuple(_checked_size(one) for one in _as_sequence(size))
    return sizes, [spread(node, sizes) for node in nodes]


def _as_sequence(size: Any) -> Sequence[Any]:
    if isinstance(size, Node) and size.ndim == 1:
        (length,) = size.type.shape
        if length is None:
            raise ShapeError(
                f"the shape of a draw cannot be known from {describe(size)}, whose length is unknown; "
                f"give a tuple such as x.shape{here()}"
            )
        return [size[axis] for axis in range(length)]
    if isinstance(size, np.ndarray):
        return list(size.ravel())
    return size if isinstance(size, tuple | list) else (size,)


def _checked_size(size: Any) -> Size:
    if not isinstance(size, Node):
        return whole_number(size, "a size", 2**63)
    if size.ndim or not is_integer(size.dtype):
        raise ShapeError(
            f"the shape of a draw cannot be known from {describe(size)}; a size is an integer scalar{here()}"
        )
    return as_size(size)


def spread(node: Node, sizes: Sequence[Size]) -> Node:
    """A node stretched to the given sizes; scalars stay scalars.

    Raises:
        ShapeError: if the node has too many axes or a known size that differs.
    """
    missing = len(sizes) - node.ndim
    own = (1,) * missing + node.type.shape
    pairs = zip(own, sizes, strict=False)
    if missing < 0 or any(a not in (None, 1) and isinstance(b, int) and a != b for a, b in pairs):
        raise ShapeError(f"{describe(node)} does not fit a draw of shape {tuple(sizes)}{here()}")
    return stretch_to(node, sizes) if node.ndim else node


def is_number(value: Any, number: int) -> bool:
    """Compare an argument with a number: False for arrays and variables."""
    return not isinstance(value, Node | np.ndarray) and bool(value == number)


def float_dtypes(dtype: Any, *parameters: Any) -> tuple[str, str]:
    """The dtype of the result, and the one in which to draw."""
    types = [node.type for node in map(as_node, parameters) if not node.type.weak and is_float(node.dtype)]
    result = dtype_or_default(dtype, promote(types) if types else "floatX")
    if not is_float(result):
        raise GraphTypeError(f"a float dtype is needed, not {result}; round and cast the result instead{here()}")
    return result, "float64" if result == "float64" else "float32"
