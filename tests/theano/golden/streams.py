"""Random streams of both kinds: bits, shapes, dtypes, when they advance, errors."""

import numpy as np


def _both(run):
    mrg = run.theano.sandbox.rng_mrg.MRG_RandomStreams
    shared = run.T.shared_randomstreams.RandomStreams
    return {"mrg": mrg, "shared": shared}


def _called(run, n, *draws):
    f = run.theano.function([], list(draws))
    return [f() for _ in range(n)]


def bits_of_shared_streams(run):
    """The k-th draw has a NumPy generator of its own."""
    made = {}
    make = run.T.shared_randomstreams.RandomStreams
    for seed in (1234, 7):
        rs = make(seed)
        draws = {
            "uniform": rs.uniform((3,)), "normal": rs.normal((2, 2), 1.0, 0.5), "binomial": rs.binomial((4,), 1, 0.5),
            "binomial n": rs.binomial((3,), n=5, p=0.3), "random_integers": rs.random_integers((3,), 1, 6),
            "uniform low": rs.uniform(size=(2,), low=-1.0, high=2.0), "scalar": rs.uniform(()),
            "choice": rs.choice((3,), a=5), "permutation": rs.permutation((2,), n=4),
            "multinomial": rs.multinomial((2,), n=3, pvals=[0.2, 0.3, 0.5]),
            "shuffle": rs.shuffle_row_elements(run.T.constant([[1, 2, 3], [4, 5, 6]])),
            "dtype": rs.binomial((3,), 1, 0.5, dtype=run.floatX), "poisson": rs.poisson((3,), 4.0),
        }  # fmt: skip
        for name, draw in draws.items():
            made[f"{name} {seed}"] = lambda draw=draw: _called(run, 2, draw)
    return made


def bits_of_mrg_streams(run):
    """MRG31k3p, by sizes known and not, and normals by pairs."""
    make = run.theano.sandbox.rng_mrg.MRG_RandomStreams
    made = {}
    n = run.T.iscalar("n")
    for seed in (1234, 42):
        rs = make(seed)
        draws = {
            "uniform": rs.uniform((3,)), "normal": rs.normal((2, 2), 1.0, 0.5), "normal odd": rs.normal((3,)),
            "binomial": rs.binomial((5,), p=0.5), "binomial dtype": rs.binomial((4,), 1, 0.3, dtype=run.floatX),
            "uniform low": rs.uniform(size=(2, 2), low=-1.0, high=2.0),
            "uniform dtype": rs.uniform((2,), dtype="float64"),
            "multinomial": rs.multinomial(pvals=run.T.constant(np.array([[0.2, 0.8], [0.5, 0.5]], run.floatX))),
            "choice": rs.choice(size=2, p=run.T.constant(np.array([[0.2, 0.3, 0.5]], run.floatX)), replace=False),
            "nstreams": rs.uniform((4,), nstreams=2),
        }  # fmt: skip
        for name, draw in draws.items():
            made[f"{name} {seed}"] = lambda draw=draw: _called(run, 2, draw)
        unknown = make(seed).uniform((n,))
        made[f"unknown size {seed}"] = lambda unknown=unknown: run.theano.function([n], unknown)(4)
    made["list of seeds"] = lambda: _called(run, 1, make([1, 2, 3, 4, 5, 6]).uniform((2,)))
    rs = make(5)
    made["rstate"] = lambda: np.asarray(rs.rstate)
    return made


