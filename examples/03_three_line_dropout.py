"""Dropout in three lines of Python, as a graph: a tutorial's program, step for step, and what it is not.

A. Trask's "Hinton's Dropout in 3 Lines of Python" (2015) trains a 3-4-1 network of sigmoids
on exclusive or, with lines for the deltas written by hand. Here the same lines build a
graph. Fed the same masks, NumPy and the compiled graph agree at each of 60,000 steps.

What to look for: the delta of the first layer is *not* the gradient as soon as anything is
dropped. `layer_1 * (1 - layer_1)` is the slope of the sigmoid only if layer_1 is its value,
but there layer_1 has been masked and rescaled.

    python 03_three_line_dropout.py [steps]
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0, 1, 1, 0]], float).T
ALPHA, HIDDEN, P = 0.5, 4, 0.2
rng = np.random.default_rng(1)
start_0, start_1 = 2 * rng.random((3, HIDDEN)) - 1, 2 * rng.random((HIDDEN, 1)) - 1

# 1. The tutorial's lines. A mask of zeros and ones comes from a stream; the do_dropout switch is the training flag.
synapse_0, synapse_1 = sd.shared(start_0, name="synapse_0"), sd.shared(start_1, name="synapse_1")
stream = sd.RandomStream(seed=2)
mask = stream.binomial(n=1, p=1 - P, size=(len(X), HIDDEN), dtype="float64")
sigmoid_1 = 1 / (1 + T.exp(-(X @ synapse_0)))
layer_1 = T.where(sd.training, sigmoid_1 * mask * (1 / (1 - P)), sigmoid_1)
layer_2 = 1 / (1 + T.exp(-(layer_1 @ synapse_1)))
layer_2_delta = (layer_2 - Y) * (layer_2 * (1 - layer_2))
layer_1_delta = (layer_2_delta @ synapse_1.T) * (layer_1 * (1 - layer_1))
by_hand = [X.T @ layer_1_delta, layer_1.T @ layer_2_delta]
train = sd.function(
    [],
    mask,
    updates={synapse_0: synapse_0 - ALPHA * by_hand[0], synapse_1: synapse_1 - ALPHA * by_hand[1]},
    training=True,
)


# 2. The tutorial's program itself, one step of it, with the mask as an argument.
def numpy_step(synapse_0, synapse_1, mask):
    layer_1 = 1 / (1 + np.exp(-(X @ synapse_0)))
    layer_1 *= mask * (1 / (1 - P))
    layer_2 = 1 / (1 + np.exp(-(layer_1 @ synapse_1)))
    layer_2_delta = (layer_2 - Y) * (layer_2 * (1 - layer_2))
    layer_1_delta = (layer_2_delta @ synapse_1.T) * (layer_1 * (1 - layer_1))
    return synapse_0 - ALPHA * (X.T @ layer_1_delta), synapse_1 - ALPHA * (layer_1.T @ layer_2_delta)


# 3. Both, side by side. Nothing is set back in between: a difference at any step would stay.
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
twin_0, twin_1, largest = start_0, start_1, 0.0
for _ in range(steps):
    drawn = train()
    twin_0, twin_1 = numpy_step(twin_0, twin_1, drawn)
    difference_0 = np.abs(synapse_0.get_value(borrow=True) - twin_0).max()
    difference_1 = np.abs(synapse_1.get_value(borrow=True) - twin_1).max()
    largest = max(largest, difference_0, difference_1)
assert largest < 1e-9, largest
assert (stream.replay(mask, step=steps - 1) == drawn).all()
print(f"{steps} steps; the largest difference from NumPy at any of them: {largest:.1e}")
predict = sd.function([], layer_2, training=False)
print("answers without dropout:", predict().ravel().round(3), "for", Y.ravel())

# 4. The gradient of half the squared error, beside the hand-written deltas, in training and in testing.
cost = ((layer_2 - Y) ** 2).sum() / 2
by_grad = sd.grad(cost, [synapse_0, synapse_1])
apart = [T.norm(hand - true) / T.norm(true) for hand, true in zip(by_hand, by_grad, strict=True)]
print("\nrelative difference of the hand-written deltas from sd.grad")
for training in (True, False):
    first, second = sd.function([], apart, training=training, no_default_updates=True)()
    print(f"  training={training!s:5}   synapse_0 {first:7.1e}   synapse_1 {second:7.1e}")

# 5. Why. With h the sigmoid's value and layer_1 = h / (1 - p) for a unit that is kept, the gradient needs
#    h * (1 - h) / (1 - p), and the tutorial has layer_1 * (1 - layer_1), which turns negative at h = 1 - p.
print(f"\nslope at a kept unit, p = {P}:  gradient  tutorial")
for h in (0.1, 0.5, 0.8, 0.9):
    kept = h / (1 - P)
    print(f"                      h = {h}: {h * (1 - h) / (1 - P):9.3f} {kept * (1 - kept):9.3f}")
