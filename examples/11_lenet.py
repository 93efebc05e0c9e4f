"""LeNet: convolutions, pooling and two kinds of dropout, trained on real digits.

What to look for: the input has no fixed size anywhere but where the layers of whole images begin. Spatial dropout drops
whole channels: the mask has size 1 along the axes of an image. The test function has no mask at all, and the same
network, without its last layers, takes larger images with nothing compiled again.

    python 11_lenet.py

It takes a few seconds. It trains on 1000 images and is tested on 797 others.
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T

rng = np.random.default_rng(0)


def layer(shape: tuple[int, ...], inputs: int, name: str):
    """Weights whose size keeps the spread of relu activations, and a zero bias for every output."""
    W = rng.normal(0, np.sqrt(2 / inputs), shape).astype("float32")
    outputs = shape[0] if len(shape) == 4 else shape[1]
    return sd.shared(W, name=f"W{name}"), sd.shared(np.zeros(outputs, "float32"), name=f"b{name}")


# 1. The parameters: filters are (filters, channels, rows, columns).
W1, b1 = layer((16, 1, 3, 3), 9, "1")
W2, b2 = layer((32, 16, 3, 3), 144, "2")
W3, b3 = layer((512, 128), 512, "3")
W4, b4 = layer((128, 10), 128, "4")
parameters = [W1, b1, W2, b2, W3, b3, W4, b4]

# 2. The network: images of one channel in, a probability for each digit out.
x, y = T.ftensor4("x"), T.ivector("y")
stream = sd.RandomStream(seed=1234)


def convolved(h, W, b):
    """A convolution as large as its input, and a bias for every channel."""
    return T.nnet.relu(T.nnet.conv(h, W, padding="same") + b.dimshuffle("x", 0, "x", "x"))


h1 = T.nnet.pool(convolved(x, W1, b1), 2)  # the largest of every four neighbours
h1 = sd.dropout(h1, p=0.2, stream=stream, shared_axes=(2, 3))  # whole channels
features = convolved(h1, W2, b2)
h3 = T.nnet.relu(features.flatten(2) @ W3 + b3)
h3 = sd.dropout(h3, p=0.5, stream=stream)  # single units
probabilities = T.nnet.softmax(h3 @ W4 + b4)
loss = T.nnet.categorical_crossentropy(probabilities, y).mean()

# 3. Gradient descent with momentum.
updates = {}
for parameter, gradient in zip(parameters, sd.grad(loss, parameters), strict=True):
    velocity = sd.shared(np.zeros_like(parameter.get_value()), name=f"v_{parameter.name}")
    step = 0.9 * velocity - 0.05 * gradient
    updates[velocity] = step
    updates[parameter] = parameter + step

train = sd.function([x, y], loss, updates=updates, training=True)
test = sd.function([x], T.argmax(probabilities, axis=1), training=False)
see = sd.function([x], features, training=False)


def images(rows: np.ndarray) -> np.ndarray:
    """Rows of 64 pixels as images of one channel."""
    return rows.reshape(-1, 1, 8, 8)


def main(epochs: int = 15) -> float:
    """Train, print one line per epoch, return the last test error in percent."""
    data = sd.data.digits()
    error = 100.0
    for epoch in range(1, epochs + 1):
        batches = sd.data.minibatches(data.train_x, data.train_y, 50, rng)
        losses = [float(train(images(rows), labels)) for rows, labels in batches]
        error = 100 * float(np.mean(test(images(data.test_x)) != data.test_y))
        print(f"epoch {epoch:2d}   loss {np.mean(losses):.4f}   test error {error:5.2f} %")
    return error


if __name__ == "__main__":
    assert main() < 7
    print("features of an image of 20 x 30:", see(np.ones((1, 1, 20, 30), "float32")).shape[1:])
    assert see.compile_count == 1