def shapes_and_dtypes(run):
    """dtypes by default, broadcastable axes of literal ones, dimensions of symbolic sizes."""
    x, n = run.input("matrix", np.zeros((2, 3))), run.input("iscalar", 2)
    made = {}
    for kind, make in _both(run).items():
        rs = make(1)
        made.update({f"{kind}: {text}": value for text, value in run.each("""
            rs.uniform((2,)).dtype
            rs.normal((2,)).dtype
            rs.binomial((2,)).dtype
            rs.binomial((2,), 1, 0.5).dtype
            rs.binomial(size=(2,), n=1, p=0.5, dtype="int8").dtype
            rs.binomial(size=(2,), p=0.5, dtype="floatX").dtype
            rs.binomial(size=(2,), p=0.5, dtype=floatX).dtype
            rs.uniform((2,), dtype="float32").dtype
            rs.uniform((1, 3)).broadcastable
            rs.normal((3, 1)).broadcastable
            rs.binomial((1, n)).broadcastable
            rs.uniform(()).ndim
            rs.uniform(x.shape).ndim
            rs.uniform(x.shape).shape[1]
            rs.binomial(x.shape, p=0.5).shape[0]
            rs.normal((n, 3)).shape[0]
            rs.uniform((n, x.shape[1])).shape[1]
            rs.uniform(x.shape, ndim=2).ndim
            rs.binomial(x.shape, n=1, p=0.0).sum()
            rs.binomial(x.shape, n=1, p=1.0).sum()
            T.all(rs.uniform((50,)) < 1)
            T.all(rs.uniform((50,), low=2.0, high=3.0) >= 2)
            (x * rs.binomial(x.shape, p=0.5)).dtype
            (x * rs.binomial(x.shape, p=0.5, dtype=x.dtype)).dtype
            (T.cast(x, "float32") * rs.binomial(x.shape, p=0.5)).dtype
            rs.binomial((2,), p=T.constant(0.5)).ndim
            rs.multinomial(pvals=T.constant(np.ones((2, 4), floatX) / 4)).dtype
            rs.multinomial(pvals=T.constant(np.ones((2, 4), floatX) / 4)).sum(axis=1)
        """, rs=rs, x=x, n=n).items()})  # fmt: skip
    made["mrg: int size"] = lambda: run.refused(lambda: _both(run)["mrg"](1).uniform(3))
    made["mrg: several trials"] = lambda: run.refused(lambda: _both(run)["mrg"](1).binomial((2,), n=3, p=0.5))
    made["mrg: seed 0"] = lambda: run.refused(lambda: _both(run)["mrg"](0))
    made["shared: list size"] = lambda: _both(run)["shared"](1).uniform([2, 3]).ndim
    return made


def when_they_advance(run):
    """Laws that hold whatever the numbers are."""
    theano, T = run.theano, run.T
    made = {}
    for kind, make in _both(run).items():
        for name, law in _laws(run, theano, T, make).items():
            made[f"{kind}: {name}"] = law
    return made


