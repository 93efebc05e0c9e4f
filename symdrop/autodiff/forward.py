"""Forward mode: how outputs change when inputs move in a direction.

No op declares a forward rule. A linear op moves as it computes; an elementwise op has a
diagonal Jacobian, which its pullback applies just as well forwards; and of anything else
the pullback is linear in its cotangent, so pulling back through the pullback turns it
round (J. Townsend, "A new trick for calculating Jacobian vector products", 2017). Better formulas
of stability rules are followed as on the way back.

Read next: jacobian.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from ..binding import public
from ..errors import lines_held
from ..graph import Node, rebuild, substitute
from ..op import INPUT, convert, is_item
from ..ops.barriers import structural_zeros_like
from ..ops.join import item
from ..ops.logic import cast
from ..types import TensorType, cotangent_dtype, is_float
from .linearization import Linearization
from .pytree import WITH_RESPECT_TO, Variable, as_large_as, as_list, directions_for, in_float_dtype, in_form_of
from .reverse import pull_back, pulled_back

Tangent = Node | None


@overload
def jvp(f: Node, wrt: Any, tangents: Any) -> Node: ...
@overload
def jvp(f: list[Variable], wrt: Any, tangents: Any) -> list[Node]: ...
@overload
def jvp(f: tuple[Variable, ...], wrt: Any, tangents: Any) -> tuple[Node, ...]: ...
@public
def jvp(f: Any, wrt: Any, tangents: Any) -> Any:
    """The directional derivative of f: its Jacobian times a direction, in one forward pass.

    Args:
        f: a node, or a list or tuple of nodes, of any shape.
        wrt: the variable or variables that move.
        tangents: for every one of them a node or array of its shape, the direction.

    Returns:
        For every output a node of its shape (a node, list or tuple as ``f``).

    Raises:
        ArgumentError: if there are not as many tangents as variables.
        GraphTypeError: if a tangent does not have its variable's rank.
        ShapeError: if it has another size; where that is not seen before, the compiled function raises it.

    Source: Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3 (forward mode).

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, v = T.dvector("x"), T.dvector("v")
        >>> sd.jvp(x**2, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]}).tolist()
        [2.0, 40.0]
    """
    outputs, moving = as_list(f), as_list(wrt, WITH_RESPECT_TO)
    given = zip(moving, directions_for(wrt, tangents, "tangents"), strict=True)
    directions = [as_large_as(node, direction, "tangent") for node, direction in given]
    pushed = push_forward(outputs, moving, directions)
    result = [
        in_float_dtype(structural_zeros_like(node) if tangent is None else tangent, node)
        for node, tangent in zip(outputs, pushed, strict=True)
    ]
    return in_form_of(f, result)


@overload
def Rop(f: Node, wrt: Any, eval_points: Any) -> Node: ...
@overload
def Rop(f: list[Variable], wrt: Any, eval_points: Any) -> list[Node]: ...
@overload
def Rop(f: tuple[Variable, ...], wrt: Any, eval_points: Any) -> tuple[Node, ...]: ...
@public
def Rop(f: Any, wrt: Any, eval_points: Any) -> Any:
    """The product of the Jacobian of f with a column vector: Theano's name for ``jvp``.

    Args:
        f: a node, list or tuple.
        wrt: the variable or variables.
        eval_points: the direction of each.

    Returns:
        As ``jvp``.

    Raises:
        ArgumentError: as ``jvp``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> float(sd.Rop(x**3, x, 1.0).eval({x: 2.0}))
        12.0
    """
    return jvp(f, wrt, eval_points)


# As in reverse mode.
@lines_held()
def push_forward(outputs: Sequence[Node], wrt: Sequence[Node], tangents: Sequence[Tangent]) -> list[Tangent]:
    """The tangents of the outputs from those of other nodes; None for what does not move at all."""
    moving: dict[Node, Tangent] = {
        node: None if tangent is None else convert(tangent, cotangent_dtype(node.dtype))
        for node, tangent in zip(wrt, tangents, strict=True)
    }
    several: dict[Node, list[Tangent]] = {}
    linear = Linearization(outputs, wrt)
    for node in linear.order:
        if node in moving:
            continue
        arriving = [moving.get(source) for source in node.inputs]
        if node in linear.better:
            moving[node] = moving[linear.better[node]]
        elif is_item(node):
            parts = several.get(node.inputs[0])
            moving[node] = parts[node.params["index"]] if parts else None
        elif all(tangent is None for tangent in arriving):
            moving[node] = None
        elif node.items is not None:
            several[node] = _transpose(node, arriving)
        else:
            moving[node] = _push(node, arriving)
    return [moving[output] for output in outputs]


def _push(node: Node, arriving: Sequence[Tangent]) -> Tangent:
    op = node.op
    if op is cast and not is_float(node.dtype):
        # A tangent stays a float; it ends where a value is cut off.
        pulled = op.pull(node, arriving[0])[0]
        return pulled if isinstance(pulled, Node) else None
    jointly = op.jointly_linear(node)
    linear = op.linear_in or jointly
    moves = {i for i, tangent in enumerate(arriving) if tangent is not None}
    if op.kind == "elementwise" and not moves <= set(linear):
        parts = [op.pull(node, arriving[i])[i] for i in sorted(moves)]
        return _sum([part for part in parts if isinstance(part, Node)])
    if jointly and moves <= set(jointly):
        inputs = list(node.inputs)
        for i in jointly:
            tangent = arriving[i]
            # A tangent of float16 may have been rounded or not; beside each other all are of one dtype.
            dtype = cotangent_dtype(node.inputs[i].dtype)
            inputs[i] = structural_zeros_like(node.inputs[i]) if tangent is None else convert(tangent, dtype)
        return rebuild(node, inputs)
    if op.linear_in and moves <= set(op.linear_in):
        return _sum([
            rebuild(node, [tangent if i == j else source for j, source in enumerate(node.inputs)])
            for i, tangent in enumerate(arriving)
            if tangent is not None
        ])  # fmt: skip
    return _transpose(node, arriving)[0]


def _transpose(node: Node, arriving: Sequence[Tangent]) -> list[Tangent]:
    """The pullback, transposed: differentiate what it makes of a free cotangent with respect to that cotangent."""
    types = node.items or (node.type,)
    free = [Node(INPUT, (), TensorType(cotangent_dtype(type.dtype), type.shape)) for type in types]
    g: Any = free[0] if node.items is None else tuple(free)
    pulled = pulled_back(node, g, pull_back)
    seeds: dict[Node, Node] = {}
    for cotangent, tangent in zip(pulled, arriving, strict=True):
        if isinstance(cotangent, Node) and tangent is not None:
            seeds[cotangent] = seeds[cotangent] + tangent if cotangent in seeds else tangent
    found = pull_back(seeds, free, (node, *node.inputs))
    # What is left of the free cotangents is their shape, which is that of the outputs.
    outputs = [node] if node.items is None else [item(node, index=i) for i in range(len(types))]
    known = {source: source for source in (node, *node.inputs, *seeds.values())}
    known.update((g, convert(output, g.dtype)) for g, output in zip(free, outputs, strict=True))
    return [substitute([found[g]], known)[0] if g in found else None for g in free]


def _sum(parts: Sequence[Node]) -> Tangent:
    total: Tangent = None
    for part in parts:
        total = part if total is None else total + part
    return total
