"""Real digits: one graph with dropout, compiled into a function that trains and one that tests.

What to look for: the network is written once. `training=True` makes a function that drops
half of the hidden units, new ones at each call; `training=False` makes one without any
randomness. No mode is switched anywhere while the program runs.

    python 05_digits.py

It takes a few seconds. It trains on 1000 images and is tested on 797 others.
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T

# 1. The parameters: values that outlive a call.
rng = np.random.default_rng(0)


def layer(inputs: int, units: int, name: str):
    """Weights whose size keeps the spread of relu activations, and zero biases."""
    W = rng.normal(0, np.sqrt(2 / inputs), (inputs, units)).astype("float32")
    return sd.shared(W, name=f"W{name}"), sd.shared(np.zeros(units, "float32"), name=f"b{name}")


W1, b1 = layer(64, 256, "1")
W2, b2 = layer(256, 256, "2")
W3, b3 = layer(256, 10, "3")
parameters = [W1, b1, W2, b2, W3, b3]

# 2. The network: images in, a probability for each digit out. Inverted dropout divides what
#    it keeps by 1-p, so the test function has nothing to make up for.
x, y = T.fmatrix("x"), T.ivector("y")
stream = sd.RandomStream(seed=1234)
h1 = sd.dropout(T.nnet.relu(x @ W1 + b1), p=0.5, stream=stream, mode="inverted")
h2 = sd.dropout(T.nnet.relu(h1 @ W2 + b2), p=0.5, stream=stream, mode="inverted")
probabilities = T.nnet.softmax(h2 @ W3 + b3)
loss = T.nnet.categorical_crossentropy(probabilities, y).mean()

# 3. Gradient descent with momentum: every right-hand side sees the values from before the call.
updates = {}
for parameter, gradient in zip(parameters, sd.grad(loss, parameters), strict=True):
    velocity = sd.shared(np.zeros_like(parameter.get_value()), name=f"v_{parameter.name}")
    step = 0.9 * velocity - 0.05 * gradient
    updates[velocity] = step
    updates[parameter] = parameter + step

# 4. The same graph twice.
train = sd.function([x, y], loss, updates=updates, training=True)
test = sd.function([x], T.argmax(probabilities, axis=1), training=False)


def main(epochs: int = 20) -> float:
    """Train, print one line per epoch, return the last test error in percent."""
    data = sd.data.digits()
    error = 100.0
    for epoch in range(1, epochs + 1):
        losses = [float(train(*batch)) for batch in sd.data.minibatches(data.train_x, data.train_y, 50, rng)]
        error = 100 * float(np.mean(test(data.test_x) != data.test_y))
        print(f"epoch {epoch:2d}   loss {np.mean(losses):.4f}   test error {error:5.2f} %")
    return error


if __name__ == "__main__":
    main()
