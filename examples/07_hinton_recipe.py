"""A recipe for dropout, tried on real digits: grow the hidden layer until it fits, then switch dropout on.

The recipe, as the tutorial of example 3 hands it down from Hinton: with dropout off, make
the hidden layer larger until the network fits its training data perfectly; keep that size
and train with dropout, 0.5 in the hidden layer and at most 0.25 on the input.

What to look for: at the first size that fits, dropout makes things worse, for with half of
its units gone the network no longer fits, as its training error shows. The recipe works
if "fits perfectly" is read as "fits with dropout on, too": grow on until it does. Dropout
on the 64 pixels of these small images does not pay at any size.

    python 07_hinton_recipe.py [seeds]

It takes about ten seconds.
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

IMAGES, EPOCHS, BATCH, RATE, MOMENTUM = 500, 40, 50, 0.05, 0.9
DROPOUT = {"off": (0.0, 0.0), "hidden 0.5": (0.0, 0.5), "and input 0.25": (0.25, 0.5)}

data = sd.data.digits()
train_x, train_y = data.train_x[:IMAGES], data.train_y[:IMAGES]


class Network:
    """One hidden layer, compiled to a function that trains and one that does not."""

    def __init__(self, hidden: int, p_input: float, p_hidden: float) -> None:
        shapes = [(64, hidden), (hidden,), (hidden, 10), (10,)]
        self.parameters, self.velocities = ([sd.shared(np.zeros(s, "float32")) for s in shapes] for _ in range(2))
        W, b, V, c = self.parameters
        self.stream = sd.RandomStream(seed=0)

        x, y = T.fmatrix("x"), T.ivector("y")
        h = T.nnet.relu(sd.dropout(x, p=p_input, stream=self.stream) @ W + b)
        probabilities = T.nnet.softmax(sd.dropout(h, p=p_hidden, stream=self.stream) @ V + c)
        loss = T.nnet.categorical_crossentropy(probabilities, y).mean()
        updates = {}
        for p, v, g in zip(self.parameters, self.velocities, sd.grad(loss, self.parameters), strict=True):
            step = MOMENTUM * v - RATE * g
            updates |= {v: step, p: p + step}
        self.train = sd.function([x, y], loss, updates=updates, training=True)
        self.answer = sd.function([x], T.argmax(probabilities, axis=1), training=False)

    def errors(self, seed: int) -> tuple[float, float]:
        """Train from new weights; the errors in percent on the training and on the test images."""
        rng = np.random.default_rng(seed)
        for state in (*self.parameters, *self.velocities):
            state.set_value(np.zeros_like(state.get_value()))
        for weight in (self.parameters[0], self.parameters[2]):
            shape = weight.get_value().shape
            weight.set_value(rng.normal(0, np.sqrt(2 / shape[0]), shape).astype("float32"))
        self.stream.reseed(seed)
        for _ in range(EPOCHS):
            for batch in sd.data.minibatches(train_x, train_y, BATCH, rng):
                self.train(*batch)
        pairs = (train_x, train_y), (data.test_x, data.test_y)
        return tuple(100 * float(np.mean(self.answer(x) != y)) for x, y in pairs)


def main(seeds: int = 5) -> None:
    """Print errors, in training / in testing, for growing layers; equal seeds share weights and order of images."""
    print(f"error in % on the {IMAGES} training / 797 test images, mean of {seeds} runs")
    print("hidden" + "".join(f"{way:>20}" for way in DROPOUT) + "   test gain of hidden 0.5")
    first_fit = None
    for hidden in (8, 16, 32, 64, 128):
        networks = {way: Network(hidden, *p) for way, p in DROPOUT.items()}
        runs = {way: np.array([network.errors(seed) for seed in range(seeds)]) for way, network in networks.items()}
        means = {way: errors.mean(axis=0) for way, errors in runs.items()}
        cells = "".join(f"{train:>11.2f} / {test:6.2f}" for train, test in means.values())
        gain = runs["off"][:, 1] - runs["hidden 0.5"][:, 1]
        print(f"{hidden:6d}{cells}     {gain.mean():+.2f} +- {gain.std(ddof=1) / np.sqrt(seeds):.2f}")
        if first_fit is None and means["off"][0] == 0:
            first_fit = hidden
    print(f"Without dropout, {first_fit} units are the first to fit the training images perfectly.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
