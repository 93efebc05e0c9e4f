"""Draws of Theano's streams, computed by whichever Theano is imported, and stored by Theano 1.0.5 in stream_bits.json.

Made with Theano 1.0.5 on Python 3.8 with a C compiler (without one float32 is rounded otherwise):

    python tests/theano/stream_cases.py > tests/theano/stream_bits.json
"""

import json


def cases(theano, T, MRG, RandomStreams, np):
    """Functions by name, each giving arrays; the names of those that are equal up to rounding end in "~"."""
    f32, f64 = "float32", "float64"
    found = {}

    def case(function):
        found[function.__name__.replace("_about", "~")] = function
        return function

    def call(variables, times=1):
        f = theano.function([], variables)
        return [value for _ in range(times) for value in f()]

    def state(srng, index=-1):
        return srng.state_updates[index][0].get_value()

    @case
    def mrg_uniform():
        out = []
        for size in [(3,), (6,), (7,), (13,), (), (1, 3), (40, 50)]:
            for dtype in (f32, f64):
                srng = MRG(1234)
                u = srng.uniform(size, dtype=dtype)
                first, second = call([u], 2)
                out += [first.ravel()[:20], second.ravel()[:20], second.ravel()[-5:], state(srng)[:3], state(srng)[-1]]
        return out

    @case
    def mrg_edges():
        srng = MRG(5)
        u, v = srng.uniform((6,), dtype=f64), srng.uniform((6,), dtype=f32)
        half, other = 2**31 - 1, 2**31 - 21069
        x = (half - 129) * pow(2**22, half - 2, half) % half
        y = (other - 32769) * pow(2**15, other - 2, other) % other
        z = (other - 65538) * pow(2**15, other - 2, other) % other
        rows = [[5, x, 1, y, 7, 1], [5, x, 1, z, 7, 2], [0, 0, 0, 1, 1, 1], [1, 0, 0, other - 1, other - 1, other - 1]]
        rows += [[half - 1] * 3 + [0] * 3, [1, 2, 3, 4, 5, 6]]
        for variable, *_ in srng.state_updates:
            variable.set_value(np.array(rows, "int32"))
        return [*call([u, v], 2), state(srng, 0), state(srng, 1)]

    @case
    def mrg_bounds():
        srng, out = MRG(77), []
        for dtype in (f32, f64):
            out += call([srng.uniform((20,), -0.7, 0.3, dtype=dtype), srng.uniform((2, 3), np.array([1.0, 2, 3]), 5)])
        return [*out, *call([srng.uniform((5,), nstreams=2), srng.uniform((2,), np.float32(1), np.float32(2))])]

    @case
    def mrg_symbolic_sizes():
        srng, x, n = MRG(3), T.dmatrix(), T.lvector()
        out = [srng.uniform(x.shape), srng.uniform((x.shape[0], 1)), srng.uniform(n, ndim=2), srng.binomial(x.shape)]
        f = theano.function([x, n], out)
        shapes = (3, 5), (170, 200)
        made = [one for shape in shapes for one in f(np.ones(shape), np.array(shape))]
        return [part for one in made for part in (one.ravel()[:8], one.ravel()[-8:])] + [state(srng)[[0, 5, 7000, -1]]]

    @case
    def mrg_normal_about():
        srng = MRG(9)
        sizes = (1,), (5,), (2, 2), ()
        made = [srng.normal(size, dtype=dtype) for size in sizes for dtype in (f32, f64)]
        made += [srng.normal((2, 2), np.array([1.0, 2]), 2), srng.normal((3,), avg=1, std=0.1, dtype=f32)]
        made += [srng.normal((2, 2), nstreams=4)]
        return [*call(made, 2), state(srng)]

    @case
    def mrg_binomial():
        srng = MRG(21)
        p = T.constant(np.array([0.1, 0.5, 0.9]))
        made = [srng.binomial((30,), p=0.3), srng.binomial((3,), p=p, dtype=f32), srng.binomial((4,), dtype="floatX")]
        return [*call(made, 3), *[np.array(str(one.dtype)) for one in made]]

    @case
    def mrg_multinomial():
        srng = MRG(5)
        p = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
        made = [srng.multinomial(n=n, pvals=q) for n in (1, 5) for q in (p, p.astype(f32))]
        return [*call(made, 2), *call([srng.multinomial(n=2, pvals=p.astype(f32), dtype="auto")])]

    @case
    def mrg_choice():
        srng = MRG(6)
        p = np.array([[0.1, 0.2, 0.3, 0.4], [0.3, 0.3, 0.4, 0.0]])
        made = [srng.choice(size=n, replace=False, p=p) for n in (1, 3)] + [
            srng.multinomial_wo_replacement(n=2, pvals=p)
        ]
        return call(made, 2)

    @case
    def mrg_seeds():
        srng = MRG(1234)
        u, b = srng.uniform((3,)), srng.binomial((2, 20))
        f = theano.function([], [u, b])
        out = [*f(), *f()]
        srng.seed()
        out += f()
        srng.seed(7)
        out += [*f(), srng.rstate]
        srng.seed()
        out += [*f(), srng.rstate]
        srng.set_rstate([1, 2, 3, 4, 5, 6])
        out += [srng.rstate, srng.get_substream_rstates(3, f64, inc_rstate=False), srng.rstate]
        srng.inc_rstate()
        out += [srng.rstate, *call([srng.uniform((3,))]), *call([MRG([9, 8, 7, 6, 5, 4]).uniform((3,))])]
        return [*out, *call([MRG().uniform((3,))])]

    @case
    def mrg_streams():
        srng, x = MRG(1), T.dmatrix()
        sizes = (3,), (7,), (100, 100), (128, 1024), x.shape, (x.shape[0], 3), (np.int64(3), 2), ()
        return [np.array(srng.n_streams(size)) for size in sizes]

    @case
    def numpy_floats():
        srng = RandomStreams(1234)
        sizes = (3,), [2, 3], np.array([2, 2]), (), (1, 3), None, (0,)
        made = [srng.uniform(size) for size in sizes] + [srng.normal((3,), 1, 2), srng.uniform((3,), dtype=f32)]
        made += [srng.uniform(low=[1.0, 2], high=[2.0, 3]), srng.uniform((3, 2), np.array([1, 2], f32), 3)]
        made += [srng.normal(avg=np.array([1.0, 2])), srng.normal((3,), dtype=f32)]
        return call(made, 2)

    @case
    def numpy_counts():
        srng = RandomStreams(1234)
        five = np.array([5, 6, 7])
        made = [srng.binomial((6,), 5, 0.3), srng.binomial((6,)), srng.binomial((3,), dtype=f32)]
        made += [srng.binomial(n=five, p=np.array([0.3, 0.9, 0.5])), srng.binomial((3,), n=five, prob=0.5)]
        made += [srng.random_integers((8,), 1, 6), srng.random_integers((8,), 1, 6, dtype="int8")]
        made += [srng.random_integers(low=np.array([1, 10]), high=np.array([6, 60])), srng.poisson((5,), lam=3.0)]
        made += [srng.poisson((2, 2), lam=np.array([1.0, 30]))]
        return call(made, 2)

    @case
    def numpy_choices():
        srng = RandomStreams(77)
        of = np.array([5, 7, 9])
        made = [srng.choice((5,)), srng.choice((5,), a=5, replace=False), srng.choice((5,), a=3, p=[0.2, 0.3, 0.5])]
        made += [srng.choice((5,), a=of, p=[0.2, 0.3, 0.5]), srng.choice((2, 2), a=of + 0.5, dtype=f64)]
        made += [srng.permutation(n=5), srng.permutation((2,), n=5), srng.permutation((2, 2), n=3)]
        made += [srng.permutation(()), srng.permutation()]
        rows, line = T.constant(np.arange(6).reshape(2, 3)), T.constant(np.arange(6.0))
        return call([*made, srng.shuffle_row_elements(rows), srng.shuffle_row_elements(line)], 2)

    @case
    def numpy_multinomial():
        srng = RandomStreams(77)
        p = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
        made = [
            srng.multinomial(),
            srng.multinomial(n=5, pvals=[0.2, 0.8]),
            srng.multinomial((3,), n=5, pvals=[0.2, 0.8]),
        ]
        made += [srng.multinomial(n=5, pvals=p), srng.multinomial((3,), n=5, pvals=p)]
        made += [srng.multinomial((2, 3), n=5, pvals=p), srng.multinomial(n=np.array([5, 6]), pvals=p[:2])]
        made += [srng.multinomial(n=np.array([5, 6]), pvals=p[0]), srng.multinomial(pvals=p.astype(f32))]
        return call(made, 2)

    @case
    def numpy_seeds():
        srng = RandomStreams(1234)
        u, v = srng.uniform((2,)), srng.normal((3,))
        f = theano.function([], [u, v])
        out = [*f(), *f()]
        srng.seed()
        out += f()
        srng.seed(5)
        out += [*f(), *call([srng.uniform((2,))])]
        srng[u.rng] = np.random.RandomState(3)
        out += f()
        u.rng.set_value(np.random.RandomState(4), borrow=True)
        out += [*f(), srng[v.rng].uniform(size=2)]
        kept = u.rng.get_value(borrow=True).get_state()
        out += f()
        u.rng.get_value(borrow=True).set_state(kept)
        out += f()
        srng[v.rng].seed(8)
        return [*out, *f(), *call([RandomStreams([1, 2]).uniform((2,))]), *call([RandomStreams(0).uniform((2,))])]

    def in_loops(srng):
        outside, kept, x = srng.uniform((2,)), srng.uniform((2,)), T.dmatrix()
        made = [
            theano.scan(lambda: srng.uniform((2,)), n_steps=3),
            theano.scan(lambda s: s + srng.uniform((2,)), outputs_info=T.zeros((2,), f64), n_steps=3),
            theano.scan(lambda: outside * 1, n_steps=3),
            theano.scan(lambda one: one * 1, non_sequences=kept, n_steps=3),
            theano.scan(lambda row: srng.uniform(row.shape), sequences=x),
            theano.scan(lambda: theano.scan(lambda: srng.uniform((2,)), n_steps=2), n_steps=2),
        ]
        updates = [pair for _, more in made for pair in more.items()]
        f = theano.function([x], [one for one, _ in made], updates=updates)
        return [*f(np.ones((2, 3))), *f(np.ones((2, 3)))]

    @case
    def mrg_loops():
        return in_loops(MRG(3))

    @case
    def numpy_loops():
        return in_loops(RandomStreams(3))

    return found


if __name__ == "__main__":
    import numpy
    import theano
    from theano import tensor
    from theano.sandbox.rng_mrg import MRG_RandomStreams
    from theano.tensor.shared_randomstreams import RandomStreams as Streams

    def stored(value):
        array = numpy.asarray(value)
        return array.tolist() if array.dtype.kind != "f" else [str(array.dtype), array.tolist()]

    results = cases(theano, tensor, MRG_RandomStreams, Streams, numpy)
    rows = [f"{json.dumps(name)}:{json.dumps([stored(one) for one in run()])}" for name, run in results.items()]
    print("{" + ",\n".join(rows) + "}")
