"""The paper's table: standard networks and dropout networks on MNIST, row by row.

What to look for: a row is five numbers. Dropout of the inputs and of the hidden units, a large rate with much momentum,
and a limit on the length of the weights that lead into a unit are all that tells one row from another. Nothing is
chosen on test images: the number of epochs is given beforehand, and the error that counts is the last one.

    python 14_srivastava.py --mnist FOLDER                     the first and the last row on 5,000 images, five minutes
    python 14_srivastava.py --mnist FOLDER --images 60000 --epochs 30 --log log.csv     as in docs/reproduction.md
    python 14_srivastava.py                                    the digits of the package, where the gap is one of luck

Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks
from overfitting", JMLR 15, 2014, table 2.
"""

import argparse
import csv
from itertools import pairwise
from pathlib import Path

import numpy as np

import symdrop as sd
import symdrop.tensor as T

# Hidden units; their function; probabilities of dropping inputs and hidden units; the limit on norms; the rate.
ROWS = {
    "logistic": ([800, 800], T.nnet.sigmoid, 0.0, 0.0, None, 0.1),
    "dropout, logistic": ([1024] * 3, T.nnet.sigmoid, 0.2, 0.5, None, 0.1),
    "dropout, relu": ([1024] * 3, T.nnet.relu, 0.2, 0.5, None, 0.02),
    "dropout, relu, max-norm": ([1024] * 3, T.nnet.relu, 0.2, 0.5, 2.0, 0.05),
}
MOMENTUM, BATCH = 0.95, 128


def network(row, steps, seed, pixels=784, drop=None, rate=None, width=None):
    """The functions that train and test a row; drop, rate and width replace its own."""
    hidden, activation, drop_input, drop_hidden, limit, own_rate = ROWS[row]
    drop_hidden = drop_hidden if drop is None else drop
    rng, stream = np.random.default_rng(seed), sd.RandomStream(seed=seed)
    weights, biases = [], []
    for inputs, units in pairwise([pixels, *(width or hidden), 10]):
        # He's spread for relu; four times Glorot's for the logistic function, whose slope at zero is a quarter.
        spread = np.sqrt(2 / inputs) if activation is T.nnet.relu else 4 * np.sqrt(2 / (inputs + units))
        spread = 0.01 if units == 10 else spread
        weights.append(sd.shared(rng.normal(0, spread, (inputs, units)).astype("f"), name=f"W{len(weights)}"))
        biases.append(sd.shared(np.zeros(units, "f"), name=f"b{len(biases)}"))

    x, y = T.fmatrix("x"), T.ivector("y")
    h = sd.dropout(x, p=drop_input, stream=stream)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h = sd.dropout(activation(h @ W + b), p=drop_hidden, stream=stream)
    scores = h @ weights[-1] + biases[-1]
    loss = T.nnet.softmax_crossentropy(scores, y).mean()

    decay = sd.optim.warm_up(steps // 20 + 1, sd.optim.polynomial_decay(rate or own_rate, steps))
    updates = sd.optim.momentum(loss, weights + biases, rate=decay, decay=MOMENTUM)
    if limit is not None:
        for W in weights[:-1]:
            norms = T.sqrt(T.sum(updates[W] ** 2, axis=0, keepdims=True))
            updates[W] = updates[W] * T.minimum(1, limit / T.maximum(norms, 1e-7))
    train = sd.function([x, y], loss, updates=updates, training=True)
    wrong = sd.function([x, y], T.neq(T.argmax(scores, axis=1), y).mean(), training=False)
    # The same scores with masks, for averages over many of them.
    return train, wrong, sd.function([x], scores, training=True)


def error(wrong, x, y):
    """Wrong answers in percent, in parts that fit into caches."""
    return 100 * float(np.mean([float(wrong(x[i : i + 1000], y[i : i + 1000])) for i in range(0, len(x), 1000)]))


def run(row, x, y, test_x, test_y, epochs, seed, log=None, **own):
    """Train a row; returns the last test error in percent and its functions."""
    batches = -(-len(x) // BATCH)
    train, wrong, sample = network(row, epochs * batches, seed, x.shape[1], **own)
    for epoch in range(1, epochs + 1):
        loss = np.mean([float(train(*batch)) for batch in sd.data.minibatches(x, y, BATCH, [seed, epoch])])
        share = error(wrong, test_x, test_y)
        print(f"{row:24} epoch {epoch:3}   loss {loss:.4f}   test error {share:5.2f} %", flush=True)
        if log is not None:
            log.writerow([row, *own.values(), len(x), seed, epoch, f"{loss:.5f}", f"{share:.2f}"])
    return share, wrong, sample


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mnist", type=Path, help="the folder of the four files; without it the digits of the package")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=["logistic", "dropout, relu, max-norm"])
    for option, number in (("--images", 5000), ("--epochs", 20), ("--seed", 0)):
        parser.add_argument(option, type=int, default=number)
    parser.add_argument("--log", type=Path, help="a CSV file to which every epoch is added")
    options = parser.parse_args()
    data = sd.data.digits() if options.mnist is None else sd.data.mnist(options.mnist)
    chosen = np.random.default_rng(options.seed).permutation(len(data.train_x))[: options.images]
    file = open(options.log, "a", newline="") if options.log else None
    for row in options.rows:
        run(row, data.train_x[chosen], data.train_y[chosen], data.test_x, data.test_y, options.epochs, options.seed,
            csv.writer(file) if file else None)  # fmt: skip
        if file:
            file.flush()


if __name__ == "__main__":
    main()
