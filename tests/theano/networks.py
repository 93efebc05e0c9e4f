"""Programs of networks in Theano's names, run by Theano and by symdrop; Theano's numbers stand in networks.json.

Made by ``THEANO_FLAGS=cxx=,optimizer=None python -W ignore tests/theano/networks.py`` under Theano 1.0.5, NumPy
1.19.5 and SciPy 1.5.4 (without its optimizer convolutions are plain Python, which every machine has).
"""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).with_suffix(".json")


class Values:
    """Shared variables of values that depend on their number and shape alone."""

    def __init__(self, shared):
        self.shared, self.made = shared, []

    def __call__(self, *shape, positive=False):
        rng = np.random.RandomState(len(self.made))
        value = rng.uniform(0.2 if positive else -2, 2, shape)
        self.made.append(self.shared(value, f"v{len(self.made)}"))
        return self.made[-1]

    def classes(self, *labels):
        """Integers, by which nothing is differentiated."""
        return self.shared(np.array(labels), "labels")


def pooling(T, v, mode, **settings):
    return [T.signal.pool.pool_2d(v(2, 2, 5, 6), mode=mode, **settings)]


def normal(T, v, shape, kept, axes):
    running = [v(*kept), v(*kept, positive=True)]
    return T.nnet.bn.batch_normalization_train(v(*shape), v(*kept), v(*kept), axes, 1e-3, 0.3, running[0], running[1])


X, W = (2, 3, 6, 7), (4, 3, 3, 2)

