"""Sizes: of any integer dtype, never negative, never more than can be counted; on both back ends.

One table of all that takes a size is tried with each kind of wrong size, so that what takes a size from now on needs a
row here and nothing else.
"""

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, ShapeError, SymdropError
from symdrop.ops.lengths import bounds
from symdrop.types import TensorType

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
X = np.array([1.0, 2.0, 3.0])


def drawn(name, **given):
    """Whatever a stream draws, of a size."""

    def draw(n, x):
        stream = sd.RandomStream(seed=1)
        return getattr(stream, name)(**{key: value(n) if callable(value) else value for key, value in given.items()})

    return draw


# What takes a size n, and the shape of its value for n = 2.
TAKES_A_SIZE = {
    "zeros": (lambda n, x: T.zeros((n, 2)), (2, 2)),
    "ones": (lambda n, x: T.ones(n), (2,)),
    "full": (lambda n, x: T.full((2, n), 7.0), (2, 2)),
    "alloc": (lambda n, x: T.alloc(x[0], n), (2,)),
    "eye": (lambda n, x: T.eye(n), (2, 2)),
    "columns of eye": (lambda n, x: T.eye(3, n), (3, 2)),
    "linspace": (lambda n, x: T.linspace(0, 1, n), (2,)),
    "broadcast_to": (lambda n, x: T.broadcast_to(x, (n, 3)), (2, 3)),
    "reshape": (lambda n, x: T.reshape(T.concatenate([x, x]), (n, 3)), (2, 3)),
    "tile": (lambda n, x: T.tile(x, n), (6,)),
    "tile rows": (lambda n, x: T.tile(x, (n, 1)), (2, 3)),
    "repeat": (lambda n, x: T.repeat(x, n), (6,)),
    "specify_shape": (lambda n, x: T.specify_shape(x[:2], (n,)), (2,)),
    "split": (lambda n, x: T.split(x, [n, 1])[0], (2,)),
    "joined": (lambda n, x: T.concatenate([T.zeros((n,), "float64") + x.sum(), x]), (5,)),
    "a product": (lambda n, x: T.dot(T.ones((2, n), "float64") * x[0], T.ones((n, 2), "float64")), (2, 2)),
    "scan": (lambda n, x: sd.scan(lambda a: a * 2, outputs_info=x, n_steps=n)[0], (2, 3)),
    "inside scan": (lambda n, x: sd.scan(lambda e: T.zeros((n,), "float64") + e, sequences=x)[0], (3, 2)),
    "inside ifelse": (lambda n, x: sd.ifelse(x[0] < 2, T.zeros((n,), "float64") + x[1], x), (2,)),
    "its gradient": (lambda n, x: sd.grad((T.zeros((n, n), "float64") + x[0]).sum(), x), (3,)),
    "uniform": (drawn("uniform", size=lambda n: (n, 2)), (2, 2)),
    "normal": (drawn("normal", size=lambda n: (n, 2), std=2.0), (2, 2)),
    "bernoulli": (drawn("bernoulli", size=lambda n: n), (2,)),
    "binomial": (drawn("binomial", n=3, size=lambda n: (n,)), (2,)),
    "integers": (drawn("integers", high=5, size=lambda n: (n, 2)), (2, 2)),
    "choice": (drawn("choice", a=5, size=lambda n: (n, 2)), (2, 2)),
    "choice by p": (drawn("choice", a=2, p=[0.25, 0.75], size=lambda n: (n,)), (2,)),
    "choice without replacement": (drawn("choice", a=5, replace=False, size=lambda n: n), (2,)),
    "multinomial": (drawn("multinomial", n=3, pvals=[0.25, 0.75], size=lambda n: (n,)), (2, 2)),
    "permutation": (drawn("permutation", n=lambda n: n), (2,)),
    "permutations": (drawn("permutation", n=3, size=lambda n: (n,)), (2, 3)),
}
# One -1 among the sizes of a reshape means what is left.
NEGATIVE = {name: -2 if name == "reshape" else -1 for name in TAKES_A_SIZE}
BACKENDS = ("native", "numpy")


