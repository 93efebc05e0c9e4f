"""The paper's table: standard networks and dropout networks on MNIST, row by row.

What to look for: a row is a few numbers. Dropout of the inputs and of the hidden units, a large rate with much
momentum, and a limit on the length of the weights that lead into a unit are all that tells one row from another.
Nothing is chosen on test images: the number of epochs is given beforehand, and the error that counts is the last one.

    python 14_srivastava.py                     the digits of the package, half a minute
    python 14_srivastava.py --mnist FOLDER      5,000 images of MNIST, five minutes

Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.
"""

import argparse
import csv
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T


class Row(NamedTuple):
    """A network: hidden units, their function, probabilities of dropping, a limit on the norms of units, the rate."""

    hidden: tuple[int, ...]
    activation: Callable[[Any], Any]
    drop_input: float = 0.0
    drop_hidden: float = 0.0
    limit: float | None = None
    rate: float = 0.1


ROWS = {
    "logistic": Row((800, 800), T.nnet.sigmoid),
    "dropout, logistic": Row((1024,) * 3, T.nnet.sigmoid, 0.2, 0.5),
    "dropout, relu": Row((1024,) * 3, T.nnet.relu, 0.2, 0.5, rate=0.02),
    "dropout, relu, max-norm": Row((1024,) * 3, T.nnet.relu, 0.2, 0.5, limit=2.0, rate=0.05),
}
MOMENTUM, BATCH = 0.95, 128


def network(row, steps, seed, pixels=784):
    """The functions that train and test a row, and one of its scores with masks."""
    rng, stream = np.random.default_rng(seed), sd.RandomStream(seed=seed)
    weights, biases = [], []
    for inputs, units in pairwise([pixels, *row.hidden, 10]):
        # He's spread for relu; four times Glorot's for the logistic function, whose slope at zero is a quarter.
        spread = np.sqrt(2 / inputs) if row.activation is T.nnet.relu else 4 * np.sqrt(2 / (inputs + units))
        spread = 0.01 if units == 10 else spread
        weights.append(sd.shared(rng.normal(0, spread, (inputs, units)).astype("f"), name=f"W{len(weights)}"))
        biases.append(sd.shared(np.zeros(units, "f"), name=f"b{len(biases)}"))
    x, y = T.fmatrix("x"), T.ivector("y")
    h = sd.dropout(x, p=row.drop_input, stream=stream)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h = sd.dropout(row.activation(h @ W + b), p=row.drop_hidden, stream=stream)
    scores = h @ weights[-1] + biases[-1]
    loss = T.nnet.softmax_crossentropy(scores, y).mean()

    decay = sd.optim.warm_up(steps // 20 + 1, sd.optim.polynomial_decay(row.rate, steps))
    updates = sd.optim.momentum(loss, weights + biases, rate=decay, decay=MOMENTUM)
    for W in weights[:-1] if row.limit else ():
        norms = T.sqrt(T.sum(updates[W] ** 2, axis=0, keepdims=True))
        updates[W] = updates[W] * T.minimum(1, row.limit / T.maximum(norms, 1e-7))
    train = sd.function([x, y], loss, updates=updates, training=True)
    wrong = sd.function([x, y], T.neq(T.argmax(scores, axis=1), y).mean(), training=False)
    return train, wrong, sd.function([x], scores, training=True)


def run(name, data, chosen, epochs, seed, log):
    """Train a row of the table and log its errors."""
    x, y = data.train_x[chosen], data.train_y[chosen]
    train, wrong, _ = network(ROWS[name], epochs * -(-len(x) // BATCH), seed, x.shape[1])
    for epoch in range(1, epochs + 1):
        loss = np.mean([train(*batch) for batch in sd.data.minibatches(x, y, BATCH, [seed, epoch])])
        error = 100 * float(wrong(data.test_x, data.test_y))
        print(f"{name:24} epoch {epoch:3}   loss {loss:.4f}   test error {error:5.2f} %", flush=True)
        log.writerow([name, len(x), seed, epoch, f"{loss:.5f}", f"{error:.2f}"])


def main():
    add = (parser := argparse.ArgumentParser()).add_argument
    add("--mnist", help="the folder of the four files; without it the digits of the package")
    add("--rows", nargs="+", choices=ROWS, default=["logistic", "dropout, relu, max-norm"])
    for option, number in (("--images", 5000), ("--epochs", 20), ("--seed", 0)):
        add(option, type=int, default=number)
    add("--log", default=os.devnull, help="a CSV file to which every epoch is added")
    options = parser.parse_args()
    data = sd.data.digits() if options.mnist is None else sd.data.mnist(options.mnist)
    chosen = np.random.default_rng(options.seed).permutation(len(data.train_x))[: options.images]
    with open(options.log, "a", newline="") as file:
        for row in options.rows:
            run(row, data, chosen, options.epochs, options.seed, csv.writer(file))


if __name__ == "__main__":
    main()