PROGRAMS = {
    "sigmoid": lambda T, v: [T.nnet.sigmoid(v(5)), T.nnet.hard_sigmoid(v(5))],
    "softplus": lambda T, v: [T.nnet.softplus(v(5)), T.nnet.softsign(v(5))],
    "relu": lambda T, v: [T.nnet.relu(v(5)), T.nnet.relu(v(5), 0.1), T.nnet.relu(v(2, 3), v(3))],
    "elu": lambda T, v: [T.nnet.elu(v(5)), T.nnet.elu(v(5), 0.5), T.nnet.selu(v(5))],
    "softmax": lambda T, v: [T.nnet.softmax(v(2, 3)), T.nnet.softmax(v(3)), T.nnet.softmax_op(v(2, 3))],
    "softmax_graph": lambda T, v: [T.nnet.softmax_graph(v(2, 3)), T.nnet.Softmax()(v(2, 3))],
    "logsoftmax": lambda T, v: [T.nnet.logsoftmax(v(2, 3)), T.nnet.LogSoftmax()(v(3))],
    "softmax_with_bias": lambda T, v: [T.nnet.softmax_with_bias(v(2, 3), v(3))],
    "softmax_grad": lambda T, v: [T.nnet.softmax_grad(v(2, 3), v(2, 3))],
    "categorical_crossentropy": lambda T, v: [
        T.nnet.categorical_crossentropy(T.nnet.softmax(v(2, 3)), v.classes(2, 0)),
        T.nnet.categorical_crossentropy(T.nnet.softmax(v(2, 3)), v(2, 3)),
        T.nnet.crossentropy_categorical_1hot(T.nnet.softmax(v(2, 3)), v.classes(1, 0)),
    ],
    "binary_crossentropy": lambda T, v: [T.nnet.binary_crossentropy(T.nnet.sigmoid(v(5)), v(5, positive=True))],
    "crossentropy_softmax_1hot": lambda T, v: list(T.nnet.crossentropy_softmax_1hot(v(2, 3), v.classes(2, 0))),
    "crossentropy_softmax_1hot_with_bias": lambda T, v: list(
        T.nnet.crossentropy_softmax_1hot_with_bias(v(2, 3), v(3), v.classes(2, 0))
    ),
    "crossentropy_softmax_1hot_with_bias_dx": lambda T, v: [
        T.nnet.crossentropy_softmax_1hot_with_bias_dx(v(2), T.nnet.softmax(v(2, 3)), v.classes(2, 0))
    ],
    "crossentropy_softmax_argmax_1hot_with_bias": lambda T, v: list(
        T.nnet.crossentropy_softmax_argmax_1hot_with_bias(v(2, 3), v(3), v.classes(2, 0))
    ),
    "crossentropy_softmax_max_and_argmax_1hot": lambda T, v: list(
        T.nnet.crossentropy_softmax_max_and_argmax_1hot(v(2, 3), v.classes(2, 0))
    ),
    "confusion_matrix": lambda T, v: T.nnet.confusion_matrix(v.classes(2, 0, 2, 2, 0, 1), v.classes(0, 0, 2, 2, 0, 2)),
    "prepend": lambda T, v: [
        T.nnet.prepend_scalar_to_each_row(T.constant(5.0), v(2, 3)),
        T.nnet.prepend_0_to_each_row(v(2, 3)),
        T.nnet.prepend_1_to_each_row(v(2, 3)),
    ],
    "h_softmax": lambda T, v: [
        T.nnet.h_softmax(v(3, 4), 3, 6, 2, 3, v(4, 2), v(2), v(2, 4, 3), v(2, 3), v.classes(0, 5, 2)),
        T.nnet.h_softmax(v(3, 4), 3, 5, 2, 3, v(4, 2), v(2), v(2, 4, 3), v(2, 3)),
    ],
    "conv2d": lambda T, v: [
        T.nnet.conv2d(v(*X), v(*W)),
        T.nnet.conv2d(v(*X), v(*W), X, W, "full", (2, 1)),
        T.nnet.conv2d(v(*X), v(*W), border_mode="half", filter_flip=False),
        T.nnet.conv2d(v(*X), v(*W), border_mode=(1, 2), subsample=(2, 3), filter_dilation=(2, 1)),
        T.nnet.conv2d(v(2, 4, 5, 5), v(6, 2, 2, 2), num_groups=2, border_mode=1),
        T.nnet.conv2d(v(*X), v(*W), border_mode=((1, 0), (0, 2))),
    ],
    "conv2d_transpose": lambda T, v: [
        T.nnet.conv2d_transpose(v(2, 4, 2, 3), v(*W), (2, 3, 6, 6), input_dilation=(2, 2))
    ],
    "conv2d_grad_wrt_inputs": lambda T, v: [
        T.nnet.abstract_conv.conv2d_grad_wrt_inputs(v(2, 4, 4, 6), v(*W), X),
        T.nnet.abstract_conv.conv2d_grad_wrt_inputs(
            v(2, 4, 3, 4), v(*W), (None, None, 6, 7), border_mode="half", subsample=(2, 2), filter_flip=False
        ),
        T.nnet.abstract_conv.AbstractConv2d_gradInputs(border_mode=(1, 0), num_groups=2)(
            v(4, 3, 3, 2), v(2, 4, 4, 6), (4, 7)
        ),
    ],
    "conv2d_grad_wrt_weights": lambda T, v: [
        T.nnet.abstract_conv.conv2d_grad_wrt_weights(v(*X), v(2, 4, 4, 6), W),
        T.nnet.abstract_conv.AbstractConv2d_gradWeights(border_mode="half", subsample=(2, 2), filter_flip=False)(
            v(*X), v(2, 4, 3, 4), (3, 3)
        ),
    ],
    "conv3d": lambda T, v: [
        T.nnet.conv3d(v(1, 2, 4, 4, 5), v(2, 2, 2, 3, 2)),
        T.nnet.abstract_conv.conv3d_grad_wrt_inputs(v(1, 2, 3, 2, 4), v(2, 2, 2, 3, 2), (1, 2, 4, 4, 5)),
        T.nnet.abstract_conv.conv3d_grad_wrt_weights(v(1, 2, 4, 4, 5), v(1, 2, 3, 2, 4), (2, 2, 2, 3, 2)),
    ],
    "conv3d2d": lambda T, v: [T.nnet.conv3d2d.conv3d(v(1, 4, 2, 4, 5), v(2, 2, 2, 3, 2))],
    "old conv2d": lambda T, v: [
        T.nnet.conv.conv2d(v(*X), v(*W), image_shape=X, filter_shape=W, border_mode="full", subsample=(1, 2)),
        T.signal.conv.conv2d(v(5, 6), v(2, 3)),
        T.signal.conv.conv2d(v(2, 5, 6), v(2, 3)),
        T.signal.conv.conv2d(v(5, 6), v(2, 2, 3)),
        T.signal.conv.conv2d(v(2, 5, 6), v(3, 2, 3), border_mode="full"),
    ],
    "separable_conv2d": lambda T, v: [
        T.nnet.separable_conv2d(v(2, 2, 4, 5), v(4, 1, 3, 2), v(3, 4, 1, 1), 2, border_mode="half")
    ],
    "causal_conv1d": lambda T, v: [
        T.nnet.abstract_conv.causal_conv1d(v(1, 3, 5), v(2, 3, 2), (2, 3, 2), filter_dilation=2)
    ],
    "bilinear": lambda T, v: (
        [T.nnet.abstract_conv.bilinear_upsampling(v(1, 2, 2, 3), ratio) for ratio in (2, 3, 4)]
        + [T.nnet.abstract_conv.bilinear_kernel_2D(3), T.nnet.abstract_conv.bilinear_kernel_1D(4, normalize=False)]
    ),
    "batch_normalization": lambda T, v: [
        T.nnet.bn.batch_normalization(v(4, 3), v(3), v(3), v(3), v(3, positive=True), mode)
        for mode in ("low_mem", "high_mem")
    ],
    "batch_normalization_train": lambda T, v: normal(T, v, (4, 3), (3,), "per-activation"),
    "batch_normalization_train spatial": lambda T, v: normal(T, v, (2, 3, 2, 4), (3,), "spatial"),
    "batch_normalization_train axes": lambda T, v: normal(T, v, (2, 3, 2, 4), (3, 4), (0, 2)),
    "batch_normalization_test": lambda T, v: [
        T.nnet.bn.batch_normalization_test(v(4, 3), v(3), v(3), v(3), v(3, positive=True)),
        T.nnet.bn.batch_normalization_test(v(2, 3, 2, 2), v(3), v(3), v(3), v(3, positive=True), "spatial", 1e-2),
    ],
    "pool max": lambda T, v: pooling(T, v, "max", ws=(2, 3), ignore_border=True),
    "pool border": lambda T, v: pooling(T, v, "max", ws=(2, 4), ignore_border=False),
    "pool stride": lambda T, v: pooling(T, v, "max", ws=(3, 2), stride=(2, 1), pad=(1, 1), ignore_border=True),
    "pool sum": lambda T, v: pooling(T, v, "sum", ws=(2, 2), ignore_border=False),
    "pool inc": lambda T, v: pooling(T, v, "average_inc_pad", ws=(3, 2), pad=(1, 1), ignore_border=True),
    "pool exc": lambda T, v: pooling(T, v, "average_exc_pad", ws=(3, 2), pad=(1, 1), ignore_border=True),
    "pool 3d": lambda T, v: [T.signal.pool.pool_3d(v(1, 4, 4, 5), (2, 2, 2), ignore_border=True)],
    "pool object": lambda T, v: [T.signal.pool.Pool(ignore_border=True, mode="sum")(v(1, 1, 4, 4), (2, 2))],
    "same size": lambda T, v: [T.signal.pool.max_pool_2d_same_size(v(1, 2, 4, 5), (2, 2))],
    "neighbours": lambda T, v: (
        [
            T.nnet.neighbours.images2neibs(v(2, 2, 5, 5), (3, 3), (2, 2), mode=mode)
            for mode in ("valid", "ignore_borders", "wrap_centered", "half", "full")
        ]
        + [T.nnet.neighbours.neibs2images(v(12, 4), (2, 2), (1, 2, 4, 6))]
    ),
}


