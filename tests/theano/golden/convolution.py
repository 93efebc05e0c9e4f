"""Convolutions, pooling and their gradients, by all their names and borders."""

import numpy as np

X = np.sin(np.arange(40.0)).reshape(1, 2, 4, 5)
W = np.cos(np.arange(24.0)).reshape(2, 2, 2, 3)


def convolutions(run):
    x, w = run.input("tensor4", X), run.input("tensor4", W)
    y = run.T.nnet.conv2d(x, w, subsample=(2, 1))
    sizes = {"imshp": (1, 2, 4, 5), "kshp": (2, 2, 2, 3), "filter_flip": True}
    return run.each(
        """
        T.nnet.conv2d(x, w)
        T.nnet.conv2d(x, w, border_mode="full").shape[2]
        T.nnet.conv2d(x, w, border_mode="full")[:, :, ::3]
        T.nnet.conv2d(x, w[:, :, :, :1], border_mode="half")
        T.nnet.conv2d(x, w, border_mode=1)[:, 0]
        T.nnet.conv2d(x, w, border_mode=(1, 0))[:, 0]
        T.nnet.conv2d(x, w, subsample=(2, 1))
        T.nnet.conv2d(x, w, filter_flip=False)
        T.nnet.conv2d(x, w, filter_dilation=(2, 1))
        T.nnet.conv2d(x, w[:, :1], num_groups=2)
        T.nnet.conv2d(input=x, filters=w, input_shape=(1, 2, 4, 5), filter_shape=(2, 2, 2, 3))
        T.nnet.conv2d(x, w, image_shape=(1, 2, 4, 5))
        T.nnet.conv2d(x, w, (1, 2, 4, 5), (2, 2, 2, 3), "valid", (1, 1))
        T.nnet.conv2d(x, w, (None, 2, None, None), (2, 2, 2, 3))
        T.nnet.conv2d(x, w).broadcastable
        T.nnet.conv.conv2d(x, w)
        T.nnet.conv.conv2d(x, w, image_shape=(1, 2, 4, 5), filter_shape=(2, 2, 2, 3))
        T.nnet.conv.conv2d(x, w, border_mode="full")[:, :, ::3]
        T.nnet.conv.conv2d(x, w, subsample=(2, 2))
        T.nnet.abstract_conv.conv2d(x, w)
        grad(T.nnet.conv2d(x, w), x)
        grad(T.nnet.conv2d(x, w), w)
        grad(T.nnet.conv2d(x, w, border_mode="half"), w)
        grad(T.nnet.conv2d(x, w, subsample=(2, 1)), x)
        T.nnet.abstract_conv.conv2d_grad_wrt_inputs(T.nnet.conv2d(x, w), w, (1, 2, 4, 5))
        T.nnet.abstract_conv.conv2d_grad_wrt_inputs(y, w, (1, 2, 4, 5), subsample=(2, 1))
        T.nnet.abstract_conv.conv2d_grad_wrt_weights(x, T.nnet.conv2d(x, w), (2, 2, 2, 3))
        T.nnet.abstract_conv.get_conv_output_shape((1, 2, 4, 5), (2, 2, 2, 3), "valid", (1, 1))
        T.nnet.abstract_conv.get_conv_output_shape((1, 2, 4, 5), (2, 2, 2, 3), "full", (2, 1))
        T.nnet.abstract_conv.get_conv_shape_1axis(5, 3, "half", 1)
        refused(lambda: T.nnet.conv2d(x[0], w))
        T.nnet.conv2d_transpose(T.nnet.conv2d(x, w), w, output_shape=(1, 2, 4, 5))
        T.nnet.abstract_conv.AbstractConv2d_gradInputs(**sizes)(w, T.nnet.conv2d(x, w), T.constant([4, 5]))
        T.nnet.abstract_conv.AbstractConv2d_gradWeights(**sizes)(x, T.nnet.conv2d(x, w), T.constant([2, 3]))
        T.nnet.abstract_conv.AbstractConv2d(filter_flip=False)(x, w)
        T.nnet.conv2d(x, w) + T.zeros((2,)).dimshuffle("x", 0, "x", "x")
    """,
        x=x,
        w=w,
        y=y,
        sizes=sizes,
    )


def in_three_dimensions(run):
    x, w = (
        run.input("tensor5", np.sin(np.arange(36.0)).reshape(1, 1, 3, 3, 4)),
        run.input("tensor5", np.cos(np.arange(8.0)).reshape(1, 1, 2, 2, 2)),
    )
    y = run.T.nnet.conv3d(x, w)
    return run.each(
        """
        T.nnet.conv3d(x, w)
        T.nnet.conv3d(x, w, border_mode="half")[:, :, 0]
        T.nnet.conv3d(x, w, subsample=(1, 2, 1))
        grad(T.nnet.conv3d(x, w), w)
        T.nnet.abstract_conv.conv3d(x, w)
        T.nnet.abstract_conv.AbstractConv3d(filter_flip=True)(x, w)
        T.nnet.abstract_conv.AbstractConv3d_gradInputs(filter_flip=True)(w, y, T.constant([3, 3, 4]))
        T.nnet.abstract_conv.AbstractConv3d_gradWeights(filter_flip=True)(x, y, T.constant([2, 2, 2]))
        T.nnet.abstract_conv.separable_conv3d(x, w, w[:, :, :1, :1, :1], 1)
        T.signal.pool.pool_3d(x, (2, 2, 2), ignore_border=True)
        T.nnet.abstract_conv.get_conv_gradinputs_shape((2, 2, 2, 3), (1, 2, 3, 3), "valid", (1, 1))
        T.nnet.abstract_conv.get_conv_gradinputs_shape_1axis(3, 3, "half", 1, 1)
        T.nnet.abstract_conv.get_conv_gradweights_shape((1, 2, 4, 5), (1, 2, 3, 3), "valid", (1, 1))
        T.nnet.abstract_conv.get_conv_gradweights_shape_1axis(5, 3, "valid", 1, 1)
        T.signal.pool.pool_3d(x, (1, 3, 2), ignore_border=True, mode="average_inc_pad")
        grad(T.signal.pool.pool_3d(x, (2, 2, 2), ignore_border=True), x)
    """,
        x=x,
        w=w,
        y=y,
    )


