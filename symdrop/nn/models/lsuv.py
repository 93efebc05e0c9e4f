"""Layer-sequential unit variance: orthogonal weights, scaled until a layer's values of real data have variance 1.

Layers are taken one after the other, in the order in which they are called: what the ones before give is what the next
one's variance is made of.

Source: D. Mishkin and J. Matas, "All you need is a good init", ICLR 2016.

Read next: summaries.py
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...compiler import function
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ..initializers import Seed, generator, orthogonal
from ..layers.convolution import Conv
from ..layers.dense import Dense
from .recorded import Recorder

# How often a layer is measured at most.
_STEPS = 10


@public
def lsuv(model: Any, *batch: Any, seed: Seed = None, tolerance: float = 0.01) -> dict[str, float]:
    """Set the weights of dense and convolutional layers so that each one's values have variance 1 over a batch.

    Weights become orthogonal, and are then divided by the standard deviation of what the layer gives for the batch, in
    front of its activation, in testing. Other parameters stay as they are.

    Args:
        model: a layer, such as a chain, that is called on the batch.
        *batch: arrays, as many as the model takes; a few hundred examples are enough.
        seed: of the orthogonal weights: an integer, a NumPy generator, a ``RandomStream`` or None.
        tolerance: how far from 1 a variance may stay.

    Returns:
        The variance that was reached, by the path of the layer's weights.

    Raises:
        GraphTypeError: if the model cannot be called.
        ArgumentError: if it calls no such layer, or one whose values are the same for all examples.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> model = sd.nn.Sequential(sd.nn.Dense(20, 30, activation=T.nnet.relu), sd.nn.Dense(30, 5))
        >>> reached = sd.nn.lsuv(model, np.random.default_rng(0).normal(size=(200, 20)).astype("float32"), seed=0)
        >>> {path: round(variance, 1) for path, variance in reached.items()}
        {'0.W': 1.0, '1.W': 1.0}
    """
    if not callable(model) or isinstance(model, Node):
        raise GraphTypeError(f"lsuv: a model is a layer that is called on the batch, not {shown(model)}{here()}")
    recorder = Recorder(model)
    values = [np.asarray(one) for one in batch]
    inputs = [T.tensor(str(one.dtype), (None,) * one.ndim) for one in values]
    recorder.model(*inputs)
    calls = {call.path: call for call in recorder.all_calls() if isinstance(call.layer, Dense | Conv)}
    if not calls:
        raise ArgumentError(f"lsuv: {shown(model)} calls no dense or convolutional layer{here()}")
    variances = [T.var(_without_activation(call.layer)(*call.inputs)) for call in calls.values()]
    measure = function(inputs, variances, training=False)
    rng, reached = generator(seed), {}
    for place, (path, call) in enumerate(calls.items()):
        W = call.layer.W
        W.set_value(orthogonal(W.get_value(borrow=True).shape, rng, W.dtype))
        name = f"{path}.W" if path else "W"
        # A bias is not scaled with the weights, so that one step may not be enough.
        for _ in range(_STEPS):
            variance = float(measure(*values)[place])
            if not 0 < variance < np.inf:
                raise ArgumentError(f"lsuv: the values of {shown(call.layer)} have variance {variance}{here()}")
            if abs(variance - 1) <= tolerance:
                break
            W.set_value(W.get_value() / np.sqrt(variance, dtype=W.dtype))
        reached[name] = variance
    return reached


def _without_activation(layer: Dense | Conv) -> Dense | Conv:
    """The same parameters, and what stands in front of the activation."""
    made = copy(layer)
    object.__setattr__(made, "activation", None)
    return made
