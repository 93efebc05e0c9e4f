"""Parts of values, on the native back end: slices of any size, shapes, joining, splitting, and changing parts."""

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import machine
from symdrop.errors import ArgumentError

TARGETS = ["host", "avx512", "avx2", "scalar"]


@pytest.fixture(params=[*TARGETS, "guarded"])
def place(request):
    """Every target, and the host with a protected page behind every buffer, with three threads."""
    if request.param == "guarded":
        settings = {"guard": "end", "threads": 3}
    else:
        try:
            machine.target(request.param)
        except ArgumentError:
            pytest.skip(f"this machine has no {request.param}")
        settings = {"target": request.param}
    with sd.config.change(**settings):
        yield request.param


def attempt(f, arguments):
    try:
        results = f(*arguments)
        return results if isinstance(results, list) else [results]
    except (ValueError, IndexError) as error:
        return error


def same(inputs, outputs, calls, **options):
    """Compile for both back ends, without a fallback; all calls give the same bits, or are refused alike."""
    native, numpy = (
        sd.function(inputs, outputs, backend=backend, on_unused_input="ignore", **options)
        for backend in ("native", "numpy")
    )
    assert not [line for line in native.kernels if "fallback" in line]
    for arguments in calls:
        got, expected = attempt(native, arguments), attempt(numpy, arguments)
        if isinstance(expected, Exception):
            assert type(got) is type(expected), (arguments, got, expected)
            continue
        for a, b in zip(got, expected, strict=True):
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, np.ascontiguousarray(b).tobytes()), arguments
    return native


def counted(*shape, dtype="float32"):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def checks(f):
    """How many comparisons of sizes a function makes before it computes."""
    return sum(line.lstrip().startswith("check") for line in f.source("lanes").split("kernel 0")[0].splitlines())


# Slices.


def test_slices_of_axes_of_unknown_size(place):
    """Python's slices with constant bounds, also far outside: the size is computed before anything else."""
    x = T.vector("x")
    bounds = (None, 0, 1, 3, 100, -1, -3, -100)
    slices = [slice(a, b, c) for a, b in itertools.product(bounds, bounds) for c in (None, 2, -1, -3)]
    same([x], [x[one] * 2 for one in slices], [(counted(n),) for n in (0, 1, 2, 3, 4, 40)])


@pytest.mark.parametrize("step", [None, 1, 3, -1, -2])
def test_slices_with_bounds_that_are_arguments(step):
    """Any integers, of any dtype, to the ends of what their dtype holds."""
    x, i, j, u = T.vector("x"), T.lscalar("i"), T.scalar("j", dtype="int8"), T.scalar("u", dtype="uint64")
    parts = [(i, j), (i, None), (None, j), (j, 3), (-2, i), (u, j), (None, u), (i + 1, i + 3)]
    far = [-(2**63), -(2**62), 2**62, 2**63 - 5]
    numbers = itertools.product(
        (0, 1, 4), (-5, -4, -1, 0, 2, 4, 9, *far), (-128, -2, 0, 3, 127), (0, 2, 2**63, 2**64 - 1)
    )
    same(
        [x, i, j, u], [x[a:b:step] * 2 for a, b in parts], [(counted(n), a, b, np.uint64(c)) for n, a, b, c in numbers]
    )


def test_sizes_of_slices_have_one_form():
    """What is known to be equal is not compared: x[1:], x[:-1]; slices of slices; what has been compared before."""
    x, y = T.vector("x"), T.vector("y")
    for made in (x[1:] - x[:-1], x[1:][:-1] + x[1:-1] * x[2:], x[::2] + x[::2], (2 * x)[3:] * x[:-3], x[-4:] + x[-4:]):
        f = same([x], made, [(counted(n),) for n in range(6)])
        assert checks(f) <= checks(same([x], x * 2, [])) + 1
    same([x, y], x[1:] + y[:-1], [(counted(n), counted(k)) for n in range(4) for k in range(4)])
    size = sd.function([x], x[2:][:-1].shape[0], backend="numpy")
    assert "maximum(x.shape[0] - 3, 0)" in str(size.stages["rewritten"])
    assert [int(size(counted(n))) for n in (0, 3, 5)] == [0, 0, 2]


# Shapes.


def test_shapes_with_sizes_left_out(place):
    """Sizes that stand for what is left, or may when running, and shapes that do not fit."""
    x, i, j = T.matrix("x"), T.lscalar("i"), T.scalar("j", dtype="int8")
    calls = [
        (counted(a, b), k, n) for a in range(4) for b in (0, 1, 2, 6) for k in range(-2, 5) for n in (-1, 0, 1, 2, 3)
    ]
    shapes = [
        (-1,),
        (-1, 2),
        (2, -1, 3),
        (x.shape[0], -1),
        (-1, x.shape[1]),
        (x.shape[1], x.shape[0]),
        (i, j),
        (i, -1),
        (3, j),
    ]
    for shape in shapes:
        same([x, i, j], T.reshape(x, shape) * 2, calls)
    same([x, i, j], [x.flatten() * 2, x[1:].flatten(), x[:, 1:].reshape((-1,)) + 1], calls)


def test_known_factors_are_left():
    """Of 4 unknown images of 3 x 5 x 5, as rows, the rows are known to be 75 long."""
    x = T.tensor4("x", shape=(None, 3, 5, 5))
    w = T.matrix("w", shape=(75, 2))
    f = same([x, w], x.reshape((x.shape[0], -1)) @ w, [(counted(n, 3, 5, 5), counted(75, 2)) for n in (1, 4)])
    assert "// maximum" not in str(f.source("lanes"))
