"""A training run that saves checkpoints and goes on from the last one: what tests kill, again and again.

python run.py FOLDER STEPS
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

EPOCH = 10


def run(folder: str, steps: int) -> dict[str, np.ndarray]:
    """Train with dropout and Adam up to a number of steps; the states at the end."""
    data = sd.data.digits()
    rng = np.random.default_rng(0)
    W = sd.shared(rng.normal(0, 0.1, (64, 20)).astype("float32"), name="W")
    V = sd.shared(rng.normal(0, 0.1, (20, 10)).astype("float32"), name="V")
    stream = sd.RandomStream(seed=1)
    x, y = T.fmatrix("x"), T.ivector("y")
    logits = sd.dropout(T.nnet.relu(x @ W), p=0.5, stream=stream) @ V
    loss = T.nnet.softmax_crossentropy(logits, y).mean()
    updates = sd.optim.adam(loss, [W, V], rate=sd.optim.cosine(1e-2, steps))
    train = sd.function([x, y], loss, updates=updates, training=True)
    checkpoints = sd.io.Checkpoints(folder, keep=2)
    done, _ = checkpoints.resume(updates, [stream]) or (0, {})
    while done < steps:
        epoch, first = divmod(done, EPOCH)
        batches = [*sd.data.minibatches(data.train_x, data.train_y, 100, epoch)]
        for batch in batches[first:EPOCH]:
            train(*batch)
            done += 1
            checkpoints.save(done, updates, [stream], {"epoch": epoch})
            if done == steps:
                break
    return {state.name: state.get_value() for state in updates}


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]))
