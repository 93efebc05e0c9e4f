"""The multilayer perceptron behind the estimators: its states as arrays, epochs of training, and predictions.

Read next: dropout_estimators.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.epochs import Batches
from ...random.arguments import two_words
from ..initializers import glorot_uniform, he_normal
from .programs import Programs, Structure, programs

Array = NDArray[Any]

# Rows that are predicted at once: bounds the memory, and changes no bit.
ROWS = 4096


class Perceptron:
    """A network with the states of its training: arrays and numbers, which can be copied and pickled.

    Args:
        structure: decides which functions compute it.
        sizes: features, units of every hidden layer, outputs.
        rates: of dropout of the inputs and of the hidden units.
        seed: decides weights, masks and the order of rows.

    Attributes:
        epochs: how many it was trained.
        states: parameters, and what the optimizer and the stream keep.
    """

    def __init__(self, structure: Structure, sizes: Sequence[int], rates: tuple[float, float], seed: int) -> None:
        self.structure, self.sizes, self.rates, self.seed = structure, tuple(sizes), rates, seed
        self.epochs = 0
        rng = np.random.default_rng(seed)
        parameters: list[Array] = []
        for inputs, units in pairwise(self.sizes):
            law = he_normal if len(parameters) < 2 * structure.layers else glorot_uniform
            parameters += [law((inputs, units), rng, structure.dtype), np.zeros(units, structure.dtype)]
        self.states: list[Array] = [*parameters, *self._programs.fresh(self.sizes)]

    @property
    def _programs(self) -> Programs:
        return programs(self.structure)

    @property
    def parameters(self) -> list[Array]:
        """W and b of every layer."""
        return self.states[: 2 * len(self.sizes) - 2]

    @property
    def _used(self) -> list[float]:
        """The rates of what is dropped at all."""
        return [rate for rate, is_used in zip(self.rates, self.structure.drops, strict=True) if is_used]

    def train(self, x: Array, y: Array, rows: NDArray[np.intp], rate: float, batch: int) -> float:
        """Train one epoch: these rows of x and y, shuffled; the mean loss over them."""
        total = 0.0
        drops = any(self.structure.drops)
        keys = [two_words(self.seed)] if drops else []
        for (chosen,) in Batches(rows, size=batch, seed=self.seed).epoch(self.epochs):
            loss, *self.states = self._programs.step(x[chosen], y[chosen], *self._used, rate, *keys, *self.states)
            total += float(loss) * len(chosen)
        self.epochs += 1
        return total / len(rows)

    def predict(self, x: Array) -> Array:
        """Probabilities of classes, or values, without dropout."""
        return self._joined(self._programs.test(part, *self._used, *self.parameters) for part in _parts(x))

    def sample(self, x: Array, samples: int) -> tuple[Array, Array]:
        """The mean and the standard deviation of predictions with so many masks (Monte-Carlo dropout)."""
        if not any(self.structure.drops):
            mean = self.predict(x).astype(np.float64)
            return mean, np.zeros_like(mean)
        # Masks of their own: no seed of training has this key.
        key = two_words(self.seed + (1 << 32))
        means, deviations = [], []
        for part in _parts(x):
            mean = squares = np.zeros(())
            for number in range(samples):
                value = self._programs.sample(part, *self._used, key, np.asarray(number), *self.parameters)
                step = value - mean
                mean = mean + step / (number + 1)
                squares = squares + step * (value - mean)
            means.append(mean)
            deviations.append(np.sqrt(squares / samples))
        return self._joined(means), self._joined(deviations)

    def loss(self, x: Array, y: Array) -> float:
        """The mean loss of predictions without dropout."""
        predicted = self.predict(x)
        if self.structure.task == "values":
            return float(np.mean((predicted - y) ** 2))
        return float(-np.log(np.maximum(predicted[np.arange(len(y)), y], np.finfo(predicted.dtype).tiny)).mean())

    def _joined(self, parts: Sequence[Array] | Iterator[Array]) -> Array:
        found = list(parts)
        return np.concatenate(found) if found else np.zeros((0, self.sizes[-1]), self.structure.dtype)


def _parts(x: Array) -> Iterator[Array]:
    return (x[first : first + ROWS] for first in range(0, len(x), ROWS))
