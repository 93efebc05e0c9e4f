"""theano.tensor.nnet: activations, costs, normalisation; values and gradients."""

import numpy as np

X = np.array([[-1.5, 0.0, 0.75], [2.0, -0.25, 1.0]])


def activations(run):
    x, v = run.input("matrix", X), run.input("vector", [-2.0, 0.5, 1.0])
    i = run.input("imatrix", [[0, 1], [2, -1]])
    return run.each(
        """
        T.nnet.sigmoid(x)
        T.nnet.sigmoid(0.5).dtype
        T.nnet.sigmoid(i).dtype
        T.nnet.hard_sigmoid(x)
        T.nnet.ultra_fast_sigmoid(x)
        T.nnet.softplus(x)
        T.nnet.softsign(x)
        T.nnet.relu(x)
        T.nnet.relu(x, 0.1)
        T.nnet.relu(x, alpha=0.5)
        T.nnet.relu(x, alpha=1)
        T.nnet.elu(x)
        T.nnet.elu(x, 0.5)
        T.nnet.selu(x)
        T.nnet.softmax(x)
        T.nnet.softmax(v)
        T.nnet.softmax(v).broadcastable
        T.nnet.logsoftmax(x)
        T.nnet.logsoftmax(v)
        T.nnet.softmax(x - x.max(axis=1, keepdims=True))
        T.nnet.softmax_with_bias(x, v)
        T.nnet.softmax_graph(x)
        T.nnet.nnet.softmax(x)
        T.nnet.nnet.softplus(x) if hasattr(T.nnet.nnet, "softplus") else T.nnet.softplus(x)
        T.nnet.sigm.sigmoid(x)
        T.nnet.Softmax()(x)
        T.tanh(x)
        theano.sandbox.softsign.softsign(x)
        refused(lambda: T.nnet.softmax(T.tensor3()))
        grad(T.nnet.sigmoid(x), x)
        grad(T.nnet.hard_sigmoid(x), x)
        grad(T.nnet.softplus(x), x)
        grad(T.nnet.softsign(x), x)
        grad(T.nnet.relu(x), x)
        grad(T.nnet.relu(x, 0.1), x)
        grad(T.nnet.elu(x), x)
        grad(T.nnet.selu(x), x)
        grad(T.nnet.softmax(x), x)
        grad(T.nnet.softmax(v), v)
        grad(T.nnet.logsoftmax(x), x)
        grad(T.nnet.softmax_with_bias(x, v), v)
        T.nnet.confusion_matrix(T.constant([0, 1, 1]), T.constant([0, 1, 0]))[0]
        T.nnet.confusion_matrix(T.constant([0, 1, 1]), T.constant([0, 1, 0]))[1]
        T.extra_ops.to_one_hot(T.constant([0, 2]), 3)
    """,
        x=x,
        v=v,
        i=i,
    )


def costs(run):
    p, y = run.input("matrix", [[0.2, 0.8], [0.6, 0.4]]), run.input("matrix", [[0.0, 1.0], [0.5, 0.5]])
    k, x = run.input("ivector", [1, 0]), run.input("matrix", [[1.0, -1.0], [0.5, 2.0]])
    b = run.input("vector", [0.1, 0.2])
    return run.each(
        """
        T.nnet.binary_crossentropy(p, y)
        T.nnet.binary_crossentropy(p, y).mean()
        T.nnet.binary_crossentropy(output=p, target=y)
        T.nnet.categorical_crossentropy(p, y)
        T.nnet.categorical_crossentropy(p, k)
        T.nnet.categorical_crossentropy(coding_dist=p, true_dist=k)
        T.nnet.categorical_crossentropy(T.nnet.softmax(x), k).mean()
        T.nnet.sigmoid_binary_crossentropy(x, y)
        T.nnet.crossentropy_softmax_1hot(x, k)[0]
        T.nnet.crossentropy_softmax_1hot(x, k)[1]
        T.nnet.crossentropy_softmax_1hot_with_bias(x, b, k)[0]
        T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, k)[2]
        T.nnet.crossentropy_categorical_1hot(p, k)
        T.nnet.crossentropy_softmax_max_and_argmax_1hot(x, k)[3]
        T.nnet.nnet.crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, k)[3]
        T.nnet.nnet.SoftmaxWithBias()(x, b)
        T.nnet.nnet.SoftmaxGrad()(x, p)
        T.nnet.nnet.LogSoftmax()(x)
        T.nnet.nnet.logsoftmax_op(x)
        T.nnet.nnet.softmax_op(x)
        T.nnet.prepend_scalar_to_each_row(7.0, x)
        T.nnet.prepend_1_to_each_row(x)
        grad(T.nnet.binary_crossentropy(p, y), p)
        grad(T.nnet.binary_crossentropy(T.nnet.sigmoid(x), y), x)
        grad(T.nnet.categorical_crossentropy(p, y), p)
        grad(T.nnet.categorical_crossentropy(p, k), p)
        grad(T.nnet.categorical_crossentropy(T.nnet.softmax(x), k), x)
        grad(T.nnet.sigmoid_binary_crossentropy(x, y), x)
        -T.mean(T.log(T.nnet.softmax(x))[T.arange(k.shape[0]), k])
        T.grad(-T.mean(T.log(T.nnet.softmax(x))[T.arange(k.shape[0]), k]), x)
        T.mean(T.neq(T.argmax(x, axis=1), k))
        T.nnet.binary_crossentropy(p, k.dimshuffle(0, "x") * 1.0)
        T.nnet.nnet.categorical_crossentropy(p, k)
        T.nnet.nnet.binary_crossentropy(p, y)
    """,
        p=p,
        y=y,
        k=k,
        x=x,
        b=b,
    )


def normalisation(run):
    x = run.input("matrix", [[1.0, 2.0], [3.0, 5.0], [4.0, -1.0]])
    g, b = run.input("vector", [1.5, 0.5]), run.input("vector", [0.1, 0.2])
    m, s = run.input("row", [[0.5, 1.0]]), run.input("row", [[2.0, 1.5]])
    return run.each(
        """
        T.nnet.bn.batch_normalization(x, g, b, x.mean(0), x.std(0))
        T.nnet.bn.batch_normalization(x, g, b, x.mean(0), x.std(0), mode="high_mem")
        T.nnet.bn.batch_normalization_test(x, gx, bx, m, s)
        T.nnet.bn.batch_normalization_test(x, gx, bx, m, s, epsilon=0.01)
        T.nnet.bn.batch_normalization_train(x, gx, bx)[0]
        T.nnet.bn.batch_normalization_train(x, gx, bx)[1]
        T.nnet.bn.batch_normalization_train(x, gx, bx)[2]
        T.nnet.bn.batch_normalization_train(x, gx, bx, "per-activation", 1e-4, 0.1, m, s)[3]
        T.nnet.bn.batch_normalization_train(x, gx, bx, "per-activation", 1e-4, 0.1, m, s)[4]
        grad(T.nnet.bn.batch_normalization_train(x, gx, bx)[0], x)
        grad(T.nnet.bn.batch_normalization_train(x, gx, bx)[0], g)
        grad(T.nnet.bn.batch_normalization_test(x, gx, bx, m, s), x)
        T.nnet.batch_normalization(x, g, b, x.mean(0), x.std(0))
    """,
        x=x,
        g=g,
        b=b,
        m=m,
        s=s,
        gx=g.dimshuffle("x", 0),
        bx=b.dimshuffle("x", 0),
    )