def _laws(run, theano, T, make):
    def stays(law, **named):
        return lambda: _equal(law, **named)

    def fresh():
        return make(9).uniform((4,))

    def two_calls(**named):
        f = theano.function([], fresh(), **named)
        return f(), f()

    def difference():
        u = fresh()
        return theano.function([], u - u)(), np.zeros(4)

    def independent():
        rs = make(9)
        return theano.function([], [rs.uniform((4,)), rs.uniform((4,))])()

    def same_seed():
        return theano.function([], fresh())(), theano.function([], fresh())()

    def two_functions():
        u = fresh()
        return theano.function([], u)(), theano.function([], u)()

    def cloned():
        u = fresh()
        return theano.function([], [u, theano.clone(u)])()

    def with_gradient():
        u, w = fresh(), theano.shared(np.ones(4, run.floatX))
        return theano.function([], [u, T.grad(T.sum(w * u), w)])()

    def seeded():
        rs = make(9)
        f = theano.function([], rs.uniform((4,)))
        first = f()
        rs.seed(9)
        return first, f()

    def reseeded():
        rs = make(9)
        f = theano.function([], rs.uniform((4,)))
        f()
        rs.seed(21)
        a = f()
        rs.seed(21)
        return a, f()

    def evaluated():
        u = fresh()
        return u.eval(), u.eval()

    def not_passed():
        out, _ = theano.scan(lambda: make(9).uniform((2,)), n_steps=3)
        f = theano.function([], out)
        return f()[1], f()[0]

    def passed():
        out, updates = theano.scan(lambda: make(9).uniform((2,)), n_steps=3)
        f = theano.function([], out, updates=updates)
        return f()[2], f()[0]

    def steps():
        out, updates = theano.scan(lambda: make(9).uniform((2,)), n_steps=3)
        values = theano.function([], out, updates=updates)()
        return values[0], values[1]

    def closed_over():
        u = fresh()
        out, updates = theano.scan(lambda x: x * u, sequences=T.ones((2,)))
        values = theano.function([], out, updates=updates)()
        return values[0], values[1]

    def given():
        u = fresh()
        out, updates = theano.scan(lambda x, v: x * v, sequences=T.ones((2,)), non_sequences=u)
        values = theano.function([], out, updates=updates)()
        return values[0], values[1]

    def branches():
        s, u = T.iscalar("s"), fresh()
        f = theano.function([s], theano.ifelse.ifelse(s, u, T.zeros((4,))))
        f(0)
        return f(1), theano.function([], fresh())()

    return {
        "two calls": stays(two_calls), "frozen": stays(two_calls, no_default_updates=True), "u - u": stays(difference),
        "two draws": stays(independent), "one seed": stays(same_seed), "two functions": stays(two_functions),
        "clone": stays(cloned), "gradient": stays(with_gradient), "seed again": stays(seeded),
        "another seed twice": stays(reseeded), "eval twice": stays(evaluated),
        "scan, updates not passed: overlap": stays(not_passed), "scan, updates passed: overlap": stays(passed),
        "two steps": stays(steps), "closed over by the step": stays(closed_over), "given to the step": stays(given),
        "ifelse advances": stays(branches),
    }  # fmt: skip


def _equal(law, **named):
    a, b = law(**named)
    return bool(np.array_equal(a, b))


def states(run):
    """State updates, the states of draws, and what gradients go through."""
    theano, T = run.theano, run.T
    made = {}
    for kind, make in _both(run).items():
        rs = make(3)
        u, x = rs.uniform((3,)), T.dscalar("x")
        made.update(
            {
                f"{kind}: {text}": value
                for text, value in run.each(
                    """
            len(rs.state_updates)
            len(rs.updates()) if hasattr(rs, "updates") else 1
            refused(lambda: T.grad(rs.normal((2,), avg=x).sum(), x))
            refused(lambda: T.grad(rs.binomial((2,), p=x, dtype="float64").sum(), x))
            len(rs.gen_seedgen.randint(2, size=3)) if hasattr(rs, "gen_seedgen") else 3
            theano.function([], u)().shape
        """,
                    rs=rs,
                    u=u,
                    x=x,
                ).items()
            }
        )
    rs = _both(run)["shared"](3)
    draw = rs.uniform((3,))
    f = theano.function([], draw)
    state = draw.rng.get_value()
    first = f()
    draw.rng.set_value(state)
    made["shared: rng"] = isinstance(draw.rng, theano.compile.SharedVariable) and draw.rng.default_update is not None
    made["shared: restored"] = bool(np.array_equal(first, f()))
    return made


def dropout_by_hand(run):
    """Masks as scripts write them; sums of what is kept, whatever the numbers."""
    theano, T = run.theano, run.T
    x = run.input("matrix", np.ones((4, 5)))
    made = {}
    for kind, make in _both(run).items():
        rs = make(123)
        mask = rs.binomial(n=1, p=0.5, size=x.shape)
        h = x * T.cast(mask, theano.config.floatX)
        f = theano.function([x], [h, mask])
        values, kept = f(np.ones((4, 5), run.floatX))
        made[f"{kind}: mask"] = kept
        made[f"{kind}: product"] = bool(np.array_equal(values, kept))
        made[f"{kind}: dtype"] = h.dtype
    return made
