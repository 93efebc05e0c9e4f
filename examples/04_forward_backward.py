"""Forward and backward by hand, beside sd.grad: right in training, wrong in testing, and the line that mends it.

An answer on a question site (O. Tilk, 2016) implements dropout in a network of two tanh
layers and a linear one: `forward` multiplies the second layer by a mask in training and by
0.5 in testing (weight scaling), and `backward` by the same factor. Here both are written as
a graph, with the names of the answer.

What to look for: `dtanh(y2)` takes 1 - y2**2 for the slope of tanh. With a mask of zeros and
ones that does no harm, since what it gets wrong is multiplied by 0. With 0.5 it does.

    python 04_forward_backward.py
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T

rng = np.random.default_rng(0)
x, t = T.dmatrix("x"), T.dmatrix("t")
W1, W2, W3 = (sd.shared(rng.normal(0, 0.7, shape), name=f"W{i}") for i, shape in enumerate([(5, 8), (8, 8), (8, 3)], 1))
stream = sd.RandomStream(seed=1234)


def dC(y, t):
    return y - t  # of half the squared error


def dtanh(y):
    return 1 - y**2


# 1. The answer's forward pass. Its `if training` is a choice inside the graph.
y1 = T.tanh(x @ W1)
tanh_2 = T.tanh(y1 @ W2)
mask = 1 - stream.bernoulli(p=0.5, size=tanh_2.shape, dtype="float64", site="layer 2")
m2 = T.where(sd.training, mask, 0.5)
y2 = tanh_2 * m2
y3 = y2 @ W3
cost = ((y3 - t) ** 2).sum() / 2


# 2. The answer's backward pass, with the slope of the second tanh as an argument.
def backward(slope_2):
    dC_dz3 = dC(y3, t)
    dC_dW3 = y2.T @ dC_dz3
    dC_dy2 = dC_dz3 @ W3.T
    dC_dz2 = dC_dy2 * slope_2 * m2
    dC_dW2 = y1.T @ dC_dz2
    dC_dy1 = dC_dz2 @ W2.T
    dC_dz1 = dC_dy1 * dtanh(y1)
    return [x.T @ dC_dz1, dC_dW2, dC_dW3]


by_hand = backward(dtanh(y2))
corrected = backward(dtanh(tanh_2))  # the slope of tanh is that at its own value, before any factor
by_grad = sd.grad(cost, [W1, W2, W3])

# 3. Compiled twice from the one graph.
batch = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))
for training in (True, False):
    f = sd.function([x, t], [*by_hand, *corrected, *by_grad], training=training)
    results = f(*batch)
    hand, mended, grad = results[:3], results[3:6], results[6:]
    print(f"training={training}: largest difference from sd.grad")
    for label, found in (("the answer's lines", hand), ("slope at tanh_2", mended)):
        differences = [np.abs(a - b).max() for a, b in zip(found, grad, strict=True)]
        print(f"  {label:20s}" + "".join(f"   W{i} {d:7.1e}" for i, d in enumerate(differences, 1)))
        assert (max(differences) < 1e-12) == (training or found is mended)

# 4. Why: in training m2 * m2 = m2, so (1 - (m2 * tanh)**2) * m2 = (1 - tanh**2) * m2. At m2 = 0.5 that fails:
h = 0.8
print(f"\nat tanh = {h}, m2 = 0.5: the answer's slope {dtanh(0.5 * h) * 0.5:.3f}, the gradient's {dtanh(h) * 0.5:.3f}")

# 5. Mask and factor are one call of sd.dropout: the same site of the same stream draws the same bits.
dropped = sd.dropout(tanh_2, p=0.5, stream=stream, mode="scale", site="layer 2")
for training in (True, False):
    ours, theirs = sd.function([x], [dropped, y2], training=training, no_default_updates=True)(batch[0])
    assert (ours == theirs).all()
print('sd.dropout(mode="scale") gives the same y2, in training and in testing')

# 6. Halving the activation is halving the weights it meets: sd.bake returns the test network with smaller weights.
baked = sd.bake(dropped @ W3)
(smaller,) = (leaf for leaf in sd.Graph([x], [baked]).leaves("shared") if leaf.name == "W3")
tested, plain = sd.function([x], dropped @ W3, training=False)(batch[0]), sd.function([x], baked)(batch[0])
assert np.allclose(tested, plain) and np.allclose(smaller.get_value(), 0.5 * W3.get_value())
print("\nbaked:", baked, " where W3 is half of what it was")
