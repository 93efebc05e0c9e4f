"""Vectorized ops: an op on the values of all examples, derived from its indexing map for one.

A map says at which index an input is read for the element at an index. With the example ``b`` put before the iterators
of the value, an input of which every example has its own is read at ``(b, *index)``, and one that all share where it
was::

    value[i] = x[n - 1 - i]        becomes     values[b, i] = xs[b, n - 1 - i]
    value[i] = x[index[i]]         becomes     values[b, i] = x[indices[b, i]]

The formula is never run over all examples: it need not fit an axis more. Where NumPy computes, elements are read where
the map says; cotangents are the op's own pullback, vectorized. ``batched`` among the parameters tells, mapping within
mapping, the outermost first, which inputs have an axis of examples.

Source: the batching rules of J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018); the
maps are those of MLIR's linalg dialect.

Read next: derived_batching.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import SymdropError
from ..graph import Graph, Node
from ..op import (
    INPUT,
    Batched,
    Contraction,
    Cotangent,
    IndexSpace,
    InOrder,
    KnownSizes,
    Op,
    Size,
    Sizes,
    Structured,
    Style,
    Text,
    as_node,
    convert,
    evaluate,
    map_owner,
    read_elements,
    read_index,
)
from ..types import TensorType
from .contracted import written_out
from .reduce import sum_
from .views import stacked

Flags = tuple[bool, ...]


class Values(Protocol):
    """The values of nodes for all examples."""

    def __getitem__(self, output: Node, /) -> Batched:
        """Those of one node."""


# Gives the values of nodes for all examples, from those of their leaves.
Vectorize = Callable[[Sequence[Node], Node, Mapping[Node, Batched]], Values]


class Vectorized(Structured):
    """An op on the values of all examples.

    Args:
        one: the op on the values of one example.
        vectorize: vectorizes its pullback (``batching.Batching``).
        remade: gives this op again where it was pickled.
        **declared: what the kind of the op wants to know besides.
    """

    def __init__(self, one: Op, vectorize: Vectorize, remade: Callable[[Op, Vectorize], Op], **declared: Any) -> None:
        def formula(m: Any, *values: Any, **params: Any) -> Any:
            return self.values(m, values, params)

        formula.__doc__ = f"{one.name} of every example."
        formula.__module__ = one.module
        self.one = one
        self._vectorize = vectorize
        self._remade = remade
        super().__init__(
            formula, name=f"batched_{one.name}", linear_in=one.linear_in, jointly_linear_in=one.jointly_linear_in,
            moves=one.moves, bounds=one.bounds, nonnegative_if=one.nonnegative_if, keeps_all=one.keeps_all,
            stretches=one.stretches, **declared,
        )  # fmt: skip
        self.notation_rule = self._written
        self.map_rule = None if one.map_rule is None else self._map
        self.guards_rule = self.guards_rule or (None if one.guards_rule is None else self._guards)

    def _register(self) -> None:
        """Not by a name: it is the op that it is derived from, once more."""

    def __reduce__(self) -> tuple[Any, ...]:
        return self._remade, (self.one, self._vectorize)

    def _written(self, style: Style, node: Any, *operands: Text) -> Text:
        """The formula as the user might have written it, by ``vmap``; the innermost mapping comes first."""
        own = {name: value for name, value in node.params.items() if name != "batched"}
        name = self.one.name
        for flags in reversed(node.params["batched"]):
            axes = tuple(0 if batched else None for batched in flags)
            name = f"vmap({name})" if all(flags) else f"vmap({name}, {axes})"
        return style.call(name, operands, own)

    # One example.

    def example(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> Node:
        """The node for one example, on placeholders in place of what differs from example to example."""
        flags, *inner = params["batched"]
        own = {name: value for name, value in params.items() if name != "batched"}
        op: Op = self.one
        if inner:
            op, own = self, {**own, "batched": tuple(inner)}
        one = [_placeholder(x) if batched else x for x, batched in zip(inputs, flags, strict=True)]
        return Node(op, tuple(one), op.infer_type(one, own), own)

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        type = self.example(inputs, params).type
        return TensorType(type.dtype, (_first_batched(inputs, params).type.shape[0], *type.shape))

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        example = self.example(node.inputs, node.params)
        own = example.op.output_sizes(example, _sizes_of_one(example, node.inputs, sizes))
        return (sizes(_first_batched(node.inputs, node.params))[0], *own)

    def _guards(self, sizes: Sizes, y: Node, *inputs: Node, **params: Any) -> Iterable[Any]:
        example = self.example(inputs, params)
        op = example.op
        assert isinstance(op, Op) and op.guards_rule is not None
        return op.guards_rule(_sizes_of_one(example, inputs, sizes, y), example, *example.inputs, **example.params)

    def _map(self, space: IndexSpace, at: tuple[Any, ...], *inputs: Node, **params: Any) -> Any:
        example = self.example(inputs, params)
        owner = map_owner(example)
        assert owner is not None
        made = read_index(OneExample(space, at[0], example, inputs), owner, at[1:])
        if made is None or not params["batched"][0][0]:
            # What all share is not read in C order.
            return made if made is None or isinstance(made, tuple) else made.indices
        if isinstance(made, tuple):
            return (at[0], *made)
        if made.indices is not None:
            return InOrder((at[0], *made.indices))
        own = space.known_sizes(inputs[0])
        return InOrder(None, made.linear_index + space.linear_index((at[0], *(0 for _ in own[1:])), own))

    # Values and cotangents.

    def values(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The values of all examples, read where the map says; one after the other where there is none."""
        flags = params["batched"][0]
        arrays = [np.asarray(value) for value in values]
        leaves = [Node(INPUT, (), TensorType(str(array.dtype), array.shape)) for array in arrays]
        example = self.example(leaves, params)
        rows = next(len(array) for array, batched in zip(arrays, flags, strict=True) if batched)

        def of_example(k: int) -> Any:
            given = [array[k] if batched else array for array, batched in zip(arrays, flags, strict=True)]
            return example.op.evaluate(m, given, example.params)

        if not rows:
            # Their shape is that of an example of zeros.
            arrays = [
                np.zeros((1, *a.shape[1:]), a.dtype) if batched else a for a, batched in zip(arrays, flags, strict=True)
            ]
            return np.zeros((0, *np.shape(of_example(0))), example.dtype)
        shape = (rows, *np.shape(of_example(0)))
        node = Node(self, tuple(leaves), TensorType(example.dtype, shape), params)
        given = {**dict(zip(leaves, arrays, strict=True)), node: np.broadcast_to(np.zeros((), example.dtype), shape)}
        owner = map_owner(node)
        read = None if owner is None else read_elements(owner, node, given)
        return np.stack([of_example(k) for k in range(rows)]) if read is None else read

    def pull(self, node: Node, g: Any) -> tuple[Cotangent, ...]:
        """The cotangents that the op's own pullback gives of every example; of what all share their sum."""
        flags = node.params["batched"][0]
        example = self.example(node.inputs, node.params)
        own = _placeholder(g)
        cotangents = example.op.pull(example, own)
        asked = [one for one in cotangents if isinstance(one, Node)]
        rows = as_node(_first_batched(node.inputs, node.params).shape[0])
        leaves = {own: Batched(g, True), example: Batched(node, True)}
        leaves.update({
            one: Batched(x, True) for one, x, batched in zip(example.inputs, node.inputs, flags, strict=True) if batched
        })  # fmt: skip
        found = self._vectorize(asked, rows, leaves)
        pulled: list[Cotangent] = []
        for one, batched in zip(cotangents, flags, strict=True):
            if not isinstance(one, Node):
                pulled.append(one)
                continue
            whole = stacked(found[one], rows)
            pulled.append(whole if batched else convert(sum_(whole, axis=(0,)), one.dtype))
        return tuple(pulled)


