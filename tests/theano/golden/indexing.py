"""Subtensors, and tensors with some elements set or increased: values, types, gradients, errors."""

import numpy as np

X = np.arange(12.0).reshape(3, 4) - 4.5


def basic(run):
    x, t = run.input("matrix", X), run.input("tensor3", np.arange(12.0).reshape(2, 3, 2))
    v, k = run.input("vector", [1.0, 2.0, 3.0, 4.0]), run.input("iscalar", 1)
    return run.each(
        """
        x[0]
        x[-1]
        x[k]
        x[k, 2]
        x[:, k]
        x[0, 1]
        x[-1, -2]
        x[1:]
        x[:-1]
        x[k:]
        x[k:k + 2]
        x[k * 1:(k + 1) * 1]
        x[:, 1:3]
        x[:, k * 2:]
        x[::2]
        x[::-1]
        x[:, ::-1]
        x[2:0:-1]
        x[1:100]
        x[5:]
        x[...]
        x[..., 0]
        t[..., 1]
        t[0, ..., 1]
        t[:, 1]
        t[:, :, 0]
        t[k]
        v[k]
        v[-k]
        v[1:3][0]
        x[0][1]
        x[:, None, :]
        x[:, :, None]
        x[None, :, :]
        v[None, :]
        v[:, None]
        v[:, None] * v[None, :]
        v.dimshuffle(0, "x")[:, 0]
        x[np.int64(1)]
        x[slice(0, 2)]
        x[(0, 1)]
        x[k, :]
        x[0:1].broadcastable
        x[0].type.ndim
        grad(x[k], x)
        grad(x[1:, ::2], x)
        grad(x[::-1], x)
        grad(v[k:], v)
        x.take([0, 2], axis=0)
        x.take(1, axis=1)
        x.take([[0, 1], [2, 3]])
        T.take(x, [2, 0], axis=0)
        T.take(v, k)
        v.take([0, 0, 3])
        grad(T.take(x, [0, 0], axis=0), x)
        refused(lambda: x[0.5])
        refused(lambda: x["a"])
        refused(lambda: x[0, 0, 0])
        refused(lambda: value(x[7]))
        refused(lambda: value(v[k + 10]))
        refused(lambda: value(x[T.constant([0, 9])]))
    """,
        x=x,
        t=t,
        v=v,
        k=k,
    )


def advanced(run):
    x, v = run.input("matrix", X), run.input("vector", [1.0, 2.0, 3.0, 4.0])
    i, j = run.input("ivector", [0, 2, 2]), run.input("lvector", [1, 0, 3])
    m, t = run.input("imatrix", [[0, 1], [2, 0]]), run.input("tensor3", np.arange(12.0).reshape(3, 2, 2))
    return run.each(
        """
        x[i]
        v[i]
        x[i, j]
        x[T.arange(3), j]
        x[T.arange(x.shape[0]), j]
        x[:, i]
        x[i][:, j]
        x[i, 1]
        x[0, j]
        x[i, 1:3]
        x[m]
        v[m]
        x[m, m]
        t[i, :, 0]
        t[:, 0, 1]
        t[i, 0]
        t[T.arange(3), T.constant([0, 1, 0])]
        x[[0, 2]]
        x[[0, 2], [1, 1]]
        x[np.array([0, 2])]
        x[-i]
        x[m.flatten()].reshape((2, 2, 4))
        v[v > 2]
        x[x > 0]
        x[v[:3] > 1]
        v[(v > 2).nonzero()]
        x[(x > 0).nonzero()]
        x[T.nonzero(x > 3)]
        (v > 2).nonzero()[0]
        T.nonzero(v > 2, return_matrix=True)
        v.nonzero()[0]
        T.nonzero_values(v - 1)
        T.flatnonzero(x > 0)
        (x > 4).nonzero()[1]
        v.nonzero_values()
        grad(x[i], x)
        grad(x[i, j], x)
        grad(x[:, i], x)
        grad(v[m], v)
        grad(v[(v > 2).nonzero()], v)
        -T.mean(T.log(T.nnet.softmax(x))[T.arange(3), j])
        T.log(T.nnet.softmax(x))[T.arange(j.shape[0]), j]
        x[i].shape
        x[i].type.ndim
        T.batched_dot(x[i][:, None, :], x[i][:, :, None])
    """,
        x=x,
        v=v,
        i=i,
        j=j,
        m=m,
        t=t,
    )


