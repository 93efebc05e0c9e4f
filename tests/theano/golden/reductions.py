"""Sums, means, extremes, orders: values, dtypes, axes kept, gradients."""

import numpy as np

X = [[1.5, -2.0, 0.25], [4.0, 0.5, -6.0]]


def sums(run):
    x, i = run.input("matrix", X), run.input("imatrix", [[1, 2], [3, 4]])
    b, r = run.input("bvector", [1, 2, 3]), run.input("row", [[1.0, 2.0]])
    return run.each(
        """
        T.sum(x)
        T.sum(x, 0)
        T.sum(x, axis=1)
        T.sum(x, axis=-1)
        T.sum(x, axis=(0, 1))
        T.sum(x, axis=[0])
        T.sum(x, axis=1, keepdims=True)
        T.sum(x, keepdims=True)
        T.sum(i)
        T.sum(b)
        T.sum(x > 0)
        T.sum(x > 0, axis=1)
        T.sum(i, dtype="float64")
        T.sum(i, axis=0, dtype="int32")
        T.sum(b, acc_dtype="int64")
        T.sum(r, axis=1)
        T.sum(r, axis=0)
        T.sum([x[0, 0], x[0, 1]])
        x.sum()
        x.sum(axis=0)
        x.sum(0, keepdims=True)
        x.sum(axis=(0, 1), dtype="float64")
        (x ** 2).sum(1)
        grad(x.sum(axis=0) ** 2, x)
        grad(T.sum(x, axis=1, keepdims=True) * x, x)
        T.prod(x)
        T.prod(x, axis=1)
        T.prod(i)
        T.prod(b, axis=0)
        T.prod(x, axis=0, keepdims=True)
        x.prod()
        i.prod(axis=1)
        grad(T.prod(x, axis=1), x)
        T.prod(x, no_zeros_in_input=True)
        refused(lambda: T.sum(x, axis=2))
        T.sum(x, axis=None)
    """,
        x=x,
        i=i,
        b=b,
        r=r,
    )


def means(run):
    x, i = run.input("matrix", X), run.input("imatrix", [[1, 2], [3, 5]])
    return run.each(
        """
        T.mean(x)
        T.mean(x, axis=0)
        T.mean(x, 1)
        T.mean(x, axis=1, keepdims=True)
        T.mean(x, axis=(0, 1))
        T.mean(i)
        T.mean(i, axis=0)
        T.mean(i, dtype="float32")
        T.mean(x > 0)
        T.mean(T.eq(i, 1))
        T.mean(T.neq(i, 1), dtype=floatX)
        x.mean()
        x.mean(axis=0)
        x.mean(0, keepdims=True)
        i.mean()
        grad(x.mean(axis=1), x)
        T.var(x)
        T.var(x, axis=0)
        T.var(x, axis=1, keepdims=True)
        T.var(x, axis=0, ddof=1)
        T.var(i)
        x.var()
        x.var(axis=1)
        grad(T.var(x, axis=0), x)
        T.std(x)
        T.std(x, axis=0)
        T.std(x, axis=1, keepdims=True)
        x.std()
        x.std(axis=0)
        grad(T.std(x, axis=1), x)
        x.norm(2)
        x.norm(1)
        x[0].norm(2)
        x.norm(2, axis=1)
        x.norm(1, axis=0)
        x.sum() / x.shape[0]
        T.cast(i, floatX).mean()
    """,
        x=x,
        i=i,
    )


