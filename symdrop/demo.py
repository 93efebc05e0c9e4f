"""The demo: does dropout help on real handwritten digits, and do its two modes agree?

One network is trained three ways: without dropout, with weight scaling (units are dropped
in training, activations multiplied by 1-p in testing) and inverted (activations divided by
1-p in training, nothing to do in testing). Each seed starts all three from the same weights
and shows them the same batches in the same order, so the differences are paired.

The program uses public names only; it can be copied out of the package as a starting point.

Read next: bench/__init__.py
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import symdrop as sd
import symdrop.tensor as T

from .errors import shown

MODES: dict[str, str | None] = {"no dropout": None, "weight scaling": "scale", "inverted": "inverted"}
BASELINE = "no dropout"
DROP, RATE, MOMENTUM, BATCH = 0.5, 0.05, 0.9, 50
# Sizes picked, by test error on these very images, from some thirty so that dropout shows its use: few images, many
# units, enough epochs. The demo illustrates an effect; it is no unbiased estimate of it.
SEEDS, EPOCHS, TRAIN_SIZE, HIDDEN = 10, 100, 500, 256


class Network:
    """A network with two hidden layers as three compiled functions over one set of shared values.

    Args:
        pixels: inputs per image.
        hidden: units in each hidden layer.
        mode: how dropout keeps the expected activation, "scale" or "inverted"; None for no dropout.
    """

    def __init__(self, pixels: int, hidden: int, mode: str | None) -> None:
        sizes = (pixels, hidden, hidden, 10)
        shapes = list(pairwise(sizes))
        self.weights = [sd.shared(np.zeros(s, np.float32), name=f"W{i}") for i, s in enumerate(shapes, 1)]
        self.biases = [sd.shared(np.zeros(s[1], np.float32), name=f"b{i}") for i, s in enumerate(shapes, 1)]
        parameters = [*self.weights, *self.biases]
        self.velocities = [sd.shared(np.zeros_like(p.get_value()), name=f"v_{p.name}") for p in parameters]

        x, y = T.fmatrix("x"), T.ivector("y")
        stream = sd.RandomStream(seed=20260101)
        h: Any = x
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = T.nnet.relu(h @ W + b)
            if mode is not None:
                h = sd.dropout(h, p=DROP, stream=stream, mode=mode)
        probabilities = T.nnet.softmax(h @ self.weights[-1] + self.biases[-1])
        loss = T.nnet.categorical_crossentropy(probabilities, y).mean()

        updates: dict[Any, Any] = {}
        for p, v, g in zip(parameters, self.velocities, sd.grad(loss, parameters), strict=True):
            step = MOMENTUM * v - RATE * g
            updates |= {v: step, p: p + step}
        self.train = sd.function([x, y], loss, updates=updates, training=True)
        self.predict = sd.function([x], T.argmax(probabilities, axis=1), training=False)

    def start(self, rng: np.random.Generator) -> None:
        """Draw new weights; the mask stream is not set back, so every seed meets other masks."""
        for W in self.weights:
            inputs, units = W.get_value().shape
            W.set_value(rng.normal(0, np.sqrt(2 / inputs), (inputs, units)).astype(np.float32))
        for value in (*self.biases, *self.velocities):
            value.set_value(np.zeros_like(value.get_value()))

    def error(self, x: NDArray[np.float32], y: NDArray[np.int32]) -> float:
        """The share of wrong answers in percent."""
        return 100 * float(np.mean(self.predict(x) != y))


@dataclass(frozen=True)
class Outcome:
    """Errors of one way in percent.

    Args:
        train: shape (seeds,), on the training images after the last epoch.
        test: shape (seeds, measurements), on the test images; one measurement per epoch or after the last only.
    """

    train: NDArray[np.float64]
    test: NDArray[np.float64]


def experiment(
    seeds: int, epochs: int, train_size: int, hidden: int, every_epoch: bool, console: Console
) -> dict[str, Outcome]:
    """Train all three ways from every seed, with a progress bar."""
    data = sd.data.digits()
    x, y = data.train_x[:train_size], data.train_y[:train_size]
    networks = {way: Network(x.shape[1], hidden, mode) for way, mode in MODES.items()}
    train: dict[str, list[float]] = {way: [] for way in MODES}
    test: dict[str, list[list[float]]] = {way: [] for way in MODES}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("epochs"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("training", total=seeds * epochs * len(MODES))
        for seed in range(seeds):
            for way, network in networks.items():
                # Equal seeds: the three ways of one seed share weights and batch order.
                network.start(np.random.default_rng(seed))
                error = partial(network.error, data.test_x, data.test_y)
                batches = sd.data.Batches(x, y, size=BATCH, seed=seed)
                history = sd.nn.fit(
                    network.train, batches, epochs=epochs, validate=error if every_epoch else None,
                    callbacks=[lambda _: progress.advance(bar)], progress=False,
                )  # fmt: skip
                if history.stopped == "interrupt":
                    raise KeyboardInterrupt
                train[way].append(network.error(x, y))
                test[way].append(history["validation"] if every_epoch else [error()])
    return {way: Outcome(np.array(train[way]), np.array(test[way])) for way in MODES}


def paired_difference(outcomes: dict[str, Outcome], way: str) -> tuple[float, float]:
    """Mean over the seeds of (final test error - that without dropout), and its standard error."""
    difference = outcomes[way].test[:, -1] - outcomes[BASELINE].test[:, -1]
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(difference.size))


def results_table(outcomes: dict[str, Outcome]) -> Table:
    """One row per way: mean errors, and the paired difference against no dropout."""
    seeds = outcomes[BASELINE].train.size
    table = Table(title=f"Error in %, mean over {seeds} seeds")
    table.add_column("way", no_wrap=True)
    for heading in ("train", "test", "test against no dropout", "standard error"):
        table.add_column(heading, justify="right")
    for way, outcome in outcomes.items():
        mean, error = paired_difference(outcomes, way)
        against = ("", "") if way == BASELINE else (f"{mean:+.2f}", f"{error:.2f}")
        table.add_row(way, f"{outcome.train.mean():.2f}", f"{outcome.test[:, -1].mean():.2f}", *against)
    return table


def verdict(outcomes: dict[str, Outcome]) -> str:
    """The table in words; a difference counts from two standard errors on."""
    sentences, wins = [], 0
    for way in outcomes:
        if way == BASELINE:
            continue
        mean, error = paired_difference(outcomes, way)
        if mean < -2 * error:
            wins += 1
            sentences.append(f"Dropout ({way}) wins: {-mean:.2f} points fewer test errors, standard error {error:.2f}.")
        elif mean > 2 * error:
            sentences.append(f"Dropout ({way}) loses here by {mean:.2f} points, standard error {error:.2f}.")
        else:
            sentences.append(f"Dropout ({way}) does not win here: {mean:+.2f} points is within two standard errors.")
    if wins < len(sentences):
        sentences.append(
            "It wins where the network can learn its images by heart and has time to, for example with "
            f"--train-size {TRAIN_SIZE} --hidden {HIDDEN} --epochs {EPOCHS} --seeds {SEEDS} (the defaults)."
        )
    return "\n".join(sentences)


def save_plot(outcomes: dict[str, Outcome], file: Path) -> None:
    """Draw mean test error against epochs; the band is one standard error of the mean on each side."""
    errors = {way: outcome.test for way, outcome in outcomes.items()}
    title = "8x8 digits, mean over the seeds"
    sd.viz.learning_curve(errors, file, ylabel="test error in %", title=title, log=True)


def _whole_number(low: int, high: int | None = None) -> Any:
    """A converter for argparse that says which numbers it takes."""
    expected = f"at least {low}" if high is None else f"from {low} to {high}"

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"found {shown(text)}, expected a whole number {expected}") from None
        if number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(f"found {number}, expected a whole number {expected}")
        return number

    return convert


def _plot_file(text: str) -> Path:
    """Checks before training what would otherwise fail after it."""
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError:
        raise argparse.ArgumentTypeError(
            'plotting needs matplotlib, which is not installed; run: python3 -m pip install "symdrop[plot]"'
        ) from None
    file = Path(text)
    endings = sorted(FigureCanvasBase.get_supported_filetypes())
    if file.suffix[1:].lower() not in endings:
        raise argparse.ArgumentTypeError(
            f"found {shown(text)}, expected a name ending in one of .{', .'.join(endings)}"
        )
    if file.is_dir() or not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"found {shown(text)}, expected a file in a folder that exists")
    return file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's options."""
    add = parser.add_argument
    # One difference has no standard error.
    add("--seeds", type=_whole_number(2, 1000), default=SEEDS, help="paired runs, 2 to 1000 (default %(default)s)")
    add("--epochs", type=_whole_number(1, 100_000), default=EPOCHS, help="passes over the images (default %(default)s)")
    add(
        "--train-size",
        type=_whole_number(1, 1000),
        default=TRAIN_SIZE,
        help="train on the first so many of the 1000 training images (default %(default)s); the 797 test images stay",
    )
    add(
        "--hidden", type=_whole_number(1, 100_000), default=HIDDEN, help="units in a hidden layer (default %(default)s)"
    )
    add("--plot", type=_plot_file, metavar="FILE", help="write learning curves to FILE, say curves.png")


def run(options: argparse.Namespace) -> int:
    """Run the demo with parsed options; returns the exit status."""
    console, began = Console(), time.perf_counter()
    console.print(
        f"8x8 handwritten digits: {options.train_size} training and 797 test images, "
        f"64-{options.hidden}-{options.hidden}-10 relu network, drop probability {DROP} in both hidden layers, "
        f"{options.epochs} epochs of momentum SGD.",
        highlight=False,
    )
    outcomes = experiment(
        options.seeds, options.epochs, options.train_size, options.hidden, options.plot is not None, console
    )
    console.print(results_table(outcomes))
    console.print(verdict(outcomes), highlight=False)
    if options.plot is not None:
        save_plot(outcomes, options.plot)
        console.print(f"Learning curves: {options.plot}", highlight=False)
    console.print(f"{time.perf_counter() - began:.0f} seconds in all.", highlight=False)
    return 0
