"""theano.function: inputs, outputs, updates, givens, copies, and the errors of all of them."""

import numpy as np


def inputs(run):
    """What may be an input, and what a call may say."""
    theano, T = run.theano, run.T
    x, y, k = T.dscalar("x"), T.dscalar("y"), T.iscalar("k")
    w = theano.shared(2.0, "w")
    add = theano.function([x, theano.In(y, value=3.0)], x + y)
    named = theano.function([x, theano.In(y, name="z", value=1.0)], x * y, name="product")
    return run.each(
        """
        add(1.0)
        add(1.0, 2.0)
        add(x=2)
        add(1, y=5)
        named(3)
        named(3, z=4)
        named.name
        theano.function([theano.Param(x, default=2.0)], x ** 2)() if hasattr(theano, "Param") else 0
        theano.function([x], [x, x * 2])(3)
        theano.function([x], [x])(3)
        theano.function([x], (x, x + 1))(3)
        theano.function([x], x)(3)
        type(theano.function([x], x)(3)).__name__
        theano.function([x], {"a": x, "b": x * 2})(3)
        theano.function([], [])()
        theano.function([], None)()
        theano.function([], w * 2)()
        theano.function(inputs=[x], outputs=x * w)(4)
        theano.function([x, y], x, on_unused_input="ignore")(1, 2)
        warns(lambda: theano.function([x, y], x, on_unused_input="warn"))
        refused(lambda: theano.function([x, y], x))
        refused(lambda: theano.function([x], x + y))
        refused(lambda: theano.function([x, x], x))
        refused(lambda: theano.function([w], w))
        fails(lambda: theano.function([3], x), "Unknown parameter type")
        refused(lambda: theano.function(x, x))
        refused(lambda: add())
        refused(lambda: add(1, 2, 3))
        refused(lambda: add(1, q=3))
        theano.function([k], k * 2)(3)
        theano.function([x], theano.Out(x * 2, borrow=True))(1)
        theano.function([x], x, mode="FAST_COMPILE")(1)
        theano.function([x], x, mode=theano.Mode(linker="py"))(1)
        theano.function([x], x, mode=theano.compile.get_default_mode())(1)
        theano.function([x], x, profile=False)(1)
        theano.function([x], x, allow_input_downcast=True)(1)
        (x * w).eval({x: 5.0})
        x.eval({x: 1.0})
        (w + 1).eval()
        T.constant(3).eval()
        theano.function([x], x * 2)(np.float32(3))
        theano.function([], T.constant(1.5))()
        theano.function([x], [x + 1], updates=[(w, w)])(1)
    """,
        x=x,
        y=y,
        k=k,
        w=w,
        add=add,
        named=named,
    )


def outputs_are_their_own(run):
    """What a function gave does not change later."""
    theano, T = run.theano, run.T
    x, w = T.dvector("x"), theano.shared(np.ones(2), "w")
    f = theano.function([x], x)
    g = theano.function([], w, updates=[(w, w + 1)])
    value = np.ones(2)
    first = f(value)
    first[0] = 9
    before = g()
    after = g()
    before[0] = 7
    return {"input": value, "first": first, "before": before, "after": after, "state": w.get_value()}


