"""A training run by ``fit`` with everything that must go on when it is killed: what tests kill, again and again.

python run.py FOLDER EPOCHS
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

# The learning rate, which a callback changes.
RATE = "rate"


class Net:
    """A network with dropout and Adam as functions: ``train``, ``wrong`` and their states."""

    def __init__(self, hidden=20, seed=1):
        rng = np.random.default_rng(0)
        self.W = sd.shared(rng.normal(0, 0.1, (64, hidden)).astype("float32"), name="W")
        self.V = sd.shared(rng.normal(0, 0.1, (hidden, 10)).astype("float32"), name="V")
        self.rate = sd.shared(np.float32(1e-2), name=RATE)
        self.stream = sd.RandomStream(seed=seed)
        x, y = T.fmatrix("x"), T.ivector("y")
        logits = sd.dropout(T.nnet.relu(x @ self.W), p=0.5, stream=self.stream) @ self.V
        loss = T.nnet.softmax_crossentropy(logits, y).mean()
        updates = sd.optim.adam(loss, [self.W, self.V], rate=self.rate)
        self.train = sd.function([x, y], loss, updates=updates, training=True)
        self.wrong = sd.function([x, y], T.neq(T.argmax(logits, axis=1), y).mean(), training=False)
        self.data = sd.data.digits()

    def batches(self):
        """Ten batches an epoch."""
        return sd.data.Batches(self.data.train_x, self.data.train_y, size=100, seed=3)

    def error(self):
        """The share of test images that are read wrongly."""
        return self.wrong(self.data.test_x, self.data.test_y)

    def slower(self, history):
        """Divide the rate after every third epoch: a callback that changes what the step only reads."""
        if len(history.records) % 3 == 0:
            self.rate.set_value(self.rate.get_value() * np.float32(0.7))

    def states(self):
        """The values that training has reached."""
        return {state.name: state.get_value() for state in (*self.train.updates, self.rate)}

    def fit(self, folder, epochs, batches=None, **options):
        """Train with validation, patience, callbacks and checkpoints in mid-epoch."""
        return sd.nn.fit(
            self.train, batches or self.batches(), epochs=epochs, validate=self.error, patience=1000,
            parameters={"W": self.W, "V": self.V}, callbacks=[self.slower],
            **({"checkpoints": folder, "save_every": 3, "log": f"{folder}.csv", "progress": False} | options),
        )  # fmt: skip


if __name__ == "__main__":
    Net().fit(sys.argv[1], int(sys.argv[2]))
