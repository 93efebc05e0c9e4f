"""A recurrent network of gated units over a sequence, by scan.

Read next: child.py
"""

from __future__ import annotations

from typing import Any

import numpy as np


def build(theano: Any, T: Any, streams: Any, small: bool) -> Any:
    """A training step, a test function, and a batch; the arguments are those of ``mlp.build``."""
    steps, batch, n, m = (5, 3, 4, 6) if small else (50, 32, 64, 128)
    rng = np.random.RandomState(1)
    x, y = T.ftensor3("x"), T.ivector("y")

    def weights(rows: int, columns: int) -> Any:
        return theano.shared((rng.randn(rows, columns) / np.sqrt(rows)).astype("float32"))

    W, U, Wh, Uh, V = weights(n, 2 * m), weights(m, 2 * m), weights(n, m), weights(m, m), weights(m, 10)

    def step(x_t: Any, h: Any, W: Any, U: Any, Wh: Any, Uh: Any) -> Any:
        gates = T.nnet.sigmoid(T.dot(x_t, W) + T.dot(h, U))
        update, reset = gates[:, :m], gates[:, m:]
        new = T.tanh(T.dot(x_t, Wh) + T.dot(reset * h, Uh))
        return update * h + (np.float32(1) - update) * new

    start = T.zeros((x.shape[1], m), dtype="float32")
    hs, _ = theano.scan(step, sequences=[x], outputs_info=[start], non_sequences=[W, U, Wh, Uh])
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hs[-1], V)), y).mean()
    params = [W, U, Wh, Uh, V]
    updates = [(p, p - np.float32(0.05) * g) for p, g in zip(params, T.grad(loss, params))]  # noqa: B905 Python 3.8
    train = theano.function([x, y], loss, updates=updates)
    test = theano.function([x, y], loss)
    return train, test, (rng.rand(steps, batch, n).astype("float32"), rng.randint(0, 10, batch).astype("int32"))