class VectorizedView(Vectorized):
    """A view of every example."""

    kind = "view"


class VectorizedContraction(Vectorized, Contraction):
    """A sum of products for every example: one iterator more, in front of those of the value."""

    def __init__(self, one: Contraction, vectorize: Vectorize, remade: Callable[[Op, Vectorize], Op]) -> None:
        super().__init__(one, vectorize, remade, reduced=one.reduced, factors=one.factors)
        self.maps_rule = one.maps_rule

    def indices(self, node: Node, at: tuple[Any, ...], over: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        example = self.example(node.inputs, node.params)
        assert isinstance(example.op, Contraction)
        flags = node.params["batched"][0]
        made = example.op.indices(example, at[1:], over)
        return tuple((at[0], *one) if flags[k] else one for k, one in zip(self.factors, made, strict=True))

    def values(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The product of matrices, or the sum of products of views, that it is; the formula where nothing tells."""
        arrays = [np.asarray(value) for value in values]
        leaves = [Node(INPUT, (), TensorType(str(array.dtype), array.shape)) for array in arrays]
        try:
            made = written_out(Node.apply(self, leaves, params), KnownSizes())
            if made is not None:
                return evaluate(Graph(leaves, [made]), m, dict(zip(leaves, arrays, strict=True)))[0]
        except SymdropError:
            # Sizes that do not fit: the formula says what is wrong with them.
            pass
        return super().values(m, values, params)


class OneExample(IndexSpace):
    """The index space of one example's map, over that of all examples.

    Args:
        space: the index space of the map for all examples.
        number: the example, an index.
        node: the node for one example.
        inputs: what its inputs are for all examples.
    """

    def __init__(self, space: IndexSpace, number: Any, node: Node, inputs: Sequence[Node]) -> None:
        super().__init__(node, _sizes_of_one(node, inputs, space.known_sizes, space.node))
        self.index = space.index
        self._space = space
        self._example = number
        self._all = dict(zip(node.inputs, inputs, strict=True))

    def _size(self, size: Node) -> Any:
        return self._space.size(size)

    def number(self, x: Node) -> Any:
        whole = self._all.get(x, x)
        return self._space.number(x) if whole is x else self._space.element(whole, (self._example,))

    def element(self, x: Node, at: tuple[Any, ...]) -> Any:
        whole = self._all.get(x, x)
        return self._space.element(whole, at if whole is x else (self._example, *at))

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Any:
        whole = self._all.get(index, index)
        return self._space._position(whole, at if whole is index else (self._example, *at), size)

    def within(self, index: Any, size: Any) -> Any:
        return self._space.within(index, size)

    def _where(self, condition: Any, a: Any, b: Any) -> Any:
        return self._space._where(condition, a, b)

    def linear_index(self, at: Sequence[Any], sizes: Sequence[Size]) -> Any:
        return self._space.linear_index(at, sizes)


def _placeholder(x: Node) -> Node:
    """One example of what has an axis of examples in front."""
    return Node(INPUT, (), TensorType(x.dtype, x.type.shape[1:], x.type.weak), None, x.name)


def _first_batched(inputs: Sequence[Node], params: Mapping[str, Any]) -> Node:
    return next(x for x, batched in zip(inputs, params["batched"][0], strict=True) if batched)


def _sizes_of_one(example: Node, inputs: Sequence[Node], sizes: Sizes, node: Node | None = None) -> Sizes:
    """The sizes of the inputs of one example, and its own, from those of all.

    Args:
        example: the node for one example.
        inputs: its inputs for all examples.
        sizes: gives the sizes of these.
        node: its value for all examples.
    """
    whole = dict(zip(example.inputs, inputs, strict=True))
    if node is not None:
        whole[example] = node

    def known(x: Node) -> tuple[Size, ...]:
        return tuple(sizes(whole.get(x, x)))[whole.get(x, x).ndim - x.ndim :]

    return known
