"""A network that reads a text character by character and learns which one comes next.

What to look for: the text is cut into streams that run side by side, and every call reads
the next window of each. The state is a shared variable that lives on from call to call; the
gradient ends where the window begins. Perplexity is how many characters the network hesitates
between. Dropout learns more slowly, and wins in the end: try --epochs 16 --hidden 128.

    python 09_char_rnn.py [--text FILE] [--epochs N] [--hidden N] [--quick]

Without a file it reads symdrop's own pages. It takes less than a minute.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from rich.progress import track

import symdrop as sd
import symdrop.tensor as T

STREAMS, WINDOW, RATE, LENGTH = 32, 40, 0.004, 120_000


def windows(codes: np.ndarray):
    """Windows of contiguous streams, and the same one character later; shape (WINDOW, STREAMS)."""
    steps = (len(codes) - 1) // STREAMS
    x, y = (codes[k : k + steps * STREAMS].reshape(STREAMS, steps).T for k in (0, 1))
    return [(x[t : t + WINDOW], y[t : t + WINDOW]) for t in range(0, steps - WINDOW + 1, WINDOW)]


class Reader:
    """Embedding, GRU, softmax; one function that trains and one that does not."""

    def __init__(self, characters: int, hidden: int, p: float) -> None:
        rng, self.hidden = np.random.default_rng(0), hidden
        cell = sd.nn.GRU(hidden, hidden, seed=rng, reset_after=True, dtype="float32")
        E, V = (sd.shared(w.astype("float32")) for w in rng.normal(0, 0.2, (2, characters, hidden)))
        self.state = sd.shared(np.zeros((STREAMS, hidden), "float32"), name="state")
        x, y = T.lmatrix("x"), T.lmatrix("y")
        states, last = cell(E[x], self.state, output_dropout=p, state_dropout=p, stream=sd.RandomStream(seed=0))
        loss = T.nnet.softmax_crossentropy(states @ V.T, y).mean()
        go_on = {self.state: last}
        self.train = sd.function([x, y], loss, updates=rmsprop(loss, [E, V, *cell.parameters]) | go_on, training=True)
        self.test = sd.function([x, y], loss, updates=go_on, training=False)
        character, before = T.iscalar("character"), T.fmatrix("before")
        _, after = cell(E[character].reshape((1, 1, hidden)), before)
        self.next = sd.function([character, before], [T.nnet.softmax(after @ V.T)[0], after], training=False)

    def perplexity(self, pairs, function) -> float:
        """Of all windows, read with an empty state at first."""
        self.state.set_value(np.zeros_like(self.state.get_value()))
        bar = track(pairs, transient=True, disable=not sys.stdout.isatty())
        return np.exp(np.mean([function(*pair) for pair in bar]))

    def sample(self, first: int, length: int) -> list[int]:
        """Characters drawn one after the other from what the network expects."""
        rng, found, state = np.random.default_rng(0), [first], np.zeros((1, self.hidden), "float32")
        for _ in range(length):
            chances, state = self.next(found[-1], state)
            found.append(int(np.searchsorted(np.cumsum(chances[:-1]), rng.random())))
        return found


def rmsprop(loss, parameters) -> dict:
    """Steps by the gradient over its root mean square of late; Tieleman and Hinton, 2012."""
    updates = {}
    for p, g in zip(parameters, sd.grad(loss, parameters), strict=True):
        square = sd.shared(np.ones_like(p.get_value()) * 1e-3)
        updates[square] = 0.95 * square + 0.05 * g**2
        updates[p] = p - RATE * g / T.sqrt(updates[square] + 1e-8)
    return updates


def main(text: str, epochs: int, hidden: int) -> None:
    """Train twice, print perplexities, and what the network writes."""
    alphabet, codes = np.unique([*text], return_inverse=True)
    seen, unseen = (windows(part) for part in np.split(codes, [len(codes) * 9 // 10]))
    assert unseen, f"the text has {len(text)} characters; it takes {10 * STREAMS * (WINDOW + 1)}"
    print(f"{len(text)} characters, {len(alphabet)} different; {len(seen)} windows to learn, {len(unseen)} to test")
    for p in (0.0, 0.2):
        reader = Reader(len(alphabet), hidden, p)
        for epoch in range(1, epochs + 1):
            train, test = reader.perplexity(seen, reader.train), reader.perplexity(unseen, reader.test)
            print(f"dropout {p}   epoch {epoch}   perplexity {train:6.2f} in training, {test:6.2f} on held-out text")
        print("".join(alphabet[k] for k in reader.sample(int(codes[0]), 200)), end="\n\n")


if __name__ == "__main__":
    add = (parser := argparse.ArgumentParser()).add_argument
    add("--text", type=Path, nargs="+", default=sorted(Path(__file__).parents[1].glob("docs/*.md")))
    add("--epochs", type=int, default=4)
    add("--hidden", type=int, default=96)
    add("--quick", action="store_true", help="a little of everything: to see that it runs")
    options = parser.parse_args()
    text = "".join(page.read_text(encoding="utf-8") for page in options.text)[:LENGTH]
    main(text[:14_000], 1, 16) if options.quick else main(text, options.epochs, options.hidden)