def input_dtypes(run):
    """Arrays lose no precision on the way in; Python's floats may under floatX=float32."""
    theano, T = run.theano, run.T
    make = {
        kind: _identity(theano, T, kind)
        for kind in "fscalar dscalar iscalar lscalar bscalar fvector dvector ivector fmatrix drow scalar vector".split()
    }
    down = _identity(theano, T, "fvector", allow_input_downcast=True)
    strict = _identity(theano, T, "iscalar", allow_input_downcast=False)
    small = _identity(theano, T, "ivector", allow_input_downcast=True)
    return run.each(
        """
        f["fscalar"](0.5)
        f["fscalar"](np.float32(0.1))
        f["scalar"](0.1)
        f["vector"]([0.1, 0.2])
        f["dscalar"](1)
        f["dscalar"](np.float32(0.5))
        f["iscalar"](3)
        f["bscalar"](100)
        f["lscalar"](np.int32(5))
        f["dvector"]([1, 2])
        f["dvector"](np.arange(2))
        f["fvector"](np.arange(2, dtype="int16"))
        f["fvector"]([1.0, 2.0])
        f["ivector"]([1, 2])
        f["ivector"](np.array([1, 2], "int8"))
        f["drow"](np.ones((1, 3)))
        f["fmatrix"](np.ones((2, 2), "float32"))
        f["dvector"](np.ones(2, "float32"))
        fails(lambda: f["fvector"](np.ones(2)), "Bad input argument to theano function with name")
        fails(lambda: f["fvector"](np.ones(2)), "at index 0")
        fails(lambda: f["ivector"](np.ones(2)), "Bad input argument to theano function")
        refused(lambda: f["ivector"](np.arange(2)))
        refused(lambda: f["iscalar"](1.5))
        refused(lambda: f["bscalar"](1000))
        fails(lambda: f["dvector"](np.ones((2, 2))), "Wrong number of dimensions")
        refused(lambda: f["dscalar"]([1.0]))
        refused(lambda: f["drow"](np.ones((2, 3))))
        refused(lambda: f["dvector"]("text"))
        down(np.array([0.1, 0.2]))
        small(np.array([1.7, 2.2]))
        small(np.arange(2))
        refused(lambda: f["fscalar"](np.float64(0.1)))
    """,
        f=make,
        down=down,
        strict=strict,
        small=small,
    )


def input_dtypes_by_floatX(run):
    """A Python float that float32 does not hold is refused, unless floatX says that it may be rounded."""
    f = _identity(run.theano, run.T, "fscalar")
    return run.each(
        """
        run.accepts(lambda: f(0.1))
        run.accepts(lambda: f(0.5))
        run.accepts(lambda: f(1))
    """,
        f=f,
    )


def _identity(theano, T, kind, **named):
    x = getattr(T, kind)("x")
    return theano.function([x], x, **named)


def updates(run):
    """All new values are made of the old ones."""
    theano, T = run.theano, run.T
    x = T.dscalar("x")
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    swap = theano.function([], [a, b], updates=[(a, b), (b, a)])
    n = theano.shared(0, "n")
    count = theano.function([], n, updates={n: n + 1})
    m = theano.shared(np.zeros(2), "m")
    run_sum = theano.function([x], m, updates=[(m, m + x)])
    made = run.each(
        """
        swap()
        a.get_value()
        swap()
        count()
        count()
        n.get_value()
        run_sum(2.0)
        m.get_value()
        theano.function([], updates=[(a, 5.0 * b)])()
        a.get_value() / b.get_value()
        theano.function([x], updates=theano.updates.OrderedUpdates([(a, x)]))(8.0)
        a.get_value()
        theano.function([], [], updates=[(n, n * 2)])()
        theano.function([], n, updates=((n, n + 1),))().dtype
    """,
        swap=swap,
        count=count,
        run_sum=run_sum,
        a=a,
        b=b,
        n=n,
        m=m,
        x=x,
    )
    return {name: value() for name, value in made.items()}


def update_types(run):
    """Nothing is converted: the error that most users of Theano met."""
    theano, T = run.theano, run.T
    d, f = theano.shared(np.zeros(2), "d"), theano.shared(np.zeros(2, "float32"), "f")
    n, m = theano.shared(0, "n"), theano.shared(np.zeros((1, 2)), "m")
    r = theano.shared(np.zeros((1, 2)), "r", broadcastable=(True, False))
    x, row, i = T.dvector("x"), T.drow("row"), T.ivector("i")
    words = "An update must have the same type as the original shared variable"
    return run.each(
        """
        fails(lambda: theano.function([x], updates=[(f, x)]), words)
        fails(lambda: theano.function([x], updates=[(f, f * x)]), words)
        fails(lambda: theano.function([], updates=[(d, f)]), words)
        fails(lambda: theano.function([], updates=[(n, T.constant(1))]), words)
        fails(lambda: theano.function([], updates=[(n, n * 1.5)]), words)
        fails(lambda: theano.function([row], updates=[(m, row)]), words)
        fails(lambda: theano.function([], updates=[(r, m)]), words)
        fails(lambda: theano.function([], updates=[(d, d.sum())]), words)
        fails(lambda: theano.function([x], updates=[(f, x)]), "shared_var.type")
        fails(lambda: theano.function([row], updates=[(m, row)]), "tensor.unbroadcast")
        fails(lambda: theano.function([], updates=[(d, d), (d, d + 1)]), "already has an update expression")
        fails(lambda: theano.function([x], updates=[(x, x)]), "update target must be a SharedVariable")
        theano.function([row], updates=[(m, T.unbroadcast(row, 0))])([[1, 2]])
        theano.function([x], updates=[(f, T.cast(x, "float32"))])([1, 2])
        theano.function([], updates=[(r, T.addbroadcast(m, 0))])()
        theano.function([], updates=[(f, f * 2)])()
        theano.function([], updates=[(f, f + 1)])()
        theano.function([], updates=[(d, d * f)])()
        theano.function([], updates=[(n, n + 1)])()
    """,
        d=d,
        f=f,
        n=n,
        m=m,
        r=r,
        x=x,
        row=row,
        i=i,
        words=words,
    )


