"""The NumPy back end against a training step written by hand with care.

    python tests/benchmarks/numpy_step.py

A 784-1024-1024-10 network of relu units, batch 128, softmax cross-entropy, SGD with
momentum, with and without dropout 0.2/0.5/0.5. By hand means: buffers made once, results
written into them, states changed in place, masks from NumPy's fastest generator. Without
dropout both must end with the same parameters before anything is timed. The two take
turns, and the medians of their ratios are printed: at most 1.25 without dropout and 1.6
with it is what the back end promises.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

BATCH, INPUTS, HIDDEN, CLASSES = 128, 784, 1024, 10
RATE, MOMENTUM = 0.1, 0.9
SHAPES = ((INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,))

Step = Callable[[Any, Any], Any]


def parameters() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [(rng.standard_normal(shape) * 0.03).astype("float32") for shape in SHAPES]


def symbolic(dropping: bool) -> tuple[Step, Callable[[], list[np.ndarray]]]:
    x, y = T.fmatrix("x"), T.ivector("y")
    states = [sd.shared(value) for value in parameters()]
    speeds = [sd.shared(np.zeros(shape, "float32")) for shape in SHAPES]
    stream = sd.RandomStream(seed=3)

    def drop(h: Any, p: float) -> Any:
        return sd.dropout(h, p, stream=stream) if dropping else h

    W1, b1, W2, b2, W3, b3 = states
    h = drop(T.relu(drop(x, 0.2) @ W1 + b1), 0.5)
    h = drop(T.relu(h @ W2 + b2), 0.5)
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h @ W3 + b3), y).mean()
    updates = {}
    for state, speed, slope in zip(states, speeds, sd.grad(loss, states), strict=True):
        updates[speed] = MOMENTUM * speed - RATE * slope
        updates[state] = state + updates[speed]
    train = sd.function([x, y], loss, updates=updates, training=True, backend="numpy")
    return train, lambda: [state.get_value() for state in states]


def by_hand(dropping: bool) -> tuple[Step, Callable[[], list[np.ndarray]]]:
    values = W1, b1, W2, b2, W3, b3 = parameters()
    speeds = [np.zeros_like(value) for value in values]
    slopes = [np.empty_like(value) for value in values]
    z1, z2, d1, d2 = (np.empty((BATCH, HIDDEN), "float32") for _ in range(4))
    z3 = np.empty((BATCH, CLASSES), "float32")
    rng, rows = np.random.default_rng(5), np.arange(BATCH)

    def mask(shape: tuple[int, int], p: float) -> Any:
        return (rng.random(shape, dtype="float32") >= p) * np.float32(1 / (1 - p))

    def layer(a: Any, W: Any, b: Any, z: Any) -> Any:
        np.matmul(a, W, out=z)
        np.add(z, b, out=z)
        np.maximum(z, 0, out=z)
        if not dropping:
            return None
        kept = mask(z.shape, 0.5)
        np.multiply(z, kept, out=z)
        return kept

    def step(x: Any, y: Any) -> Any:
        x = x * mask(x.shape, 0.2) if dropping else x
        m1 = layer(x, W1, b1, z1)
        m2 = layer(z1, W2, b2, z2)
        np.add(np.matmul(z2, W3, out=z3), b3, out=z3)
        shifted = z3 - z3.max(1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        d3 = np.exp(log_p)
        d3[rows, y] -= 1
        d3 /= BATCH
        for d_next, W, d, kept, z in ((d3, W3, d2, m2, z2), (d2, W2, d1, m1, z1)):
            np.matmul(d_next, W.T, out=d)
            if dropping:
                np.multiply(d, kept, out=d)
            np.multiply(d, z > 0, out=d)
        for i, (a, d) in enumerate(((x, d1), (z1, d2), (z2, d3))):
            np.matmul(a.T, d, out=slopes[2 * i])
            slopes[2 * i + 1][...] = d.sum(0)
        for value, speed, slope in zip(values, speeds, slopes, strict=True):
            speed *= MOMENTUM
            slope *= RATE
            speed -= slope
            value += speed
        return -log_p[rows, y].mean()

    return step, lambda: list(values)


def ratio(ours: Step, theirs: Step, x: Any, y: Any, rounds: int = 15, calls: int = 5) -> float:
    ratios = []
    for _ in range(rounds):
        seconds = []
        for step in (ours, theirs):
            step(x, y)
            start = time.perf_counter()
            for _ in range(calls):
                step(x, y)
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[0] / seconds[1])
    return float(np.median(ratios))


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, INPUTS)).astype("float32")
    y = rng.integers(0, CLASSES, BATCH).astype("int32")
    for dropping, promise in ((False, 1.25), (True, 1.6)):
        (ours, our_values), (theirs, their_values) = symbolic(dropping), by_hand(dropping)
        if not dropping:
            for _ in range(3):
                assert np.isclose(ours(x, y), theirs(x, y), rtol=1e-5)
            for a, b in zip(our_values(), their_values(), strict=True):
                assert np.allclose(a, b, atol=1e-6)
        measured = ratio(ours, theirs, x, y)
        print(f"dropout {'on ' if dropping else 'off'}: {measured:.2f} x by hand (promised: at most {promise})")


if __name__ == "__main__":
    main()
