"""Einstein summation: ``einsum`` taken apart into diagonals, sums, and one contraction for each pair of operands.

Read next: composed/__init__.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from string import ascii_letters
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node, convert
from ..ops.einsum.einsum import einsum as einsum_op
from ..types import promote
from .arguments import python_integer
from .axes import dimshuffle
from .diagonals import diagonal
from .reductions import sum as sum_over
from .shaping import specify_shape

# For the order of contractions an unknown size counts as this one.
_TYPICAL = 64
# Up to so many operands the best order of all is sought.
_FEW = 6


class _Operand(NamedTuple):
    """A value and a name for each of its axes: a letter, or the number from the end of an axis under an ellipsis."""

    value: Node
    axes: tuple[str, ...]


@public
def einsum(subscripts: Any, *operands: Any) -> Node:
    """Einstein summation: the sum of products of operands, whose axes are named by letters.

    Args:
        subscripts: the letters of the axes of every operand, separated by commas: "ij,jk->ik" is a product of matrices,
            "ii" a trace, "ij->ji" a transposition, "...ij,...jk->...ik" a product of stacks. A letter that occurs twice
            in an operand takes its diagonal. Letters that do not stand behind "->" are summed over; without "->" the
            letters that occur once stand there, in the order of the alphabet, after the axes under an ellipsis. Or, as
            NumPy has it, ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.
        operands: tensors of any dtypes. An axis known to have size 1 stretches to that of another operand.

    Returns:
        A tensor in the dtype where the operands meet; integers wrap around in it, as NumPy's do. Of three operands and
        more the pairs are contracted in the order that takes the fewest operations, known sizes given.

    Raises:
        GraphTypeError: if the subscripts cannot be read or do not name the axes of the operands.
        ShapeError: if a letter is known to have two sizes; when running, if it turns out to.

    Source: the order is found as by D. Smith and J. Gray, "opt_einsum: a Python package for optimizing contraction
    order for einsum-like expressions", Journal of Open Source Software 3, 2018, which NumPy contains.

    Example:
        >>> import symdrop.tensor as T
        >>> A = T.constant([[1, 2], [3, 4]])
        >>> int(T.einsum("ii", A).eval()), T.einsum("ij,kj->ik", A, A).eval().tolist()
        (5, [[5, 11], [11, 25]])
    """
    text, given = _as_text(subscripts, operands)
    values = [as_node(value) for value in given]
    if not values:
        raise GraphTypeError(f"einsum {shown(text)}: there are no operands{here()}")
    letters, output = _read(text, values)
    dtype = promote(value.type for value in values)
    named = [_Operand(convert(x, dtype), axes) for x, axes in zip(values, letters, strict=True)]
    named = _stretched(text, [_diagonal(text, one) for one in named])
    for pair in _order(named, output):
        chosen = [named[k] for k in pair]
        named = [one for k, one in enumerate(named) if k not in pair]
        kept = {*output, *(axis for one in named for axis in one.axes)}
        made = chosen[0]
        for k, other in enumerate(chosen[1:], 2):
            wanted = kept.union(*(one.axes for one in chosen[k:]))
            made = _contracted(made, other, wanted, output)
        named.append(made)
    (last,) = named
    return _permuted(_summed(last, output), output)


def _as_text(subscripts: Any, operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Subscripts as letters; NumPy's other form, operands and lists of numbers in turn, has the same meaning."""
    if isinstance(subscripts, str):
        return subscripts.replace(" ", ""), operands
    given = [subscripts, *operands]
    lists = given[1::2] + (given[-1:] if len(given) % 2 else [])
    if len(given) < 2 or not all(isinstance(one, list | tuple) for one in lists):
        raise GraphTypeError(
            f"einsum: expected subscripts such as 'ij,jk->ik' and operands, or operands each followed by a list of "
            f"numbers, not {shown(subscripts)}{here()}"
        )
    written = ["".join(map(_as_letter, one)) for one in lists]
    names = ",".join(written[: len(given) // 2])
    return (f"{names}->{written[-1]}" if len(given) % 2 else names), given[: len(given) // 2 * 2 : 2]


def _as_letter(number: Any) -> str:
    if isinstance(number, EllipsisType):
        return "..."
    k = python_integer(number, "the number of an axis")
    if not 0 <= k < len(ascii_letters):
        raise GraphTypeError(f"einsum: an axis has a number from 0 to {len(ascii_letters) - 1}, not {k}{here()}")
    # In the order of the numbers, as letters sort.
    return sorted(ascii_letters)[k]


def _read(text: str, values: Sequence[Node]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The names of the axes of every operand, and of the value."""
    inputs, arrow, last = text.partition("->")
    parts = inputs.split(",")
    for part in (*parts, last):
        wrong = [letter for letter in part.replace("...", "", 1) if letter not in ascii_letters]
        if wrong:
            raise GraphTypeError(
                f"einsum {shown(text)}: {shown(wrong[0])} is no letter; one stands for each axis{here()}"
            )
    if len(parts) != len(values):
        raise GraphTypeError(
            f"einsum {shown(text)}: the subscripts are those of {len(parts)} operands, but {len(values)} are "
            f"given{here()}"
        )
    letters = [_named(text, k, part, value) for k, (part, value) in enumerate(zip(parts, values, strict=True))]
    under = max((sum(axis.isdigit() for axis in axes) for axes in letters), default=0)
    ellipsis = tuple(str(k) for k in range(under, 0, -1))
    counts = Counter(axis for axes in letters for axis in axes)
    if not arrow:
        return letters, (*ellipsis, *sorted(axis for axis, n in counts.items() if n == 1 and not axis.isdigit()))
    before, dots, after = last.partition("...")
    output = (*before, *(ellipsis if dots else ()), *after)
    if under and not dots:
        raise GraphTypeError(f"einsum {shown(text)}: the value needs an ellipsis too, for the axes under it{here()}")
    for axis, n in Counter(output).items():
        if n > 1 or axis not in counts:
            why = "stands twice in the value" if n > 1 else "of the value stands in no operand"
            raise GraphTypeError(f"einsum {shown(text)}: letter {axis} {why}{here()}")
    return letters, output


def _named(text: str, k: int, part: str, value: Node) -> tuple[str, ...]:
    """The names of an operand's axes; those under an ellipsis are numbered from their end."""
    before, dots, after = part.partition("...")
    under = value.ndim - len(before) - len(after)
    if under < 0 or (under and not dots):
        raise GraphTypeError(
            f"einsum {shown(text)}: {shown(part)} names {len(before) + len(after)} axes of operand {k}, which has "
            f"{value.ndim}, shape {value.type.shape}: {describe(value, lines=False)}{here()}"
        )
    return (*before, *(str(axis) for axis in range(under, 0, -1)), *after)


def _diagonal(text: str, operand: _Operand) -> _Operand:
    """An operand in which every name stands once: axes of one name have become their diagonal."""
    value, axes = operand
    while repeated := [axis for axis, n in Counter(axes).items() if n > 1]:
        name = repeated[0]
        first = axes.index(name)
        second = axes.index(name, first + 1)
        sizes = value.type.shape[first], value.type.shape[second]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ShapeError(
                f"einsum {shown(text)}: letter {name} has sizes {sizes[0]} and {sizes[1]} in one operand, shape "
                f"{value.type.shape}: {describe(value, lines=False)}{here()}"
            )
        whole = specify_shape(value, [value.shape[first] if k == second else None for k in range(value.ndim)])
        value = diagonal(whole, 0, first, second)
        axes = (*(axis for k, axis in enumerate(axes) if k not in (first, second)), name)
    return _Operand(value, axes)


def _stretched(text: str, operands: Sequence[_Operand]) -> list[_Operand]:
    """The operands without the axes of size 1 that have another size elsewhere; other sizes have to be equal."""
    sizes: dict[str, tuple[int | None, _Operand]] = {}
    for operand in operands:
        for axis, size in zip(operand.axes, operand.value.type.shape, strict=True):
            known, first = sizes.setdefault(axis, (size, operand))
            if size not in (None, 1) and known not in (None, 1, size):
                raise ShapeError(
                    f"einsum {shown(text)}: letter {axis} has size {known} in {describe(first.value, lines=False)} and "
                    f"size {size} in {describe(operand.value, lines=False)}{here()}"
                )
            if known in (None, 1) and size != 1 and (known == 1 or size is not None):
                sizes[axis] = size, operand
    made = []
    for value, axes in operands:
        kept = [k for k, axis in enumerate(axes) if value.type.shape[k] != 1 or sizes[axis][0] == 1]
        whole = value if len(kept) == len(axes) else dimshuffle(value, *kept)
        made.append(_Operand(whole, tuple(axes[k] for k in kept)))
    return made


def _order(operands: Sequence[_Operand], output: Sequence[str]) -> list[tuple[int, ...]]:
    """Which operands are contracted with each other, one step after the other; the result becomes the last operand."""
    if len(operands) == 1:
        return []
    if len(operands) == 2:
        return [(0, 1)]
    names = dict(zip(dict.fromkeys(axis for one in operands for axis in one.axes), ascii_letters, strict=False))
    if any(axis not in names for one in operands for axis in one.axes):
        return [(0, 1), *((0, len(operands) - k) for k in range(2, len(operands)))]
    sizes: dict[str, int] = {}
    for one in operands:
        for axis, size in zip(one.axes, one.value.type.shape, strict=True):
            sizes[axis] = size if size is not None else sizes.get(axis, _TYPICAL)
    text = ",".join("".join(names[axis] for axis in one.axes) for one in operands)
    text += "->" + "".join(names[axis] for axis in output if axis in names)
    # Only the shapes are looked at.
    shapes = [np.broadcast_to(0, [sizes[axis] for axis in one.axes]) for one in operands]
    path, _ = np.einsum_path(text, *shapes, optimize="optimal" if len(operands) <= _FEW else "greedy")
    return list(path[1:])


def _summed(operand: _Operand, kept: Sequence[str] | set[str]) -> _Operand:
    """An operand without the axes that nobody else has, summed over."""
    value, axes = operand
    over = [k for k, axis in enumerate(axes) if axis not in kept]
    if not over:
        return operand
    # Sums of small integers grow to 64 bits, products of them do not.
    total = convert(sum_over(value, over), value.dtype)
    return _Operand(total, tuple(axis for axis in axes if axis in kept))


def _contracted(a: _Operand, b: _Operand, wanted: set[str], output: Sequence[str]) -> _Operand:
    """The contraction of two operands, with the axes that are wanted later; those of the value in the value's order."""
    a, b = _summed(a, {*wanted, *b.axes}), _summed(b, {*wanted, *a.axes})
    found = dict.fromkeys((*output, *a.axes, *b.axes))
    value = tuple(axis for axis in found if axis in wanted and axis in {*a.axes, *b.axes})
    letters = dict(zip(dict.fromkeys((*a.axes, *b.axes)), ascii_letters, strict=False))
    first, second, last = ("".join(letters[axis] for axis in axes) for axes in (a.axes, b.axes, value))
    return _Operand(einsum_op(a.value, b.value, subscripts=f"{first},{second}->{last}"), value)


def _permuted(operand: _Operand, output: Sequence[str]) -> Node:
    order = [operand.axes.index(axis) for axis in output]
    return operand.value if order == list(range(len(order))) else dimshuffle(operand.value, *order)


__all__ = ["einsum"]
