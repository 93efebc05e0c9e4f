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

from . import training
from .entry import Array, Contestant, Draft, Work, entries, library, one_number, symdrop_draft
from .gru_by_hand import ByHand
from .training import jax_drop

RATE, P = 0.1, 0.5
DESCENT = {"rate": RATE, "momentum": 0.0}


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
    return training.symbolic([x, y], loss, parameters, **DESCENT)


def with_symdrop(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    return symdrop_draft(symbolic(sizes, dropping), sentence(sizes))


def with_numpy(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    step = ByHand(start(sizes), sizes.words, RATE, P if dropping else 0.0).step
    return lambda: Contestant(step, sentence(sizes), one_number)


def in_jax(sizes: Sizes, dropping: bool) -> Callable[..., Any]:
    """The step in jax, which compiles when it meets a length for the first time."""
    jax = library("jax")
    sigmoid = jax.nn.sigmoid

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
            return unit(x_t @ jax_drop(for_W, W, P) + b, h, jax_drop(for_U, U, P))

        first = jax.numpy.zeros(sizes.hidden, "float32")
        if dropping:
            _, states = jax.lax.scan(dropped, first, (E[x], jax.random.split(key, len(x))))
        else:
            _, states = jax.lax.scan(lambda h, a: unit(a, h, U), first, E[x] @ W + b)
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(states @ V), y[:, None], 1).mean()

    return training.jax_step(loss, start(sizes), **DESCENT)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax, sizes = library("jax"), SMALL if small else FULL
    step = in_jax(sizes, dropping)
    return lambda: Contestant(step, tuple(jax.device_put(sentence(sizes))), one_number, jax.block_until_ready)


def in_torch(sizes: Sizes, dropping: bool, compiled: bool = False) -> Callable[[], Callable[..., Any]]:
    """The step in torch, whose words have 64 bits; compiled when called."""
    torch = library("torch")
    functional = torch.nn.functional

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        E, U, W, b, V = parameters
        h, states = torch.zeros(sizes.hidden), []
        below = E[x]
        if not dropping:
            below = torch.addmm(b, below, W)
        for row in below.unbind():
            u = h @ functional.dropout(U, P, dropping)
            a = row @ functional.dropout(W, P) + b if dropping else row
            (a_r, a_z, a_c), (u_r, u_z, u_c) = a.chunk(3), u.chunk(3)
            z = torch.sigmoid(a_z + u_z)
            h = z * h + (1 - z) * torch.tanh(a_c + torch.sigmoid(a_r + u_r) * u_c)
            states.append(h)
        return functional.cross_entropy(torch.stack(states) @ V, y)

    return training.torch_step(loss, start(sizes), compiled, **DESCENT)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch, sizes = library("torch"), SMALL if small else FULL
    compile = in_torch(sizes, dropping, compiled)
    words = tuple(torch.from_numpy(array.astype("int64")) for array in sentence(sizes))
    return lambda: Contestant(compile(), words, one_number)


GRU = Work(
    name="GRU",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    steps=10,
)