def update_dtypes_by_floatX(run):
    """What numbers do to a state of float32."""
    theano = run.theano
    f = theano.shared(np.zeros(2, "float32"), "f")
    return run.each(
        """
        (f * 0.9).dtype
        (f + 1e-6).dtype
        (f * np.float32(0.9)).dtype
        (f / f.shape[0]).dtype
        (f - 0.1 * f).dtype
        (0.9 * f + 0.1 * f ** 2).dtype
        (f / np.sqrt(2)).dtype
        (f * (1 - 0.5)).dtype
        run.accepts(lambda: theano.function([], updates=[(f, f * 0.9)]))
        run.accepts(lambda: theano.function([], updates=[(f, f * 0.5)]))
        run.accepts(lambda: theano.function([], updates=[(f, f * np.float64(0.5))]))
    """,
        f=f,
    )


def givens(run):
    theano, T = run.theano, run.T
    x, y, i = T.dvector("x"), T.dscalar("y"), T.iscalar("i")
    l, data = T.lscalar("l"), theano.shared(np.arange(6.0), "data")
    z = x * 2
    w = theano.shared(3.0, "w")
    return run.each(
        """
        theano.function([i], x.sum(), givens={x: data[i * 2:(i + 1) * 2]})(1)
        theano.function([y], z.sum(), givens=[(x, data * y)])(2.0)
        theano.function([y], (z + 1).sum(), givens={z: data * y})(1.0)
        theano.function([y], w * 2, givens={w: y})(5.0)
        theano.function([], y * 2, givens={y: T.constant(4.0, dtype="float64")})()
        theano.function([], x * 2, givens={x: data})()
        theano.function([], x * 2, givens={x: np.ones(2)})()
        theano.function([i], l * 2, givens={l: T.cast(i, "int64")})(4)
        theano.function([], [x.sum(), y], givens=[(x, data), (y, w)])()
        fails(lambda: theano.function([l], i * 2, givens={i: l}), "Cannot convert Type")
        refused(lambda: theano.function([], y, givens={"y": data}))
        refused(lambda: theano.function([y], y, givens={y: w}))
        theano.clone(z, replace={x: data}).eval()
        theano.clone(z.sum(), {z: data}).eval()
        theano.clone([z, y], replace=[(x, data)])[0].eval()
    """,
        x=x,
        y=y,
        i=i,
        l=l,
        data=data,
        z=z,
        w=w,
    )


def copies(run):
    """A copy shares the states, or has others in their places."""
    theano, T = run.theano, run.T
    x = T.dscalar("x")
    w, v = theano.shared(1.0, "w"), theano.shared(10.0, "v")
    f = theano.function([x], w * x, name="f")
    g, h = f.copy(), f.copy(swap={w: v})
    steps = [f(2.0), g(2.0), h(2.0)]
    w.set_value(5.0)
    count = theano.function([], [], updates=[(v, v + 1)])
    count()
    count.copy(delete_updates=True)()
    steps += [f(2.0), g(2.0), h(2.0)]
    return {"steps": [float(np.asarray(step).ravel()[0]) for step in steps], "named": f.copy(name="g").name}


def graphs_of_functions(run):
    """Scripts walk f.maker.fgraph."""
    theano, T = run.theano, run.T
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) + 1)
    return run.each(
        """
        len(f.maker.fgraph.toposort()) > 0
        len(f.maker.fgraph.outputs)
        len(f.maker.fgraph.inputs)
        len(f.maker.inputs) if hasattr(f.maker, "inputs") else 1
        f.maker.fgraph.inputs[0].type.dtype
        f.maker.fgraph.outputs[0].dtype
    """,
        f=f,
    )
