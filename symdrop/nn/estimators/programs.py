"""Compiled functions of multilayer perceptrons: one for each structure, for networks of all sizes.

What a training step reads and writes (parameters, the optimizer's states, the stream's step) are its inputs and
outputs. So the function holds no state: fits in several threads share it, and a fitted estimator is arrays alone.

    h = dropout(x);  for every hidden layer: h = dropout(relu(h @ W + b));  z = h @ W + b

Read next: perceptron.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import optim
from ... import tensor as T
from ...compiler import function
from ...graph import Node, toposort
from ...op import SharedVariable, shared
from ...random import RandomStream
from ...tensor.clones import replace
from ..dropout import dropout

Array = NDArray[Any]

# Sizes of the networks of which the functions are made: all different, so that the sizes of a state tell of which
# layers it is. None is 1, which would be stretched.
SIZES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
MOST_LAYERS = len(SIZES) - 2


class Structure(NamedTuple):
    """All that decides the functions of a network: numbers that are not here are arguments of them.

    Attributes:
        layers: hidden layers.
        task: "classes" for cross-entropy, "values" for squared errors.
        optimizer: a function of ``sd.optim``.
        mode: of dropout.
        drops: whether inputs, and whether hidden units, are dropped.
        dtype: of all floats.
    """

    layers: int
    task: Literal["classes", "values"]
    optimizer: str
    mode: str
    drops: tuple[bool, bool]
    dtype: str


class Programs(NamedTuple):
    """The functions of a structure.

    Attributes:
        step: (x, y, rates of dropout, learning rate, the stream's key, *states) -> [loss, *new states]; the
            parameters come first among the states, W and b of every layer.
        test: (x, rates of dropout, *parameters) -> probabilities or values.
        sample: (x, rates of dropout, key, step, *parameters) -> the same with masks.
        fresh: sizes -> the states before the first step, but for the parameters.
    """

    step: Callable[..., list[Array]]
    test: Callable[..., Array]
    sample: Callable[..., Array]
    fresh: Callable[[Sequence[int]], list[Array]]


@lru_cache(maxsize=64)
def programs(structure: Structure) -> Programs:
    """The functions of a structure, compiled when they are first asked for."""
    sizes = SIZES[: structure.layers + 2]
    parameters = [
        shared(np.zeros(shape, structure.dtype), name=name)
        for layer, (inputs, units) in enumerate(pairwise(sizes))
        for name, shape in ((f"W{layer}", (inputs, units)), (f"b{layer}", (units,)))
    ]
    stream = RandomStream(seed=0)
    x, rate = T.matrix("x", dtype=structure.dtype), T.scalar("rate", dtype=structure.dtype)
    rates = T.scalar("p_inputs", dtype=structure.dtype), T.scalar("p_hidden", dtype=structure.dtype)
    outputs = _network(structure, x, parameters, rates, stream)
    classes = structure.task == "classes"
    y: Node = T.ivector("y") if classes else T.matrix("y", dtype=structure.dtype)
    loss = T.nnet.softmax_crossentropy(outputs, y).mean() if classes else ((outputs - y) ** 2).mean()
    updates = getattr(optim, structure.optimizer)(loss, parameters, rate=rate)
    predicted = T.nnet.softmax(outputs) if classes else outputs

    held = [node for node in toposort([loss, *updates.values()]) if isinstance(node, SharedVariable)]
    changed = {node: updates.get(node, node.default_update) for node in held}
    others = [node for node in held if node not in parameters and changed[node] is not None]
    # The key alone stays as it is; without dropout there is none.
    key = next((node for node in held if changed[node] is None), shared(np.zeros(2, np.uint32), name="key"))
    inputs = {node: T.tensor(node.dtype, (None,) * node.ndim, node.name) for node in (*parameters, *others, key)}
    counts = [node for node in others if node.default_update is not None]
    drops = [one for one, is_used in zip(rates, structure.drops, strict=True) if is_used]
    weights = [inputs[node] for node in parameters]
    keys = [inputs[key]] if counts else []
    step = function(
        [x, y, *drops, rate, *keys, *weights, *(inputs[node] for node in others)],
        replace([loss, *(changed[node] for node in (*parameters, *others))], inputs),
        training=True,
        name="training step",
    )
    # Whose key and step it has does not matter where nothing is drawn.
    tested = replace(predicted, {node: inputs[node] for node in parameters})
    test = function([x, *drops, *weights], tested, training=False, on_unused_input="ignore", name="prediction")
    sample = function(
        [x, *drops, *keys, *(inputs[node] for node in counts), *weights],
        replace(predicted, inputs),
        training=True,
        name="sampled prediction",
    )
    values = [node.get_value() for node in others]

    def fresh(actual: Sequence[int]) -> list[Array]:
        """States of these sizes; an optimizer begins with one number everywhere."""
        size_of = dict(zip(sizes, actual, strict=True))
        return [np.full([size_of[n] for n in value.shape], value.flat[0], value.dtype) for value in values]

    return Programs(step, test, sample, fresh)


def _network(
    structure: Structure, x: Node, parameters: Sequence[Node], rates: Sequence[Node], stream: RandomStream
) -> Node:
    """The last layer's values, before the softmax that classes have."""

    def drop(node: Node, which: int) -> Node:
        return dropout(node, rates[which], stream=stream, mode=structure.mode) if structure.drops[which] else node

    h = drop(x, 0)
    for layer in range(structure.layers):
        W, b = parameters[2 * layer : 2 * layer + 2]
        h = drop(T.nnet.relu(h @ W + b), 1)
    return h @ parameters[-2] + parameters[-1]