@pytest.mark.parametrize("name", TAKES_A_SIZE)
def test_sizes_of_any_integer_dtype(name):
    """A size is a number, whatever it is counted in; int64 within, so that no rewrite finds two dtypes for one size."""
    make, shape = TAKES_A_SIZE[name]
    x = T.dvector("x")
    for place, dtype in enumerate(INTEGERS):
        n = T.scalar("n", dtype=dtype)
        # Both back ends see every dtype, but at different ops; machine code, which takes time, at a quarter of them.
        backend = "numpy" if (place + sum(map(ord, name))) % 4 else "native"
        f = sd.function([n, x], make(n, x), backend=backend, on_unused_input="ignore")
        assert f(2, X).shape == shape, dtype
        # Rewrites look for what a size follows from only where it is asked for.
        value = make(n, x)
        asked = [value.sum(), value.shape[0], T.zeros_like(value)]
        total, length, zeros = sd.function([n, x], asked, backend=backend, on_unused_input="ignore")(2, X)
        assert total.shape == () and length == shape[0] and zeros.shape == shape


@pytest.mark.parametrize("name", TAKES_A_SIZE)
def test_negative_sizes(name):
    """Refused where they are written; where a call computes them, refused by both back ends with the same sentence."""
    make, _ = TAKES_A_SIZE[name]
    x, n = T.dvector("x"), T.scalar("n", dtype="int32")
    with pytest.raises(SymdropError) as error:
        make(NEGATIVE[name], x)
    assert isinstance(error.value, ValueError)
    assert "test_sizes.py" in str(error.value)
    sentences = []
    for backend in BACKENDS:
        for value in (make(n - 3, x), make(n - 3, x).sum()):
            f = sd.function([n, x], value, backend=backend, on_unused_input="ignore")
            with pytest.raises(ShapeError) as error:
                f(3 + NEGATIVE[name], X)
            sentences.append(str(error.value))
    assert len(set(sentences)) == 1 or name in ("a product", "its gradient"), sentences


@pytest.mark.parametrize("name", TAKES_A_SIZE)
@pytest.mark.parametrize("size", [True, np.True_, 2.0, "2", None], ids=repr)
def test_what_is_no_size(name, size):
    """True is no 1 and 2.0 no 2: whoever writes them means something else."""
    if size is None and name in ("specify_shape", "scan", "columns of eye", "bernoulli", "choice without replacement"):
        pytest.skip("None has a meaning here")
    make, _ = TAKES_A_SIZE[name]
    with pytest.raises(SymdropError):
        make(size, T.dvector("x"))
    for dtype in ("bool", "float32"):
        with pytest.raises(SymdropError):
            make(T.scalar("n", dtype=dtype), T.dvector("x"))


@pytest.mark.parametrize("size", [2**63, 2**64, 10**30])
def test_sizes_beyond_63_bits(size):
    """More than any array can have: the library says so, not an OverflowError from inside."""
    x = T.dvector("x")
    for name, (make, _) in TAKES_A_SIZE.items():
        with pytest.raises(SymdropError):
            make(size, x)
        assert name


def test_more_elements_than_can_be_counted():
    """Each size may be possible, and their product not; an axis of size 0 does not hide the others."""
    many = 2**40
    x = T.dmatrix("x", shape=(many, 1))
    for make in (
        lambda: T.zeros((many, many)),
        lambda: T.eye(many),
        lambda: T.ones((0, many, many)),
        lambda: x + T.dmatrix("y", shape=(1, many)),
        lambda: T.dot(x, T.dmatrix("y", shape=(1, many))),
        lambda: T.tensor("int8", (many, many)),
        lambda: T.specify_shape(T.dmatrix("z"), (many, many)),
        lambda: T.arange(2**63),
        lambda: sd.RandomStream(seed=1).uniform(size=(many, many)),
    ):
        with pytest.raises(SymdropError, match=r"2\*\*63|can be counted|64 bits"):
            make()
    assert T.zeros((0, many)).eval().shape == (0, many)
    n = T.lscalar("n")
    for make in (lambda: T.zeros((n, n)), lambda: T.zeros((n, n)).sum(), lambda: T.tile(T.zeros(3), (n, n))):
        for backend in BACKENDS:
            with pytest.raises(ShapeError, match="can be counted"):
                sd.function([n], make(), backend=backend)(many)


