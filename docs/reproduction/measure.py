"""Measurements behind docs/reproduction.md: run over hours, in the background; every line of the logs is one network.

    python docs/reproduction/measure.py FOLDER rates sizes averages features

FOLDER holds MNIST. The networks are those of examples/14_srivastava.py, with what is varied given by hand.
"""

import csv
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import symdrop as sd
import symdrop.tensor as T

HERE = Path(__file__).parent
spec = spec_from_file_location("srivastava", HERE.parents[1] / "examples" / "14_srivastava.py")
srivastava = module_from_spec(spec)
spec.loader.exec_module(srivastava)

ROW, STEPS = srivastava.ROWS["dropout, relu, max-norm"], 1000


def log(name, header, lines):
    """A CSV file with a header, written line by line."""
    with open(HERE / f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for line in lines:
            writer.writerow(line)
            file.flush()


def trained(data, images, drop_hidden, drop_input, seed=0):
    """A network of 3 x 1024 relu units on the first images of a permutation; STEPS steps whatever their number."""
    chosen = np.random.default_rng(seed).permutation(len(data.train_x))[:images]
    x, y = data.train_x[chosen], data.train_y[chosen]
    epochs = max(1, round(STEPS * srivastava.BATCH / images)) if images >= srivastava.BATCH else STEPS
    row = ROW._replace(drop_hidden=drop_hidden, drop_input=drop_input)
    train, wrong, sample = srivastava.network(row, epochs * -(-len(x) // srivastava.BATCH), seed)
    for epoch in range(epochs):
        for batch in sd.data.minibatches(x, y, srivastava.BATCH, [seed, epoch]):
            train(*batch)
    return wrong, sample, 100 * float(wrong(x, y))


def rates(data):
    """The effect of the rate of the hidden units (figure 9a of the paper), on 5,000 images."""
    for drop in (0.0, 0.2, 0.4, 0.5, 0.6, 0.8):
        wrong, _, train_error = trained(data, 5000, drop, 0.2 if drop else 0.0)
        yield drop, 5000, f"{train_error:.2f}", f"{100 * float(wrong(data.test_x, data.test_y)):.2f}"


def sizes(data):
    """The effect of the number of images (figure 10), with and without dropout."""
    for images in (100, 1000, 10000, 60000):
        for drop, drop_input in ((0.0, 0.0), (0.5, 0.2)):
            wrong, _, train_error = trained(data, images, drop, drop_input)
            yield images, drop, f"{train_error:.2f}", f"{100 * float(wrong(data.test_x, data.test_y)):.2f}"


def averages(data):
    """Monte-Carlo averages of k networks against weight scaling (section 7.5, figure 11)."""
    wrong, sample, _ = trained(data, 5000, 0.5, 0.2)
    scaled = 100 * float(wrong(data.test_x, data.test_y))
    total = np.zeros((len(data.test_x), 10))
    for k in range(1, 31):
        scores = sample(data.test_x)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        total += chances / chances.sum(axis=1, keepdims=True)
        yield k, f"{100 * np.mean(total.argmax(axis=1) != data.test_y):.2f}", f"{scaled:.2f}"


def features(data):
    """First-layer weights of autoencoders of 256 relu units, without and with dropout (figure 7)."""
    found = {}
    for name, p in (("without", 0.0), ("with", 0.5)):
        rng, stream = np.random.default_rng(0), sd.RandomStream(seed=0)
        W = sd.shared(rng.normal(0, 0.05, (784, 256)).astype("f"), name="W")
        b = sd.shared(np.zeros(256, "f"), name="b")
        c = sd.shared(np.zeros(784, "f"), name="c")
        x = T.fmatrix("x")
        hidden = sd.dropout(T.nnet.relu(x @ W + b), p, stream=stream)
        loss = ((hidden @ W.T + c - x) ** 2).sum(axis=1).mean()
        epochs, batch = 10, 128
        rate = sd.optim.cosine(1e-3, epochs * -(-len(data.train_x) // batch))
        train = sd.function([x], loss, updates=sd.optim.adam(loss, [W, b, c], rate=rate), training=True)
        for epoch in range(epochs):
            for part in sd.data.minibatches(data.train_x, batch, epoch):
                last = train(part)
        print(f"autoencoder {name} dropout: loss {float(last):.2f}")
        found[name] = W.get_value()
    figure, halves = plt.subplots(1, 2, figsize=(8, 4))
    for axes, (name, W) in zip(halves, found.items(), strict=True):
        tiles = W[:, :64].T.reshape(8, 8, 28, 28)
        tiles = np.pad(tiles / np.abs(tiles).max(axis=(2, 3), keepdims=True), ((0, 0), (0, 0), (1, 1), (1, 1)))
        axes.imshow(tiles.transpose(0, 2, 1, 3).reshape(240, 240), cmap="gray")
        axes.set_title(f"{name} dropout")
        axes.axis("off")
    figure.savefig(HERE.parent / "pictures" / "reproduction-features.png", bbox_inches="tight", dpi=80)
    return ()


TABLES = {
    "rates": (rates, ("drop", "images", "training error", "test error")),
    "sizes": (sizes, ("images", "drop", "training error", "test error")),
    "averages": (averages, ("networks", "average's test error", "weight scaling's test error")),
    "features": (features, ()),
}

if __name__ == "__main__":
    mnist = sd.data.mnist(sys.argv[1])
    for name in sys.argv[2:]:
        function, header = TABLES[name]
        if header:
            log(name, header, function(mnist))
        else:
            function(mnist)
