"""A transformer block that learns to reverse sequences of digits.

What to look for: attention is one call, and its dropout obeys the same flag as every other; in testing
nothing is drawn. The network is trained on sequences of up to 9 digits, padded to one length, and a mask
hides the padding. Shorter batches run by what was compiled for the longer ones.

    python 12_transformer.py [STEPS]

It takes half a minute for 300 steps.
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

DIGITS, LONGEST, WIDTH, HEADS, BATCH, RATE, P = 10, 9, 64, 4, 64, 0.003, 0.1
RNG = np.random.default_rng(0)


def weights(*shape: int, name: str) -> sd.Node:
    """A matrix of small numbers; a vector of zeros."""
    values = RNG.normal(size=shape) / np.sqrt(shape[0]) if len(shape) > 1 else np.zeros(shape)
    return sd.shared(values.astype("float32"), name=name)


def norm(x: sd.Node) -> sd.Node:
    """Every vector with mean 0 and variance 1."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / T.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def heads(x: sd.Node) -> sd.Node:
    """Vectors (batch, length, width) as those of every head, (batch, heads, length, width / heads)."""
    return x.reshape((x.shape[0], x.shape[1], HEADS, WIDTH // HEADS)).dimshuffle(0, 2, 1, 3)


def network(digits: sd.Node, length: sd.Node) -> tuple[sd.Node, list[sd.Node]]:
    """Scores of every digit at every place, and the parameters."""
    stream = sd.RandomStream(seed=1)
    E, places = weights(DIGITS, WIDTH, name="E"), weights(LONGEST, WIDTH, name="places")
    ends = weights(LONGEST, WIDTH, name="ends")
    W = {name: weights(WIDTH, WIDTH, name=name) for name in ("Wq", "Wk", "Wv", "Wo")}
    W1, b1 = weights(WIDTH, 4 * WIDTH, name="W1"), weights(4 * WIDTH, name="b1")
    W2, V = weights(4 * WIDTH, WIDTH, name="W2"), weights(WIDTH, DIGITS, name="V")
    index = T.arange(digits.shape[1])
    left = length.dimshuffle(0, "x") - index
    x = E[digits] + places[index] + ends[T.maximum(left - 1, 0)]
    q, k, v = (heads(norm(x) @ W[name]) for name in ("Wq", "Wk", "Wv"))
    seen = T.nnet.attention(q, k, v, mask=(left > 0).dimshuffle(0, "x", "x", 1), dropout=P, stream=stream)
    joined = seen.dimshuffle(0, 2, 1, 3).reshape(x.shape)
    x = x + sd.dropout(joined @ W["Wo"], p=P, stream=stream)
    x = x + sd.dropout(T.nnet.relu(norm(x) @ W1 + b1) @ W2, p=P, stream=stream)
    return norm(x) @ V, [E, places, ends, *W.values(), W1, b1, W2, V]


def adam(loss: sd.Node, parameters: list[sd.Node]) -> dict[sd.Node, sd.Node]:
    """Kingma and Ba 2015."""
    count = sd.shared(np.float32(0))
    updates = {count: count + 1}
    for w, g in zip(parameters, sd.grad(loss, parameters), strict=True):
        m, s = (sd.shared(np.zeros_like(w.get_value())) for _ in range(2))
        updates |= {m: 0.9 * m + 0.1 * g, s: 0.99 * s + 0.01 * g**2}
        m_hat, s_hat = updates[m] / (1 - 0.9 ** (count + 1)), updates[s] / (1 - 0.99 ** (count + 1))
        updates[w] = w - RATE * m_hat / (T.sqrt(s_hat) + 1e-8)
    return updates


def batch(size: int, longest: int = LONGEST) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Digits, how many there are, and the digits in reverse."""
    length = RNG.integers(2, longest + 1, size)
    digits, answer = np.zeros((2, size, longest), "int64")
    for row, n in enumerate(length):
        digits[row, :n] = RNG.integers(0, DIGITS, n)
        answer[row, :n] = digits[row, :n][::-1]
    return digits, length, answer


def main(steps: int) -> None:
    digits, answer, length = T.lmatrix("digits"), T.lmatrix("answer"), T.lvector("length")
    scores, parameters = network(digits, length)
    counted = (T.arange(digits.shape[1]) < length.dimshuffle(0, "x")).astype("float32")
    costs = T.nnet.softmax_crossentropy(scores, answer)
    loss = (costs * counted).sum() / counted.sum()
    right = (T.eq(scores.argmax(axis=-1), answer) * counted).sum() / counted.sum()
    train = sd.function([digits, length, answer], loss, updates=adam(loss, parameters), training=True)
    test = sd.function([digits, length, answer], right, training=False)
    losses = [float(train(*batch(BATCH))) for _ in range(steps)]
    accuracy, shorter = test(*batch(500)), test(*batch(100, 5))
    print(f"loss {losses[0]:.2f} -> {np.mean(losses[-5:]):.3f}; right {accuracy:.1%}, of short ones {shorter:.1%}")
    assert losses[-1] < losses[0] and test.compile_count == 1
    assert steps < 300 or accuracy > 0.99


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