def test_types_have_no_negative_sizes():
    """No type can say it, so no pass can make it up."""
    with pytest.raises(ShapeError, match="a size is 0 or more, not -1"):
        TensorType("int8", (3, -1))
    with pytest.raises(ShapeError, match="negative: -1"):
        T.matrix("x", shape=(3, -1))


def test_a_negative_size_does_not_hide_in_a_sum():
    """x joined to -1 zeros has 2 elements, a size like any other; what is joined is checked by itself."""
    x, n = T.dvector("x"), T.lscalar("n")
    for make in (
        lambda: T.concatenate([T.zeros((n,), "float64") + x.sum(), x]),
        lambda: T.concatenate([x, T.alloc(x[0], n)]) * 2,
        lambda: (T.zeros((n, n), "float64") + x[0]).sum(),
        lambda: T.set_subtensor(T.zeros((n, n), "float64")[:1], x[0]).sum(),
        lambda: T.zeros((n, n), "float64").reshape((-1,)) + x[0],
    ):
        f = sd.function([n, x], make(), backend="native")
        with sd.config.change(guard="end"), pytest.raises(ShapeError, match="a size is 0 or more, not -1"):
            f(-1, X)


def test_bounds_of_any_integer_dtype():
    """Integers are drawn below bounds of any dtype; both are int64 to the draw."""
    for dtype in INTEGERS[:-1]:
        n = T.scalar("n", dtype=dtype)
        for backend in BACKENDS:
            f = sd.function([n], sd.RandomStream(seed=1).integers(low=0, high=n, size=(40,)), backend=backend)
            assert set(f(3).tolist()) == {0, 1, 2}


def test_more_is_chosen_than_there_is():
    """Without replacement the call is refused, as it is where the number is known."""
    k = T.iscalar("k")
    for p in (None, [0.5, 0.25, 0.25]):
        for backend in BACKENDS:
            f = sd.function([k], sd.RandomStream(seed=1).choice(a=3, size=k, replace=False, p=p), backend=backend)
            assert sorted(f(3).tolist()) == [0, 1, 2]
            with pytest.raises(ShapeError, match=r"items chosen without replacement: .* is 3, not 4"):
                f(4)


def test_a_size_that_is_refused_names_the_dtype():
    """The sentence says what was given."""
    with pytest.raises(GraphTypeError, match=r"a size is an integer scalar, not 'b' of type bool\[\]"):
        T.zeros(T.scalar("b", dtype="bool"))


def test_bounds_are_no_sizes():
    """Only sizes become int64: the bound 2**64 - 1 of a slice is beyond every array, and not -1."""
    x, stop = T.dvector("x"), T.scalar("stop", dtype="uint64")
    for backend in BACKENDS:
        f = sd.function([x, stop], x[:stop], backend=backend)
        assert f(X, np.uint64(2**64 - 1)).tolist() == X.tolist()
        assert f(X, np.uint64(2)).tolist() == X[:2].tolist()


def _wraps(n, x):
    """What wraps around to a negative size, though no part of it is negative."""
    small, unsigned = T.cast(n, "int8"), T.cast(n, "uint64")
    sizes = [small, small * small, small + small, T.cast(x.shape[0] * 67, "int8"), T.cast(9 - unsigned, "int64")]
    return [T.concatenate([T.zeros((size,), "float64") + x.sum(), x]) for size in sizes] + [
        T.split(x, [unsigned, 3 - unsigned])[0],
        T.arange(T.cast(x.shape[0] * 67, "int8")) * x.sum(),
        T.sort(T.zeros((small * small,), "float64") + x[0]),
    ]


@pytest.mark.parametrize("guard", ["off", "end"])
def test_sizes_that_wrap_around(guard):
    """Unsigned numbers are negative as int64, narrow ones wrap: no native buffer has such a size, and NumPy agrees."""
    n, x = T.tensor("uint16", name="n"), T.dvector("x")
    for i in range(len(_wraps(n, x))):
        found = []
        for backend in ("native", "numpy"):
            with sd.config.change(guard=guard):
                f = sd.function([n, x], _wraps(n, x)[i], backend=backend, on_unused_input="ignore")
                for count in (2, 7, 12, 200, 2**16 - 1):
                    try:
                        found.append(f(count, X).tolist())
                    except ShapeError:
                        found.append("refused")
        assert found[:5] == found[5:], i
        assert i == 6 or "refused" in found, i


