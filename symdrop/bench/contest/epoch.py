"""EPOCH: an epoch of training with everything around the step, data and loop included.

A 784-1024-1024-1024-10 network of relu units with MLP's dropout (a further hidden layer with probability 0.5), and
after every step the incoming weights of each hidden unit shortened to a length of at most 3. 6,016 images of MNIST's
size, a tenth of it, in shuffled batches of 128. symdrop trains by ``sd.nn.fit``, the others by a loop.

Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.

Read next: lenet.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import mlp, training
from .entry import Array, Contestant, Draft, Work, entries, library, one_number

P = (*mlp.P, 0.5)
LIMIT = 3.0


class Sizes(NamedTuple):
    """The images, and the step that is made of a batch of them."""

    images: int
    step: mlp.Sizes


FULL = Sizes(6016, mlp.Sizes(128, (784, 1024, 1024, 1024, 10)))
SMALL = Sizes(96, mlp.Sizes(32, (49, 64, 64, 64, 10)))


def data(sizes: Sizes) -> tuple[Array, Array, list[Array]]:
    """Images, labels, and the parameters to start from."""
    _, _, parameters = mlp.data(sizes.step)
    rng = np.random.default_rng(4)
    x = rng.random((sizes.images, sizes.step.layers[0]), dtype="float32")
    return x, rng.integers(0, sizes.step.layers[-1], sizes.images, dtype="int32"), parameters


def orders(sizes: Sizes) -> list[Array]:
    """The rows of every batch, as symdrop's batches have them."""
    return [rows for (rows,) in sd.data.Batches(np.arange(sizes.images), size=sizes.step.batch, seed=0).epoch(0)]


def batches(x: Array, y: Array, rows: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """Batches in the order of their rows, for the loops that are written by hand."""
    return ((x[chosen], y[chosen]) for chosen in rows)


def loop(step: Callable[..., Any], mean: Callable[[list[Any]], Any], sizes: Sizes) -> Callable[[], Any]:
    """An epoch of a step, and the mean of its losses, of which none is waited for before the last step."""
    x, y, _ = data(sizes)
    rows = orders(sizes)
    return lambda: mean([step(*batch) for batch in batches(x, y, rows)])


def with_symdrop(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    images, labels, start = data(sizes)
    x, y = T.fmatrix("x"), T.ivector("y")
    parameters = [sd.shared(value, name=f"parameter {i}") for i, value in enumerate(start)]
    loss = mlp.loss_of(x, y, parameters, P if dropping else None)
    updates = sd.nn.max_norm(training.updates_of(loss, parameters), parameters[:-2:2], LIMIT)

    def compile() -> Contestant:
        train = sd.function([x, y], loss, updates=updates, training=True)
        given = sd.data.Batches(images, labels, size=sizes.step.batch, seed=0)

        def run() -> Any:
            return sd.nn.fit(train, given, epochs=1, progress=False)["loss"][0]

        return Contestant(run, (), one_number, about={"back end": train.backend}, settle=train.wait)

    return compile


def with_numpy(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    _, _, parameters = data(sizes)
    slopes_of = mlp.slopes_by_hand(sizes.step, parameters, P if dropping else None)
    step = training.numpy_step(slopes_of, parameters, limited=parameters[:-2:2], limit=LIMIT)
    return lambda: Contestant(loop(step, np.mean, sizes), (), one_number)


def with_jax(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    jax = library("jax")
    _, _, parameters = data(sizes)
    step = training.jax_step(mlp.jax_loss(P if dropping else None), parameters, limit=LIMIT)
    mean = lambda losses: jax.numpy.stack(losses).mean()
    return lambda: Contestant(loop(step, mean, sizes), (), one_number, jax.block_until_ready)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    sizes = SMALL if small else FULL
    torch = library("torch")
    _, _, parameters = data(sizes)
    compile = training.torch_step(mlp.torch_loss(P if dropping else None), parameters, compiled, limit=LIMIT)

    def start() -> Contestant:
        step = compile()
        of_arrays = lambda x, y: step(torch.from_numpy(x), torch.from_numpy(y.astype("int64")))
        return Contestant(loop(of_arrays, lambda losses: torch.stack(losses).mean(), sizes), (), one_number)

    return start


EPOCH = Work(
    name="EPOCH",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    plain=False,
    steps=2,
    tolerance=1e-3,
)
