"""An autoencoder and a variational autoencoder on digits: the same two networks, with and without a draw between them.

What to look for: the code of an image is drawn by `mean + exp(log_std) * normal`, so the gradient passes through the
draw. The bound is the logarithm of a Bernoulli probability minus a divergence, two lines of mathematics. One graph
gives the function that trains, one that reconstructs, and one that dreams from codes alone.

    python 18_autoencoder.py

Source: D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014. Half a minute.
"""

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

EPOCHS, CODE, BATCH = int(sys.argv[1]) if len(sys.argv) > 1 else 60, 8, 50
data = sd.data.digits()


def networks(outputs):
    """An encoder to some outputs, and a decoder from codes to the logits of pixels."""
    encoder = sd.nn.Sequential(sd.nn.Dense(64, 128, activation=T.nnet.relu, seed=0), sd.nn.Dense(128, outputs, seed=1))
    decoder = sd.nn.Sequential(sd.nn.Dense(CODE, 128, activation=T.nnet.relu, seed=2), sd.nn.Dense(128, 64, seed=3))
    return encoder, decoder


def pixels_lost(logits, x):
    """-log p(x) of pixels that are ink with the probability sigmoid(logits), for every image."""
    return (T.nnet.softplus(logits) - x * logits).sum(axis=1)


def trained(loss, x, models):
    """Adam over some epochs; returns the loss of the last one."""
    updates = sd.optim.adam(loss, sd.nn.parameters(models), rate=3e-3)
    train = sd.function([x], loss, updates=updates)
    for epoch in range(1, EPOCHS + 1):
        mean = np.mean([float(train(batch)) for batch in sd.data.minibatches(data.train_x, BATCH, epoch)])
        if epoch % max(1, EPOCHS // 3) == 0:
            print(f"    epoch {epoch:3}   loss {mean:.2f}")
    return float(mean)


x = T.fmatrix("x")
print("autoencoder")
encoder, decoder = networks(CODE)
logits = decoder(encoder(x))
trained(pixels_lost(logits, x).mean(), x, {"encoder": encoder, "decoder": decoder})
copied = sd.function([x], T.nnet.sigmoid(logits))
error = np.abs(copied(data.test_x) - data.test_x).mean()
plain = np.abs(data.test_x - data.train_x.mean(axis=0)).mean()
print(f"    {CODE} numbers instead of 64 pixels: {error:.3f} off; the mean image {plain:.3f}")
assert error < (0.09 if EPOCHS >= 60 else 0.5)

print("variational autoencoder")
encoder, decoder = networks(2 * CODE)
stream = sd.RandomStream(seed=5)
both = encoder(x)
mean, log_std = both[:, :CODE], both[:, CODE:]
code = mean + T.exp(log_std) * stream.normal(size=mean.shape)
divergence = (T.exp(2 * log_std) + mean**2 - 1 - 2 * log_std).sum(axis=1) / 2
bound = (pixels_lost(decoder(code), x) + divergence).mean()
trained(bound, x, {"encoder": encoder, "decoder": decoder})
test_bound = float(sd.function([x], bound)(data.test_x))
means = data.train_x.mean(axis=0).clip(0.01, 0.99)
independent = float(pixels_lost(np.log(means / (1 - means)), x).mean().eval({x: data.test_x}))
print(f"    bound on test images: {test_bound:.2f} nats an image; pixels for themselves: {independent:.2f}")
assert EPOCHS < 60 or test_bound < independent

dream = sd.function([], T.nnet.sigmoid(decoder(stream.normal(size=(6, CODE)))))
for rows in dream().reshape(6, 8, 8).transpose(1, 0, 2):
    print("    " + "   ".join("".join(" .:-=+*#@"[int(8.99 * ink)] for ink in row) for row in rows))
