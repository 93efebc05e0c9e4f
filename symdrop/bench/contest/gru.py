"""GRU: a training step of a small language model, one sentence at a time, its weights dropped at every word.

Embeddings, a gated recurrent unit, softmax with cross-entropy at every word, float32, plain
gradient descent. With dropout the recurrent weights U and the input weights W get new masks
at every word, p = 0.5: eighty masks of as many elements as a weight matrix, per sentence.

    r, z = sigmoid(x W + b + h U) in the first two thirds of the columns
    c = tanh(x W + b + r * (h U)) in the last third
    h = z * h + (1 - z) * c

Source of the unit: Cho et al., "Learning phrase representations using RNN encoder-decoder",
EMNLP 2014, with the reset gate behind the product, so that a step has one product.

Read next: lengths.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, library, one_number

RATE, P = 0.1, 0.5


class Sizes(NamedTuple):
    """Words of a sentence, words of the language, and the lengths of embeddings and states."""

    words: int
    vocabulary: int
    embedding: int
    hidden: int


FULL, SMALL = Sizes(40, 8000, 128, 128), Sizes(6, 50, 8, 8)


def start(sizes: Sizes) -> list[Array]:
    """The parameters to start from: E, U, W, b, V."""
    rng = np.random.default_rng(2)
    n, d, h = sizes.vocabulary, sizes.embedding, sizes.hidden
    shapes = (n, d), (h, 3 * h), (d, 3 * h), (3 * h,), (h, n)
    return [rng.standard_normal(shape, dtype="float32") * np.float32(shape[0] ** -0.5) for shape in shapes]


def sentence(sizes: Sizes) -> tuple[Array, Array]:
    """Words, and the words that follow them."""
    words = np.random.default_rng(4).integers(0, sizes.vocabulary, sizes.words + 1, dtype="int32")
    return words[:-1], words[1:]


def symbolic(sizes: Sizes, dropping: bool) -> Callable[[], sd.Function]:
    """The step as a graph of symdrop; compiled when called."""
    x, y = T.ivector("x"), T.ivector("y")
    parameters = E, U, W, b, V = [sd.shared(value) for value in start(sizes)]
    stream, n = sd.RandomStream(seed=3), sizes.hidden

    def unit(a: Any, h: Any, U: Any) -> Any:
        u = h @ U
        r, z = T.nnet.sigmoid(a[:n] + u[:n]), T.nnet.sigmoid(a[n : 2 * n] + u[n : 2 * n])
        return z * h + (1 - z) * T.tanh(a[2 * n :] + r * u[2 * n :])

    def dropped(x_t: Any, h: Any) -> Any:
        masked = sd.dropout(U, p=P, stream=stream)
        return unit(x_t @ sd.dropout(W, p=P, stream=stream) + b, h, masked)

    def plain(a: Any, h: Any) -> Any:
        return unit(a, h, U)

    first = T.zeros((n,), "float32")
    if dropping:
        states, _ = sd.scan(dropped, sequences=E[x], outputs_info=first)
    else:
        states, _ = sd.scan(plain, sequences=E[x] @ W + b, outputs_info=first)
    loss = T.nnet.softmax_crossentropy(states @ V, y).mean()
    updates = {p: p - RATE * g for p, g in zip(parameters, sd.grad(loss, parameters), strict=True)}
    return lambda: sd.function([x, y], loss, updates=updates, training=True)


def by_hand(sizes: Sizes, dropping: bool) -> Draft:
    """The work in NumPy, written with care: buffers are made once, and only rows of E that were read change."""
    E, U, W, b, V = start(sizes)
    steps, h = sizes.words, sizes.hidden
    rng, scale, rows = np.random.default_rng(5), np.float32(1 / (1 - P)), np.arange(steps)
    entered, d_entered = np.empty((2, steps, sizes.embedding), "float32")
    # What enters the gates from below and from the state; and the derivatives by them.
    a, u, d_a, d_u = np.empty((4, steps, 3 * h), "float32")
    gates, states = np.empty((steps, 3 * h), "float32"), np.zeros((steps + 1, h), "float32")
    logits, d_states = np.empty((steps, sizes.vocabulary), "float32"), np.empty((steps, h), "float32")
    d_h, one, other = np.empty((3, h), "float32")
    gradients = g_U, g_W, g_b, g_V = [np.empty_like(value) for value in (U, W, b, V)]
    # Per word: the masks, and the weights under them.
    kept = [np.empty((steps if dropping else 0, *weight.shape), bool) for weight in (U, W)]
    masked = [np.empty(keep.shape, "float32") for keep in kept]
    uniform, scaled, outer = ([np.empty_like(weight) for weight in (U, W)] for _ in range(3))

    def drop(t: int) -> None:
        for k in range(2):
            np.greater_equal(rng.random(dtype="float32", out=uniform[k]), np.float32(P), out=kept[k][t])
            np.multiply(scaled[k], kept[k][t], out=masked[k][t])

    def forward() -> None:
        if dropping:
            for weight, into in zip((U, W), scaled, strict=True):
                np.multiply(weight, scale, out=into)
        else:
            np.add(np.matmul(entered, W, out=a), b, out=a)
        for t in range(steps):
            if dropping:
                drop(t)
                np.add(np.matmul(entered[t], masked[1][t], out=a[t]), b, out=a[t])
            np.matmul(states[t], masked[0][t] if dropping else U, out=u[t])
            both, c = gates[t, : 2 * h], gates[t, 2 * h :]
            np.negative(np.add(a[t, : 2 * h], u[t, : 2 * h], out=both), out=both)
            np.reciprocal(np.add(np.exp(both, out=both), 1, out=both), out=both)
            np.add(np.multiply(both[:h], u[t, 2 * h :], out=c), a[t, 2 * h :], out=c)
            np.tanh(c, out=c)
            np.multiply(np.subtract(states[t], c, out=one), both[h:], out=one)
            np.add(one, c, out=states[t + 1])

    def backward() -> None:
        d_h.fill(0)
        if dropping:
            g_U.fill(0)
            g_W.fill(0)
        for t in reversed(range(steps)):
            r, z, c = gates[t].reshape(3, h)
            d_r, d_z, d_c = d_a[t].reshape(3, h)
            np.add(d_h, d_states[t], out=d_h)
            np.subtract(1, z, out=other)
            np.multiply(np.subtract(states[t], c, out=one), z, out=d_z)
            np.multiply(np.multiply(d_z, other, out=d_z), d_h, out=d_z)
            np.subtract(1, np.multiply(c, c, out=d_c), out=d_c)
            np.multiply(np.multiply(d_c, other, out=d_c), d_h, out=d_c)
            np.multiply(np.subtract(1, r, out=one), r, out=one)
            np.multiply(np.multiply(u[t, 2 * h :], d_c, out=d_r), one, out=d_r)
            np.copyto(d_u[t], d_a[t])
            np.multiply(d_c, r, out=d_u[t, 2 * h :])
            np.multiply(d_h, z, out=d_h)
            np.add(np.matmul(masked[0][t] if dropping else U, d_u[t], out=one), d_h, out=d_h)
            if dropping:
                pairs = (states[t], d_u[t], g_U), (entered[t], d_a[t], g_W)
                for k, (before, d, g) in enumerate(pairs):
                    np.multiply(before[:, None], d, out=outer[k])
                    np.add(g, np.multiply(outer[k], kept[k][t], out=outer[k]), out=g)
                np.matmul(masked[1][t], d_a[t], out=d_entered[t])
        np.sum(d_a, 0, out=g_b)
        if dropping:
            for g in (g_U, g_W):
                np.multiply(g, scale, out=g)
        else:
            np.matmul(states[:-1].T, d_u, out=g_U)
            np.matmul(entered.T, d_a, out=g_W)
            np.matmul(d_a, W.T, out=d_entered)

    def step(x: Array, y: Array) -> Any:
        np.take(E, x, axis=0, out=entered, mode="clip")
        forward()
        np.matmul(states[1:], V, out=logits)
        np.subtract(logits, logits.max(1, keepdims=True), out=logits)
        right = logits[rows, y]
        d = np.exp(logits, out=logits)
        totals = d.sum(1, keepdims=True)
        loss = (np.log(totals[:, 0]) - right).mean()
        np.divide(d, totals * np.float32(steps), out=d)
        d[rows, y] -= np.float32(1 / steps)
        np.matmul(d, V.T, out=d_states)
        np.matmul(states[1:].T, d, out=g_V)
        backward()
        for value, g in zip((U, W, b, V), gradients, strict=True):
            np.subtract(value, np.multiply(g, np.float32(RATE), out=g), out=value)
        np.subtract.at(E, x, np.multiply(d_entered, np.float32(RATE), out=d_entered))
        return loss

    return lambda: Contestant(step, sentence(sizes), one_number)


def with_symdrop(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    make = symbolic(sizes, dropping)

    def compile() -> Contestant:
        train = make()
        return Contestant(train, sentence(sizes), one_number, about={"back end": train.backend})

    return compile


def with_numpy(dropping: bool, small: bool) -> Draft:
    return by_hand(SMALL if small else FULL, dropping)


def in_jax(sizes: Sizes, dropping: bool) -> Callable[..., Any]:
    """The step in jax, which compiles when it meets a length for the first time."""
    jax = library("jax")
    sigmoid = jax.nn.sigmoid

    def drop(key: Any, weight: Any) -> Any:
        return jax.numpy.where(jax.random.bernoulli(key, 1 - P, weight.shape), weight / (1 - P), 0)

    def unit(a: Any, h: Any, U: Any) -> Any:
        (a_r, a_z, a_c), (u_r, u_z, u_c) = jax.numpy.split(a, 3), jax.numpy.split(h @ U, 3)
        z = sigmoid(a_z + u_z)
        h = z * h + (1 - z) * jax.numpy.tanh(a_c + sigmoid(a_r + u_r) * u_c)
        return h, h

    def loss(parameters: Any, key: Any, x: Any, y: Any) -> Any:
        E, U, W, b, V = parameters

        def dropped(h: Any, now: Any) -> Any:
            x_t, key = now
            for_U, for_W = jax.random.split(key)
            return unit(x_t @ drop(for_W, W) + b, h, drop(for_U, U))

        first = jax.numpy.zeros(sizes.hidden, "float32")
        if dropping:
            _, states = jax.lax.scan(dropped, first, (E[x], jax.random.split(key, len(x))))
        else:
            _, states = jax.lax.scan(lambda h, a: unit(a, h, U), first, E[x] @ W + b)
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(states @ V), y[:, None], 1).mean()

    def train(parameters: Any, key: Any, x: Any, y: Any) -> Any:
        key, now = jax.random.split(key)
        value, slopes = jax.value_and_grad(loss)(parameters, now, x, y)
        return value, [p - RATE * g for p, g in zip(parameters, slopes, strict=True)], key

    compiled = jax.jit(train, donate_argnums=(0, 1))
    state = jax.device_put((start(sizes), jax.random.key(0)))

    def step(x: Any, y: Any) -> Any:
        nonlocal state
        value, *rest = compiled(*state, x, y)
        state = tuple(rest)
        return value

    return step


def with_jax(dropping: bool, small: bool) -> Draft:
    jax, sizes = library("jax"), SMALL if small else FULL
    step = in_jax(sizes, dropping)
    return lambda: Contestant(step, tuple(jax.device_put(sentence(sizes))), one_number, jax.block_until_ready)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    sizes = SMALL if small else FULL
    parameters = E, U, W, b, V = [torch.from_numpy(value).requires_grad_() for value in start(sizes)]
    optimizer = torch.optim.SGD(parameters, lr=RATE, fused=True)
    torch.manual_seed(0)
    drop = torch.nn.functional.dropout

    def loss(x: Any, y: Any) -> Any:
        h, states = torch.zeros(sizes.hidden), []
        below = E[x]
        if not dropping:
            below = torch.addmm(b, below, W)
        for row in below.unbind():
            u = h @ (drop(U, P) if dropping else U)
            a = row @ drop(W, P) + b if dropping else row
            (a_r, a_z, a_c), (u_r, u_z, u_c) = a.chunk(3), u.chunk(3)
            z = torch.sigmoid(a_z + u_z)
            h = z * h + (1 - z) * torch.tanh(a_c + torch.sigmoid(a_r + u_r) * u_c)
            states.append(h)
        return torch.nn.functional.cross_entropy(torch.stack(states) @ V, y)

    def compile() -> Contestant:
        cost = torch.compile(loss) if compiled else loss

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad(set_to_none=True)
            value = cost(x, y)
            value.backward()
            optimizer.step()
            return value.detach()

        arguments = tuple(torch.from_numpy(words.astype("int64")) for words in sentence(sizes))
        return Contestant(step, arguments, one_number)

    return compile


def with_compiled_torch(dropping: bool, small: bool) -> Draft:
    return with_torch(dropping, small, compiled=True)


GRU = Work(
    name="GRU",
    entries={
        "symdrop": with_symdrop,
        "numpy": with_numpy,
        "jax": with_jax,
        "torch": with_torch,
        "torch.compile": with_compiled_torch,
    },
    drops=True,
    plain=True,
    steps=10,
    tolerance=1e-4,
    rough=0.2,
)
