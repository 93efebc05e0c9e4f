"""A generative adversarial network learns eight islands in the plane.

What to look for: two players, two losses, one graph. `sd.grad` is asked for each player's parameters alone, and one
compiled function holds both of their steps: the discriminator's, then the generator's, each from noise of its own.
Samples come from the same expression.

    python 19_adversarial.py

Source: I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014. Under a minute.
"""

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

STEPS, BATCH, NOISE = int(sys.argv[1]) if len(sys.argv) > 1 else 6000, 256, 2
stream = sd.RandomStream(seed=0)


def player(inputs, outputs, seed):
    """Two hidden layers of 64 units."""
    rng, relu = np.random.default_rng(seed), T.nnet.leaky_relu
    return sd.nn.Sequential(
        sd.nn.Dense(inputs, 64, activation=relu, seed=rng),
        sd.nn.Dense(64, 64, activation=relu, seed=rng),
        sd.nn.Dense(64, outputs, seed=rng),
    )


generator, critic = player(NOISE, 2, seed=1), player(2, 1, seed=2)


def islands():
    """Eight normal islands of width 0.05 on a circle of radius 1."""
    angle = stream.integers(high=8, size=(BATCH,)) * (2 * np.pi / 8)
    centres = T.stack([T.cos(angle), T.sin(angle)], axis=1)
    return T.cast(centres, "float32") + 0.05 * stream.normal(size=(BATCH, 2))


real, fake = islands(), generator(stream.normal(size=(BATCH, NOISE)))
says_real, says_fake = critic(real), critic(fake)
# Logistic losses of logits: softplus(-z) is -log sigmoid(z).
critic_loss = (T.nnet.softplus(-says_real) + T.nnet.softplus(says_fake)).mean()
generator_loss = T.nnet.softplus(-says_fake).mean()
# The slope of the critic where the data is, held down: without it the players circle each other for ever.
slope = sd.grad(says_real.sum(), real)
penalty = (slope**2).sum(axis=1).mean()

rate = sd.optim.cosine(1e-3, STEPS)
updates = {
    **sd.optim.adam(critic_loss + 0.5 * penalty, sd.nn.parameters(critic), rate, beta1=0.5),
    **sd.optim.adam(generator_loss, sd.nn.parameters(generator), rate, beta1=0.5),
}
train = sd.function([], [critic_loss, generator_loss], updates=updates)
sample = sd.function([], fake)


def judged():
    """Shares: of samples within three widths of an island, and of the least and most visited island."""
    points = np.concatenate([sample() for _ in range(20)])
    angles = 2 * np.pi * np.arange(8) / 8
    distances = np.linalg.norm(points[:, None] - np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=2)
    visits = np.bincount(distances.argmin(axis=1), minlength=8) / len(points)
    return (distances.min(axis=1) < 0.15).mean(), visits.min(), visits.max()


for step in range(1, STEPS + 1):
    losses = train()
    if step % max(1, STEPS // 6) == 0:
        on, least, most = judged()
        print(f"step {step:5}   losses {float(losses[0]):.3f} {float(losses[1]):.3f}   on an island {100 * on:.0f} %   "
              f"islands get {100 * least:.0f} to {100 * most:.0f} %")  # fmt: skip
assert STEPS < 6000 or (on > 0.8 and least > 0.05)
