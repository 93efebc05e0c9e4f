"""Shapes and axes: reshape, dimshuffle, join, stack, tile and others; static broadcasting and its errors."""

import numpy as np

X = np.arange(6.0).reshape(2, 3) - 2.5


def reshapes(run):
    x, t = run.input("matrix", X), run.input("tensor3", np.arange(8.0).reshape(2, 2, 2))
    s, k = run.input("ivector", [3, 2]), run.input("iscalar", 3)
    return run.each(
        """
        T.reshape(x, (3, 2))
        T.reshape(x, [6])
        T.reshape(x, (-1,))
        T.reshape(x, (k, -1))
        T.reshape(x, s, ndim=2)
        T.reshape(x, newshape=(6, 1))
        T.reshape(x, (1, 6)).broadcastable
        x.reshape((3, 2))
        x.reshape([-1])
        x.reshape((x.shape[0] * x.shape[1],))
        x.reshape(s, ndim=2)
        x.reshape((2, 1, 3))
        x.reshape((x.shape[0], 1, x.shape[1]))
        x.reshape((1, -1))
        grad(x.reshape((3, 2)), x)
        T.flatten(x)
        T.flatten(t, 2)
        T.flatten(t, ndim=2)
        T.flatten(t, outdim=2)
        x.flatten()
        t.flatten(2)
        t.flatten(ndim=1)
        x.ravel()
        grad(t.flatten(2), t)
        x.T
        t.T
        x.transpose()
        x.transpose(1, 0)
        t.transpose(2, 0, 1)
        t.transpose((1, 0, 2))
        T.transpose(x)
        T.transpose(t, (0, 2, 1))
        T.transpose(t, axes=[1, 0, 2])
        T.swapaxes(t, 0, 2)
        t.swapaxes(0, 1)
        T.shape(x)
        x.shape
        x.shape[0]
        x.shape[-1]
        x.shape[:2]
        T.shape(x)[1]
        x.size
        T.as_tensor_variable(x.shape)
        T.prod(x.shape)
        T.specify_shape(x, (2, 3))
        refused(lambda: value(x.reshape((4, 2))))
        refused(lambda: x.reshape(T.ivector("s")))
        T.shape_padleft(x)
        T.shape_padleft(x, 2)
        T.shape_padright(x)
        T.shape_padright(x, n_ones=2)
        T.shape_padaxis(x, 1)
        T.shape_padaxis(x, axis=-1)
    """,
        x=x,
        t=t,
        s=s,
        k=k,
    )


def dimshuffles(run):
    x, v = run.input("matrix", X), run.input("vector", [1.0, 2.0])
    r, t = run.input("row", [[1.0, 2.0, 3.0]]), run.input("tensor3", np.arange(6.0).reshape(1, 2, 3))
    c, s = run.input("col", [[1.0], [2.0]]), run.input("scalar", 4.0)
    return run.each(
        """
        v.dimshuffle(0, "x")
        v.dimshuffle("x", 0)
        v.dimshuffle("x", 0, "x", "x")
        x.dimshuffle(1, 0)
        x.dimshuffle(0, 1, "x")
        x.dimshuffle(0, "x", 1)
        x.dimshuffle((1, 0))
        x.dimshuffle([1, "x", 0])
        t.dimshuffle(1, 0, 2)
        t.dimshuffle(2, 0, 1, "x")
        s.dimshuffle("x", "x")
        s.dimshuffle()
        r.dimshuffle(1)
        c.dimshuffle(0)
        grad(v.dimshuffle(0, "x") * x, v)
        refused(lambda: x.dimshuffle(0))
        refused(lambda: x.dimshuffle(0, 0))
        refused(lambda: x.dimshuffle(0, 1, 2))
        T.addbroadcast(t, 0)
        T.addbroadcast(t, 0).broadcastable
        T.unbroadcast(r, 0).broadcastable
        T.patternbroadcast(t, (True, False, False)).broadcastable
        T.patternbroadcast(r, (False, False)).broadcastable
        T.Rebroadcast((0, True))(t).broadcastable
        refused(lambda: value(T.addbroadcast(x, 0) + 0))
        T.squeeze(r)
        T.squeeze(c)
        r.squeeze()
        T.addbroadcast(t, 0).squeeze()
        T.squeeze(x)
        x.dimshuffle(0, "x", 1).broadcastable
    """,
        x=x,
        v=v,
        r=r,
        t=t,
        c=c,
        s=s,
    )


