"""Applications in Theano's words: the text of an op, and the inputs it would have had there.

The engine keeps in an op's parameters, or in a list of sizes, what Theano's ops had among their inputs, and the other
way round. What is printed has Theano's form.

Read next: printed.py
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..op import Constant, is_dim
from ..ops.indexing import indexed_axes
from ..types import is_float
from .applications import Apply
from .element_ops import All, Any_, Elemwise, MaxAndArgmax, Prod, Sum
from .part_ops import IncSubtensor, Subtensor
from .tensor_ops import Alloc, ARange, Join, Reshape, Shape_i
from .variable import Variable, as_variable

# Theano wrote the beginning and the end of a longer constant.
_LONGEST, _KEPT = 20, 10


class Presented:
    """A line of a tree: a leaf or an application.

    Args:
        text: the leaf, or the op.
        inputs: variables, or what presents them; None for a leaf.
        key: what is the same line has the same key.
        name: the variable's name.
        output: the number of the output, where there are several.
        owner: the application, if there is one.
    """

    def __init__(
        self,
        text: str,
        inputs: Sequence[Any] | None = None,
        key: Hashable = None,
        name: str | None = None,
        output: int | None = None,
        owner: Any = None,
    ) -> None:
        self.text = text
        self.inputs = inputs
        self.key = self if key is None else key
        self.name = name
        self.output = output
        self.owner = owner


def constant_text(value: Any, kind: str = "TensorConstant") -> str:
    """A constant as Theano wrote it.

    Example:
        >>> constant_text(2), constant_text(np.ones(3)), constant_text(np.arange(12))
        ('TensorConstant{2}', 'TensorConstant{(3,) of 1.0}', 'TensorConstant{[ 0  1  2 ..  9 10 11]}')
    """
    array = np.asarray(value)
    if array.ndim and array.size and bool(np.all(array == array.flat[0])):
        text = f"{array.shape} of {array.flat[0]}"
    else:
        text = str(array)
        if len(text) > _LONGEST:
            text = f"{text[:_KEPT]}..{text[-_KEPT:]}"
    return f"{kind}{{{text}}}"


def leaf_text(variable: Any) -> str:
    """A leaf as Theano wrote it: its name, a constant's value, or a type.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> leaf_text(T.constant(2)), leaf_text(T.vector("x")), leaf_text(T.vector())
        ('TensorConstant{2}', 'x', '<TensorType(float64, vector)>')
    """
    if isinstance(variable, Constant):
        return constant_text(variable.exact if variable.type.weak else variable.value)
    return str(variable.name) if variable.name else f"<{variable.type!r}>"


def presented(one: Any, compiled: bool = False) -> Presented:
    """A variable as a line, with its inputs.

    Args:
        one: a variable; what is presented stays itself.
        compiled: whether it belongs to a function, in which Theano had rewritten the sizes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> presented(T.vector("x")[1:]).text
        'Subtensor{int64::}'
    """
    if isinstance(one, Presented):
        return one
    owner = one.owner if isinstance(one, Variable) else None
    if owner is None:
        scalar = isinstance(one, Constant) and one.ndim == 0
        return Presented(leaf_text(one), key=("constant", one.dtype, leaf_text(one)) if scalar else one, name=one.name)
    kind = type(owner.op)
    several = one.index if owner.nout > 1 else None
    if kind is Shape_i and not compiled:
        return _size(owner, one)
    text, inputs = _RULES[kind](owner) if kind in _RULES else (str(owner.op), owner.inputs)
    if kind is Elemwise:
        inputs = list(_stretched(inputs, one.ndim))
    return Presented(text, inputs, key=owner, name=one.name, output=several, owner=owner)


def _size(owner: Apply, one: Node) -> Presented:
    """One size of a shape."""
    axis = owner.node.params["axis"]
    index = Presented(constant_text(axis, "Constant"), key=("axis", owner))
    shape = Presented("Shape", owner.inputs, key=("shape", owner.inputs[0]))
    return Presented("Subtensor{int64}", [shape, index], key=owner, name=one.name, owner=owner)


def _stretched(inputs: Sequence[Any], ndim: int) -> Iterator[Any]:
    """The inputs of an elementwise op, to which Theano gave as many axes."""
    for one in inputs:
        missing = ndim - one.ndim
        yield Presented(f"InplaceDimShuffle{{{_axes(missing, one.ndim)}}}", [one]) if missing else one


def _axes(new: int, old: int) -> str:
    return ",".join([*"x" * new, *map(str, range(old))])


def _index(part: Any) -> Presented:
    """A number of an index: a constant of its own kind, or the element of a scalar."""
    if isinstance(part, Constant):
        return Presented(constant_text(part.value, "Constant"), key=part)
    return Presented("ScalarFromTensor", [as_variable(part)], key=("scalar", part))


def _indexed(owner: Apply, first: int) -> tuple[str, list[Presented]]:
    """The text of an index, and its numbers; ``first`` inputs are not of it."""
    texts, numbers = [], []
    for entry, _, parts in indexed_axes(owner.node.params["entries"], owner.inputs[first:]):
        numbers += [_index(part) for part in parts]
        dtypes = iter(["int64" if isinstance(part, Constant) else part.dtype for part in parts])
        texts.append(":".join(next(dtypes) if side == "i" else side for side in entry.split(":")))
    return ", ".join(texts) or "::", numbers


def _subtensor(owner: Apply) -> tuple[str, Sequence[Any]]:
    x, entries = owner.inputs[0], owner.node.params["entries"]
    if not {*entries} <= {"::", "x"} or "x" not in entries:
        text, numbers = _indexed(owner, 1)
        return f"Subtensor{{{text}}}", [x, *numbers]
    axes = iter(range(x.ndim))
    order = [next(axes) if entry == "::" else "x" for entry in entries]
    return f"InplaceDimShuffle{{{','.join(map(str, [*order, *axes]))}}}", [x]


def _inc_subtensor(owner: Apply) -> tuple[str, Sequence[Any]]:
    text, numbers = _indexed(owner, 2)
    written = "Set" if owner.op.set_instead_of_inc else "Inc"
    return f"IncSubtensor{{{written};{text}}}", [*owner.inputs[:2], *numbers]


def _sum(owner: Apply) -> tuple[str, Sequence[Any]]:
    dtype = owner.inputs[0].dtype
    wide = "float64" if is_float(dtype) else "uint64" if dtype.startswith("uint") else "int64"
    axis = "" if owner.op.axis is None else f"axis={list(owner.op.axis)}, "
    return f"Sum{{{axis}acc_dtype={wide}}}", owner.inputs


def _prod(owner: Apply) -> tuple[str, Sequence[Any]]:
    dtype = owner.outputs[0].dtype
    return f"Prod{{axis={owner.op.axis}, dtype={dtype!r}, acc_dtype={dtype!r}}}", owner.inputs


def _truth(owner: Apply) -> tuple[str, Sequence[Any]]:
    name = type(owner.op).__name__.rstrip("_")
    return name if owner.op.axis is None else f"{name}{{{', '.join(map(str, owner.op.axis))}}}", owner.inputs


def _extreme(owner: Apply) -> tuple[str, Sequence[Any]]:
    return f"MaxAndArgmax{{axis={tuple(owner.node.params['axis'])}}}", owner.inputs


def _join(owner: Apply) -> tuple[str, Sequence[Any]]:
    axis = constant_text(owner.node.params["axis"])
    return "Join", [Presented(axis, key=("constant", "int8", axis)), *owner.inputs]


def _arange(owner: Apply) -> tuple[str, Sequence[Any]]:
    return f"ARange{{dtype={owner.outputs[0].dtype!r}}}", owner.inputs


def _reshape(owner: Apply) -> tuple[str, Sequence[Any]]:
    x, sizes = owner.inputs[0], owner.inputs[1:]
    if all(isinstance(one, Constant) for one in sizes):
        shape = Presented(constant_text(np.array([one.item() for one in sizes], "int64")))
    else:
        shape = Presented("MakeVector{dtype='int64'}", sizes)
    return str(owner.op), [x, shape]


def _alloc(owner: Apply) -> tuple[str, Sequence[Any]]:
    value, sizes = owner.inputs[0], owner.inputs[1:]
    stretched = Presented(f"InplaceDimShuffle{{{_axes(owner.outputs[0].ndim, 0)}}}", [value])
    if not isinstance(value, Constant):
        # An operand that is stretched to the shape of the others.
        return stretched.text, [value]
    like = {one.inputs[0] for one in sizes if is_dim(one)}
    axes = [one.params.get("axis") for one in sizes]
    if len(like) == 1 and axes == list(range(next(iter(like)).ndim)):
        return "Elemwise{second,no_inplace}", [as_variable(like.pop()), stretched]
    return "Alloc", owner.inputs


_RULES: dict[type, Callable[[Apply], tuple[str, Sequence[Any]]]] = {
    ARange: _arange, All: _truth, Alloc: _alloc, Any_: _truth, IncSubtensor: _inc_subtensor,
    Join: _join, MaxAndArgmax: _extreme, Prod: _prod, Reshape: _reshape, Subtensor: _subtensor,
    Sum: _sum,
}  # fmt: skip