def assignments(run):
    """Functional, accumulating repeated indices only where increased, casting silently."""
    x, v = run.input("matrix", X), run.input("vector", [1.0, 2.0, 3.0, 4.0])
    i, k = run.input("ivector", [0, 2, 2]), run.input("iscalar", 1)
    n, y = run.input("ivector", [1, 2, 3, 4]), run.input("vector", [10.0, 20.0, 30.0])
    d = run.input("dvector", [1.5, 2.5])
    f = run.input("fvector", [1.0, 2.0])
    return run.each(
        """
        T.set_subtensor(x[0], 7.0)
        T.set_subtensor(x[1:], 0)
        T.set_subtensor(x[k], v)
        T.set_subtensor(x[:, k], y)
        T.set_subtensor(x[:, 1:3], 1.0)
        T.set_subtensor(x[0, 1], 5.0)
        T.set_subtensor(x[i], 5.0)
        T.set_subtensor(x[:, [0, 1]], 5.0)
        T.set_subtensor(v[i], y)
        T.set_subtensor(v[:k], 0.0)
        T.set_subtensor(v[-1], 0.0)
        T.set_subtensor(x[i, [0, 1, 2]], y)
        T.set_subtensor(v[v > 2], 0.0)
        T.set_subtensor(v[(v > 2).nonzero()], 0.0)
        T.set_subtensor(x[::-1], x)
        T.inc_subtensor(x[0], 1.0)
        T.inc_subtensor(x[1:], 1.0)
        T.inc_subtensor(x[i], 1.0)
        T.inc_subtensor(v[i], y)
        T.inc_subtensor(x[:, k], y)
        T.inc_subtensor(x[i, [0, 1, 1]], y)
        T.inc_subtensor(v[k], 10)
        T.set_subtensor(n[0], 7)
        T.set_subtensor(f[0:2], d)
        T.set_subtensor(f[0:2], d).dtype
        T.set_subtensor(v[1:3][0], 9.0)
        T.set_subtensor(x[0][1], 9.0)
        T.inc_subtensor(x[0][1], 9.0)
        T.inc_subtensor(x[1:][0], 1.0)
        refused(lambda: T.set_subtensor(x, 1.0))
        refused(lambda: T.inc_subtensor(x + 1, 1.0))
        grad(T.set_subtensor(x[0], v), x)
        grad(T.set_subtensor(x[0], v), v)
        grad(T.inc_subtensor(x[i], y.dimshuffle(0, "x")), y)
        grad(T.inc_subtensor(v[i], y * y), y)
        grad(T.set_subtensor(v[k:], 0.0), v)
        T.set_subtensor(T.zeros((3, 4))[k], v)
        T.set_subtensor(T.zeros_like(x)[T.arange(3), [0, 1, 2]], 1.0)
        T.inc_subtensor(T.zeros((2, 3))[:, 1:], 2.0)
        T.subtensor.set_subtensor(v[0], 1.0)
        T.subtensor.inc_subtensor(v[0], 1.0)
        T.set_subtensor(v[0], 1.5).broadcastable
    """,
        x=x,
        v=v,
        i=i,
        k=k,
        n=n,
        y=y,
        d=d,
        f=f,
    )


def assignment_casts(run):
    """1.5 set into integers is 1."""
    n = run.input("ivector", [1, 2, 3, 4])
    return run.each(
        """
        T.set_subtensor(n[0], 1.5)
        T.set_subtensor(n[:2], T.constant([7.9, 8.9]))
        T.inc_subtensor(n[0], 1.5)
    """,
        n=n,
    )