def broadcasting(run):
    x, v = run.input("matrix", X), run.input("vector", [1.0, 2.0, 3.0])
    r, c = run.input("row", [[1.0, 2.0, 3.0]]), run.input("col", [[1.0], [2.0]])
    s, one = run.input("scalar", 2.0), run.input("matrix", [[1.0, 2.0, 3.0]])
    return run.each(
        """
        x + v
        v + x
        x + r
        x + c
        r + c
        (r + c).broadcastable
        (r + r).broadcastable
        (x + r).broadcastable
        (r + v).broadcastable
        (c + c).broadcastable
        (c * s).broadcastable
        x * s
        x + v.dimshuffle("x", 0)
        x - x.mean(axis=1, keepdims=True)
        x / x.sum(axis=1).dimshuffle(0, "x")
        grad(x * r, r)
        grad(x * c, c)
        grad(x + v, v)
        grad(x * s, s)
        grad(x * r, r).broadcastable
        refused(lambda: value(x + one))
        refused(lambda: value(x + v[:2]))
        x + one[0]
        x + T.addbroadcast(one, 0)
        x.sum(axis=0, keepdims=True).broadcastable
        x[:1].broadcastable
        x[0:1, :].broadcastable
        x[:, 0:1].broadcastable
        x.dimshuffle(0, 1, "x").broadcastable
        T.zeros((1, 3)).broadcastable
        (T.zeros((1, 3)) + x).broadcastable
        T.concatenate([r, r]).broadcastable
        T.concatenate([c, c], axis=0).broadcastable
        T.concatenate([r, r], axis=1).broadcastable
        T.dot(r, x.T).broadcastable
        r.T.broadcastable
        (r > 0).broadcastable
        T.switch(x > 0, r, 0).broadcastable
        r.sum(axis=1).broadcastable
        r.reshape((1, 3)).broadcastable
        r[0].broadcastable
        T.as_tensor_variable(np.ones((1, 3))).broadcastable
        theano.shared(np.ones((1, 3))).broadcastable
        theano.shared(np.ones((1, 3)), broadcastable=(True, False)).broadcastable
    """,
        x=x,
        v=v,
        r=r,
        c=c,
        s=s,
        one=one,
    )


def joins(run):
    x, y = run.input("matrix", X), run.input("matrix", X * 2)
    v, w, s = run.input("vector", [1.0, 2.0]), run.input("vector", [3.0]), run.input("scalar", 7.0)
    i, k = run.input("ivector", [1, 2]), run.input("iscalar", 1)
    return run.each(
        """
        T.concatenate([x, y])
        T.concatenate([x, y], axis=1)
        T.concatenate((x, y), axis=-1)
        T.concatenate(tensor_list=[x, y], axis=0)
        T.concatenate([v, w])
        T.concatenate([v, i])
        T.concatenate([i, i])
        T.concatenate([v, [5.0]])
        T.concatenate([x, np.ones((1, 3))], axis=0)
        T.concatenate([v])
        grad(T.concatenate([x, y * y], axis=1), y)
        T.join(0, x, y)
        T.join(1, x, y)
        T.join(-1, x, y)
        grad(T.join(0, v, w), w)
        refused(lambda: T.concatenate([x, v]))
        refused(lambda: value(T.concatenate([x, y[:, :2]])))
        T.stack([v, v * 2])
        T.stack([v, v * 2], axis=1)
        T.stack([x, y], axis=2)
        T.stack([x, y], axis=-1)
        T.stack(v, v + 1)
        T.stack([s, s * 2])
        T.stack([s, 1.0])
        T.stack([k, 2])
        T.stack([s, s]).dtype
        grad(T.stack([v, v * v], axis=1), v)
        T.horizontal_stack(x, y)
        T.vertical_stack(x, y)
        T.split(v, [1, 1], 2, axis=0)[1]
        T.split(x, [1, 2], 2, axis=1)[1]
        T.split(x, splits_size=[1, 1], n_splits=2, axis=0)[0]
        grad(T.split(x, [1, 2], 2, axis=1)[1], x)
        T.repeat(v, 2)
        T.repeat(x, 2, axis=0)
        T.repeat(x, 2, axis=1)
        T.repeat(v, i)
        T.repeat(x, k + 1, axis=0)
        x.repeat(2)
        x.repeat(2, axis=1)
        grad(T.repeat(x, 2, axis=0), x)
        grad(x.repeat(2, axis=1), x)
        T.tile(v, 2)
        T.tile(v, (2,))
        T.tile(x, (2, 1))
        T.tile(x, (1, 2))
        T.tile(x, (2, 1, 1), ndim=3)
        T.tile(x, [k, 2], ndim=2)
        grad(T.tile(x, (2, 1)), x)
        T.roll(v, 1)
        T.roll(x, 1, axis=0)
        T.roll(x, -1, axis=1)
        grad(T.roll(x, 1, axis=1), x)
        T.diag(v)
        T.diag(x)
        T.diagonal(x)
        x.diagonal()
        T.nlinalg.diag(v)
        T.nlinalg.extract_diag(x)
        T.nlinalg.alloc_diag(v)
        x.diagonal(offset=1)
        grad(T.diag(x), x)
        grad(T.diag(v), v)
        T.tril(x)
        T.flatten(T.stack([v, v]))
        v[::-1]
        x[::-1]
        x[:, ::-1]
    """,
        x=x,
        y=y,
        v=v,
        w=w,
        s=s,
        i=i,
        k=k,
    )