def test_bounds_hold():
    """Interval arithmetic: nothing lies outside at the ends of small dtypes, and what cannot wrap around is exact."""
    a, b, u = T.tensor("uint8", name="a"), T.tensor("int8", name="b"), T.tensor("uint64", name="u")
    wide, whole, positive = T.cast(a, "int16"), T.cast(b, "int64"), T.cast(a, "int64")
    expected = {
        wide * 3 - 5: (-5, 760),
        wide * wide: (-(2**15), 2**15 - 1),
        whole * whole: (-(128 * 127), 128 * 128),
        T.sqr(whole): (0, 128 * 128),
        T.sqr(positive + 1): (1, 256 * 256),
        T.maximum(whole, 0) // positive: (0, 127),
        whole // (positive + 1): (-128, 127),
        whole // positive: (-128, 127),
        T.minimum(a, 7): (0, 7),
        T.where(a > 3, whole, 5): (-128, 127),
        T.cast(wide + 1, "int8"): (-128, 127),
        T.cast(T.cast(a, "uint64"), "int64"): (0, 255),
        T.cast(u, "int64"): (-(2**63), 2**63 - 1),
        b - b: (-128, 127),
        7 - positive: (-248, 7),
    }
    f = sd.function([a, b, u], list(expected), backend="numpy")
    for values in itertools.product((0, 1, 2, 128, 255), (-128, -1, 0, 1, 127), (0, 2**63, 2**64 - 1)):
        for made, value in zip(expected, f(*values), strict=True):
            assert expected[made][0] <= value <= expected[made][1], made
    for made, interval in expected.items():
        assert bounds(made) == interval, made


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_ranges_at_the_ends_of_dtypes(backend):
    """A range holds what Python's does, wrapped into its dtype as casts are; one that no memory holds is refused."""
    ends = {"uint64": (2**63, 2**64 - 4), "int64": (2**63 - 4, -(2**63)), "int8": (127, -128), "uint8": (255, 0)}
    for dtype, starts in ends.items():
        n = T.tensor(dtype, name="n")
        first = T.cast(n, "int64")
        made = [T.arange(n, n + 3), T.arange(first, first + 3, dtype="uint8"), T.arange(first + 3, first, -2) * 1]
        f = sd.function([n], made, backend=backend)
        for start in starts:
            plain, narrow, back = f(start)
            begin, signed = np.asarray(start, dtype), int(np.asarray(start, dtype).astype("int64"))
            stop = int(begin + np.asarray(3, dtype))
            assert plain.tolist() == np.array(list(range(start, stop)), object).astype(dtype).astype("int64").tolist()
            assert narrow.tolist() == [i % 256 for i in range(signed, signed + 3)]
            assert back.tolist() == [signed + 3, signed + 1]
    n, u = T.lscalar("n"), T.tensor("uint64", name="u")
    assert sd.function([n], T.arange(0, n, 2**62) * 1, backend=backend)(2**63 - 1).tolist() == [0, 2**62]
    for made in (T.arange(n), T.arange(n) * 1.0, T.arange(-n, n).sum(), T.arange(u), T.arange(u, dtype="float64")):
        f = sd.function([n, u], made, backend=backend, on_unused_input="ignore")
        for huge in (2**63 - 1, 2**62):
            with pytest.raises(ShapeError):
                f(huge, 2 * huge)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_counts_of_any_integer_dtype(dtype, backend):
    """How often each element is repeated: any integers, not negative, and no more in all than memory holds."""
    x, counts = T.dvector("x"), T.vector("counts", dtype=dtype)
    f = sd.function([x, counts], T.repeat(x, counts) * 2, backend=backend)
    assert f(X, [2, 0, 1]).tolist() == [2, 2, 6]
    limits = np.iinfo(dtype)
    for wrong in ([limits.min, 1, 1],) * (limits.min < 0) + ([limits.max] * 3,) * (limits.max > 2**62):
        with pytest.raises(ShapeError):
            f(X, wrong)
