"""theano.shared: dtypes, values set and got, memory shared or not, types that stay."""

import copy
import pickle

import numpy as np


def dtypes(run):
    return run.each("""
        theano.shared(1).dtype
        theano.shared(1.0).dtype
        theano.shared(True).dtype if hasattr(theano.shared(True), "dtype") else "none"
        theano.shared(np.float32(1)).dtype
        theano.shared(np.int8(1)).dtype
        theano.shared(np.ones(2, "float32")).dtype
        theano.shared(np.arange(3)).dtype
        theano.shared(np.ones((1, 3))).broadcastable
        theano.shared(np.ones((1, 3)), broadcastable=(True, False)).broadcastable
        theano.shared(np.ones((2, 3)), "w").name
        theano.shared(value=np.ones(2), name="w", borrow=True).name
        theano.shared(np.ones((2, 3))).ndim
        theano.shared(np.zeros(())).ndim
        theano.shared(np.ones(2)).type == run.T.dvector
        theano.shared(np.ones(2)).type.dtype
        theano.shared(np.ones(2, dtype=floatX)).dtype
        theano._asarray(0.5, floatX).dtype
        theano.shared(theano._asarray(np.ones(2), dtype=floatX)).dtype
        str(theano.shared(1.0, "w"))
        theano.shared(np.ones(2), "w").get_value()
        theano.shared(5).get_value()
        theano.shared(5).get_value().dtype
        refused(lambda: theano.shared(run.T.dvector("x")))
        refused(lambda: theano.shared(1.0, wrong=3))
        theano.tensor._shared(np.ones(2)).dtype
        theano.tensor.shared(np.ones(2)).dtype if hasattr(theano.tensor, "shared") else "float64"
    """)


def values(run):
    """The dtype rule of inputs; the shape may change, the number of axes may not."""
    theano = run.theano
    w, f = theano.shared(np.ones(2), "w"), theano.shared(np.ones(2, "float32"), "f")
    n, r = theano.shared(np.arange(2), "n"), theano.shared(np.ones((1, 2)), "r", broadcastable=(True, False))
    s = theano.shared(1.0, "s")

    def after(state, value, **named):
        state.set_value(value, **named)
        return state.get_value()

    return run.each(
        """
        after(w, np.zeros(2))
        after(w, np.zeros(3))
        after(w, [1, 2])
        after(w, np.float32([1, 2]))
        after(w, np.arange(2))
        after(w, np.ones(4), borrow=True)
        after(f, np.float32([0.5, 0.25]))
        after(f, np.arange(2, dtype="int8"))
        after(f, [0.5, 1.0])
        after(s, 3)
        after(s, 2.5)
        after(s, np.float32(2))
        after(n, [3, 4])
        after(n, np.int32([3, 4]))
        after(r, [[1.0, 2.0, 3.0]])
        refused(lambda: w.set_value(np.ones((2, 2))))
        refused(lambda: f.set_value(np.ones(2)))
        refused(lambda: n.set_value(np.ones(2)))
        refused(lambda: r.set_value(np.ones((2, 2))))
        refused(lambda: w.set_value("text"))
        after(w, w.get_value() * 2).shape
        w.get_value(borrow=True).dtype
        w.get_value(borrow=True, return_internal_type=True).dtype
        w.eval().dtype
        w.clone().get_value().dtype
        w.shape.eval()
        w.type.ndim
        w.container.value.shape if hasattr(w, "container") else w.shape.eval()
    """,
        w=w,
        f=f,
        n=n,
        r=r,
        s=s,
        after=after,
    )


def memory(run):
    """Copied by default, both ways; aliased where a script borrows."""
    theano = run.theano
    value = np.zeros(2)
    w = theano.shared(value)
    value[0] = 5
    got = w.get_value()
    got[1] = 7
    lent_value = np.zeros(2)
    lent = theano.shared(lent_value, borrow=True)
    lent_value[0] = 3
    inner = lent.get_value(borrow=True)
    inner[1] = 4
    other = copy.deepcopy(w)
    other.set_value(np.ones(2))
    again = pickle.loads(pickle.dumps(theano.shared(np.arange(2.0), "named")))
    return {
        "copied": w.get_value(), "borrowed": lent.get_value(), "deepcopy": other.get_value(),
        "pickled": again.get_value(), "name": again.name, "dtype": again.dtype,
    }  # fmt: skip


def in_expressions(run):
    theano = run.theano
    w = theano.shared(np.array([[1.0, 2.0], [3.0, 4.0]]), "w")
    b = theano.shared(np.array([0.5, 0.25]), "b")
    x = run.input("matrix", [[1.0, -1.0]])
    return run.each(
        """
        T.dot(x, w) + b
        w[0]
        w.T
        w.sum()
        w.dot(b)
        b.dimshuffle("x", 0)
        (w * b).dtype
        T.grad(T.sum(T.dot(x, w) ** 2), w)
        T.grad(T.sum(T.dot(x, w) + b), b)
        T.set_subtensor(w[0], 0.0)
        w.get_value().shape
        T.sqr(w).mean()
        w.broadcastable
        w.shape[0]
        [p.name for p in [w, b]]
        w in {w: 1}
        w == b
        T.zeros_like(w)
        theano.shared(w.get_value() * 0.0).dtype
        theano.shared(np.zeros_like(w.get_value())).ndim
        theano.shared(w.get_value() * 0., broadcastable=w.broadcastable).broadcastable
        isinstance(w, theano.compile.SharedVariable)
        isinstance(w, theano.tensor.sharedvar.TensorSharedVariable)
        isinstance(w, theano.compile.sharedvalue.SharedVariable)
        isinstance(w, T.TensorVariable)
        isinstance(w + 1, theano.compile.SharedVariable)
    """,
        w=w,
        b=b,
        x=x,
    )


def default_updates(run):
    """A state may bring its own update; function uses it unless told otherwise."""
    theano = run.theano
    w = theano.shared(0, "w")
    w.default_update = w + 1
    f = theano.function([], w)
    g = theano.function([], w, no_default_updates=True)
    h = theano.function([], w, updates=[(w, w + 10)])
    k = theano.function([], w, no_default_updates=[w])
    made = [f(), f(), g(), g(), h(), f(), k(), k()]
    unrelated = theano.function([], theano.shared(1.0) * 2)()
    return {"values": [int(one) for one in made], "end": w.get_value(), "unrelated": unrelated}
