"""Weight scaling in the literal sense: test-time factors moved into the weights.

In testing, mode "scale" multiplies activations by 1 - p. A product is linear, so the
factor can be moved: ``(x * c) @ W`` is ``x @ (c * W)``. ``bake`` moves every constant
factor up through linear ops to the first weight it meets, and computes that weight.

Read next: monte_carlo.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..autodiff.pytree import as_list, in_form_of
from ..binding import public
from ..errors import ArgumentError, here
from ..graph import Graph, Node, describe, rebuild, toposort
from ..op import INPUT, Constant, Draw, SharedVariable, evaluate, is_dim, shared
from ..ops.arithmetic import mul
from ..ops.literals import literal_value
from ..ops.numpy_maths import NUMPY
from ..rewrite import check_flags, cse, specialise
from ..types import is_float

Factored = tuple[float, Node]


@public
def bake(outputs: Any, flags: Mapping[str, bool] | None = None) -> Any:
    """The test network as plain expressions, its weights already multiplied by the probability of keeping.

    A constant factor moves into the weight of the next product, through anything linear in between. Where there is
    no such weight, behind a nonlinearity for example, and where p is symbolic, it stays a multiplication.

    Args:
        outputs: a node, or a list or dict of nodes.
        flags: values of other flags than ``training``, by name.

    Returns:
        Expressions in the structure of ``outputs``, over the same inputs, equal to the test network to rounding. The
        weights that absorbed a factor are new shared variables under the old names; all others are the old ones.

    Raises:
        UnsetFlagError: if the test network depends on another flag.
        ArgumentError: if it still draws random numbers.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> from symdrop.op import SharedVariable
        >>> x, W = T.matrix("x"), sd.shared(np.ones((2, 1), "float32"), name="W")
        >>> h = sd.dropout(x, p=0.75, stream=sd.RandomStream(seed=1), mode="scale")
        >>> y = sd.bake(h @ W)
        >>> [(node.name, node.get_value().tolist()) for node in y.inputs if isinstance(node, SharedVariable)]
        [('W', [[0.25], [0.25]])]
    """
    if isinstance(outputs, Mapping):
        return dict(zip(outputs, _bake(as_list([*outputs.values()]), dict(flags or {})), strict=True))
    return in_form_of(outputs, _bake(as_list(outputs, "outputs are symbolic values"), dict(flags or {})))


def _bake(outputs: list[Node], flags: dict[str, bool]) -> list[Node]:
    inputs = [node for node in toposort(outputs) if node.op is INPUT]
    graph, _ = specialise(Graph(inputs, outputs), {**flags, "training": False})
    check_flags(graph)
    for node in graph.nodes():
        if isinstance(node.op, Draw):
            raise ArgumentError(
                f"the test network still draws {describe(node)}; only draws that a flag switches off in testing "
                f"can be baked away{here()}"
            )
    moved = cse(graph.with_outputs(_move_factors(graph)))
    return list(moved.substitute(_computed_weights(moved)).outputs)


def _move_factors(graph: Graph) -> list[Node]:
    """The outputs with every constant factor moved as far as it goes."""
    factored: dict[Node, Factored] = {}
    stored = _stored(graph)
    for node in graph.nodes():
        factored[node] = (1.0, node) if node.is_leaf or node in stored else _factor(node, factored, stored)
    return [_product(*factored[output]) for output in graph.outputs]


def _factor(node: Node, factored: dict[Node, Factored], stored: set[Node]) -> Factored:
    """A factor c and a node r with node = c * r, given those of its inputs."""
    factor, inputs = 1.0, []
    for i, source in enumerate(node.inputs):
        own, rest = factored[source]
        if i in node.op.linear_in and is_float(source.dtype) and is_float(node.dtype):
            factor *= own
            inputs.append(rest)
        else:
            # A size is the same with and without the factor.
            inputs.append(rest if is_dim(node) else _product(own, rest))
    if node.op is mul:
        for literal, other in (inputs, inputs[::-1]):
            number = literal_value(literal)
            if number is not None and other.ndim == node.ndim and is_float(node.dtype):
                return factor * number, other
    weight = next((i for i in node.op.linear_in if node.inputs[i] in stored), None)
    if factor != 1 and weight is not None:
        inputs[weight] = _product(factor, inputs[weight])
        factor = 1.0
    return factor, rebuild(node, inputs)


def _product(factor: float, node: Node) -> Node:
    return node if factor == 1 else node * factor


def _stored(graph: Graph) -> set[Node]:
    """The nodes that are computed from shared variables and constants alone, and from at least one of the former."""
    constant: set[Node] = set()
    stored: set[Node] = set()
    for node in graph.nodes():
        if isinstance(node, SharedVariable) or (
            node.inputs
            and all(source in constant or source in stored for source in node.inputs)
            and any(source in stored for source in node.inputs)
        ):
            stored.add(node)
        elif isinstance(node, Constant) or (node.inputs and all(source in constant for source in node.inputs)):
            constant.add(node)
    return stored


def _computed_weights(graph: Graph) -> dict[Node, Node]:
    """A new shared variable for every largest expression of weights alone that scales one of them."""
    stored = _stored(graph)
    scaled: set[Node] = set()
    for node in graph.nodes():
        if node in stored and (_is_scaling(node) or any(source in scaled for source in node.inputs)):
            scaled.add(node)
    used = {source for node in graph.nodes() if node not in stored for source in node.inputs} | set(graph.outputs)
    return {node: _computed(node) for node in graph.nodes() if node in scaled and node in used}


def _is_scaling(node: Node) -> bool:
    return node.op is mul and any(literal_value(source) is not None for source in node.inputs)


def _computed(node: Node) -> SharedVariable:
    (value,) = evaluate(Graph([], [node]), NUMPY, {})
    name = next((leaf.name for leaf in toposort([node]) if isinstance(leaf, SharedVariable)), None)
    return shared(value, name=node.name or name, broadcastable=tuple(size == 1 for size in node.type.shape))