def extremes(run):
    x, i = run.input("matrix", X), run.input("imatrix", [[1, 5, 2], [7, 3, 7]])
    return run.each(
        """
        T.max(x)
        T.max(x, axis=0)
        T.max(x, axis=1, keepdims=True)
        T.max(x, axis=(0, 1))
        T.max(i, axis=1)
        x.max()
        x.max(axis=1)
        x.max(1, keepdims=True)
        T.min(x)
        T.min(x, axis=0)
        T.min(i, axis=1)
        T.min(x, axis=1, keepdims=True)
        x.min()
        x.min(axis=0)
        grad(T.max(x, axis=1), x)
        grad(T.min(x, axis=0), x)
        grad(x.max(), x)
        T.argmax(x)
        T.argmax(x, axis=0)
        T.argmax(x, axis=1)
        T.argmax(i, axis=1)
        T.argmax(x, axis=-1)
        T.argmax(x, axis=1, keepdims=True)
        x.argmax()
        x.argmax(axis=1)
        x.argmax(1)
        T.argmin(x)
        T.argmin(x, axis=1)
        x.argmin(axis=0)
        T.max_and_argmax(x, axis=1)[0]
        T.max_and_argmax(x, axis=1)[1]
        T.max_and_argmax(x)[1]
        T.max_and_argmax(x, axis=0, keepdims=True)[0]
        T.ptp(x)
        T.ptp(x, axis=0)
        x.ptp(1)
        T.all(x > -10)
        T.all(x > 0, axis=1)
        T.all(x > 0, axis=0, keepdims=True)
        (x > -10).all()
        T.any(x > 3)
        T.any(x > 3, axis=1)
        (x > 3).any(axis=0)
        T.all(i)
        T.any(i, axis=1)
    """,
        x=x,
        i=i,
    )


def orders(run):
    x, v = run.input("matrix", X), run.input("vector", [3.0, 1.0, 2.0])
    i = run.input("ivector", [3, 1, 2])
    return run.each(
        """
        T.sort(x)
        T.sort(x, axis=0)
        T.sort(x, axis=1)
        T.sort(v)
        T.sort(i)
        T.sort(x, axis=None)
        x.sort(axis=0)
        v.sort()
        grad(T.sort(v), v)
        T.argsort(x)
        T.argsort(x, axis=0)
        T.argsort(v)
        T.argsort(i)
        v.argsort()
        x.argsort(axis=0)
        T.argsort(v)[::-1]
        T.cumsum(x)
        T.cumsum(x, axis=0)
        T.cumsum(x, axis=1)
        T.cumsum(i)
        T.extra_ops.cumsum(v)
        x.cumsum(axis=1)
        grad(T.cumsum(x, axis=1), x)
        T.cumprod(x)
        T.cumprod(x, axis=1)
        T.extra_ops.cumprod(v, axis=0)
        x.cumprod(axis=0)
        grad(T.cumprod(x, axis=1), x)
        T.extra_ops.diff(v)
        T.extra_ops.diff(x, n=1, axis=0)
        grad(T.extra_ops.diff(v), v)
        T.extra_ops.bincount(i)
        T.extra_ops.bincount(i, minlength=6)
        T.bincount(i, weights=v)
        T.extra_ops.searchsorted(T.sort(v), v)
        T.extra_ops.Unique()(i)
        T.extra_ops.squeeze(x[:1].dimshuffle("x", 1, 0))
        T.extra_ops.fill_diagonal(x, 9.0)
        T.fill_diagonal(x, 0)
        T.fill_diagonal_offset(x, 5.0, 1)
        grad(T.fill_diagonal(x, 9.0), x)
        T.extra_ops.repeat(v, 2)
        T.extra_ops.unravel_index(i, (2, 3))[0]
        T.unravel_index(T.constant([3, 1]), (2, 3))[1]
        T.extra_ops.ravel_multi_index((i % 2, i % 3), (2, 3))
        T.xlogx.xlogx(v)
        T.xlogx.xlogy0(v - 1, v)
        grad(T.xlogx.xlogx(v), v)
        grad(T.xlogx.xlogy0(v, v), v)
    """,
        x=x,
        v=v,
        i=i,
    )


def of_nothing(run):
    """Reductions of no elements, and of numbers that are none."""
    e, n = run.input("matrix", np.zeros((0, 3))), run.input("vector", [1.0, np.nan, 2.0])
    return run.each(
        """
        T.sum(e)
        T.sum(e, axis=0)
        T.prod(e, axis=0)
        T.sum(e, axis=1)
        T.mean(e, axis=1)
        T.sum(n)
        T.max(n)
        T.any(T.isnan(n))
        T.argmax(n)
    """,
        e=e,
        n=n,
    )
