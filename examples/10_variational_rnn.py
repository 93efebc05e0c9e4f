"""Where should dropout act in a recurrent network, and how often should its mask change?

A GRU reads digits row by row, eight rows of eight pixels, and has few images to learn from.

What to look for: the ways differ by keywords alone. A locked mask is drawn once for a whole
sequence, other masks anew in every step. Locked on inputs, states and outputs, dropout is the
variational one of Gal and Ghahramani, and that is the one that clearly helps here; dropout on
the recurrent weights, which Merity et al. use in far larger networks, does not. Equal seeds
share weights and images, which makes the standard errors of the differences small.

    python 10_variational_rnn.py [seeds] [epochs]

It takes less than half a minute.
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

IMAGES, EPOCHS, BATCH, HIDDEN, RATE, MOMENTUM = 200, 60, 50, 48, 0.1, 0.9
WAYS = {
    "none": {},
    "states, new every step": {"state_dropout": 0.3, "locked": False},
    "states, locked": {"state_dropout": 0.3},
    "weights, new every step": {"weight_dropout": 0.5, "locked": False},
    "weights, locked": {"weight_dropout": 0.5},
    "variational": {"input_dropout": 0.1, "state_dropout": 0.3, "output_dropout": 0.3},
}
data = sd.data.digits()


def rows(images: np.ndarray) -> np.ndarray:
    """Images as sequences, shape (steps, batch, features)."""
    return images.reshape(-1, 8, 8).swapaxes(0, 1)


class Network:
    """A GRU and a softmax on its last output, compiled to a function that trains and one that does not."""

    def __init__(self, **dropouts) -> None:
        x, y = T.ftensor3("x"), T.ivector("y")
        self.stream = sd.RandomStream(seed=0)
        self.cell = sd.nn.GRU(8, HIDDEN, seed=0)
        self.V = sd.shared(np.zeros((HIDDEN, 10), "float32"), name="V")
        parameters = [*self.cell.parameters, self.V]
        self.velocities = [sd.shared(np.zeros_like(p.get_value())) for p in parameters]

        states, _ = self.cell(x, **dropouts, stream=self.stream)
        logits = states[-1] @ self.V
        loss = T.nnet.softmax_crossentropy(logits, y).mean()
        updates = {}
        for p, v, g in zip(parameters, self.velocities, sd.grad(loss, parameters), strict=True):
            updates[v] = MOMENTUM * v - RATE * g
            updates[p] = p + updates[v]
        self.train = sd.function([x, y], loss, updates=updates, training=True)
        self.answer = sd.function([x], T.argmax(logits, axis=1), training=False)

    def errors(self, seed: int, epochs: int) -> tuple[float, float]:
        """Train from new weights on some of the images; errors in percent on these and on the test images."""
        rng = np.random.default_rng(seed)
        self.stream.reseed(seed)
        fresh = sd.nn.GRU(8, HIDDEN, seed=rng)
        for p, start in zip(self.cell.parameters, fresh.parameters, strict=True):
            p.set_value(start.get_value())
        for p in (self.V, *self.velocities):
            p.set_value(np.zeros_like(p.get_value()))
        chosen = rng.permutation(len(data.train_x))[:IMAGES]
        train_x, train_y = data.train_x[chosen], data.train_y[chosen]
        for _ in range(epochs):
            for images, labels in sd.data.minibatches(train_x, train_y, BATCH, rng):
                self.train(rows(images), labels)
        pairs = (train_x, train_y), (data.test_x, data.test_y)
        return tuple(100 * float(np.mean(self.answer(rows(x)) != y)) for x, y in pairs)


def main(seeds: int = 3, epochs: int = EPOCHS) -> None:
    """Print one line for every way, and how its test error differs from that without dropout."""
    print(f"error in % on {IMAGES} training / 797 test images, mean of {seeds} runs")
    plain = None
    for way, dropouts in WAYS.items():
        network = Network(**dropouts)
        runs = np.array([network.errors(seed, epochs) for seed in range(seeds)])
        plain = runs[:, 1] if plain is None else plain
        gain = plain - runs[:, 1]
        error = gain.std(ddof=1) / np.sqrt(seeds)
        train, test = runs.mean(axis=0)
        print(f"{way:>24}{train:9.2f} / {test:5.2f}" + f"   gain {gain.mean():+.2f} +- {error:.2f}" * bool(dropouts))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