# How many outputs and values the gradient is of, where Theano has none of all.
GRADIENTS = {
    "batch_normalization_train": (1, 3), "batch_normalization_train spatial": (1, 3),
    "batch_normalization_train axes": (1, 3), "pool exc": (0, 0), "neighbours": (1, 1), "prepend": (0, 0),
}  # fmt: skip


def outputs_of(name, theano):
    """What a program computes, then the gradients of a weighted sum of it by all its values."""
    T = theano.tensor
    values = Values(theano.shared)
    made = list(PROGRAMS[name](T, values))
    outputs, inputs = GRADIENTS.get(name, (len(made), len(values.made)))
    floats = [one for one in made[:outputs] if one.dtype.startswith("float")]
    terms = [(T.cos(T.arange(one.size)) * one.flatten()).sum() for one in floats]
    if not inputs:
        return made
    return made + T.grad(sum(terms), values.made[:inputs], disconnected_inputs="ignore")


def shortened(value):
    """Numbers of ten digits, in lists."""
    return [shortened(one) for one in value] if isinstance(value, list) else float(f"{value:.10g}")


def main(theano):
    """Write Theano's numbers."""
    found = {}
    for name in PROGRAMS:
        try:
            found[name] = [shortened(one.tolist()) for one in theano.function([], outputs_of(name, theano))()]
        except Exception as error:  # without an op for this machine there is no number
            print(name, type(error).__name__, str(error)[:300])
    HERE.write_text(json.dumps(found, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    import theano
    import theano.tensor.nnet.abstract_conv
    import theano.tensor.nnet.bn
    import theano.tensor.nnet.conv3d2d
    import theano.tensor.nnet.neighbours
    import theano.tensor.signal.conv
    import theano.tensor.signal.pool

    sys.exit(main(theano))
