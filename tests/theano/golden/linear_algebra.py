"""Products, inverses, decompositions: values, broadcast patterns, gradients."""

import numpy as np

A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]])


def products(run):
    x, y = run.input("matrix", A[:2]), run.input("matrix", A)
    v, w = run.input("vector", [1.0, -2.0, 0.5]), run.input("vector", [3.0, 1.0])
    t = run.input("tensor3", np.arange(12.0).reshape(2, 2, 3))
    u = run.input("tensor3", np.arange(12.0).reshape(2, 3, 2))
    s, i, f = run.input("scalar", 2.0), run.input("imatrix", [[1, 2, 3]]), run.input("fmatrix", A)
    r, c = run.input("row", [[1.0, 2.0, 3.0]]), run.input("col", [[1.0], [2.0], [3.0]])
    return run.each(
        """
        T.dot(x, y)
        T.dot(x, v)
        T.dot(w, x)
        T.dot(v, v)
        T.dot(t, y)
        T.dot(t, v)
        T.dot(y, u)
        T.dot(s, x)
        T.dot(i, i.T)
        T.dot(i, y).dtype
        T.dot(f, y).dtype
        T.dot(r, y)
        T.dot(r, c)
        T.dot(r, c).broadcastable
        T.dot(x, c).broadcastable
        x.dot(y)
        v.dot(v)
        x.dot(x.T)
        theano.dot(x, y)
        theano.dot(x, v)
        refused(lambda: value(T.dot(x, x)))
        grad(T.dot(x, y), x, y)[0]
        grad(T.dot(x, y), x, y)[1]
        grad(T.dot(x, v), v)
        grad(T.dot(t, y), y)
        T.outer(v, w)
        T.outer(x, v)
        grad(T.outer(v, w), w)
        T.tensordot(x, y, axes=1)
        T.tensordot(x, y, 1)
        T.tensordot(x, y, axes=[[1], [0]])
        T.tensordot(t, u, axes=[[1, 2], [2, 1]])
        T.tensordot(t, y, axes=([2], [1]))
        grad(T.tensordot(t, u, axes=[[1, 2], [2, 1]]), u)
        T.batched_dot(t, u)
        T.batched_dot(x, t.dimshuffle(0, 2, 1))
        T.batched_dot(x, x)
        T.batched_tensordot(t, u, axes=[2, 1])
        grad(T.batched_dot(t, u), t)
        T.basic.dot(x, y)
        T.dot(x, y) + x
        T.nlinalg.matrix_dot(x, y, y)
    """,
        x=x,
        y=y,
        v=v,
        w=w,
        t=t,
        u=u,
        s=s,
        i=i,
        f=f,
        r=r,
        c=c,
    )


def inverses(run):
    a, v = run.input("matrix", A), run.input("vector", [1.0, 2.0, 3.0])
    b = run.input("matrix", A[:, :2])
    return run.each(
        """
        T.nlinalg.matrix_inverse(a)
        T.nlinalg.det(a)
        T.nlinalg.trace(a)
        T.nlinalg.pinv(b)
        T.nlinalg.norm(a, None)
        T.nlinalg.norm(a, "fro")
        T.nlinalg.norm(a, 1)
        T.nlinalg.norm(v, 2)
        T.nlinalg.matrix_power(a, 2)
        T.nlinalg.eigh(a)[0]
        abs(T.nlinalg.eigh(a)[1])
        T.sort(T.nlinalg.eig(a)[0])
        T.nlinalg.svd(a)[1]
        T.nlinalg.svd(b, full_matrices=0)[1]
        abs(T.nlinalg.qr(a)[1])
        abs(T.nlinalg.qr(a, mode="r"))
        T.nlinalg.alloc_diag(v)
        T.nlinalg.extract_diag(a)
        T.nlinalg.diag(v)
        T.nlinalg.MatrixInverse()(a)
        T.nlinalg.tensorinv(a.reshape((3, 3)), 1)
        T.nlinalg.tensorsolve(a, v)
        grad(T.nlinalg.matrix_inverse(a), a)
        grad(T.nlinalg.det(a), a)
        grad(T.nlinalg.trace(a), a)
        T.slinalg.cholesky(a)
        T.slinalg.solve(a, v)
        T.slinalg.solve(a, b)
        T.slinalg.solve_lower_triangular(T.tril(a), v)
        T.slinalg.solve_upper_triangular(T.triu(a), v)
        T.slinalg.kron(a, b)
        T.slinalg.expm(a * 0.1)
        T.slinalg.eigvalsh(a, T.eye(3))
        T.slinalg.Cholesky(lower=False)(a)
        grad(T.slinalg.cholesky(a), a)
        grad(T.slinalg.solve(a, v), v)
        grad(T.slinalg.solve(a, v), a)
        grad(T.nlinalg.eigh(a)[0], a)
    """,
        a=a,
        v=v,
        b=b,
    )