def signals(run):
    m, f = run.input("matrix", X[0, 0]), run.input("matrix", W[0, 0])
    b = run.input("tensor3", X[0])
    return run.each(
        """
        T.signal.conv.conv2d(m, f)
        T.signal.conv.conv2d(m, f, border_mode="full")[0]
        T.signal.conv.conv2d(b, f)
        T.signal.conv.conv2d(m, f, image_shape=(4, 5), filter_shape=(2, 3))
        grad(T.signal.conv.conv2d(m, f), f)
    """,
        m=m,
        f=f,
        b=b,
    )


def pooling(run):
    x, m = run.input("tensor4", X), run.input("matrix", X[0, 0])
    return run.each(
        """
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True)
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=False)
        T.signal.pool.pool_2d(x, ws=(2, 2))
        T.signal.pool.pool_2d(x, ds=(2, 2), ignore_border=True)
        T.signal.pool.pool_2d(x, (2, 3), ignore_border=True, stride=(1, 2))
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, st=(1, 1))
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, pad=(1, 1))
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, padding=(1, 0))
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="sum")
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="average_inc_pad")
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="average_exc_pad", pad=(1, 1))
        T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="average_inc_pad", pad=(1, 1))
        T.signal.pool.pool_2d(m, (2, 2), ignore_border=True)
        T.signal.pool.max_pool_2d_same_size(m, (2, 2))
        grad(T.signal.pool.pool_2d(x, (2, 2), ignore_border=True), x)
        grad(T.signal.pool.pool_2d(x, (2, 2), ignore_border=False), x)
        grad(T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="average_inc_pad"), x)
        grad(T.signal.pool.pool_2d(x, (2, 3), ignore_border=True, stride=(1, 1)), x)
        T.grad(T.signal.pool.pool_2d(T.ones((1, 1, 2, 2)) * m[0, 0], (2, 2), ignore_border=True).sum(), m)
        warns(lambda: T.signal.pool.pool_2d(x, (2, 2)))
        T.signal.pool.Pool.out_shape((4, 5), (2, 2), ignore_border=True)
        T.signal.pool.Pool.out_shape((4, 5), (2, 2), ignore_border=False)
        T.signal.pool.pool_2d(T.nnet.relu(x), (2, 2), ignore_border=True).broadcastable
    """,
        x=x,
        m=m,
    )


def networks(run):
    """A step of a small convnet, as scripts write it."""
    theano, T = run.theano, run.T
    rng = np.random.RandomState(1)
    floatX = run.floatX
    w = theano.shared((rng.normal(size=(3, 1, 3, 3)) * 0.3).astype(floatX), "w")
    b = theano.shared(np.zeros(3, floatX), "b")
    v = theano.shared((rng.normal(size=(27, 2)) * 0.3).astype(floatX), "v")
    x, y = T.tensor4("x"), T.ivector("y")
    h = T.nnet.conv2d(x, w) + b.dimshuffle("x", 0, "x", "x")
    h = T.signal.pool.pool_2d(T.maximum(h, 0.0), (2, 2), ignore_border=True)
    p = T.nnet.softmax(T.dot(h.flatten(2), v))
    cost = T.nnet.categorical_crossentropy(p, y).mean()
    rate = np.asarray(0.1, floatX)
    step = theano.function([x, y], cost, updates=[(q, q - rate * T.grad(cost, q)) for q in (w, b, v)])
    xs = rng.normal(size=(2, 1, 8, 8)).astype(floatX)
    costs = [step(xs, np.array([0, 1], "int32")) for _ in range(3)]
    return {"costs": costs, "w": w.get_value()[0], "b": b.get_value()}


def neighbours(run):
    x = run.input("tensor4", np.arange(16.0).reshape(1, 1, 4, 4))
    y = run.input("tensor4", np.arange(4.0).reshape(1, 1, 2, 2))
    return run.each(
        """
        T.nnet.neighbours.images2neibs(x, (2, 2))
        T.nnet.neighbours.images2neibs(x, (2, 2), (1, 1))
        T.nnet.neighbours.images2neibs(x, neib_shape=(2, 2), mode="ignore_borders")
        T.nnet.neighbours.neibs2images(T.nnet.neighbours.images2neibs(x, (2, 2)), (2, 2), (1, 1, 4, 4))
        grad(T.nnet.neighbours.images2neibs(x, (2, 2)), x)
        theano.sandbox.neighbours.images2neibs(x, (2, 2))
        T.nnet.abstract_conv.bilinear_upsampling(y, ratio=2)
    """,
        x=x,
        y=y,
    )
