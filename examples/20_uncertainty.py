"""Dropout as uncertainty: a curve, and a band that is wide where there was no data.

What to look for: two flags. `sd.training` is off, so the network is the one that is used; `mc` alone keeps the masks
on. `sd.vmap` lays many masks side by side in one call; the band is the spread of what they predict, and noise
besides.

    python 20_uncertainty.py [picture.svg]

Source: Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation", ICML 2016. Half a minute.
"""

import sys
from pathlib import Path

import numpy as np

import symdrop as sd
import symdrop.tensor as T

STEPS = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 6000
P, NOISE, UNITS, MASKS = 0.05, 0.1, 128, 200


def truth(x):
    return x + 0.3 * np.sin(2 * np.pi * x) + 0.3 * np.sin(4 * np.pi * x)


# Data in two stretches, nothing between and beside them.
rng = np.random.default_rng(1)
data_x = np.concatenate([rng.uniform(-1, -0.4, 60), rng.uniform(0.2, 0.8, 60)]).astype("f")[:, None]
data_y = (truth(data_x) + NOISE * rng.normal(size=data_x.shape)).astype("f")

stream, mc = sd.RandomStream(seed=0), sd.flag("mc")
layers = [sd.nn.Dense(n, m, seed=i) for i, (n, m) in enumerate([(1, UNITS), (UNITS, UNITS), (UNITS, 1)])]


def network(x):
    """The masks are there in training, and where the flag mc asks for them."""
    h = T.sin(layers[0](6 * x))
    h = sd.dropout(h, P, stream=stream, training=sd.training | mc)
    h = T.nnet.relu(layers[1](h))
    return layers[2](sd.dropout(h, P, stream=stream, training=sd.training | mc))


x, y = T.fmatrix("x"), T.fmatrix("y")
squares = ((network(x) - y) ** 2).mean()
parameters = sd.nn.parameters(layers)
decay = 1e-5 * sum((p**2).sum() for name, p in parameters.items() if name.endswith("W"))
updates = sd.optim.adam(squares + decay, parameters, rate=sd.optim.cosine(3e-3, STEPS))
train = sd.function([x, y], squares, updates=updates, flags={"training": True, "mc": False})
for step in range(STEPS):
    loss = train(data_x, data_y)
    if step % max(1, STEPS // 5) == 0:
        print(f"step {step:5}   squared error {float(loss):.4f}")

masks = sd.vmap(lambda _: network(x), randomness="different")(T.arange(MASKS))
mean, spread = masks.mean(axis=0)[:, 0], T.sqrt(masks.var(axis=0)[:, 0] + NOISE**2)
predict = sd.function([x], [mean, spread], flags={"training": False, "mc": True})

grid = np.linspace(-1.6, 1.6, 161, dtype="f")[:, None]
middle, band = predict(grid)
near = np.abs(grid - data_x.T).min(axis=1) < 0.05
inside = np.abs(truth(grid[:, 0]) - middle)[near] < 2 * band[near]
print(f"band beside data: {band[near].mean():.2f}, far from it: {band[~near].mean():.2f}; "
      f"the curve lies within two of them at {100 * inside.mean():.0f} % of the places with data")  # fmt: skip
assert STEPS < 6000 or (band[~near].mean() > 1.5 * band[near].mean() and inside.mean() > 0.8)

if sys.argv[1:] and not sys.argv[1].isdigit():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.5))
    axes.fill_between(grid[:, 0], middle - 2 * band, middle + 2 * band, alpha=0.25, label="two standard deviations")
    axes.plot(grid, middle, label="mean over masks")
    axes.plot(grid, truth(grid), "--", color="grey", label="what the data is of")
    axes.plot(data_x, data_y, ".", color="black", markersize=3)
    axes.set_ylim(-2.5, 2.5)
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(Path(sys.argv[1]), bbox_inches="tight")
