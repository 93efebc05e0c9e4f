"""A restricted Boltzmann machine, trained by contrastive divergence.

What to look for: the gradient of a partition function is never written down. The chain of Gibbs sampling is a scan
whose draws are masks of a stream, its last state is held constant, and what is left is the difference of two free
energies, of which `sd.grad` takes the gradient.

    python 17_boltzmann_machine.py

Digits of the package; afterwards a pixel that was hidden is guessed from all others. Under a minute.

Source: G. E. Hinton, "Training products of experts by minimizing contrastive divergence", Neural Computation 14,
2002.
"""

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

EPOCHS, HIDDEN, BATCH, GIBBS, RATE = int(sys.argv[1]) if len(sys.argv) > 1 else 60, 128, 20, 1, 0.05
data = sd.data.digits()
images, unseen = data.train_x, data.test_x
mean = images.mean(axis=0).clip(0.01, 0.99)

rng, stream = np.random.default_rng(0), sd.RandomStream(seed=0)
W = sd.shared(rng.normal(0, 0.01, (64, HIDDEN)).astype("f"), name="W")
b = sd.shared(np.log(mean / (1 - mean)).astype("f"), name="b")  # visible units begin at their own frequencies
c = sd.shared(np.full(HIDDEN, -1.0, "f"), name="c")


def free_energy(v):
    """-log of the sum of exp(-energy) over all hidden states."""
    return -(v @ b) - T.nnet.softplus(v @ W + c).sum(axis=1)


def gibbs(v):
    """Hidden units given visible ones, and visible ones given those."""
    h = stream.bernoulli(p=T.nnet.sigmoid(v @ W + c), dtype="float32")
    return stream.bernoulli(p=T.nnet.sigmoid(h @ W.T + b), dtype="float32")


x = T.fmatrix("x")
seen = stream.bernoulli(p=x, dtype="float32")  # a grey pixel is ink in a share of all steps
chain, _ = sd.scan(gibbs, outputs_info=seen, n_steps=GIBBS)
dreamt = sd.stop_gradient(chain[-1])
difference = (free_energy(seen) - free_energy(dreamt)).mean()
train = sd.function([x], abs(seen - dreamt).mean(), updates=sd.optim.momentum(difference, [W, b, c], RATE, 0.5))

# A hidden pixel: its two values, weighed by what each makes of the whole image.
pixel, v = T.iscalar("pixel"), T.fmatrix("v")
with_ink, without = T.set_subtensor(v[:, pixel], 1), T.set_subtensor(v[:, pixel], 0)
guess = sd.function([v, pixel], T.nnet.sigmoid(free_energy(without) - free_energy(with_ink)))


def error():
    """The mean absolute error of a hidden pixel's guessed ink."""
    return float(np.mean([np.abs(guess(unseen, i) - unseen[:, i]) for i in range(64)]))


before = error()
print(f"a hidden pixel, guessed from its own mean: {np.abs(unseen - mean).mean():.3f} off")
for epoch in range(1, EPOCHS + 1):
    changed = np.mean([float(train(batch)) for batch in sd.data.minibatches(images, BATCH, epoch)])
    if epoch % max(1, EPOCHS // 6) == 0:
        print(f"epoch {epoch:3}   {100 * changed:.1f} % of pixels change in a step of the chain   {error():.3f} off")
assert error() < (0.12 if EPOCHS >= 60 else before + 0.05)
