"""A multilayer perceptron with dropout, as scripts of its time wrote it.

Read next: lenet.py
"""

from __future__ import annotations

from typing import Any

import numpy as np


def build(theano: Any, T: Any, streams: Any, small: bool) -> Any:
    """A training step, a test function, and a batch.

    Args:
        theano, T: the engine's module, and its tensors.
        streams: a stream of masks.
        small: whether to take small sizes.
    """
    sizes = (20, 16, 16, 10) if small else (784, 1024, 1024, 10)
    rng = np.random.RandomState(1)
    x, y = T.fmatrix("x"), T.ivector("y")
    params = []
    for n, m in zip(sizes, sizes[1:]):  # noqa: B905, RUF007 Python 3.8
        params.append(theano.shared((rng.randn(n, m) / np.sqrt(n)).astype("float32")))
        params.append(theano.shared(np.zeros(m, "float32")))

    def cost(drops: bool) -> Any:
        h = x
        for i in (0, 2):
            h = T.maximum(T.dot(h, params[i]) + params[i + 1], np.float32(0))
            if drops:
                h = h * streams.binomial(size=h.shape, n=1, p=0.5, dtype="float32") * np.float32(2)
        p = T.nnet.softmax(T.dot(h, params[4]) + params[5])
        return T.nnet.categorical_crossentropy(p, y).mean()

    loss = cost(True)
    updates = [(p, p - np.float32(0.05) * g) for p, g in zip(params, T.grad(loss, params))]  # noqa: B905
    train = theano.function([x, y], loss, updates=updates)
    test = theano.function([x, y], cost(False))
    n = 8 if small else 128
    return train, test, (rng.rand(n, sizes[0]).astype("float32"), rng.randint(0, 10, n).astype("int32"))
