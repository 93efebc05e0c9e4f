"""theano.scan and its kin, and ifelse: arguments, results, gradients, errors."""

import numpy as np


def loops(run):
    theano, T = run.theano, run.T
    v, m = run.input("vector", [1.0, 2.0, 3.0]), run.input("matrix", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    s, k = run.input("scalar", 2.0), run.input("iscalar", 4)
    two, w = run.input("vector", [1.0, 1.0]), theano.shared(np.eye(2, dtype=run.floatX) * 0.5, "w")
    zero = T.zeros_like(s)
    return run.each(
        """
        theano.scan(lambda x: x ** 2, sequences=v)[0]
        theano.scan(lambda x: x * s, v)[0]
        theano.scan(lambda x, a: x + a, sequences=v, outputs_info=zero)[0]
        theano.scan(lambda x, a: x + a, sequences=[v], outputs_info=[zero])[0][-1]
        theano.scan(lambda a: a * s, outputs_info=T.ones_like(s), n_steps=5)[0]
        theano.scan(lambda a: a * 2, outputs_info=T.ones_like(v), n_steps=k)[0]
        theano.scan(lambda a, b: a * b, outputs_info=T.ones_like(s), non_sequences=s, n_steps=k)[0]
        theano.scan(lambda x, y: x + y, sequences=[v, v * 10])[0]
        theano.scan(lambda x, y: x + y, sequences=[v, v[:2]])[0]
        theano.scan(lambda r: r.sum(), sequences=m)[0]
        theano.scan(lambda r, a: T.tanh(T.dot(a, w) + r), sequences=m, outputs_info=T.zeros((2,)))[0]
        theano.scan(lambda r, a: T.tanh(T.dot(a, w) + r), sequences=m, outputs_info=two * 0, go_backwards=True)[0]
        theano.scan(lambda x, a: [x + a, x * a], sequences=v, outputs_info=[zero, None])[0][1]
        theano.scan(lambda x, a, b: [x + a, x * b], sequences=v, outputs_info=[zero, T.ones_like(s)])[0][1]
        theano.scan(lambda x: [x], sequences=v)[0]
        theano.scan(lambda x: (x, x + 1), sequences=v)[0][1]
        theano.scan(lambda a, b: a + b, outputs_info=[dict(initial=two, taps=[-2, -1])], n_steps=5)[0]
        theano.scan(lambda x0, x1: x1 - x0, sequences=dict(input=v, taps=[0, 1]))[0]
        theano.scan(lambda x0, x1, a: x1 - x0 + a, sequences=[dict(input=v, taps=[-1, 0])], outputs_info=[zero])[0]
        theano.scan(lambda i, a: a + v[i], sequences=T.arange(3), outputs_info=zero)[0]
        theano.scan(lambda i: m[i].sum(), T.arange(m.shape[0]))[0]
        theano.scan(fn=lambda x, c: x * c, outputs_info=None, sequences=v, non_sequences=[s])[0]
        theano.scan(lambda x, a: x + a, v, zero, n_steps=2)[0]
        theano.scan(lambda a: a + 1, outputs_info=zero, n_steps=1)[0]
        theano.scan(lambda a: (a * 2, theano.scan_module.until(a > 10)), outputs_info=T.ones_like(s), n_steps=20)[0]
        theano.scan(lambda a: (a * 2, {}, theano.scan_module.until(a > 10)), outputs_info=T.ones_like(s), n_steps=20)[0]
        theano.scan(lambda x: x, sequences=v, truncate_gradient=-1, name="loop", profile=False, strict=False)[0]
        theano.scan(lambda x, a: x + a, sequences=v, outputs_info=zero, strict=True)[0]
        type(theano.scan(lambda x: x, sequences=v)[1]).__name__
        len(theano.scan(lambda x: x, sequences=v)[1])
        theano.scan(lambda x: x, sequences=v)[0].ndim
        theano.map(lambda x: x * 2, sequences=v)[0]
        theano.map(lambda x, c: x * c, v, non_sequences=s)[0]
        theano.reduce(lambda x, a: x + a, v, outputs_info=zero)[0]
        theano.reduce(lambda x, a: x - a, sequences=v, outputs_info=zero, go_backwards=True)[0]
        theano.foldl(lambda x, a: x - a, v, zero)[0]
        theano.foldr(lambda x, a: x - a, v, zero)[0]
        theano.map(fn=lambda r, c: T.dot(r, c), sequences=[m], non_sequences=[two])[0]
        theano.scan(lambda a, b: [b, a + b], outputs_info=[zero, T.ones_like(s)], n_steps=6)[0][0]
        theano.scan(lambda x: theano.scan(lambda a: a * x, outputs_info=T.ones_like(s), n_steps=2)[0], sequences=v)[0]
        theano.scan(lambda r: theano.scan(lambda x: x + s, sequences=r)[0], sequences=m)[0]
    """,
        v=v,
        m=m,
        s=s,
        k=k,
        two=two,
        w=w,
        zero=zero,
    )


def gradients(run):
    theano, T = run.theano, run.T
    v, m = run.input("vector", [1.0, 2.0, 0.5]), run.input("matrix", [[1.0, 2.0], [0.3, 0.4], [0.5, -0.6]])
    w, h = theano.shared(np.array([[0.5, 0.1], [-0.2, 0.3]], run.floatX), "w"), run.input("vector", [0.1, 0.2])
    s = run.input("scalar", 0.7)

    def rnn(**named):
        return theano.scan(lambda x, a, u: T.tanh(T.dot(a, u) + x), m, h, [w], **named)[0]

    return run.each(
        """
        T.grad(rnn().sum(), w)
        T.grad(rnn()[-1].sum(), w)
        T.grad(rnn()[-1].sum(), m)
        T.grad((rnn() ** 2).sum(), h)
        T.grad(rnn(truncate_gradient=1)[-1].sum(), w)
        T.grad(rnn(truncate_gradient=2)[-1].sum(), w)
        T.grad(rnn(go_backwards=True)[-1].sum(), w)
        T.grad(theano.scan(lambda a: a * s, outputs_info=T.ones_like(s), n_steps=3)[0][-1], s)
        T.grad(theano.scan(lambda x: x ** 3, sequences=v)[0].sum(), v)
        T.grad(theano.scan(lambda x, a: x * a, v, T.ones_like(s))[0][-1], v)
        T.grad(theano.scan(lambda a, b: a * b, outputs_info=[dict(initial=h, taps=[-2, -1])], n_steps=3)[0].sum(), h)
        T.grad(theano.scan(lambda x0, x1: x1 * x0, sequences=dict(input=v, taps=[0, 1]))[0].sum(), v)
        T.grad(theano.reduce(lambda x, a: x * a, v, T.ones_like(s))[0], v)
        T.grad(T.grad(theano.scan(lambda a: a * s, outputs_info=T.ones_like(s), n_steps=3)[0][-1], s), s)
        T.grad(theano.scan(lambda i: T.sum(m[i] ** 2), T.arange(3))[0].sum(), m)
        T.Rop(theano.scan(lambda x: x ** 2, sequences=v)[0], v, T.ones_like(v))
        theano.gradient.jacobian(v ** 2, v)
    """,
        v=v,
        m=m,
        w=w,
        h=h,
        s=s,
        rnn=rnn,
    )


def errors(run):
    theano = run.theano
    v, s = run.input("vector", [1.0, 2.0]), run.input("scalar", 2.0)
    w = theano.shared(np.float64(2.0), "w")
    n = theano.shared(0, "n")
    return run.each(
        """
        refused(lambda: theano.scan(lambda: s))
        refused(lambda: theano.scan(lambda x: x))
        refused(lambda: value(theano.scan(lambda x: x, v, n_steps=5)[0]))
        refused(lambda: value(theano.scan(lambda a: a + 1, outputs_info=s, n_steps=T.constant(0))[0]))
        fails(lambda: theano.scan(lambda a: T.cast(a + 1, "int32"), outputs_info=s, n_steps=2), "outputs_info")
        refused(lambda: theano.scan(lambda a: a.dimshuffle("x"), outputs_info=s, n_steps=2))
        refused(lambda: theano.scan(lambda x: x * w, sequences=T.dvector("u"), strict=True))
        refused(lambda: theano.scan(lambda x, a: x, sequences=v))
        refused(lambda: theano.ifelse.ifelse(s > 1, v, s))
        refused(lambda: theano.ifelse.ifelse(s > 1, T.dscalar("a"), T.fscalar("b")))
        refused(lambda: theano.updates.OrderedUpdates({n: n + 1}) + theano.updates.OrderedUpdates({n: n + 2}))
        refused(lambda: theano.updates.OrderedUpdates({v: v}))
        list((theano.updates.OrderedUpdates({n: n + 1}) + {w: w * 2}).keys()) == [n, w]
    """,
        v=v,
        s=s,
        w=w,
        n=n,
    )


def states_in_loops(run):
    """Updates of shared variables that a step returns."""
    theano, T = run.theano, run.T
    n, v = theano.shared(0, "n"), T.dvector("v")

    def step(x):
        return x * n, {n: n + 1}

    out, ups = theano.scan(step, sequences=v)
    f = theano.function([v], out, updates=ups)
    made = [f([1.0, 1.0, 1.0]), n.get_value(), f([2.0, 2.0]), n.get_value()]
    both, ups = theano.scan(lambda x: ([x, x + n], [(n, n + 2)]), sequences=v)
    g = theano.function([v], both, updates=ups)
    return {"made": made, "both": g([1.0, 2.0]), "n": n.get_value(), "keys": [list(ups.keys()) == [n]]}


def ifelses(run):
    ifelse = run.theano.ifelse.ifelse
    v, s = run.input("vector", [1.0, 2.0]), run.input("scalar", 2.0)
    b = run.input("bscalar", 0)
    return run.each(
        """
        ifelse(s > 1, v, v * 2)
        ifelse(b, v, v * 2)
        ifelse(T.lt(s, 1), s, s * 3)
        ifelse(s > 1, [v, s], [v * 2, s * 2])[0]
        ifelse(s > 1, (v, s), (v * 2, s * 2))[1]
        ifelse(T.eq(b, 0), v.sum(), s)
        T.grad(ifelse(s > 1, v.sum(), (v ** 2).sum()), v)
        T.grad(ifelse(s < 1, v.sum(), (v ** 2).sum()), v)
        T.grad(ifelse(s > 1, s ** 2, s), s)
        ifelse(s > 1, v, v * 2, name="choice")
        ifelse(condition=s > 1, then_branch=v, else_branch=v * 2)
        theano.scan(lambda x: ifelse(x > 1, x * 10, x), sequences=v)[0]
        ifelse(T.constant(1), v, v * 0)
    """,
        v=v,
        s=s,
        b=b,
        ifelse=ifelse,
    )


def networks(run):
    """A gated recurrent network with a mask, as the scripts of its day wrote it, and three steps of training."""
    theano, T = run.theano, run.T
    floatX, rng = run.floatX, np.random.RandomState(3)

    def weights(*shape):
        return theano.shared((rng.normal(size=shape) * 0.4).astype(floatX))

    emb, u, ux = weights(5, 3), weights(3, 6), weights(3, 3)
    out = weights(3, 2)
    x, mask, y = T.lmatrix("x"), T.matrix("mask"), T.ivector("y")
    state = emb[x.flatten()].reshape([x.shape[0], x.shape[1], 3])

    def part(z, n):
        return z[:, n * 3 : (n + 1) * 3]

    def step(m_, x_, h_, u, ux):
        gates = T.nnet.sigmoid(T.dot(h_, u))
        h = T.tanh(part(gates, 0) * T.dot(h_, ux) + x_)
        h = part(gates, 1) * h_ + (np.float32(1.0) - part(gates, 1)) * h
        return m_[:, None] * h + (np.float32(1.0) - m_)[:, None] * h_

    hs, _ = theano.scan(
        step,
        sequences=[mask, state],
        outputs_info=[T.zeros((x.shape[1], 3), dtype=floatX)],
        non_sequences=[u, ux],
        name="gru",
        n_steps=x.shape[0],
        strict=True,
    )
    proj = (hs * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
    p = T.nnet.softmax(T.dot(proj, out))
    cost = -T.log(p[T.arange(x.shape[1]), y] + np.asarray(1e-6, floatX)).mean()
    params = [emb, u, ux, out]
    grads = T.grad(cost, wrt=params)
    rate = np.asarray(0.5, floatX)
    updates = [(q, q - rate * g) for q, g in zip(params, grads)]  # noqa: B905
    train = theano.function([x, mask, y], cost, updates=updates)
    xs = np.array([[0, 1], [2, 3], [4, 0]])
    masks = np.array([[1, 1], [1, 1], [1, 0]], floatX)
    costs = [train(xs, masks, np.array([0, 1], "int32")) for _ in range(3)]
    return {"costs": costs, "u": u.get_value(), "emb": emb.get_value()}
