"""A convolutional network: two convolutions with pooling, and two full layers.

Read next: gru.py
"""

from __future__ import annotations

from typing import Any

import numpy as np


def build(theano: Any, T: Any, streams: Any, small: bool) -> Any:
    """A training step, a test function, and a batch; the arguments are those of ``mlp.build``."""
    rng = np.random.RandomState(1)
    x, y = T.ftensor4("x"), T.ivector("y")
    width, first, second, hidden = (12, 2, 3, 5) if small else (28, 20, 50, 500)
    side = ((width - 4) // 2 - (2 if small else 4)) // 2
    shapes = (
        (first, 1, 5, 5), (second, first, 3, 3) if small else (second, first, 5, 5),
        (second * side * side, hidden), (hidden, 10),
    )  # fmt: skip
    fans = [np.prod(s[1:]) if len(s) > 2 else s[0] for s in shapes]
    params = [theano.shared((rng.randn(*s) / np.sqrt(n)).astype("f")) for s, n in zip(shapes, fans)]  # noqa: B905
    biases = [theano.shared(np.zeros(s[0] if len(s) > 2 else s[1], "float32")) for s in shapes]
    h = x
    for w, b in zip(params[:2], biases[:2]):  # noqa: B905 Python 3.8
        h = T.tanh(
            T.signal.pool.pool_2d(T.nnet.conv2d(h, w), (2, 2), ignore_border=True) + b.dimshuffle("x", 0, "x", "x")
        )
    h = T.tanh(T.dot(h.flatten(2), params[2]) + biases[2])
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(h, params[3]) + biases[3]), y).mean()
    every = params + biases
    updates = [(p, p - np.float32(0.05) * g) for p, g in zip(every, T.grad(loss, every))]  # noqa: B905
    train = theano.function([x, y], loss, updates=updates)
    test = theano.function([x, y], loss)
    n = 4 if small else 64
    return train, test, (rng.rand(n, 1, width, width).astype("float32"), rng.randint(0, 10, n).astype("int32"))
