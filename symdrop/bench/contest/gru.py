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


class ByHand:
    """The work in NumPy, written with care: buffers are made once, and only rows of E that were read change.

    Args:
        sizes: how large everything is.
        dropping: whether U and W are dropped at every word.
    """

    def __init__(self, sizes: Sizes, dropping: bool) -> None:
        steps, h = sizes.words, sizes.hidden
        self.dropping, self.steps, self.hidden = dropping, steps, h
        self.E, self.U, self.W, self.b, self.V = start(sizes)
        self.rng, self.scale, self.rows = np.random.default_rng(5), np.float32(1 / (1 - P)), np.arange(steps)
        self.entered, self.d_entered = np.empty((2, steps, sizes.embedding), "float32")
        # What enters the gates from below and from the state; and the derivatives by them.
        self.a, self.u, self.d_a, self.d_u = np.empty((4, steps, 3 * h), "float32")
        self.gates, self.states = np.empty((steps, 3 * h), "float32"), np.zeros((steps + 1, h), "float32")
        self.logits, self.d_states = np.empty((steps, sizes.vocabulary), "float32"), np.empty((steps, h), "float32")
        self.d_h, self.one, self.other = np.empty((3, h), "float32")
        self.g_U, self.g_W, self.g_b, self.g_V = map(np.empty_like, (self.U, self.W, self.b, self.V))
        # Per word: the masks, and the weights under them.
        weights = self.U, self.W
        self.kept = [np.empty((steps if dropping else 0, *weight.shape), bool) for weight in weights]
        self.masked = [np.empty(keep.shape, "float32") for keep in self.kept]
        self.uniform, self.scaled, self.outer = ([np.empty_like(weight) for weight in weights] for _ in range(3))

    def step(self, x: Array, y: Array) -> Any:
        """One sentence: the loss, and new parameters."""
        np.take(self.E, x, axis=0, out=self.entered, mode="clip")
        self._forward()
        loss = self._softmax(y)
        self._backward()
        gradients = (self.U, self.g_U), (self.W, self.g_W), (self.b, self.g_b), (self.V, self.g_V)
        for value, g in gradients:
            np.subtract(value, np.multiply(g, np.float32(RATE), out=g), out=value)
        np.subtract.at(self.E, x, np.multiply(self.d_entered, np.float32(RATE), out=self.d_entered))
        return loss

    def _forward(self) -> None:
        if self.dropping:
            for weight, into in zip((self.U, self.W), self.scaled, strict=True):
                np.multiply(weight, self.scale, out=into)
        else:
            np.add(np.matmul(self.entered, self.W, out=self.a), self.b, out=self.a)
        for t in range(self.steps):
            if self.dropping:
                self._drop(t)
                np.add(np.matmul(self.entered[t], self.masked[1][t], out=self.a[t]), self.b, out=self.a[t])
            self._word(t, self.masked[0][t] if self.dropping else self.U)

    def _drop(self, t: int) -> None:
        for k in range(2):
            uniform = self.rng.random(dtype="float32", out=self.uniform[k])
            np.greater_equal(uniform, np.float32(P), out=self.kept[k][t])
            np.multiply(self.scaled[k], self.kept[k][t], out=self.masked[k][t])

    def _word(self, t: int, U: Array) -> None:
        """The unit, on one word."""
        h, a, u, states, one = self.hidden, self.a[t], self.u[t], self.states, self.one
        np.matmul(states[t], U, out=u)
        both, c = self.gates[t, : 2 * h], self.gates[t, 2 * h :]
        np.negative(np.add(a[: 2 * h], u[: 2 * h], out=both), out=both)
        np.reciprocal(np.add(np.exp(both, out=both), 1, out=both), out=both)
        np.add(np.multiply(both[:h], u[2 * h :], out=c), a[2 * h :], out=c)
        np.tanh(c, out=c)
        np.multiply(np.subtract(states[t], c, out=one), both[h:], out=one)
        np.add(one, c, out=states[t + 1])

    def _softmax(self, y: Array) -> Any:
        """The loss, and what it sends back to the states and to V."""
        logits, states = self.logits, self.states
        np.matmul(states[1:], self.V, out=logits)
        np.subtract(logits, logits.max(1, keepdims=True), out=logits)
        right = logits[self.rows, y]
        d = np.exp(logits, out=logits)
        totals = d.sum(1, keepdims=True)
        loss = (np.log(totals[:, 0]) - right).mean()
        np.divide(d, totals * np.float32(self.steps), out=d)
        d[self.rows, y] -= np.float32(1 / self.steps)
        np.matmul(d, self.V.T, out=self.d_states)
        np.matmul(states[1:].T, d, out=self.g_V)
        return loss

    def _backward(self) -> None:
        self.d_h.fill(0)
        for g in (self.g_U, self.g_W) if self.dropping else ():
            g.fill(0)
        for t in reversed(range(self.steps)):
            self._word_back(t, self.masked[0][t] if self.dropping else self.U)
            if self.dropping:
                self._weights_back(t)
        np.sum(self.d_a, 0, out=self.g_b)
        if self.dropping:
            for g in (self.g_U, self.g_W):
                np.multiply(g, self.scale, out=g)
        else:
            np.matmul(self.states[:-1].T, self.d_u, out=self.g_U)
            np.matmul(self.entered.T, self.d_a, out=self.g_W)
            np.matmul(self.d_a, self.W.T, out=self.d_entered)

    def _word_back(self, t: int, U: Array) -> None:
        """The unit's way back, on one word."""
        h, states, d_u, d_h, one, other = self.hidden, self.states, self.d_u[t], self.d_h, self.one, self.other
        r, z, c = self.gates[t].reshape(3, h)
        d_r, d_z, d_c = self.d_a[t].reshape(3, h)
        np.add(d_h, self.d_states[t], out=d_h)
        np.subtract(1, z, out=other)
        np.multiply(np.subtract(states[t], c, out=one), z, out=d_z)
        np.multiply(np.multiply(d_z, other, out=d_z), d_h, out=d_z)
        np.subtract(1, np.multiply(c, c, out=d_c), out=d_c)
        np.multiply(np.multiply(d_c, other, out=d_c), d_h, out=d_c)
        np.multiply(np.subtract(1, r, out=one), r, out=one)
        np.multiply(np.multiply(self.u[t, 2 * h :], d_c, out=d_r), one, out=d_r)
        np.copyto(d_u, self.d_a[t])
        np.multiply(d_c, r, out=d_u[2 * h :])
        np.multiply(d_h, z, out=d_h)
        np.add(np.matmul(U, d_u, out=one), d_h, out=d_h)

    def _weights_back(self, t: int) -> None:
        """The dropped weights' gradients, of one word."""
        pairs = (self.states[t], self.d_u[t], self.g_U), (self.entered[t], self.d_a[t], self.g_W)
        for k, (before, d, g) in enumerate(pairs):
            outer = np.multiply(before[:, None], d, out=self.outer[k])
            np.add(g, np.multiply(outer, self.kept[k][t], out=outer), out=g)
        np.matmul(self.masked[1][t], self.d_a[t], out=self.d_entered[t])


def by_hand(sizes: Sizes, dropping: bool) -> Draft:
    """The work in NumPy."""
    work = ByHand(sizes, dropping)
    return lambda: Contestant(work.step, sentence(sizes), one_number)


def with_symdrop(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    make = symbolic(sizes, dropping)

    def compile() -> Contestant:
        train = make()
        return Contestant(train, sentence(sizes), one_number, about={"back end": train.backend}, settle=train.wait)

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
